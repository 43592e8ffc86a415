// SPDX-License-Identifier: MIT
//
// mailbox_read -- those who read mailboxes: the source behind
// GET /mailboxes/NAME/messages, /sse, /stream and /ws.
//
// Modes none and cursor have one reader at a time: a newer one releases the
// older (R22), and one more is turned away (R23). In mode explicit many workers
// share what there is. A mailbox lives for as long as somebody reads it; a
// reader is woken by an update of what it listens to, by a lease that runs out,
// and by a change of its definition (R11). Nothing is read while he rests.
//
// What NONE tells is done with before its first byte is sent, what CURSOR tells
// when a later call names it, what EXPLICIT tells one by one.

#pragma once

#include "loop.h"
#include "mailbox_path.h"
#include "storage/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access;
struct cursor;
struct cursor_key;
struct mailbox_read;
struct pull_op;
struct puller;
struct pullers;
struct request;
struct seal;
struct services;
struct visitor;

struct mailbox_ear;

struct mailbox_read_means {
    const struct services *services;
    struct pullers *pullers;
    const struct access *access;
    struct cursor_key *key;
    struct seal *acks; // see ack_id.h
    // A socket wants to subscribe or unsubscribe, acknowledge or touch.
    void (*said)(void *context, struct mailbox_ear *ear,
                 const struct visitor *visitor, uint64_t mailbox,
                 const struct pull_op *op);
    void *context;
};

// NULL: out of memory.
struct mailbox_read *mailbox_read_new(const struct mailbox_read_means *means);
void mailbox_read_free(struct mailbox_read *read); // when idle

// Takes the request, shares the visitor, whose mailbox it is. `path` is one of
// MESSAGES, SSE, STREAM and WS.
void mailbox_read_begin(struct mailbox_read *read, struct request *request,
                        const struct visitor *visitor,
                        const struct mailbox_path *path, struct moment now);

// An update was appended to this topic, of that normalised URL.
void mailbox_read_updated(struct mailbox_read *read, uint64_t topic,
                          uint64_t number, const char *normal);
// Its definition, place or leases have changed: look again.
void mailbox_read_changed(struct mailbox_read *read, uint64_t mailbox);
// Something leased comes again then, unix ms.
void mailbox_read_again(struct mailbox_read *read, uint64_t mailbox,
                        int64_t at);
// So many of the leased have come back.
void mailbox_read_marked(struct mailbox_read *read, uint64_t mailbox,
                         size_t count);
// It is not there any more: its readers are told why, in a sentence.
void mailbox_read_end(struct mailbox_read *read, uint64_t mailbox,
                      const char *why);
// Its reader stays away until then, unix ms (BOSH's pause, R27): it lives on.
void mailbox_read_pause(struct mailbox_read *read,
                        const struct store_mailbox *mailbox, int64_t until);

// Where a mailbox stands, as a cursor; of its dead letters.
struct cursor mailbox_read_cursor(const struct mailbox_read *read,
                                  uint64_t mailbox, bool dead, uint64_t place);
// The number that a cursor names. False: it is none of this mailbox. *epoch:
// it is of another history of it, and names nothing.
bool mailbox_read_place(const struct mailbox_read *read, uint64_t mailbox,
                        bool dead, const char *text, uint64_t *number,
                        bool *epoch);

bool mailbox_read_step(void *read, struct moment now);
int64_t mailbox_read_patience(void *read, struct moment now);
void mailbox_read_drain(struct mailbox_read *read);
bool mailbox_read_idle(const struct mailbox_read *read);

// ---------------------------------------------------------------- presence

struct mailbox_seen {
    uint64_t id, owner;
    const char *name;
    bool online;
    int64_t since; // unix ms
};
// Is there a reader, or was there one a moment ago? False: `out` is all zero.
bool mailbox_read_seen(const struct mailbox_read *read, uint64_t mailbox,
                       struct mailbox_seen *out);
// Called whenever one comes, or has been away for presence-grace.
void mailbox_read_watch(struct mailbox_read *read,
                        void (*changed)(void *context,
                                        const struct mailbox_seen *seen),
                        void *context);
// Call `each` for all that are online.
void mailbox_read_each(const struct mailbox_read *read,
                       void (*each)(void *context,
                                    const struct mailbox_seen *seen),
                       void *context);

// -------------------------------------------------------------- of a socket

// Who said something, as long as anybody may want to answer him: he may leave
// meanwhile. Counted.
struct mailbox_ear *mailbox_ear_share(struct mailbox_ear *ear);
void mailbox_ear_drop(struct mailbox_ear *ear);
// One JSON object; to nobody, if he has left.
void mailbox_ear_say(struct mailbox_ear *ear, const char *text, size_t len);
