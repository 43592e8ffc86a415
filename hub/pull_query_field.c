// SPDX-License-Identifier: MIT

#include "pull_query_inside.h"

#include <ctype.h>
#include <string.h>

static bool whole_number(const char *text, uint64_t max, uint64_t *out)
{
    uint64_t value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        if (!isdigit((unsigned char)*text) || value > max)
            return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *out = value;
    return value <= max;
}

static bool read_number(struct pull_query *query, const char *name,
                        const char *text, uint64_t min, uint64_t max,
                        uint64_t *out)
{
    if (whole_number(text, max, out) && *out >= min)
        return true;
    return pull_query_refuse(query, 400, "%s is not a number from %llu to %llu",
                             name, (unsigned long long)min,
                             (unsigned long long)max);
}

bool pull_query_wait(struct pull_query *query, const char *text)
{
    uint64_t seconds;
    if (!whole_number(text, 1000000, &seconds))
        return pull_query_refuse(query, 400, "wait is not a number of seconds");
    if (seconds > PULL_WAIT_MAX_S)
        seconds = PULL_WAIT_MAX_S;
    query->wait_ms = (int64_t)seconds * 1000;
    query->has_wait = true;
    return true;
}

// One of two words.
static bool read_word(struct pull_query *query, const char *name,
                      const char *value, const char *no, const char *yes,
                      bool *out)
{
    *out = strcmp(value, yes) == 0;
    if (*out || strcmp(value, no) == 0)
        return true;
    return pull_query_refuse(query, 400, "%s is neither %s nor %s", name, no,
                             yes);
}

static bool read_sizes(struct pull_query *query, const char *name,
                       const char *value, bool *known)
{
    uint64_t number = 0;
    bool good = true;
    *known = true;
    if (strcmp(name, "limit") == 0 || strcmp(name, "count") == 0) {
        good = read_number(query, name, value, 1, PULL_LIMIT_MAX, &number);
        query->limit = (size_t)number;
        query->has_limit = true;
    } else if (strcmp(name, "max_bytes") == 0) {
        good = read_number(query, name, value, 1, PULL_BYTES_MAX, &number);
        query->max_bytes = (size_t)number;
    } else if (strcmp(name, "heartbeat") == 0) {
        good = read_number(query, name, value, PULL_HEARTBEAT_MIN_S,
                           PULL_HEARTBEAT_MAX_S, &number);
        query->heartbeat_s = (unsigned)number;
    } else if (strcmp(name, "life") == 0) {
        good = read_number(query, name, value, PULL_LIFE_MIN_S, PULL_LIFE_MAX_S,
                           &number);
        query->life_s = (unsigned)number;
    } else if (strcmp(name, "pad") == 0) {
        good = read_number(query, name, value, 0, PULL_PAD_MAX, &number);
        query->pad = (uint32_t)number;
    } else {
        *known = false;
    }
    return good;
}

static bool read_before(struct pull_query *query, const char *value)
{
    size_t len = strlen(value);
    query->backwards = true;
    if (strcmp(value, "latest") == 0)
        return true;
    if (len == 0 || len >= sizeof query->before)
        return pull_query_refuse(query, 400,
                                 "before is not a cursor of this hub");
    query->has_before = true;
    memcpy(query->before, value, len + 1);
    return true;
}

static bool read_format(struct pull_query *query, const char *value)
{
    return strcmp(value, "ours") == 0
           || pull_query_refuse(query, 400, "format can only be ours");
}

static bool read_switches(struct pull_query *query, const char *name,
                          const char *value, bool *known)
{
    *known = true;
    if (strcmp(name, "body") == 0)
        return read_word(query, name, value, "none", "inline", &query->bodies);
    if (strcmp(name, "beat") == 0)
        return read_word(query, name, value, "comment", "event", &query->pulse);
    if (strcmp(name, "on_gap") == 0)
        return read_word(query, name, value, "report", "fail",
                         &query->fail_on_gap);
    *known = false;
    return true;
}

static bool read_view(struct pull_query *query, const char *value)
{
    bool by_topic;
    if (!read_word(query, "view", value, "flat", "by_topic", &by_topic))
        return false;
    if (!pull_query_streams(query))
        query->voice = by_topic ? VOICE_BY_TOPIC : VOICE_JSON;
    return true;
}

static bool read_content(struct pull_query *query, const char *value)
{
    bool full;
    if (!read_word(query, "content", value, "entries", "full", &full))
        return false;
    query->content = full ? STORE_CONTENT_FULL : STORE_CONTENT_ENTRIES;
    return true;
}

static bool read_order(struct pull_query *query, const char *value)
{
    bool back;
    if (!read_word(query, "order", value, "asc", "desc", &back))
        return false;
    query->backwards = query->backwards || back;
    return true;
}

static bool read_words(struct pull_query *query, const char *name,
                       const char *value)
{
    bool known, good = read_switches(query, name, value, &known);
    if (known)
        return good;
    if (strcmp(name, "content") == 0 || strcmp(name, "hub.content") == 0)
        return read_content(query, value);
    if (strcmp(name, "view") == 0)
        return read_view(query, value);
    return strcmp(name, "order") != 0 || read_order(query, value);
}

bool pull_query_field(struct pull_query *query, const char *name,
                      const char *value, int64_t now_unix)
{
    static const char *const wait[] = { "wait", "timeout", NULL };
    bool known;
    if (!read_sizes(query, name, value, &known))
        return false;
    if (known)
        return true;
    if (pull_query_names_since(name))
        return pull_query_since(query, value, now_unix);
    if (pull_query_is_one_of(name, wait))
        return pull_query_wait(query, value);
    if (strcmp(name, "before") == 0)
        return read_before(query, value);
    if (strcmp(name, "format") == 0)
        return read_format(query, value);
    return read_words(query, name, value);
}
