// SPDX-License-Identifier: MIT
//
// pull_ops -- what the peer of a WebSocket asks for, as one JSON object.
//
//   {"op":"subscribe","topic":URL,"since":POSITION}     "match" for a prefix
//   {"op":"unsubscribe","topic":URL}
//   {"op":"more"}  {"op":"ping"}
// and of a mailbox
//   {"op":"subscribe", ..., "label":TEXT}
//   {"op":"unsubscribe","sid":N}
//   {"op":"ack","ids":[ID, ...]}  or "id":ID, or "cursor":CURSOR
//   {"op":"nack","ids":[...],"delay":SECONDS}
//   {"op":"extend","ids":[...],"seconds":N}
//   {"op":"touch"}
//
// Strict, since what is misspelt would else be left out without a word: an
// unknown member is refused, and so is one that stands twice. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pull_op_kind {
    PULL_OP_SUBSCRIBE = 1,
    PULL_OP_UNSUBSCRIBE,
    PULL_OP_MORE,
    PULL_OP_PING,
    PULL_OP_ACK,
    PULL_OP_NACK,
    PULL_OP_EXTEND,
    PULL_OP_TOUCH,
};

enum {
    PULL_OP_IDS_MAX = 1000,
    PULL_OP_SECONDS_MAX = 43200, // to put off, or to lease: half a day
    PULL_OP_REASON = 160,
};

struct pull_op {
    enum pull_op_kind kind;
    // As given; NULL, or 0: not given.
    const char *topic, *match, *since, *label, *cursor;
    uint64_t sid;
    const char **ids;
    size_t id_count;
    unsigned seconds; // NACK: delay
    void *memory;     // all of these are in it
};

// Which of them there are.
enum pull_op_place { PULL_OP_EVENTS = 1, PULL_OP_MAILBOX = 2 };

// False: `reason` is a sentence for who sent it, and there is nothing to clear.
bool pull_op_read(enum pull_op_place place, const char *text, size_t len,
                  struct pull_op *out, char reason[PULL_OP_REASON]);
void pull_op_clear(struct pull_op *op);
