// SPDX-License-Identifier: MIT

#include "pool.h"

#include <stdint.h>
#include <stdlib.h>

enum { FIRST_SIZE = 1024 };

static bool grow(struct pool *pool, size_t more)
{
    if (more <= pool->max - pool->len)
        return true;
    if (more > SIZE_MAX / 4 || pool->max > SIZE_MAX / 4)
        return false;

    size_t max = pool->max * 2 + FIRST_SIZE + more;
    char *bytes = realloc(pool->bytes, max);
    if (bytes == NULL)
        return false;
    pool->bytes = bytes;
    pool->max = max;
    return true;
}

bool pool_reserve(struct pool *pool, size_t more)
{
    if (!pool->failed && !grow(pool, more))
        pool->failed = true;
    return !pool->failed;
}

void pool_clear(struct pool *pool)
{
    free(pool->bytes);
    *pool = (struct pool){ 0 };
}
