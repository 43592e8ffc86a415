// SPDX-License-Identifier: MIT
//
// mailbox_acks -- what a reader says of the letters that he has.
//
//   {"ack": [ID, ...], "nack": [ID, {"id": ID, "delay": 5}, ...],
//    "extend": [{"id": ID, "seconds": 60}, ...], "cursor": CURSOR}
//
// and in answer, in the order of the question, what became of each. Pure.

#pragma once

#include "pull_ops.h"
#include "storage/mailbox.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct seal;

enum {
    MAILBOX_ACKS_MAX = STORE_BATCH_MAX,
    MAILBOX_DELAY_MAX_S = PULL_OP_SECONDS_MAX,
    MAILBOX_ACKS_PROBLEM = 160,
};

// Nothing in here points into what was read.
struct mailbox_acks {
    struct store_marking *items;
    char (*ids)[24]; // as they were named
    size_t count;
    char cursor[64]; // "": none was told
    // Why it is refused; "": the hub has no memory left.
    char problem[MAILBOX_ACKS_PROBLEM];
};

// False: see `problem`, and there is nothing to clear.
bool mailbox_acks_read(struct seal *seal, const char *text, size_t len,
                       struct mailbox_acks *out);
// The same of one of ACK, NACK and EXTEND that came over a socket.
bool mailbox_acks_of(struct seal *seal, const struct pull_op *op,
                     struct mailbox_acks *out);
// Of a single one that is acknowledged.
bool mailbox_acks_one(struct seal *seal, const char *id,
                      struct mailbox_acks *out);
void mailbox_acks_clear(struct mailbox_acks *acks);

// [{"id": ID, "result": "ok"|"stale"}, ...]. NULL: out of memory.
json_t *mailbox_acks_results(const struct mailbox_acks *acks);
