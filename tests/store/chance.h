// SPDX-License-Identifier: MIT
//
// chance -- random numbers that a seed repeats.

#pragma once

#include <stdint.h>

struct chance {
    uint64_t state;
};

struct chance chance_from(uint64_t seed);

// STORE_SEED if that is set, else a new one; printed, so that a failure can
// be had again.
uint64_t chance_seed(void);

uint64_t chance_next(struct chance *chance);
// 0 .. limit - 1.
uint64_t chance_below(struct chance *chance, uint64_t limit);
