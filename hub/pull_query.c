// SPDX-License-Identifier: MIT

#include "pull_query.h"

#include "fetcher/url.h"
#include "form.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static bool refuse(struct pull_query *query, unsigned status,
                   const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(struct pull_query *query, unsigned status,
                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(query->reason, sizeof query->reason, format, args);
    va_end(args);
    query->status = status;
    return false;
}

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

int64_t pull_query_time(const char *text)
{
    struct tm tm = { 0 };
    const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!at)
        return -1;
    int64_t ms = 0, unit = 100;
    if (*at == '.') {
        if (!isdigit((unsigned char)*++at))
            return -1;
        for (; isdigit((unsigned char)*at); at++, unit /= 10)
            ms += (*at - '0') * unit;
    }
    int64_t offset = 0;
    if (*at == '+' || *at == '-') {
        int hours, minutes, used = 0;
        if (sscanf(at + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2
            || used != 5 || hours > 23 || minutes > 59 || hours < 0
            || minutes < 0)
            return -1;
        offset = (hours * 60 + minutes) * (*at == '+' ? 60 : -60);
        at += 6;
    } else if (*at == 'Z' || *at == 'z') {
        at++;
    } else {
        return -1;
    }
    int64_t seconds = (int64_t)timegm(&tm) - offset;
    return *at == '\0' && seconds >= 0 ? seconds * 1000 + ms : -1;
}

// "10m": so long ago. -1: it is not such a thing.
static int64_t duration(const char *text)
{
    char *end;
    if (!isdigit((unsigned char)*text))
        return -1;
    errno = 0;
    long long count = strtoll(text, &end, 10);
    int64_t unit = *end == 's'   ? 1000
                   : *end == 'm' ? 60 * 1000
                   : *end == 'h' ? 60 * 60 * 1000
                   : *end == 'd' ? 24 * 60 * 60 * 1000
                                 : 0;
    if (errno != 0 || unit == 0 || end[1] != '\0'
        || count > INT64_MAX / 1000 / unit)
        return -1;
    return count * unit;
}

// "-20". A cursor may begin like that too, but goes on with other characters.
static bool counts_back(const char *text)
{
    size_t digits = text[0] == '-' ? strspn(text + 1, "0123456789") : 0;
    return digits > 0 && text[1 + digits] == '\0';
}

static bool read_since(struct pull_query *query, const char *text,
                       int64_t now_unix)
{
    int64_t time = pull_query_time(text), ago = duration(text);
    if (strcmp(text, "latest") == 0) {
        query->since = STORE_SINCE_LATEST;
    } else if (strcmp(text, "earliest") == 0) {
        query->since = STORE_SINCE_EARLIEST;
    } else if (counts_back(text)) {
        query->since = STORE_SINCE_LAST;
        if (!whole_number(text + 1, PULL_LIMIT_MAX, &query->value))
            return refuse(query, 400, "since counts back %d at most",
                          PULL_LIMIT_MAX);
    } else if (time >= 0 || ago >= 0) {
        query->since = STORE_SINCE_TIME;
        int64_t at = time >= 0 ? time : now_unix - ago;
        query->value = at > 0 ? (uint64_t)at : 0;
    } else {
        if (strlen(text) >= sizeof query->cursor)
            return refuse(query, 400, "since is not a cursor of this hub");
        query->has_cursor = true;
        memcpy(query->cursor, text, strlen(text) + 1);
    }
    return true;
}

static bool read_wait(struct pull_query *query, const char *text)
{
    uint64_t seconds;
    if (!whole_number(text, 1000000, &seconds))
        return refuse(query, 400, "wait is not a number of seconds");
    if (seconds > PULL_WAIT_MAX_S)
        seconds = PULL_WAIT_MAX_S;
    query->wait_ms = (int64_t)seconds * 1000;
    return true;
}

static bool read_size(struct pull_query *query, const char *name,
                      const char *text, size_t max, size_t *out)
{
    uint64_t value;
    if (!whole_number(text, max, &value) || value == 0)
        return refuse(query, 400, "%s is not a number from 1 to %zu", name,
                      max);
    *out = (size_t)value;
    return true;
}

static bool add_topic(struct pull_query *query, const struct form_field *field)
{
    struct url *url = malloc(sizeof *url);
    if (!url)
        return refuse(query, 503, "the hub is out of memory");
    const char *wrong = url_read(field->value, field->value_len, url);
    struct pull_topic *topic = &query->topics[query->topic_count];
    *topic = (struct pull_topic){ .url = NULL };
    if (!wrong) {
        url_key(url, topic->key.bytes);
        topic->url = strndup(url->text, url->len);
        topic->normal = strndup(url->normal, url->normal_len);
        topic->url_len = url->len;
        topic->normal_len = url->normal_len;
    }
    free(url);
    if (wrong)
        return refuse(query, 400, "topic %s", wrong);
    query->topic_count++; // so that clearing finds its strings
    if (!topic->url || !topic->normal)
        return refuse(query, 503, "the hub is out of memory");
    for (size_t i = 0; i + 1 < query->topic_count; i++) {
        if (memcmp(&query->topics[i].key, &topic->key, sizeof topic->key) != 0)
            continue;
        free(topic->url);
        free(topic->normal);
        query->topic_count--;
        break;
    }
    return true;
}

