// SPDX-License-Identifier: MIT
//
// gather -- a body that comes in pieces, up to a ceiling.

#pragma once

#include <stdbool.h>
#include <stddef.h>

// All zero at the start.
struct gather {
    char *bytes; // NULL until the first byte; a NUL follows the last one
    size_t len, room;
};

enum gather_result { GATHER_OK, GATHER_TOO_LONG, GATHER_NO_MEMORY };

enum gather_result gather_add(struct gather *gather, const char *bytes,
                              size_t len, size_t max);

// Wipes it: a body may hold a secret.
void gather_clear(struct gather *gather);
