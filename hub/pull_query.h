// SPDX-License-Identifier: MIT
//
// pull_query -- what somebody who pulls has asked for.
//
// Pure: query, form and header fields in, checked values out.

#pragma once

#include "request.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PULL_TOPICS_MAX = 100,
    PULL_WAIT_MAX_S = 270,
    PULL_LIMIT = 100,
    PULL_LIMIT_MAX = 1000,
    PULL_BYTES = 256 * 1024,
    PULL_BYTES_MAX = 4 * 1024 * 1024,
    PULL_CURSOR_MAX = 64,
};

struct pull_topic {
    struct store_key key;
    char *url, *normal;
    size_t url_len, normal_len;
};

struct pull_query {
    struct pull_topic topics[PULL_TOPICS_MAX]; // none twice
    size_t topic_count;                        // at least one
    bool has_cursor;
    char cursor[PULL_CURSOR_MAX]; // not checked yet
    enum store_since since;       // without a cursor
    uint64_t value;
    int64_t wait_ms;
    bool prefer; // the wait came as a preference: say that it is applied
    size_t limit, max_bytes;
    bool bodies;
    bool conditional; // If-None-Match named the place: nothing new is a 304
    enum store_content content; // DEFAULT: as the topic or the hub says (M3)

    unsigned status; // when it is refused
    char reason[160];
};

// False: see status and reason; there is nothing to clear. `now_unix` in ms.
bool pull_query_read(const struct request *request, int64_t now_unix,
                     struct pull_query *out);
void pull_query_clear(struct pull_query *query);

// RFC 3339 as unix ms; -1: it is none.
int64_t pull_query_time(const char *text);
