// SPDX-License-Identifier: MIT
//
// since -- where reading is to begin, as people write it.
//
// "latest", "earliest", "-20" (so many of each topic), an RFC 3339 time, a
// time ago ("10m"), or a cursor, which is not looked into here. Pure.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

enum { SINCE_CURSOR_MAX = 64, SINCE_LAST_MAX = 1000 };

struct since {
    enum store_since kind; // NUMBER: it is a cursor
    uint64_t value;        // of LAST and TIME
    char cursor[SINCE_CURSOR_MAX];
};

// NULL: it could be read. Else what is wrong with it, to be put after the
// name of the parameter; borrowed for ever. `now_unix` in ms.
const char *since_read(const char *text, int64_t now_unix, struct since *out);

// RFC 3339 as unix ms; -1: it is none.
int64_t since_time(const char *text);
