// SPDX-License-Identifier: MIT

#include "pull_query.h"

#include "cursor.h"
#include "fetcher/url.h"
#include "form.h"
#include "pull_query_inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool pull_query_refuse(struct pull_query *query, unsigned status,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(query->reason, sizeof query->reason, format, args);
    va_end(args);
    query->status = status;
    return false;
}

bool pull_query_is_one_of(const char *name, const char *const names[])
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool names_topic(const char *name)
{
    static const char *const names[] = { "topic", "topic[]", "hub.topic",
                                         NULL };
    return pull_query_is_one_of(name, names);
}

static bool names_match(const char *name)
{
    static const char *const names[] = { "match", "match[]", "match_prefix",
                                         NULL };
    return pull_query_is_one_of(name, names);
}

bool pull_query_names_since(const char *name)
{
    static const char *const names[] = { "since",       "after",
                                         "cursor",      "last_event_id",
                                         "lastEventId", NULL };
    return pull_query_is_one_of(name, names);
}

// ------------------------------------------------------------ topics, places

bool pull_query_since(struct pull_query *query, const char *value,
                      int64_t now_unix)
{
    const char *problem = since_read(value, now_unix, &query->since);
    return !problem || pull_query_refuse(query, 400, "since %s", problem);
}

static bool is_known(const struct pull_query *query,
                     const struct pull_topic *topic)
{
    for (size_t i = 0; i < query->topic_count; i++)
        if (memcmp(&query->topics[i].key, &topic->key, sizeof topic->key) == 0)
            return true;
    return false;
}

static const char *read_url(const char *text, size_t len,
                            struct pull_topic *topic)
{
    struct url *url = malloc(sizeof *url);
    if (!url)
        return "cannot be read now: the hub is out of memory";
    const char *wrong = url_read(text, len, url);
    if (!wrong) {
        url_key(url, topic->key.bytes);
        topic->url = strndup(url->text, url->len);
        topic->normal = strndup(url->normal, url->normal_len);
        topic->url_len = url->len;
        topic->normal_len = url->normal_len;
    }
    free(url);
    return wrong;
}

bool pull_query_add(struct pull_query *query, const char *url, size_t len,
                    const char *since_text, int64_t now_unix)
{
    if (query->topic_count == PULL_TOPICS_MAX)
        return pull_query_refuse(query, 400, "more than %d topics",
                                 PULL_TOPICS_MAX);
    struct pull_topic *topic = &query->topics[query->topic_count];
    topic->url = topic->normal = NULL;
    topic->has_since = since_text != NULL;
    const char *wrong =
        since_text ? since_read(since_text, now_unix, &topic->since) : NULL;
    if (wrong)
        return pull_query_refuse(query, 400, "since %s", wrong);
    wrong = read_url(url, len, topic);
    if (wrong)
        return pull_query_refuse(query, 400, "topic %s", wrong);
    bool room = topic->url && topic->normal;
    if (room && !is_known(query, topic)) {
        query->topic_count++;
        return true;
    }
    free(topic->url);
    free(topic->normal);
    return room || pull_query_refuse(query, 503, "the hub is out of memory");
}

static bool pattern_room(struct pull_query *query)
{
    if (query->pattern_count == PULL_PATTERNS_MAX)
        return pull_query_refuse(query, 400, "more than %d patterns",
                                 PULL_PATTERNS_MAX);
    if (!query->patterns)
        query->patterns = calloc(PULL_PATTERNS_MAX, sizeof *query->patterns);
    return query->patterns
           || pull_query_refuse(query, 503, "the hub is out of memory");
}

bool pull_query_prefix(struct pull_query *query, const char *normal, size_t len)
{
    if (!pattern_room(query) || len > PATTERN_MAX)
        return false;
    struct pattern *pattern = &query->patterns[query->pattern_count++];
    pattern->len = len;
    memcpy(pattern->normal, normal, len);
    pattern->normal[len] = '\0';
    return true;
}

bool pull_query_match(struct pull_query *query, const char *value, size_t len)
{
    if (!pattern_room(query))
        return false;
    struct pattern *all = query->patterns;
    const char *problem = pattern_read(value, len, &all[query->pattern_count]);
    if (problem)
        return pull_query_refuse(query, 400, "match %s", problem);
    query->pattern_count++;
    return true;
}

// --------------------------------------------------------------------- forms

static bool give_since(struct pull_query *query, size_t from, const char *text,
                       int64_t now_unix)
{
    struct since since;
    const char *problem = since_read(text, now_unix, &since);
    if (problem)
        return pull_query_refuse(query, 400, "since %s", problem);
    for (size_t i = from; i < query->topic_count; i++) {
        query->topics[i].has_since = true;
        query->topics[i].since = since;
    }
    return true;
}

