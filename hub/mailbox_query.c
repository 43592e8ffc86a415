// SPDX-License-Identifier: MIT

#include "mailbox_query.h"

#include "form.h"
#include "pull_query.h"
#include "request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    HEARTBEAT_S = 15,
    HEARTBEAT_MIN_S = 5,
    LIFE_S = 1800,
    LIFE_MIN_S = 60,
    LIFE_MAX_S = 3600,
    PAD_MAX = 8192,
};

static bool is_one_of(const char *name, const char *const names[])
{
    for (; *names; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

static bool whole_number(const char *text, uint64_t *out)
{
    *out = 0;
    if (!*text || strspn(text, "0123456789") != strlen(text))
        return false;
    for (; *text; text++) {
        if (*out > UINT32_MAX)
            return false;
        *out = *out * 10 + (uint64_t)(*text - '0');
    }
    return true;
}

static bool refuse_range(struct mailbox_query *query, const char *name,
                         uint64_t min, uint64_t max)
{
    (void)snprintf(query->problem, sizeof query->problem,
                   "%s is not a number from %llu to %llu", name,
                   (unsigned long long)min, (unsigned long long)max);
    return false;
}

static bool read_number(struct mailbox_query *query,
                        const struct form_field *field, uint64_t min,
                        uint64_t max, uint64_t *out)
{
    return (whole_number(field->value, out) && *out >= min && *out <= max)
           || refuse_range(query, field->name, min, max);
}

// What is longer than the longest is shortened.
static bool read_wait(struct mailbox_query *query, const char *name,
                      const char *text)
{
    uint64_t seconds;
    if (!whole_number(text, &seconds))
        return refuse_range(query, name, 0, PULL_WAIT_MAX_S);
    if (seconds > PULL_WAIT_MAX_S)
        seconds = PULL_WAIT_MAX_S;
    query->wish.wait_ms = (int64_t)seconds * 1000;
    return true;
}

static bool take_ack(struct mailbox_query *query, const char *name,
                     const char *text)
{
    size_t len = strlen(text);
    if (len >= sizeof query->ack) {
        (void)snprintf(query->problem, sizeof query->problem,
                       "%s is not a cursor of this mailbox", name);
        return false;
    }
    memcpy(query->ack, text, len + 1);
    return true;
}

static bool read_body(struct mailbox_query *query, const char *value)
{
    query->bodies = strcmp(value, "none") != 0;
    if (!query->bodies || strcmp(value, "inline") == 0)
        return true;
    (void)snprintf(query->problem, sizeof query->problem,
                   "body is neither inline nor none");
    return false;
}

static bool read_stream(struct mailbox_query *query,
                        const struct form_field *field)
{
    struct puller_wish *wish = &query->wish;
    uint64_t number;
    if (strcmp(field->name, "heartbeat") == 0) {
        if (!read_number(query, field, HEARTBEAT_MIN_S, PULL_WAIT_MAX_S,
                         &number))
            return false;
        wish->heartbeat_ms = (unsigned)number * 1000;
    } else if (strcmp(field->name, "life") == 0) {
        if (!read_number(query, field, LIFE_MIN_S, LIFE_MAX_S, &number))
            return false;
        wish->life_ms = (int64_t)number * 1000;
    } else if (strcmp(field->name, "pad") == 0) {
        if (!read_number(query, field, 0, PAD_MAX, &number))
            return false;
        wish->pad = (uint32_t)number;
    }
    return true;
}

static bool read_field(struct mailbox_query *query,
                       const struct form_field *field)
{
    static const char *const ack[] = { "ack", "last_event_id", "lastEventId",
                                       NULL };
    static const char *const wait[] = { "wait", "timeout", NULL };
    static const char *const limit[] = { "limit", "count", NULL };
    uint64_t number;
    if (is_one_of(field->name, ack))
        return take_ack(query, field->name, field->value);
    if (is_one_of(field->name, wait))
        return read_wait(query, field->name, field->value);
    if (is_one_of(field->name, limit)) {
        query->limited = true;
        if (!read_number(query, field, 1, PULL_LIMIT_MAX, &number))
            return false;
        query->limit = (size_t)number;
        return true;
    }
    if (strcmp(field->name, "max_bytes") == 0) {
        if (!read_number(query, field, 1, PULL_BYTES_MAX, &number))
            return false;
        query->max_bytes = (size_t)number;
        return true;
    }
    if (strcmp(field->name, "body") == 0)
        return read_body(query, field->value);
    return read_stream(query, field);
}

// RFC 7240: "Prefer: wait=30". What is not understood is passed over.
static void read_prefer(struct mailbox_query *query, const char *prefer)
{
    const char *at = prefer ? strcasestr(prefer, "wait=") : NULL;
    char digits[8] = "";
    if (!at)
        return;
    at += strlen("wait=");
    size_t len = strspn(at, "0123456789");
    if (len == 0 || len >= sizeof digits)
        return;
    memcpy(digits, at, len);
    if (read_wait(query, "wait", digits))
        query->wish.preferred_s = (uint32_t)(query->wish.wait_ms / 1000);
}

// /messages is a poll unless its Accept wants a stream.
static enum pull_voice voice_of(const struct request *request,
                                enum mailbox_part part)
{
    const char *accept = request_field(request, "Accept");
    if (part == MAILBOX_SSE)
        return VOICE_EVENTS;
    if (part == MAILBOX_STREAM)
        return VOICE_LINES;
    if (part == MAILBOX_WS)
        return VOICE_SOCKET;
    if (accept && strcasestr(accept, "text/event-stream"))
        return VOICE_EVENTS;
    return accept && strcasestr(accept, "application/x-ndjson") ? VOICE_LINES
                                                                : VOICE_JSON;
}

bool mailbox_query_read(const struct request *request, enum mailbox_part part,
                        struct mailbox_query *out)
{
    const char *last = request_field(request, "Last-Event-ID");
    struct form form;
    *out = (struct mailbox_query){
        .limit = PULL_LIMIT,
        .max_bytes = PULL_BYTES,
        .bodies = true,
        .wish = { .voice = voice_of(request, part),
                  .heartbeat_ms = HEARTBEAT_S * 1000,
                  .life_ms = LIFE_S * 1000 },
    };
    read_prefer(out, request_field(request, "Prefer"));
    if (!form_read(request->query, strlen(request->query), &form, out->problem))
        return false;
    bool good = true;
    for (size_t i = 0; good && i < form.count; i++)
        good = read_field(out, &form.fields[i]);
    form_clear(&form);
    // A stream's pages follow each other by themselves; a large one would only
    // lie in wait for who does not read.
    if (out->wish.voice != VOICE_JSON && out->max_bytes > PULL_BYTES)
        out->max_bytes = PULL_BYTES;
    // An EventSource comes back with the old URL and a newer header; what it
    // has shown its page, it has.
    return good && (!last || !*last || take_ack(out, "Last-Event-ID", last));
}
