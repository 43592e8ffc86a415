// SPDX-License-Identifier: MIT

#include "store.h"

const char *store_status_name(enum store_status status)
{
    static const char *const names[] = {
        [STORE_OK] = "ok",
        [STORE_NOT_FOUND] = "not found",
        [STORE_CONFLICT] = "conflict",
        [STORE_DUPLICATE] = "duplicate",
        [STORE_STALE] = "stale",
        [STORE_AGAIN] = "again",
        [STORE_UNKNOWN] = "unknown",
        [STORE_FULL] = "full",
        [STORE_CORRUPT] = "corrupt",
        [STORE_INVALID] = "invalid",
    };
    size_t index = (size_t)status;
    return index < sizeof names / sizeof *names ? names[index] : "?";
}
