// SPDX-License-Identifier: MIT
//
// figures -- medians, percentiles, and the clock they come from.

#pragma once

#include <stddef.h>
#include <stdint.h>

enum { FIGURES_ROUNDS_MAX = 99 };

// Monotonic nanoseconds.
int64_t figures_ns(void);

// Sorts in place; the others want it sorted.
void figures_sort(double *values, size_t count);

// 0.5 is the median; 0 if there are no values.
double figures_at(const double *sorted, size_t count, double part);

// Of at most FIGURES_ROUNDS_MAX values, in any order.
double figures_median(const double *values, size_t count);
