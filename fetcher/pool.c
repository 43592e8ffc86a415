// SPDX-License-Identifier: MIT

#include "pool.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

void pool_add(struct pool *pool, const void *bytes, size_t len)
{
    if (len == 0 || pool->failed)
        return;
    if (!grow(pool, len)) {
        pool->failed = true;
        return;
    }
    memcpy(pool->bytes + pool->len, bytes, len);
    pool->len += len;
}

void pool_clear(struct pool *pool)
{
    free(pool->bytes);
    *pool = (struct pool){ 0 };
}
