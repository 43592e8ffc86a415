// SPDX-License-Identifier: MIT
//
// budget -- how much one address may ask for in a while.
//
// A bucket per address holds two seconds' worth and fills at `rate`. The table
// has a fixed size: when a new address finds its places taken, the bucket that
// is fullest, so the one that was used least, makes room for it.
//
// Pure: time is a parameter.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct budget;

// `rate` a second; 0: no limit. NULL: out of memory.
struct budget *budget_new(uint32_t rate);
void budget_free(struct budget *budget);

// Take one from the bucket of `who`. False: it is empty.
bool budget_take(struct budget *budget, const char *who, int64_t now_ms);
