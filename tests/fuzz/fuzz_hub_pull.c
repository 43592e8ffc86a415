// SPDX-License-Identifier: MIT
//
// What pullers ask: a line with the method ("JSON": a POST of that), one with
// the query, one with Prefer, one with If-None-Match, and a form or JSON; and
// made-up cursors.

#include "fuzz.h"
#include "hub/cursor.h"
#include "hub/pull_query.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static char *take_line(char **text)
{
    char *line = *text;
    char *end = strchr(line, '\n');
    *text = end ? end + 1 : line + strlen(line);
    if (end)
        *end = '\0';
    return line;
}

static void check(const struct pull_query *query)
{
    assert(query->topic_count <= PULL_TOPICS_MAX);
    assert(query->pattern_count <= PULL_PATTERNS_MAX);
    assert(query->voice == VOICE_SOCKET
           || (query->topic_count > 0) != (query->pattern_count > 0));
    assert(!query->backwards || query->wait_ms == 0);
    assert(query->wait_ms >= 0
           && query->wait_ms <= (int64_t)PULL_WAIT_MAX_S * 1000);
    assert(query->limit > 0 && query->limit <= PULL_LIMIT_MAX);
    assert(query->max_bytes > 0 && query->max_bytes <= PULL_BYTES_MAX);
    assert(query->heartbeat_s >= PULL_HEARTBEAT_MIN_S
           && query->heartbeat_s <= PULL_HEARTBEAT_MAX_S);
    assert(query->life_s >= PULL_LIFE_MIN_S
           && query->life_s <= PULL_LIFE_MAX_S);
    assert(query->pad <= PULL_PAD_MAX);
    assert(strlen(query->since.cursor) < SINCE_CURSOR_MAX);
}

// Nobody finds one that this store would take for its own: 8 bits of check
// and 48 of epoch.
static void try_cursor(const char *text)
{
    static const uint8_t secret[32] = { 1, 2, 3 };
    static struct cursor_key *key;
    struct cursor cursor;
    char again[CURSOR_TEXT];
    if (!key)
        key = cursor_key_new(secret);
    if (key && cursor_read(key, text, strlen(text), &cursor)
        && cursor_write(key, &cursor, again))
        assert(strlen(text) + 1 == CURSOR_TEXT);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct pull_query *query = malloc(sizeof *query);
    char *text = malloc(len + 1);
    if (!text || !query) {
        free(text);
        free(query);
        return 0;
    }
    if (len > 0)
        memcpy(text, bytes, len);
    text[len] = '\0';

    char *body = text;
    const char *method = take_line(&body);
    bool json = strcmp(method, "JSON") == 0;
    bool posted = json || strcmp(method, "POST") == 0;
    const char *asked = take_line(&body);
    struct request_field fields[3] = { { "Prefer", take_line(&body) } };
    fields[1] = (struct request_field){ "If-None-Match", take_line(&body) };
    fields[2] =
        (struct request_field){ "Content-Type", json ? "application/json"
                                                     : "application/x-www-form-"
                                                       "urlencoded" };
    struct request request = {
        .method = posted ? REQUEST_POST : REQUEST_GET,
        .path = "/events",
        .query = asked,
        .fields = fields,
        .field_count = 3,
        .body = body,
        .body_len = posted ? len - (size_t)(body - text) : 0,
    };
    if (pull_query_read(&request, 1800000000000, query)) {
        check(query);
        pull_query_clear(query);
    } else {
        assert(query->status >= 400 && query->reason[0]);
    }
    try_cursor(fields[1].value);
    free(query);
    free(text);
    return 0;
}
