// SPDX-License-Identifier: MIT
//
// mailbox records -- what the tables of mailboxes hold, as records.h.

#pragma once

#include "codec.h"
#include "storage/mailbox.h"

enum {
    MAILBOX_SIZE = 4096, // any record of a mailbox, a listen or a letter
    LISTEN_SIZE = 2 * STORE_URL_MAX + STORE_LABEL_MAX + 256,
    HOLES_MAX = 8,
};

// Events with numbers in (from, to] that were passed over (OVERFLOW_NEWEST).
struct hole {
    uint64_t from, to;
};

struct mailbox {
    struct store_mailbox shown;
    uint64_t sid;        // the last given
    int64_t lease_key;   // under which time it is in `leases`
    bool ending;         // it is gone for everybody; what it held goes yet
    uint64_t dead;       // the last number given to a dead letter
    uint64_t dead_first; // of those that are there; above `dead`: none
    uint64_t dead_bytes;
    struct hole holes[HOLES_MAX]; // ascending
    size_t hole_count;
};

// Whether an event was passed over by overflow.
bool mailbox_passed(const struct mailbox *mailbox, uint64_t number);

// Table mailboxes: the definition. Table mailbox-state: all else.
void mailbox_encode(struct writer *writer, const struct mailbox *mailbox);
bool mailbox_decode(struct bytes record, struct mailbox *mailbox);
void mailbox_state_encode(struct writer *writer, const struct mailbox *mailbox);
bool mailbox_state_decode(struct bytes record, struct mailbox *mailbox);

struct listen {
    // `seq` of a prefix is a number: done with every event up to that one.
    struct store_listen shown;
    // It began at a number or a time, so what was lost before the first event
    // is told; and the rows that could tell how much are gone.
    bool placed, vague;
    uint64_t added; // newest event when it began
};

// Table listens: what never changes. Table listen-state: all else.
void listen_encode(struct writer *writer, const struct listen *listen);
bool listen_decode(struct bytes record, struct listen *listen);
void listen_state_encode(struct writer *writer, const struct listen *listen);
bool listen_state_decode(struct bytes record, struct listen *listen);

// An event that somebody has or had (EXPLICIT), or is done with before those
// in front of it.
struct letter {
    uint64_t number; // the key
    uint64_t topic, seq;
    bool done;
    uint64_t claim;      // 0: nobody has it
    int64_t until;       // leased until then, or not again before
    uint32_t deliveries; // so far
};

void letter_encode(struct writer *writer, const struct letter *letter);
bool letter_decode(struct bytes record, struct letter *letter);

// A dead letter: the whole event, but for its body.
struct dead_letter {
    struct store_event event;
    uint64_t sid;
    uint32_t deliveries;
};

size_t dead_size(const struct dead_letter *dead);
void dead_encode(struct writer *writer, const struct dead_letter *dead);
bool dead_decode(struct bytes record, struct dead_letter *dead);
