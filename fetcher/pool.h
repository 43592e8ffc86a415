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

struct pool {
    char *bytes;
    size_t len, max;
    bool failed;
};

void pool_add(struct pool *pool, const void *bytes, size_t len);
void pool_clear(struct pool *pool);
