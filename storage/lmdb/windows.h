// SPDX-License-Identifier: MIT
//
// windows -- what waits of the topics of a mailbox, counted without looking at
// each of it.

#pragma once

#include "letterbox.h"

struct window {
    uint64_t topic, base, head; // seqs in (base, head] wait
    uint64_t low, high;         // what is looked for is in (low, high]
    // Of these, passed over already; for each hole of the mailbox.
    struct {
        uint64_t from, to;
    } holes[HOLES_MAX];
    size_t hole_count;
    uint64_t body_bytes; // of the topic, at most
};

struct windows {
    struct window *items;
    size_t count;
    uint64_t total;      // that wait
    uint64_t body_bytes; // of them, at most
};

// False: a failure.
bool windows_open(struct letterbox *box, struct windows *out);
// Number of the k-th that waits, from 1 to `total`.
uint64_t windows_find(struct letterbox *box, struct windows *windows,
                      uint64_t k);
