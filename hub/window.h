// SPDX-License-Identifier: MIT
//
// window, visit -- the visits of a walk that are not settled for good yet.
//
// Visits are numbered in the order they are made, which is the order of
// subscription ids. They may be settled in any order; the checkpoint moves
// over those at the front that are settled, and never past one that is not
// (M1). Pure.
//
// Many subscribers that hang leave a long row of visits that are to be
// recorded: so a visit is one cache line, and an empty window holds little.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WINDOW_MAX = 16384 };

enum visit_state {
    VISIT_FLYING,  // a delivery is under way
    VISIT_SETTLED, // nothing to record
    VISIT_OUTCOME, // to be recorded when the checkpoint passes
    VISIT_LATE,    // as OUTCOME, but its delivery is still under way
};

struct delivery;

struct visit {
    uint64_t subscription;
    uint64_t upto, next;
    int64_t due;
    struct delivery *delivery; // while FLYING or LATE
    uint32_t began;            // monotonic ms, the lower bits of it
    uint32_t rev, took_ms;
    int32_t status;
    uint16_t attempts, step;
    uint8_t state; // enum visit_state
    uint8_t kind;  // enum store_outcome_kind
    bool waits, tried;
};

struct window {
    struct visit *ring; // of `size`, a power of two
    size_t size;
    uint64_t front, back; // numbers: front <= n < back
};

bool window_full(const struct window *window);
size_t window_count(const struct window *window);

// The next visit, zeroed, and its number. NULL: full, or out of memory. Older
// pointers to visits do not survive this call.
struct visit *window_add(struct window *window, uint64_t *number);

// NULL: the checkpoint has passed it.
struct visit *window_at(const struct window *window, uint64_t number);

// How many at the front are settled, up to `max`.
size_t window_settled(const struct window *window, size_t max);

void window_pass(struct window *window, size_t count);
void window_clear(struct window *window);

// Milliseconds since it was made; of less than 49 days.
uint32_t visit_age(const struct visit *visit, int64_t now);
// Nothing to record of it.
void visit_settle(struct visit *visit);
// This is to be recorded of it; its delivery has ended.
void visit_note(struct visit *visit, const struct store_outcome *outcome);
// What is to be recorded, of a subscriber of this topic.
struct store_outcome visit_outcome(const struct visit *visit, uint64_t topic);
