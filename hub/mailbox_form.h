// SPDX-License-Identifier: MIT
//
// mailbox_form -- the definition of a mailbox, as JSON says it.
//
//   {"topics": ["https://example.com/feed"], "match": [], "start": "latest",
//    "ack": "cursor", "ack_wait": 30, "max_deliver": 0, "unordered": false,
//    "max_pending": 10000, "max_bytes": 67108864, "overflow": "suspend",
//    "inactivity": 0, "lease_seconds": 864000, "secret": "s3cret",
//    "signature_method": "sha256", "content": "entries", "ephemeral": false}
//
// Nothing else is taken: who misspells a member is told so. Pure.

#pragma once

#include "mailbox_topics.h"
#include "since.h"
#include "storage/mailbox.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MAILBOX_WAIT_MAX_S = 270,
    MAILBOX_PAUSE_MAX_S = 3600,
    MAILBOX_INACTIVITY_S = 45, // of one that is ephemeral
    MAILBOX_INACTIVITY_MIN_S = 1,
    MAILBOX_PENDING = 10000,
    MAILBOX_BYTES = 64 * 1024 * 1024,
    MAILBOX_ACK_WAIT_S = 30,
    MAILBOX_HOLD = 1, // of modes none and cursor, beside which one more may ask
    MAILBOX_WORKERS = 128, // of mode explicit
};

struct mailbox_leases {
    int64_t min, usual, max; // ms
};

struct mailbox_form {
    // Filled in by one of mailbox_form_begin() and mailbox_form_from(), and
    // changed by what is read.
    struct store_mailbox mailbox;
    bool has_topics, has_match;
    struct mailbox_topics topics;
    bool has_start;
    struct since start;
    bool has_pause;
    int64_t pause_ms;
    // Why it is refused; "": the hub has no memory left.
    char problem[MAILBOX_PROBLEM];

    struct mailbox_leases leases;
    json_t *root; // what the strings above are borrowed from
};

// One with the defaults, ephemeral or not.
void mailbox_form_begin(struct mailbox_form *form,
                        const struct mailbox_leases *leases, bool ephemeral);
// One that begins as this mailbox is, from which it borrows.
void mailbox_form_from(struct mailbox_form *form,
                       const struct mailbox_leases *leases,
                       const struct store_mailbox *mailbox);

// Any number of bytes; none are {}. `now_unix` in ms. False: see `problem`.
bool mailbox_form_read(struct mailbox_form *form, const char *text, size_t len,
                       int64_t now_unix);
// Also after a failure.
void mailbox_form_clear(struct mailbox_form *form);

// "cursor", "drop_oldest", ...
const char *mailbox_form_ack(enum store_ack ack);
const char *mailbox_form_overflow(enum store_overflow overflow);
