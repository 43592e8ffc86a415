// SPDX-License-Identifier: MIT

#include "figures.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t figures_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void figures_sort(double *values, size_t count)
{
    if (count > 1)
        qsort(values, count, sizeof *values, ascending);
}

double figures_at(const double *sorted, size_t count, double part)
{
    if (count == 0)
        return 0;
    size_t index = (size_t)(part * (double)count);
    return sorted[index < count ? index : count - 1];
}

double figures_median(const double *values, size_t count)
{
    double copy[FIGURES_ROUNDS_MAX];
    assert(count <= FIGURES_ROUNDS_MAX);
    memcpy(copy, values, count * sizeof *copy);
    figures_sort(copy, count);
    return figures_at(copy, count, 0.5);
}
