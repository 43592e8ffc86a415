// SPDX-License-Identifier: MIT
//
// pool -- bytes that grow, named by offsets.
//
// What is in it may move when more is added, so keep offsets, not pointers.
// Running out of memory sticks: further additions do nothing, and `failed`
// tells in the end.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct pool {
    char *bytes;
    size_t len, max;
    bool failed;
};

// Makes room for `more` bytes behind `len`. False: it has failed.
bool pool_reserve(struct pool *pool, size_t more);

// Here, because a feed is read in pieces of a few bytes.
static inline void pool_add(struct pool *pool, const void *bytes, size_t len)
{
    if (len == 0 || (len > pool->max - pool->len && !pool_reserve(pool, len)))
        return;
    if (pool->failed)
        return;
    memcpy(pool->bytes + pool->len, bytes, len);
    pool->len += len;
}

void pool_clear(struct pool *pool);
