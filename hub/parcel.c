// SPDX-License-Identifier: MIT

#include "parcel.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct parcel {
    atomic_uint shares;
    size_t len;
    char bytes[];
};

struct parcel *parcel_make(size_t len, char **bytes)
{
    if (len > SIZE_MAX - sizeof(struct parcel))
        return NULL;
    struct parcel *parcel = malloc(sizeof *parcel + len);
    if (!parcel)
        return NULL;
    atomic_init(&parcel->shares, 1);
    parcel->len = len;
    *bytes = parcel->bytes;
    return parcel;
}

struct parcel *parcel_new(const void *bytes, size_t len)
{
    char *to;
    struct parcel *parcel = parcel_make(len, &to);
    if (parcel && len > 0)
        memcpy(to, bytes, len);
    return parcel;
}

struct parcel *parcel_share(struct parcel *parcel)
{
    atomic_fetch_add_explicit(&parcel->shares, 1, memory_order_relaxed);
    return parcel;
}

void parcel_free(struct parcel *parcel)
{
    if (parcel && atomic_fetch_sub(&parcel->shares, 1) == 1)
        free(parcel);
}

const char *parcel_bytes(const struct parcel *parcel)
{
    return parcel->bytes;
}

size_t parcel_length(const struct parcel *parcel)
{
    return parcel->len;
}
