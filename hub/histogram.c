// SPDX-License-Identifier: MIT

#include "histogram.h"

enum { MS = 1000, SECOND = 1000 * MS };

static const int64_t bounds[HISTOGRAM_BOUNDS] = {
    1 * MS,
    2500,
    5 * MS,
    10 * MS,
    25 * MS,
    50 * MS,
    100 * MS,
    250 * MS,
    500 * MS,
    1 * SECOND,
    2500 * MS,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    60 * SECOND,
    5 * 60 * SECOND,
    1800 * (int64_t)SECOND,
    3600 * (int64_t)SECOND,
    21600 * (int64_t)SECOND,
    86400 * (int64_t)SECOND,
};

const int64_t *histogram_bounds(void)
{
    return bounds;
}

// There is one who adds: no two of these can meet, so that a load and a store
// do, without the bus lock of an atomic addition.
static void add(_Atomic uint64_t *to, uint64_t n)
{
    uint64_t before = atomic_load_explicit(to, memory_order_relaxed);
    atomic_store_explicit(to, before + n, memory_order_relaxed);
}

void histogram_add(struct histogram *histogram, int64_t us, uint64_t n)
{
    size_t at = 0;
    if (us < 0)
        us = 0;
    while (at < HISTOGRAM_BOUNDS && us > bounds[at])
        at++;
    add(&histogram->counts[at], n);
    add(&histogram->sum_us, (uint64_t)us * n);
}

void histogram_read(const struct histogram *histogram,
                    struct histogram_view *out)
{
    out->count = 0;
    out->sum_us =
        atomic_load_explicit(&histogram->sum_us, memory_order_relaxed);
    for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        out->counts[i] =
            atomic_load_explicit(&histogram->counts[i], memory_order_relaxed);
        out->count += out->counts[i];
    }
}