// `pairs`: a position is that of the topics named just before it, and of all
// the others where it comes first. Else there is one for all of them.
static bool read_form(struct pull_query *query, const char *text, size_t len,
                      bool pairs, int64_t now_unix)
{
    char problem[FORM_PROBLEM_MAX];
    struct form form;
    if (!form_read(text, len, &form, problem))
        return pull_query_refuse(query, 400, "%s", problem);
    bool good = true;
    size_t unplaced = query->topic_count;
    for (size_t i = 0; good && i < form.count; i++) {
        const struct form_field *field = &form.fields[i];
        if (names_topic(field->name)) {
            good = pull_query_add(query, field->value, field->value_len, NULL,
                                  now_unix);
        } else if (names_match(field->name)) {
            good = pull_query_match(query, field->value, field->value_len);
        } else if (pairs && pull_query_names_since(field->name)
                   && unplaced < query->topic_count) {
            good = give_since(query, unplaced, field->value, now_unix);
            unplaced = query->topic_count;
        } else {
            good = pull_query_field(query, field->name, field->value, now_unix);
        }
    }
    form_clear(&form);
    return good;
}

static bool is_json(const struct request *request)
{
    const char *type = request_field(request, "Content-Type");
    return type && strncasecmp(type, "application/json", 16) == 0;
}

static bool read_body(struct pull_query *query, const struct request *request,
                      int64_t now_unix)
{
    if (request->method != REQUEST_POST)
        return true;
    if (is_json(request))
        return pull_query_json(query, request->body, request->body_len,
                               now_unix);
    return read_form(query, request->body, request->body_len, true, now_unix);
}

// -------------------------------------------------------------------- headers

// RFC 7240: "Prefer: wait=30".
static bool read_prefer(struct pull_query *query, const char *prefer)
{
    const char *at = prefer ? strcasestr(prefer, "wait=") : NULL;
    char digits[8] = "";
    if (!at)
        return true;
    at += strlen("wait=");
    size_t len = strspn(at, "0123456789");
    if (len == 0 || len >= sizeof digits)
        return true; // a preference that is not understood is ignored
    memcpy(digits, at, len);
    query->prefer = true;
    return pull_query_wait(query, digits);
}

// A strong tag of one cursor. False: it is none that this hub has given.
static bool names_cursor(const char *tag, char cursor[CURSOR_TEXT])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789-_";
    if (strncmp(tag, "W/", 2) == 0)
        tag += 2;
    if (tag[0] != '"' || strspn(tag + 1, alphabet) != CURSOR_TEXT - 1
        || strcmp(tag + CURSOR_TEXT, "\"") != 0)
        return false;
    memcpy(cursor, tag + 1, CURSOR_TEXT - 1);
    cursor[CURSOR_TEXT - 1] = '\0';
    return true;
}

// A cursor is also the entity tag of the answer that gave it: a place, where
// none is named. What is no such tag does not match (RFC 9110 13.1.2).
static void read_tag(struct pull_query *query, const char *tag)
{
    char cursor[CURSOR_TEXT];
    struct since *since = &query->since;
    if (!tag || query->own_positions || !names_cursor(tag, cursor))
        return;
    query->tagged = since->kind == STORE_SINCE_LATEST;
    if (query->tagged) {
        since->kind = STORE_SINCE_NUMBER;
        memcpy(since->cursor, cursor, sizeof cursor);
    }
    query->conditional =
        since->kind == STORE_SINCE_NUMBER && strcmp(since->cursor, cursor) == 0;
}

static bool ends_in(const char *path, const char *tail)
{
    size_t len = strlen(path), tail_len = strlen(tail);
    return len >= tail_len && strcmp(path + len - tail_len, tail) == 0;
}

// False: the path leaves it to the fields.
static bool read_path(struct pull_query *query, const char *path)
{
    static const struct {
        const char *tail;
        enum pull_voice voice;
        int64_t wait_s;
    } paths[] = {
        { "/poll", VOICE_JSON, PULL_WAIT_S },
        { "/sse", VOICE_EVENTS, 0 },
        { "/stream", VOICE_LINES, 0 },
        { "/ws", VOICE_SOCKET, 0 },
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (!ends_in(path, paths[i].tail))
            continue;
        query->voice = paths[i].voice;
        query->wait_ms = paths[i].wait_s * 1000;
        return true;
    }
    return false;
}

static bool has_word(const struct request *request, const char *name,
                     const char *word)
{
    const char *value = request_field(request, name);
    return value && strcasestr(value, word);
}

