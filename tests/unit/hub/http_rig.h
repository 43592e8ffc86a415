// SPDX-License-Identifier: MIT
//
// http_rig -- an http, its clients, and what it passes on.

#pragma once

#include "hub/http.h"

#include "wire.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { QUEUE_MAX = 64, BODY_MAX = 10000 };

struct ears {
    pthread_mutex_t lock;
    pthread_cond_t heard;
    struct request *arrived[QUEUE_MAX];
    size_t count;
    bool reply_at_once;
    struct http *http;
};

static inline void reply_text(struct request *request, unsigned status,
                              const char *text)
{
    struct reply reply = {
        .status = status,
        .content_type = "text/plain",
        .body = text,
        .body_len = strlen(text),
        .headers = { "Hub-Test: yes, indeed" },
        .header_count = 1,
    };
    request_reply(request, &reply);
}

static inline void on_arrived(void *context, struct request *request)
{
    struct ears *ears = context;
    pthread_mutex_lock(&ears->lock);
    assert_true(ears->count < QUEUE_MAX);
    ears->arrived[ears->count++] = request;
    pthread_cond_broadcast(&ears->heard);
    pthread_mutex_unlock(&ears->lock);
    if (ears->reply_at_once)
        request_reply(request, &(struct reply){ .status = 202 });
}

static inline struct request *await(struct ears *ears, size_t n)
{
    struct timespec until;
    int late = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WIRE_PATIENCE_S;
    pthread_mutex_lock(&ears->lock);
    while (ears->count <= n && late == 0)
        late = pthread_cond_timedwait(&ears->heard, &ears->lock, &until);
    assert_true(ears->count > n);
    struct request *request = ears->arrived[n];
    pthread_mutex_unlock(&ears->lock);
    return request;
}

static inline struct http *open_wide(struct ears *ears, unsigned connections)
{
    const char *problem = NULL;
    struct http_options options = {
        .connections_max = connections,
        .idle_seconds = 300,
        .bodies = { BODY_MAX, 0 },
        .arrived = on_arrived,
        .context = ears,
    };
    *ears = (struct ears){ 0 };
    pthread_mutex_init(&ears->lock, NULL);
    pthread_cond_init(&ears->heard, NULL);
    ears->http = http_open(&options, &problem);
    assert_non_null(ears->http);
    return ears->http;
}

static inline struct http *open_http(struct ears *ears)
{
    return open_wide(ears, 3);
}

// A connection that http has taken over, and its first bytes.
static inline int call_as(struct http *http, const struct sockaddr *address,
                          const char *text)
{
    int ends[2];
    wire_pair(ends);
    wire_send(ends[0], text);
    http_adopt(http, ends[1], address, DOOR_PUBLIC);
    return ends[0];
}

static inline int call(struct http *http, const char *text)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    inet_pton(AF_INET, "192.0.2.7", &at.sin_addr);
    return call_as(http, (struct sockaddr *)&at, text);
}

static inline void assert_answer(int fd, const char *begin,
                                 const char *contains)
{
    char *answer = wire_answer(fd);
    if (strncmp(answer, begin, strlen(begin)) != 0 || !strstr(answer, contains))
        fail_msg("wanted '%s...%s', got '%s'", begin, contains, answer);
    free(answer);
}
