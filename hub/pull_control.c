// SPDX-License-Identifier: MIT

#include "pull_control.h"

#include "json_writer.h"
#include "parcel.h"
#include "pull_problem.h"
#include "pull_stream.h"
#include "request.h"
#include "websocket.h"

#include <string.h>
#include <time.h>

static void put_date(struct json_writer *out)
{
    char text[64];
    time_t now = time(NULL);
    struct tm utc;
    // The locale is "C", so these are the names of RFC 9110.
    if (gmtime_r(&now, &utc)
        && strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n",
                    &utc)
               > 0)
        json_writer_put(out, text);
}

// RFC 6455, 4.2.2: one of those offered, or none; a browser that offers some
// and gets none gives up.
static void put_protocol(struct json_writer *out, const char *offered)
{
    static const char name[] = "hub.pull.v1";
    for (const char *at = offered; at && *at;) {
        at += strspn(at, ", \t");
        size_t len = strcspn(at, ", \t");
        if (len == sizeof name - 1 && memcmp(at, name, len) == 0) {
            json_writer_put(out, "Sec-WebSocket-Protocol: hub.pull.v1\r\n");
            return;
        }
        at += len;
    }
}

static void put_handshake(struct json_writer *out,
                          const struct request *request)
{
    char accept[WEBSOCKET_ACCEPT];
    if (!websocket_accept(request, accept)) {
        out->failed = true;
        return;
    }
    json_writer_put(out, "HTTP/1.1 101 Switching Protocols\r\n"
                         "Upgrade: websocket\r\n"
                         "Connection: Upgrade\r\n"
                         "Sec-WebSocket-Accept: ");
    json_writer_put(out, accept);
    json_writer_put(out, "\r\n");
    put_protocol(out, request_field(request, "Sec-WebSocket-Protocol"));
}

static void put_fields(struct json_writer *out, enum pull_voice voice)
{
    // Neither a length nor chunks: it ends with the connection, also for
    // HTTP/1.0. What is in between must not gather it (nginx).
    json_writer_put(out, "HTTP/1.1 200 OK\r\nContent-Type: ");
    json_writer_put(out, voice == VOICE_EVENTS ? "text/event-stream"
                                               : "application/x-ndjson");
    json_writer_put(out, "\r\nCache-Control: no-store\r\n"
                         "X-Accel-Buffering: no\r\n"
                         "X-Content-Type-Options: nosniff\r\n"
                         "Connection: close\r\n");
}

static void put_pad(struct json_writer *out, enum pull_voice voice,
                    uint32_t len)
{
    static const char spaces[] = "                                ";
    if (len == 0 || voice == VOICE_SOCKET)
        return;
    if (voice == VOICE_EVENTS)
        json_writer_put(out, ":");
    for (uint32_t left = len; left > 0;) {
        uint32_t some = left < sizeof spaces - 1 ? left : sizeof spaces - 1;
        json_writer_bytes(out, spaces, some);
        left -= some;
    }
    json_writer_put(out, voice == VOICE_EVENTS ? "\n\n" : "\n");
}

static void put_retry(struct json_writer *out, uint32_t retry_ms)
{
    json_writer_put(out, "retry: ");
    json_writer_number(out, retry_ms);
    json_writer_put(out, "\n\n");
}

struct parcel *pull_head(enum pull_voice voice, const struct request *request,
                         uint32_t retry_ms, uint32_t pad,
                         const char *allow_origin)
{
    struct json_writer out = { 0 };
    if (voice == VOICE_SOCKET)
        put_handshake(&out, request);
    else
        put_fields(&out, voice);
    put_date(&out);
    if (allow_origin) {
        json_writer_put(&out, allow_origin);
        json_writer_put(&out, "\r\nVary: Origin\r\n");
    }
    json_writer_put(&out, "\r\n");
    if (voice == VOICE_EVENTS && retry_ms > 0)
        put_retry(&out, retry_ms);
    put_pad(&out, voice, pad);
    return json_writer_parcel(&out);
}

static void put_string(struct json_writer *out, const char *name,
                       const char *text)
{
    if (!text)
        return;
    json_writer_name(out, name);
    json_writer_string(out, text);
}

static void put_number(struct json_writer *out, const char *name,
                       uint64_t number)
{
    json_writer_name(out, name);
    json_writer_number(out, number);
}

// "reason" is what a poll's problem calls "type": here that says what kind of
// message it is.
static void put_ending(struct pull_stream *stream, const char *type,
                       const struct pull_problem *problem)
{
    struct json_writer *out = pull_stream_begin(stream, type, problem->cursor);
    put_string(out, "reason", problem->type);
    put_number(out, "status", problem->status);
    put_string(out, "detail", problem->detail);
    json_writer_name(out, "retryable");
    json_writer_put(out, problem->retryable ? "true" : "false");
    if (problem->after_ms > 0)
        put_number(out, "retry_after_ms", problem->after_ms);
    put_string(out, "cursor", problem->cursor);
    put_string(out, "topic", problem->topic);
    pull_stream_end(stream);
}

struct parcel *pull_abort(enum pull_voice voice,
                          const struct pull_problem *problem)
{
    struct pull_stream stream = { .voice = voice };
    put_ending(&stream, "abort", problem);
    return pull_stream_parcel(&stream);
}

struct parcel *pull_overload(enum pull_voice voice, uint32_t retry_ms,
                             const char *cursor)
{
    const struct pull_problem problem = {
        .status = 503,
        .type = "overload",
        .detail = "the hub holds as many as it can: come again later",
        .retryable = true,
        .after_ms = retry_ms,
        .cursor = cursor,
    };
    struct pull_stream stream = { .voice = voice };
    if (voice == VOICE_EVENTS)
        put_retry(&stream.out, retry_ms);
    put_ending(&stream, "overload", &problem);
    return pull_stream_parcel(&stream);
}

struct parcel *pull_retry(enum pull_voice voice, uint32_t retry_ms)
{
    struct json_writer out = { 0 };
    if (voice != VOICE_EVENTS)
        return NULL;
    put_retry(&out, retry_ms);
    return json_writer_parcel(&out);
}

unsigned pull_close_code(unsigned status)
{
    switch (status) {
    case 401: // not let in (any more)
    case 403:
    case 404:
    case 409: // a newer one has taken over
    case 410: // a gap, and that was to be an error
    case 429:
        return 4000 + status;
    case 413:
        return 1009;
    case 503:
        return 1013;
    default:
        return status >= 500 ? 1011 : 1008;
    }
}

struct parcel *pull_say(enum pull_voice voice, const char *text, size_t len)
{
    struct json_writer out = { 0 };
    if (voice == VOICE_SOCKET)
        return websocket_text(text, len);
    json_writer_bytes(&out, text, len);
    if (voice == VOICE_LINES)
        json_writer_put(&out, "\n");
    return json_writer_parcel(&out);
}
