// SPDX-License-Identifier: MIT
//
// vigil -- when to look again for what ends by itself.
//
// The store is asked for what is over, and says when the next one will be;
// whoever makes something that ends sooner says so, also while a look is under
// way, whose answer may not have seen it. What nobody spoke of is found within
// a minute all the same.
//
// Pure: times are unix milliseconds, and the caller's.

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { VIGIL_PAUSE_MS = 1000, VIGIL_LOOK_MS = 60 * 1000 };

// All zero: look at once.
struct vigil {
    int64_t next; // when to look; INT64_MAX: the look under way will say
    bool looking;
};

// Something ends then.
void vigil_due(struct vigil *vigil, int64_t at);

// True: it is time to look, and the look is under way until one of the two
// below.
bool vigil_begins(struct vigil *vigil, int64_t now);

// The first of what is left ends at `next`; INT64_MAX: there is none.
void vigil_saw(struct vigil *vigil, int64_t now, int64_t next);
void vigil_failed(struct vigil *vigil, int64_t now);

// Milliseconds until it is time; INT64_MAX: a look is under way.
int64_t vigil_patience(const struct vigil *vigil, int64_t now);
