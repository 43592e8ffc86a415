// SPDX-License-Identifier: MIT
//
// bodies -- documents of the log that are being read or sent.
//
// Each is in memory once, however many are sent it, and from whatever cursor.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bodies;

struct body {
    struct store_read_body read; // its op says how that ended
    // bodies.c's:
    struct bodies *bodies;
    struct body *next;
    size_t holders;
    bool there;
    struct body_wait *waits;
};

struct body_wait {
    // The body to hold, whose read may have failed.
    void (*ready)(struct body_wait *wait, struct body *body);
    struct body_wait *next; // ours
};

// NULL: out of memory.
struct bodies *bodies_new(struct store *store);
void bodies_free(struct bodies *bodies); // nothing held, nothing awaited

// `wait` is called in this call, if it is there, or in a later step. False:
// out of memory, and it is not called.
bool bodies_get(struct bodies *bodies, const struct store_read_body *what,
                struct body_wait *wait);
void body_drop(struct body *body);
