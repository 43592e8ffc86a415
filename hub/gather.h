// SPDX-License-Identifier: MIT
//
// gather -- a body that comes in pieces, up to a ceiling.
//
// All that come at a time have a ceiling too, so that many clients that send
// large bodies slowly cannot take all memory. Small ones are let pass beyond
// it: what people send to subscribe is small.

#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { GATHER_SMALL = 16 * 1024, GATHER_POOL_MAX = 64 * 1024 * 1024 };

// Of one thread.
struct gather_pool {
    size_t held; // by those that are not small
};

// All zero but the pool at the start.
struct gather {
    char *bytes; // NULL until the first byte; a NUL follows the last one
    size_t len, room;
    struct gather_pool *pool; // NULL: only its own ceiling counts
};

enum gather_result {
    GATHER_OK,
    GATHER_TOO_LONG,
    GATHER_NO_MEMORY, // or no room in the pool
};

enum gather_result gather_add(struct gather *gather, const char *bytes,
                              size_t len, size_t max);

// Wipes it: a body may hold a secret. The pool gets its room back.
void gather_clear(struct gather *gather);
