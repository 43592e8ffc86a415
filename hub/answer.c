// SPDX-License-Identifier: MIT

#include "answer.h"

#include "crowd.h"
#include "reason.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum {
    SHARED_MIN = 2048, // smaller bodies are cheaper copied than compared
    FIXED_LINES_MAX = 256,
};

struct body {
    atomic_uint users;
    struct answer_shelf *shelf;
    size_t len;
    char bytes[];
};

struct answer_shelf {
    pthread_mutex_t lock;
    struct body *last;
    atomic_size_t bytes;
    struct answer_limits limits;
    struct crowd *crowd;
};

struct answer {
    atomic_uint users;
    struct body *body; // NULL: it is among `bytes`, or there is none
    size_t len;        // of `bytes`
    bool close;
    char bytes[];
};

struct answer_shelf *answer_shelf_new(struct crowd *crowd,
                                      const struct answer_limits *limits)
{
    struct answer_shelf *shelf = calloc(1, sizeof *shelf);
    if (!shelf)
        return NULL;
    pthread_mutex_init(&shelf->lock, NULL);
    shelf->crowd = crowd;
    shelf->limits = *limits;
    return shelf;
}

static void body_drop(struct body *body)
{
    if (!body || atomic_fetch_sub(&body->users, 1) > 1)
        return;
    atomic_fetch_sub(&body->shelf->bytes, body->len);
    free(body);
}

void answer_shelf_free(struct answer_shelf *shelf)
{
    if (!shelf)
        return;
    body_drop(shelf->last);
    pthread_mutex_destroy(&shelf->lock);
    free(shelf);
}

static struct body *shelf_look(struct answer_shelf *shelf)
{
    pthread_mutex_lock(&shelf->lock);
    struct body *body = shelf->last;
    if (body)
        atomic_fetch_add(&body->users, 1);
    pthread_mutex_unlock(&shelf->lock);
    return body;
}

static void shelf_put(struct answer_shelf *shelf, struct body *body)
{
    atomic_fetch_add(&body->users, 1);
    pthread_mutex_lock(&shelf->lock);
    struct body *before = shelf->last;
    shelf->last = body;
    pthread_mutex_unlock(&shelf->lock);
    body_drop(before);
}

// Who asks for much and takes little shall not fill the memory, and alone not
// even a large part of it.
static struct body *body_new(struct answer_shelf *shelf, size_t len)
{
    size_t max = shelf->limits.all;
    size_t before = atomic_fetch_add(&shelf->bytes, len);
    struct body *body =
        max == 0 || before + len <= max ? malloc(sizeof *body + len) : NULL;
    if (!body) {
        atomic_fetch_sub(&shelf->bytes, len);
        return NULL;
    }
    atomic_init(&body->users, 1);
    body->shelf = shelf;
    body->len = len;
    return body;
}

static bool burden(struct crowd_member *member, const struct body *body)
{
    struct answer_shelf *shelf = body->shelf;
    return !member
           || crowd_burden(shelf->crowd, member, body, body->len,
                           shelf->limits.per_address);
}

static struct body *body_of(struct answer_shelf *shelf,
                            struct crowd_member *member,
                            const struct reply *reply)
{
    struct body *body = shelf_look(shelf);
    bool equal = body && body->len == reply->body_len
                 && memcmp(body->bytes, reply->body, body->len) == 0;
    if (!equal) {
        body_drop(body);
        body = body_new(shelf, reply->body_len);
    }
    if (!body || !burden(member, body)) {
        body_drop(body);
        return NULL;
    }
    if (!equal) {
        memcpy(body->bytes, reply->body, reply->body_len);
        shelf_put(shelf, body);
    }
    return body;
}

static const char *phrase(unsigned status)
{
    const char *phrase = reason_phrase(status);
    return phrase ? phrase : "Status";
}

