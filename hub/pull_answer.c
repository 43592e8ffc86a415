// SPDX-License-Identifier: MIT

#include "pull_answer.h"
#include "json_text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static json_t *time_json(int64_t unix_ms)
{
    char text[40];
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + len, sizeof text - len, ".%03dZ", (int)(unix_ms % 1000));
    return json_string(text);
}

static char *base64(const char *bytes, size_t len)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = malloc((len + 2) / 3 * 4 + 1), *at = text;
    if (!text)
        return NULL;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t bits = (uint32_t)(unsigned char)bytes[i] << 16;
        if (left > 1)
            bits |= (uint32_t)(unsigned char)bytes[i + 1] << 8;
        if (left > 2)
            bits |= (unsigned char)bytes[i + 2];
        *at++ = digits[bits >> 18];
        *at++ = digits[bits >> 12 & 63];
        *at++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[bits & 63] : '=';
    }
    *at = '\0';
    return text;
}

static void put_body(json_t *event, const struct store_event *from)
{
    json_t *text = json_stringn(from->body.at, from->body.len);
    if (text) {
        json_object_set_new(event, "encoding", json_string("utf8"));
        json_object_set_new(event, "body", text);
        return;
    }
    char *encoded = base64(from->body.at, from->body.len);
    json_object_set_new(event, "encoding", json_string("base64"));
    json_object_set_new(event, "body", json_string(encoded ? encoded : ""));
    free(encoded);
}

static json_t *links_json(const struct pull_answer *answer,
                          const struct store_event *from, const char *url)
{
    json_t *links = json_object();
    const char *end =
        from->hubs.len > 0 ? memchr(from->hubs.at, '\n', from->hubs.len) : NULL;
    size_t len = end ? (size_t)(end - from->hubs.at) : from->hubs.len;
    json_object_set_new(links, "hub",
                        len > 0 ? json_stringn(from->hubs.at, len)
                                : json_string(answer->hub_url));
    json_object_set_new(links, "self",
                        from->self.len > 0
                            ? json_stringn(from->self.at, from->self.len)
                            : json_string(url));
    return links;
}

static json_t *cursor_json(const struct pull_answer *answer, uint64_t number)
{
    struct cursor cursor = answer->cursor;
    char text[CURSOR_TEXT];
    cursor.number = number;
    return cursor_write(answer->key, &cursor, text) ? json_string(text) : NULL;
}

static const char *url_of(const struct pull_answer *answer, uint64_t topic)
{
    for (size_t i = 0; i < answer->read->count; i++)
        if (answer->read->positions[i].topic == topic)
            return answer->urls[i];
    return "";
}

static json_t *event_json(const struct pull_answer *answer,
                          const struct store_event *from)
{
    json_t *event = json_object();
    const char *url = url_of(answer, from->topic);
    json_object_set_new(event, "id", cursor_json(answer, from->number));
    json_object_set_new(event, "topic", json_string(url));
    json_object_set_new(event, "seq", json_integer((json_int_t)from->seq));
    json_object_set_new(event, "previous",
                        json_integer((json_int_t)from->previous));
    json_object_set_new(event, "incarnation",
                        json_sprintf("%016" PRIx64, from->incarnation));
    json_object_set_new(event, "time", time_json(from->time));
    json_object_set_new(event, "content_type",
                        from->content_type.len > 0
                            ? json_text(from->content_type)
                            : json_string(""));
    json_object_set_new(event, "links", links_json(answer, from, url));
    json_object_set_new(event, "size", json_integer((json_int_t)from->size));
    if (answer->read->bodies)
        put_body(event, from);
    return event;
}

