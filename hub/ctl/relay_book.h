// SPDX-License-Identifier: MIT
//
// relay_book -- what the relay knows: who is subscribed here, who has asked
// for it, and which mailboxes at the hub have no owner any more.
//
// Everything that has to outlive the process is in here and goes into one file
// (relay_file.h); the rest of a seat or wish is of this life only. How far a
// subscriber is stands nowhere here: his mailbox knows.
//
// One thread. Some thousand of each at most, found by going through them.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relay_call;

enum {
    RELAY_SEATS_MAX = 1000, // what the hub gives one owner, by default
    RELAY_WISHES_MAX = 2000,
    RELAY_WISHES_EACH = 4, // of one topic and callback (table B)
    RELAY_LEFT_MAX = 4000,
    RELAY_NAME_MAX = 48, // of a mailbox
};

// What a subscriber wants, as he said it. Strings are never NULL.
struct relay_terms {
    char *topic, *callback, *secret, *verify_token;
    struct store_key topic_key, callback_key, origin;
    enum store_method method;
    enum store_content content;
};

// False: out of memory; nothing needs clearing.
bool relay_terms_copy(const struct relay_terms *from, struct relay_terms *out);
void relay_terms_clear(struct relay_terms *terms);
// The same topic and callback?
bool relay_terms_meet(const struct relay_terms *a, const struct relay_terms *b);
// The same in every word?
bool relay_terms_equal(const struct relay_terms *a,
                       const struct relay_terms *b);
// Fill in the keys. False: topic or callback is none.
bool relay_terms_key(struct relay_terms *terms);

// A subscription.
struct relay_seat {
    struct relay_terms terms;
    char mailbox[RELAY_NAME_MAX];
    int64_t lease_end; // unix ms
    int64_t lease;     // of its mailbox, ms
    int64_t seen;      // unix ms: nothing was in its mailbox then

    // Of this life:
    struct relay_call *call;
    struct relay_letter *letter; // on its way to the callback
    char ack[64];                // what the hub is told next; "": nothing
    uint64_t rings, answered;    // differ: look into the mailbox
    int64_t due;                 // monotonic; nothing before
    int64_t touch;               // unix ms: touch its mailbox, or it ends
    uint32_t failures;           // in a row
    uint32_t run;                // of letters, while others wait
    uint32_t rev, sent_rev;      // grows with each renewal; at the last post
    bool bent;     // a renewal that failed has changed his mailbox
    uint32_t slot; // relay_watch's
    bool watched;  // relay_watch's
    struct relay *relay;
};

enum relay_stage { RELAY_BOXING, RELAY_ASKING, RELAY_AGREEING };

// A request that is not verified yet.
struct relay_wish {
    struct relay_wish *next; // younger
    struct relay_terms terms;
    bool unsubscribe;
    int64_t lease_s; // asked for; -1: the default
    char mailbox[RELAY_NAME_MAX];
    int64_t accepted; // unix ms

    // Of this life:
    enum relay_stage stage;
    struct relay_call *call;
    char *question; // the challenge in it is what counts
    char challenge[72];
    int64_t granted_s, sent_at;
    int64_t due;
    uint32_t tries;
    struct relay *relay;
};

struct relay_book {
    char hub[2049];
    struct relay_seat **seats;
    size_t seat_count;
    struct relay_wish *wishes; // oldest first
    size_t wish_count;
    char (*left)[RELAY_NAME_MAX]; // mailboxes to be ended
    size_t left_count;
    bool changed; // since it was written
};

void relay_book_clear(struct relay_book *book);

struct relay_seat *relay_book_seat(const struct relay_book *book,
                                   const struct relay_terms *terms);
// `terms` is copied. NULL: out of memory, or the book is full.
struct relay_seat *relay_book_sit(struct relay_book *book,
                                  const struct relay_terms *terms,
                                  const char *mailbox);
// It has neither call nor letter any more.
void relay_book_rise(struct relay_book *book, struct relay_seat *seat);

struct relay_wish *relay_book_wish(struct relay_book *book,
                                   const struct relay_terms *terms);
void relay_book_forget(struct relay_book *book, struct relay_wish *wish);
// How many wishes there are of this topic and callback.
size_t relay_book_wishes(const struct relay_book *book,
                         const struct relay_terms *terms);

// End this mailbox some time. False: out of memory, or there are too many.
bool relay_book_leave(struct relay_book *book, const char *mailbox);
void relay_book_left(struct relay_book *book, size_t at); // it has ended
// Is it a seat's, or a wish's?
bool relay_book_needs(const struct relay_book *book, const char *mailbox);

// The book as JSON, yours to free(); NULL: out of memory.
char *relay_book_write(const struct relay_book *book);
// Into an empty book. False: it is none of ours; nothing needs clearing.
bool relay_book_read(struct relay_book *book, const char *text, size_t len);
