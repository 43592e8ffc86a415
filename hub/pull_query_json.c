// SPDX-License-Identifier: MIT

#include "pull_query_inside.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static bool is_named(const char *name, const char *one, const char *other)
{
    return strcmp(name, one) == 0 || strcmp(name, other) == 0;
}

// {"URL": "cursor" or null, ...}
static bool read_placed(struct pull_query *query, json_t *topics,
                        int64_t now_unix)
{
    const char *url;
    json_t *place;
    json_object_foreach(topics, url, place)
    {
        if (!json_is_string(place) && !json_is_null(place))
            return pull_query_refuse(query, 400,
                                     "the place of a topic is neither a text "
                                     "nor null");
        if (!pull_query_add(query, url, strlen(url), json_string_value(place),
                            now_unix))
            return false;
    }
    return true;
}

// ["URL", ...]
static bool read_listed(struct pull_query *query, json_t *list, bool patterns,
                        int64_t now_unix)
{
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        const char *text = json_string_value(one);
        size_t len = json_string_length(one);
        if (!text)
            return pull_query_refuse(query, 400, "%s is not a list of texts",
                                     patterns ? "match" : "topics");
        bool good = patterns ? pull_query_match(query, text, len)
                             : pull_query_add(query, text, len, NULL, now_unix);
        if (!good)
            return false;
    }
    return true;
}

static bool read_topics(struct pull_query *query, json_t *value, bool patterns,
                        int64_t now_unix)
{
    if (json_is_array(value))
        return read_listed(query, value, patterns, now_unix);
    if (json_is_object(value) && !patterns)
        return read_placed(query, value, now_unix);
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (!text)
        return pull_query_refuse(query, 400, "%s is not a list of texts",
                                 patterns ? "match" : "topics");
    return patterns ? pull_query_match(query, text, len)
                    : pull_query_add(query, text, len, NULL, now_unix);
}

static bool read_member(struct pull_query *query, const char *name,
                        json_t *value, int64_t now_unix)
{
    char number[32];
    if (is_named(name, "topics", "topic"))
        return read_topics(query, value, false, now_unix);
    if (strcmp(name, "match") == 0)
        return read_topics(query, value, true, now_unix);
    if (json_is_null(value))
        return true;
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT,
                 json_integer_value(value));
        return pull_query_field(query, name, number, now_unix);
    }
    const char *text = json_string_value(value);
    if (text)
        return pull_query_field(query, name, text, now_unix);
    return true; // no parameter of ours is anything else
}

bool pull_query_json(struct pull_query *query, const char *text, size_t len,
                     int64_t now_unix)
{
    json_error_t error;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) {
        json_decref(root);
        return pull_query_refuse(query, 400,
                                 "the body is not one JSON object: line %d",
                                 error.line > 0 ? error.line : 1);
    }
    bool good = true;
    const char *name;
    json_t *value;
    json_object_foreach(root, name, value)
    {
        good = read_member(query, name, value, now_unix);
        if (!good)
            break;
    }
    json_decref(root);
    return good;
}