static json_t *gap_json(const struct pull_answer *answer)
{
    json_t *topics = json_array();
    bool lost = false;
    for (size_t i = 0; answer->read && i < answer->read->count; i++) {
        const struct store_position *position = &answer->read->positions[i];
        if (position->gap_count == 0)
            continue;
        lost = true;
        json_array_append_new(
            topics,
            json_pack("{s:s, s:I, s:I, s:I, s:b}", "topic", answer->urls[i],
                      "lost", (json_int_t)position->gap_count, "from_seq",
                      (json_int_t)position->gap_from, "to_seq",
                      (json_int_t)position->gap_to, "exact",
                      !position->gap_inexact));
    }
    if (!lost && !answer->epoch_gap) {
        json_decref(topics);
        return json_null();
    }
    return json_pack("{s:s, s:o}", "reason",
                     answer->epoch_gap ? "epoch" : "expired", "topics", topics);
}

static json_t *answer_json(const struct pull_answer *answer)
{
    const struct store_events *read = answer->read;
    json_t *root = json_object();
    json_t *events = json_array();
    json_object_set_new(root, "cursor",
                        cursor_json(answer, answer->cursor.number));
    json_object_set_new(root, "more", json_boolean(read && read->more));
    json_object_set_new(root, "wait_ms",
                        json_integer((json_int_t)answer->waited_ms));
    json_object_set_new(root, "next", json_pack("{s:i}", "after_ms", 0));
    if (answer->scope_changed)
        json_object_set_new(root, "scope", json_string("changed"));
    json_object_set_new(root, "gap", gap_json(answer));
    for (size_t i = 0; read && i < read->event_count; i++)
        json_array_append_new(events, event_json(answer, &read->items[i]));
    json_object_set_new(root, "events", events);
    return root;
}

static bool has_news(const struct pull_answer *answer)
{
    if (!answer->read)
        return answer->epoch_gap || answer->scope_changed;
    for (size_t i = 0; i < answer->read->count; i++)
        if (answer->read->positions[i].gap_count > 0)
            return true;
    return answer->read->event_count > 0 || answer->epoch_gap
           || answer->scope_changed;
}

static void say(const struct pull_answer *answer, struct request *request,
                const char *text)
{
    char applied[64], tag[64] = "", cursor[CURSOR_TEXT];
    struct reply reply = {
        .status = 200,
        .content_type = "application/json",
        .body = text,
        .body_len = strlen(text),
        .headers = { "Cache-Control: no-store",
                     "X-Content-Type-Options: nosniff" },
        .header_count = 2,
        .close = answer->close,
    };
    if (cursor_write(answer->key, &answer->cursor, cursor)) {
        snprintf(tag, sizeof tag, "ETag: \"%s\"", cursor);
        reply.headers[reply.header_count++] = tag;
    }
    if (answer->preferred_s > 0) {
        snprintf(applied, sizeof applied, "Preference-Applied: wait=%u",
                 (unsigned)answer->preferred_s);
        reply.headers[reply.header_count++] = applied;
    }
    if (answer->conditional && !has_news(answer)) {
        reply.status = 304;
        reply.content_type = NULL;
        reply.body_len = 0;
    }
    request_reply(request, &reply);
}

size_t pull_answer_say(const struct pull_answer *answer,
                       struct request *request)
{
    json_t *root = answer_json(answer);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    if (!text) {
        pull_answer_problem(request, 503, "out-of-memory",
                            "the hub is out of memory");
        return 0;
    }
    say(answer, request, text);
    free(text);
    return answer->read ? answer->read->event_count : 0;
}

void pull_answer_problem(struct request *request, unsigned status,
                         const char *type, const char *detail)
{
    json_t *root = json_pack("{s:s, s:s, s:i, s:s, s:b}", "type", type, "title",
                             type, "status", (int)status, "detail", detail,
                             "retryable", status >= 429);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    json_decref(root);
    struct reply reply = {
        .status = status,
        .content_type = "application/problem+json",
        .body = text ? text : "{}",
        .body_len = text ? strlen(text) : 2,
        .headers = { "Cache-Control: no-store",
                     "X-Content-Type-Options: nosniff" },
        .header_count = 2,
    };
    if (status == 429 || status == 503)
        reply.headers[reply.header_count++] = "Retry-After: 10";
    request_reply(request, &reply);
    free(text);
}