// strftime() would ask the locale for the names.
static void write_date(char out[32])
{
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed",
                                    "Thu", "Fri", "Sat" };
    static const char months[][4] = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun",
        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    struct tm tm;
    time_t now = time(NULL);
    gmtime_r(&now, &tm);
    // The remainders tell the compiler how wide the fields can be.
    snprintf(out, 32, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[tm.tm_wday],
             (unsigned)tm.tm_mday % 100, months[tm.tm_mon],
             (unsigned)(tm.tm_year + 1900) % 10000, (unsigned)tm.tm_hour % 100,
             (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

static bool has_header(const struct reply *reply, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < reply->header_count; i++)
        if (strncasecmp(reply->headers[i], name, len) == 0
            && reply->headers[i][len] == ':')
            return true;
    return false;
}

static bool may_have_body(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}

static size_t lines_max(const struct reply *reply)
{
    size_t max = FIXED_LINES_MAX;
    if (reply->content_type)
        max += strlen(reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++)
        max += strlen(reply->headers[i]) + 2;
    return max;
}

struct text {
    char *at;
    size_t len, max;
};

__attribute__((format(printf, 2, 3))) static void append(struct text *text,
                                                         const char *format,
                                                         ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text->at + text->len, text->max - text->len, format,
                        arguments);
    va_end(arguments);
    assert(len >= 0 && (size_t)len < text->max - text->len);
    text->len += (size_t)len;
}

static void write_head(struct text *text, const struct reply *reply, bool close)
{
    char date[32];
    write_date(date);
    append(text, "HTTP/1.1 %u %s\r\nDate: %s\r\n", reply->status,
           phrase(reply->status), date);
    if (may_have_body(reply->status)) {
        if (reply->content_type)
            append(text, "Content-Type: %s\r\n", reply->content_type);
        append(text, "Content-Length: %zu\r\n", reply->body_len);
    }
    for (size_t i = 0; i < reply->header_count; i++)
        append(text, "%s\r\n", reply->headers[i]);
    // What a puller gets is his and of this moment.
    if (!has_header(reply, "Cache-Control"))
        append(text, "Cache-Control: no-store\r\n");
    append(text, close ? "Connection: close\r\n\r\n" : "\r\n");
}

struct answer *answer_new(struct answer_shelf *shelf,
                          struct crowd_member *member,
                          const struct reply *reply, bool head_only, bool close)
{
    bool with_body =
        !head_only && reply->body_len > 0 && may_have_body(reply->status);
    bool shared = with_body && reply->body_len >= SHARED_MIN;
    size_t lines = lines_max(reply);
    size_t inlined = with_body && !shared ? reply->body_len : 0;

    struct answer *answer = malloc(sizeof *answer + lines + inlined);
    if (!answer)
        return NULL;
    struct text text = { answer->bytes, 0, lines };
    write_head(&text, reply, close);
    if (inlined > 0)
        memcpy(answer->bytes + text.len, reply->body, inlined);
    answer->len = text.len + inlined;
    answer->close = close;
    atomic_init(&answer->users, 1);
    answer->body = shared ? body_of(shelf, member, reply) : NULL;
    if (shared && !answer->body) {
        free(answer);
        return NULL;
    }
    return answer;
}

bool answer_share(struct answer *answer, struct crowd_member *member)
{
    if (answer->body && !burden(member, answer->body))
        return false;
    atomic_fetch_add_explicit(&answer->users, 1, memory_order_relaxed);
    return true;
}

void answer_free(struct answer *answer, struct crowd_member *member)
{
    if (!answer)
        return;
    if (answer->body && member)
        crowd_relieve(answer->body->shelf->crowd, member, answer->body);
    if (atomic_fetch_sub(&answer->users, 1) > 1)
        return;
    body_drop(answer->body);
    free(answer);
}

static struct iovec piece(const char *bytes, size_t len)
{
    // sendmsg() only reads, but struct iovec has no const.
    return (struct iovec){ (void *)(uintptr_t)bytes, len };
}

int answer_rest(const struct answer *answer, size_t sent, struct iovec out[2])
{
    int pieces = 0;
    size_t skip = sent > answer->len ? sent - answer->len : 0;

    if (sent < answer->len)
        out[pieces++] = piece(answer->bytes + sent, answer->len - sent);
    if (answer->body && skip < answer->body->len)
        out[pieces++] =
            piece(answer->body->bytes + skip, answer->body->len - skip);
    return pieces;
}

bool answer_closes(const struct answer *answer)
{
    return answer->close;
}
