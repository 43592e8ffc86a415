// SPDX-License-Identifier: MIT
//
// gather -- a body that comes in pieces, up to a ceiling.
//
// All that come at a time have a ceiling too, so that many clients that send
// large bodies slowly cannot take all memory. Small ones are let pass beyond
// it: what people send to subscribe is small. Of very large ones, which are
// documents that publishers send, there may be a few, and only one of each
// sender; where all places are taken, the one that has been coming for longest
// makes room, if that was long enough. So nobody fills them by being slow.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GATHER_SMALL = 16 * 1024,
    GATHER_LARGE = 2 * 1024 * 1024, // beyond: very large
    GATHER_POOL_MAX = 64 * 1024 * 1024,
    GATHER_PLACES = 4,
    GATHER_TURN_MS = 10 * 1000, // so long nobody has to make room
};

struct gather;

// Of one thread.
struct gather_pool {
    size_t held; // by those that are neither small nor very large
    struct gather *places[GATHER_PLACES]; // very large ones
};

// All zero but the pool and the sender at the start.
struct gather {
    char *bytes; // NULL until the first byte; a NUL follows the last one
    size_t len, room;
    struct gather_pool *pool; // NULL: only its own ceiling counts
    // Compared, never followed. NULL: whoever stands for many.
    const void *sender;
    int64_t since_ms; // has a place; 0: none
    bool whole;       // it is in use, and makes no room
    bool displaced;   // it had to make room, and is lost
};

enum gather_result {
    GATHER_OK,
    GATHER_TOO_LONG,
    GATHER_NO_MEMORY, // or no room in the pool
};

// `now_ms` is never 0. A gather must stay where it is in memory.
enum gather_result gather_add(struct gather *gather, const char *bytes,
                              size_t len, size_t max, int64_t now_ms);

// Wipes it: a body may hold a secret. The pool gets its room back.
void gather_clear(struct gather *gather);