static void read_voice(struct pull_query *query, const struct request *request)
{
    if (read_path(query, request->path))
        return;
    if (has_word(request, "Upgrade", "websocket"))
        query->voice = VOICE_SOCKET;
    else if (has_word(request, "Accept", "text/event-stream"))
        query->voice = VOICE_EVENTS;
    else if (has_word(request, "Accept", "application/x-ndjson"))
        query->voice = VOICE_LINES;
}

// ------------------------------------------------------------------ the whole

// A position for all, where those given are the same.
static void settle_positions(struct pull_query *query)
{
    const struct since *first = NULL;
    for (size_t i = 0; i < query->topic_count; i++) {
        struct pull_topic *topic = &query->topics[i];
        const struct since *here =
            topic->has_since ? &topic->since : &query->since;
        if (!first)
            first = here;
        if (here->kind != first->kind || here->value != first->value
            || strcmp(here->cursor, first->cursor) != 0)
            query->own_positions = true;
    }
    if (first && !query->own_positions)
        query->since = *first;
}

static bool check(struct pull_query *query)
{
    bool streams = pull_query_streams(query);
    if (query->topic_count > 0 && query->pattern_count > 0)
        return pull_query_refuse(query, 400,
                                 "topic and match cannot go together: a "
                                 "pattern without its * is a topic");
    if (query->topic_count == 0 && query->pattern_count == 0
        && query->voice != VOICE_SOCKET)
        return pull_query_refuse(query, 400,
                                 "topic is missing: which one is to be read?");
    if (query->pattern_count > 0 && !query->backwards
        && query->since.kind == STORE_SINCE_LAST)
        return pull_query_refuse(query, 400,
                                 "since=-N is for topics that are named: with "
                                 "match, give a time or an age");
    if (query->backwards && (streams || query->own_positions))
        return pull_query_refuse(query, 400,
                                 "history is read from one place, by polls");
    if (query->backwards && query->voice == VOICE_BY_TOPIC)
        return pull_query_refuse(query, 400, "history has no view but flat");
    if (query->backwards)
        query->wait_ms = 0;
    if (query->own_positions && !streams)
        query->voice = VOICE_BY_TOPIC;
    // Its backlog flows by itself, and a page lies in memory until it is taken.
    if (streams && query->max_bytes > PULL_BYTES)
        query->max_bytes = PULL_BYTES;
    return true;
}

static bool read_all(struct pull_query *query, const struct request *request,
                     int64_t now_unix)
{
    const char *last = request_field(request, "Last-Event-ID");
    read_voice(query, request);
    if (!read_prefer(query, request_field(request, "Prefer"))
        || !read_form(query, request->query, strlen(request->query), false,
                      now_unix)
        || !read_body(query, request, now_unix))
        return false;
    settle_positions(query);
    // An EventSource comes back with the old URL and a newer header.
    if (last && *last && !pull_query_since(query, last, now_unix))
        return false;
    if (last && *last)
        query->own_positions = false;
    read_tag(query, request_field(request, "If-None-Match"));
    return check(query);
}

bool pull_query_streams(const struct pull_query *query)
{
    return query->voice != VOICE_JSON && query->voice != VOICE_BY_TOPIC;
}

void pull_query_init(struct pull_query *out)
{
    out->topic_count = out->pattern_count = 0;
    out->patterns = NULL;
    out->own_positions = out->backwards = out->has_before = false;
    out->since = (struct since){ .kind = STORE_SINCE_LATEST };
    out->voice = VOICE_JSON;
    out->has_wait = out->prefer = false;
    out->wait_ms = 0;
    out->has_limit = false;
    out->limit = PULL_LIMIT;
    out->max_bytes = PULL_BYTES;
    out->bodies = true;
    out->conditional = out->tagged = out->fail_on_gap = false;
    out->content = STORE_CONTENT_DEFAULT;
    out->heartbeat_s = PULL_HEARTBEAT_S;
    out->life_s = PULL_LIFE_S;
    out->pulse = false;
    out->pad = 0;
}

bool pull_query_read(const struct request *request, int64_t now_unix,
                     struct pull_query *out)
{
    pull_query_init(out);
    if (read_all(out, request, now_unix))
        return true;
    pull_query_clear(out);
    return false;
}

void pull_query_clear(struct pull_query *query)
{
    for (size_t i = 0; i < query->topic_count; i++) {
        free(query->topics[i].url);
        free(query->topics[i].normal);
    }
    free(query->patterns);
    query->patterns = NULL;
    query->topic_count = query->pattern_count = 0;
}

void pull_query_drop(struct pull_query *query, size_t topic)
{
    free(query->topics[topic].url);
    free(query->topics[topic].normal);
    query->topic_count--;
    memmove(&query->topics[topic], &query->topics[topic + 1],
            (query->topic_count - topic) * sizeof *query->topics);
}
