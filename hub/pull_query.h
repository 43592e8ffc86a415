// SPDX-License-Identifier: MIT
//
// pull_query -- what somebody who pulls has asked for.
//
// Path, query, form or JSON, and header fields in, checked values out. What is
// known but cannot be is refused; what is not known is ignored, as in WebSub
// 5.1. Pure.

#pragma once

#include "pattern.h"
#include "pull_write.h"
#include "request.h"
#include "since.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PULL_TOPICS_MAX = 100,
    PULL_PATTERNS_MAX = 20,
    PULL_WAIT_S = 25, // of /events/poll
    PULL_WAIT_MAX_S = 270,
    PULL_LIMIT = 100,
    PULL_LIMIT_MAX = 1000,
    PULL_BYTES = 256 * 1024,
    PULL_BYTES_MAX = 4 * 1024 * 1024,
    PULL_HEARTBEAT_S = 15,
    PULL_HEARTBEAT_MIN_S = 5,
    PULL_HEARTBEAT_MAX_S = 270,
    PULL_LIFE_S = 1800,
    PULL_LIFE_MIN_S = 60,
    PULL_LIFE_MAX_S = 3600,
    PULL_PAD_MAX = 8192,
};

struct pull_topic {
    struct store_key key;
    char *url, *normal;
    size_t url_len, normal_len;
    bool has_since; // a position of its own
    struct since since;
};

struct pull_query {
    struct pull_topic topics[PULL_TOPICS_MAX]; // none twice
    size_t topic_count;
    // Instead of topics: one of both there is.
    struct pattern *patterns;
    size_t pattern_count;
    bool own_positions; // topics begin at different places (M16)
    struct since since; // of all who have none of their own
    bool backwards;     // order=desc: below the cursor `before`, if it has one
    bool has_before;
    char before[SINCE_CURSOR_MAX];
    enum pull_voice voice;
    bool has_wait;
    int64_t wait_ms;
    bool prefer; // the wait came as a preference: say that it is applied
    bool has_limit;
    size_t limit, max_bytes;
    bool bodies;
    bool conditional; // If-None-Match named the place: nothing new is a 304
    bool tagged;      // that is where the place is from: it may be anything
    bool fail_on_gap; // on_gap=fail: 410
    enum store_content content; // DEFAULT: as the topic or the hub says (M3)
    unsigned heartbeat_s, life_s;
    bool pulse; // beat=event: of events the heartbeat is one, too
    uint32_t pad;

    unsigned status; // when it is refused
    char reason[160];
};

// False: see status and reason; there is nothing to clear. `now_unix` in ms.
bool pull_query_read(const struct request *request, int64_t now_unix,
                     struct pull_query *out);
void pull_query_clear(struct pull_query *query);

// One more topic, of `since_text` (NULL: none of its own). False: as above,
// but what was there before stays.
bool pull_query_add(struct pull_query *query, const char *url, size_t len,
                    const char *since_text, int64_t now_unix);

// One more pattern, that is normalised already; without its star.
bool pull_query_prefix(struct pull_query *query, const char *normal,
                       size_t len);
void pull_query_drop(struct pull_query *query, size_t topic);

// A question with nothing in it but what is left out everywhere.
void pull_query_init(struct pull_query *query);

// Is this a stream's question?
bool pull_query_streams(const struct pull_query *query);
