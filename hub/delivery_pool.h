// SPDX-License-Identifier: MIT
//
// delivery_pool -- memory of deliveries that have ended, for the next ones.
//
// A walk makes and forgets tens of thousands of them a second. Each of those
// that are kept has room for a callback and a secret of usual lengths.

#pragma once

#include <stddef.h>

struct delivery;

// All zero: empty.
struct delivery_pool {
    struct delivery *first;
    size_t count;
};

// Memory for a delivery with `room` bytes of text, not cleared. NULL: out of
// memory.
struct delivery *delivery_pool_take(struct delivery_pool *pool, size_t room);

// Its text was wiped as far as it was secret.
void delivery_pool_give(struct delivery_pool *pool, struct delivery *delivery);

void delivery_pool_clear(struct delivery_pool *pool);