static bool is_one_of(const char *name, const char *const names[])
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool read_field(struct pull_query *query, const struct form_field *field,
                       int64_t now_unix)
{
    static const char *const topics[] = { "topic", "topic[]", "hub.topic",
                                          NULL };
    static const char *const since[] = { "since",       "after",
                                         "cursor",      "last_event_id",
                                         "lastEventId", NULL };
    static const char *const wait[] = { "wait", "timeout", NULL };
    static const char *const limit[] = { "limit", "count", NULL };
    const char *name = field->name, *value = field->value;

    if (is_one_of(name, topics)) {
        if (query->topic_count == PULL_TOPICS_MAX)
            return refuse(query, 400, "more than %d topics", PULL_TOPICS_MAX);
        return add_topic(query, field);
    }
    if (is_one_of(name, since))
        return read_since(query, value, now_unix);
    if (is_one_of(name, wait))
        return read_wait(query, value);
    if (is_one_of(name, limit))
        return read_size(query, name, value, PULL_LIMIT_MAX, &query->limit);
    if (strcmp(name, "max_bytes") == 0)
        return read_size(query, name, value, PULL_BYTES_MAX, &query->max_bytes);
    if (strcmp(name, "body") == 0) {
        query->bodies = strcmp(value, "none") != 0;
        return strcmp(value, "none") == 0 || strcmp(value, "inline") == 0
               || refuse(query, 400, "body is neither inline nor none");
    }
    if (strcmp(name, "content") == 0 || strcmp(name, "hub.content") == 0) {
        bool full = strcmp(value, "full") == 0;
        query->content = full ? STORE_CONTENT_FULL : STORE_CONTENT_ENTRIES;
        return full || strcmp(value, "entries") == 0
               || refuse(query, 400, "content is neither entries nor full");
    }
    return true; // what is not understood is ignored, as in WebSub 5.1
}

static bool read_form(struct pull_query *query, const char *text, size_t len,
                      int64_t now_unix)
{
    char problem[FORM_PROBLEM_MAX];
    struct form form;
    if (!form_read(text, len, &form, problem))
        return refuse(query, 400, "%s", problem);
    bool good = true;
    for (size_t i = 0; good && i < form.count; i++)
        good = read_field(query, &form.fields[i], now_unix);
    form_clear(&form);
    return good;
}

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
    return read_wait(query, digits);
}

// A cursor is also the entity tag of the answer that gave it.
static bool read_tag(struct pull_query *query, const char *tag)
{
    char cursor[PULL_CURSOR_MAX];
    size_t len;
    if (!tag)
        return true;
    if (strncmp(tag, "W/", 2) == 0)
        tag += 2;
    len = strlen(tag);
    if (len < 2 || len - 2 >= sizeof cursor || tag[0] != '"'
        || tag[len - 1] != '"')
        return true; // not one of ours: then it does not match
    memcpy(cursor, tag + 1, len - 2);
    cursor[len - 2] = '\0';
    query->conditional = true;
    return query->has_cursor || read_since(query, cursor, 0);
}

static bool read_all(struct pull_query *query, const struct request *request,
                     int64_t now_unix)
{
    const char *last = request_field(request, "Last-Event-ID");
    if (!read_prefer(query, request_field(request, "Prefer"))
        || !read_form(query, request->query, strlen(request->query), now_unix))
        return false;
    if (request->method == REQUEST_POST
        && !read_form(query, request->body, request->body_len, now_unix))
        return false;
    // An EventSource comes back with the old URL and a newer header.
    if (last && *last && !read_since(query, last, now_unix))
        return false;
    if (!read_tag(query, request_field(request, "If-None-Match")))
        return false;
    return query->topic_count > 0
           || refuse(query, 400, "topic is missing: which one is to be read?");
}

bool pull_query_read(const struct request *request, int64_t now_unix,
                     struct pull_query *out)
{
    out->topic_count = 0;
    out->has_cursor = false;
    out->since = STORE_SINCE_LATEST;
    out->value = 0;
    out->wait_ms = 0;
    out->prefer = false;
    out->limit = PULL_LIMIT;
    out->max_bytes = PULL_BYTES;
    out->bodies = true;
    out->conditional = false;
    out->content = STORE_CONTENT_DEFAULT;
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
    query->topic_count = 0;
}
