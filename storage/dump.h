// SPDX-License-Identifier: MIT
//
// dump -- everything a store has, record by record, in the words of store.h:
// out of a file that nobody writes to, and into a new store of any engine.
//
// Records come in the order of enum dump_kind, but that what belongs to a
// topic, or to a mailbox, follows it. What can be made out of others is not
// there: indexes, counts, who works on what. Nor is what nobody would miss:
// mailboxes that have ended, requests that are idle, pieces of no body.

#pragma once

#include "mailbox.h"
#include "steering.h"
#include "store.h"

enum { DUMP_HOLES_MAX = 8 };

enum dump_kind {
    DUMP_STORE = 1, // the first, once
    DUMP_RULE,
    DUMP_TOKEN,
    DUMP_GRAVE,
    DUMP_LANE,
    DUMP_TOPIC, // then, of the same topic:
    DUMP_ENTRIES,
    DUMP_UPDATE, // ascending; each with its
    DUMP_BODY,   // pieces
    DUMP_WALK,
    DUMP_SUBSCRIPTION,
    DUMP_REQUEST, // in the order of acceptance
    DUMP_DENIAL,
    DUMP_TICKET,
    DUMP_MAILBOX, // then, of the same mailbox:
    DUMP_LISTEN,
    DUMP_LETTER,
    DUMP_DEAD, // each with its
    DUMP_DEAD_BODY,
    DUMP_KINDS
};

struct dump_store {
    uint64_t epoch;
    uint8_t secret_key[32];
    int64_t clock; // unix ms at the last commit
    bool paused;
    // The last numbers given.
    uint64_t topics, subscriptions, requests, events, denials, mailboxes,
        tokens;
};

// A topic that was removed; known by the first half of its key.
struct dump_grave {
    uint8_t half[16];
    uint64_t number; // newest event then
    int64_t until;   // it is known, unix ms
};

struct dump_topic {
    struct store_topic shown; // but its incarnation and what is counted
    uint64_t incarnation;     // as stored
    struct store_key key;
    struct store_key self_key; // all zero: none, or itself
    bool self_near;            // self is of its origin
    int64_t trim_due;          // 0: none is planned
    uint64_t earlier; // newest event when an older one of that name went
    bool resuming;    // followed again, and that fetch is not settled
    uint64_t resumed; // first update since it was
};

// All that is remembered of a topic's document.
struct dump_entries {
    uint64_t topic;
    const struct store_entry *items;
    size_t count;
};

struct dump_update {
    uint64_t topic, seq, number;
    int64_t time;
    enum store_update_kind kind;
    bool baseline;
    bool skeleton;   // retention has taken all that follows
    bool on_request; // the delta
    uint8_t digest[16];
    struct bytes content_type, self, hubs;
    uint64_t whole_size, delta_size; // delta 0: there is none
    const uint8_t *changed;          // ids of 16 bytes each
    size_t changed_count;
};

// Pieces are STORE_CHUNK long, all but the last.
struct dump_body {
    uint64_t topic, seq;
    enum store_body which;
    uint32_t index;
    struct bytes piece;
};

struct dump_subscription {
    struct store_subscriber shown;
    struct store_key callback_key;
    int64_t ends; // looked at then: its lease, or its renewal's deadline (G)
    bool resent;  // lagging: set back, attempts from before do not count
};

struct dump_request {
    struct store_request shown;
    int64_t due;
};

struct dump_denial {
    struct store_denial shown;
    int64_t due;
};

// What a verified request has led to.
struct dump_ticket {
    uint64_t request;
    uint64_t topic, subscription; // 0: it has ended
    int64_t end;                  // that is told until then
};

struct dump_hole {
    uint64_t from, to;
};

struct dump_mailbox {
    struct store_mailbox shown; // but `listens` and `leased`
    uint64_t sid;               // the last given
    uint64_t dead, dead_first;  // last dead letter, first that is there
    struct dump_hole holes[DUMP_HOLES_MAX]; // passed over by overflow
    size_t hole_count;
};

struct dump_listen {
    uint64_t mailbox;
    struct store_listen shown;
    bool placed, vague; // it began at a number or a time; before all rows
    uint64_t added;     // newest event then
};

struct dump_letter {
    uint64_t mailbox, number, topic, seq;
    bool done;
    uint64_t claim;
    int64_t until;
    uint32_t deliveries;
};

struct dump_dead {
    uint64_t mailbox, number;
    struct store_event event; // without its body
    uint64_t sid;
    uint32_t deliveries;
};

struct dump_dead_body {
    uint64_t mailbox, number;
    uint32_t index;
    struct bytes piece;
};

struct dump_record {
    enum dump_kind kind;
    union {
        struct dump_store store;
        struct store_rule rule;
        struct store_token token;
        struct dump_grave grave;
        struct store_lane lane;
        struct dump_topic topic;
        struct dump_entries entries;
        struct dump_update update;
        struct dump_body body;
        struct store_walk walk;
        struct dump_subscription subscription;
        struct dump_request request;
        struct dump_denial denial;
        struct dump_ticket ticket;
        struct dump_mailbox mailbox;
        struct dump_listen listen;
        struct dump_letter letter;
        struct dump_dead dead;
        struct dump_dead_body dead_body;
    };
};

// -------------------------------------------------------------------- out

struct dump;

// `file` is what store_copy() wrote, or the file of a store that nobody has
// open. NULL: *problem says why.
struct dump *dump_open(const char *file, struct problem *problem);
// The store in its place, which nobody opens until dump_close().
struct dump *dump_open_at(const char *url, struct problem *problem);
// Whether somebody has it open.
bool dump_in_use(const char *url);
void dump_close(struct dump *dump); // NULL is fine

// The next record, borrowed until the next call. False: there are no more, or
// *problem, whose text is empty otherwise, says what is wrong.
bool dump_next(struct dump *dump, struct dump_record *out,
               struct problem *problem);

// --------------------------------------------------------------------- in

struct load;

// A new store in the place of `url`, where there must be none. Until
// load_finish() nobody sees any of it. NULL: *problem says why.
struct load *load_open(const char *url, struct problem *problem);

// False: *problem says why; then only load_close() may follow. Fields must
// keep the ceilings of store.h; what does not fit together is found here or
// by load_finish().
bool load_add(struct load *load, const struct dump_record *record,
              struct problem *problem);

// It is whole: checked, durable and in its place, with an epoch of its own
// when it is opened (M8).
bool load_finish(struct load *load, struct problem *problem);

// What was not finished leaves nothing behind. NULL is fine.
void load_close(struct load *load);
