// SPDX-License-Identifier: MIT
//
// poll_hints -- for how long an answer calls itself fresh (RFC 9111 4.2).
//
// Pure.

#pragma once

#include <stdint.h>

// The fields of the answer; NULL: it has none.
struct poll_fields {
    const char *cache_control, *expires, *date, *age;
};

// In milliseconds from now, 0 if it may not be kept (no-cache, no-store, or
// expired already). -1: it says nothing.
int64_t poll_hints_fresh(const struct poll_fields *fields, int64_t now_unix);
