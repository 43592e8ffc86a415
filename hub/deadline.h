// SPDX-License-Identifier: MIT
//
// deadline -- many of them, and which is the next.
//
// A heap of deadlines that live in their owners' structs. Who has none costs
// nothing. Times are rounded up to a tenth of a second, so that many
// deadlines make one wake-up.

#pragma once

#include <stdbool.h>
#include <stdint.h>

// All zero: not set.
struct deadline {
    uint32_t at;    // monotonic, in tenths of a second
    uint32_t place; // in the heap, from 1; 0: not set
};

// All zero at the start.
struct deadlines {
    struct deadline **heap;
    uint32_t count, room;
};

// Set or move it. False: out of memory, and it is not set.
// `at` and `now` are monotonic milliseconds.
bool deadline_set(struct deadlines *all, struct deadline *deadline, int64_t at);
// Also of one that is not set.
void deadline_drop(struct deadlines *all, struct deadline *deadline);

// Take one whose time has come; NULL: there is none.
struct deadline *deadline_take(struct deadlines *all, int64_t now);

// Milliseconds until the next one, 0 if it is over; -1: there is none.
int deadline_wait(const struct deadlines *all, int64_t now);

void deadlines_clear(struct deadlines *all);
