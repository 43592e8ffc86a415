// SPDX-License-Identifier: MIT
//
// unreliable -- a store whose answers are late, out of order, or lost.
//
// It stands between a caller and a store and does what a network may do:
// operations wait a few steps before they are submitted and their answers
// before they are told, each for a time of its own; some are answered
// STORE_UNKNOWN without having been submitted, some after they were applied.
// What happens depends on the seed alone.

#pragma once

#include "storage/store.h"

#include <stddef.h>
#include <stdint.h>

struct unreliable;

// `lost` of 100 operations are answered STORE_UNKNOWN.
struct unreliable *unreliable_new(struct store *store, uint64_t seed,
                                  unsigned lost);
// Nothing may be under way.
void unreliable_free(struct unreliable *unreliable);

void unreliable_submit(struct unreliable *unreliable, struct store_op *op);

// Like store_step(), except that 0 means: waiting for the store itself.
size_t unreliable_step(struct unreliable *unreliable);

// How many operations were answered STORE_UNKNOWN, applied or not.
size_t unreliable_lost(const struct unreliable *unreliable);
