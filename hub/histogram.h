// SPDX-License-Identifier: MIT
//
// histogram -- how long something took, how often.
//
// Fixed buckets from a millisecond to a day, the same for all, so that any two
// can be compared and added up. One thread adds; any may read, and then may
// miss what is being added.

#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 20 };

// All zero at first.
struct histogram {
    _Atomic uint64_t counts[HISTOGRAM_BOUNDS + 1]; // the last: beyond them all
    _Atomic uint64_t sum_us;
};

// Upper bounds, inclusive, in microseconds, ascending.
const int64_t *histogram_bounds(void);

// `n` times something has taken so long; what is negative counts as nothing.
void histogram_add(struct histogram *histogram, int64_t us, uint64_t n);

struct histogram_view {
    uint64_t counts[HISTOGRAM_BOUNDS + 1]; // each for itself
    uint64_t count;                        // of all
    uint64_t sum_us;
};
void histogram_read(const struct histogram *histogram,
                    struct histogram_view *out);
