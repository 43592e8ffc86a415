// SPDX-License-Identifier: MIT
//
// ears -- a front, and what it tells, for tests of what lies behind front.h.

#pragma once

#include "hub/front.h"

#include "wire.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { QUEUE_MAX = 64 };

// What front told, in its order.
struct told {
    struct request *request;
    int fd;
    enum door door;
    int family;
};

struct ears {
    pthread_mutex_t lock;
    pthread_cond_t heard;
    struct told arrived[QUEUE_MAX], gone[QUEUE_MAX], handed[QUEUE_MAX];
    size_t arrived_count, gone_count, handed_count;
    bool reply_when_gone;
    struct front *front;
};

static inline void reply_text(struct request *request, const char *text)
{
    struct reply reply = {
        .status = 200,
        .content_type = "text/plain",
        .body = text,
        .body_len = strlen(text),
    };
    request_reply(request, &reply);
}

static inline void hear(struct ears *ears, struct told *queue, size_t *count,
                        struct told told)
{
    pthread_mutex_lock(&ears->lock);
    assert_true(*count < QUEUE_MAX);
    queue[(*count)++] = told;
    pthread_cond_broadcast(&ears->heard);
    pthread_mutex_unlock(&ears->lock);
}

static inline void on_arrived(void *context, struct request *request)
{
    struct ears *ears = context;
    hear(ears, ears->arrived, &ears->arrived_count,
         (struct told){ .request = request });
}

static inline void on_gone(void *context, struct request *request)
{
    struct ears *ears = context;
    if (ears->reply_when_gone)
        reply_text(request, "too late");
    hear(ears, ears->gone, &ears->gone_count,
         (struct told){ .request = request });
}

static inline void on_handed(void *context, int fd,
                             const struct sockaddr *address, enum door door)
{
    struct ears *ears = context;
    hear(ears, ears->handed, &ears->handed_count,
         (struct told){ .fd = fd, .door = door, .family = address->sa_family });
}

// The n-th (from 0) of what was told, when it has been.
static inline struct told await(struct ears *ears, const struct told *queue,
                                const size_t *count, size_t n)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WIRE_PATIENCE_S;
    pthread_mutex_lock(&ears->lock);
    int late = 0;
    while (*count <= n && late == 0)
        late = pthread_cond_timedwait(&ears->heard, &ears->lock, &until);
    assert_true(*count > n);
    struct told told = queue[n];
    pthread_mutex_unlock(&ears->lock);
    return told;
}

static inline struct request *await_request(struct ears *ears, size_t n)
{
    return await(ears, ears->arrived, &ears->arrived_count, n).request;
}

static inline struct told await_handed(struct ears *ears, size_t n)
{
    return await(ears, ears->handed, &ears->handed_count, n);
}

static const char *const anywhere[] = { "127.0.0.1:0" };

static inline struct front_options default_options(struct ears *ears)
{
    return (struct front_options){
        .listen = anywhere,
        .listen_count = 1,
        .limits = { .connections = 32,
                    .per_address = 16,
                    .parked = 8,
                    .head_ms = 50000,
                    .idle_ms = 50000,
                    .write_ms = 50000,
                    .head_max = 4096,
                    .body_max = 10000 },
        .arrived = on_arrived,
        .gone = on_gone,
        .handed = on_handed,
        .context = ears,
    };
}

static inline struct front *open_front(struct ears *ears,
                                       const struct front_options *options)
{
    const char *problem = NULL;
    *ears = (struct ears){ 0 };
    pthread_mutex_init(&ears->lock, NULL);
    pthread_cond_init(&ears->heard, NULL);
    ears->front = front_open(options, &problem);
    assert_non_null(ears->front);
    assert_true(front_start(ears->front));
    return ears->front;
}

static inline struct front *open_default(struct ears *ears)
{
    struct front_options options = default_options(ears);
    return open_front(ears, &options);
}

static inline int call(struct front *front, const char *text)
{
    int fd = wire_connect(front_address(front, 0));
    assert_true(fd >= 0);
    wire_send(fd, text);
    return fd;
}

static inline void assert_answer(int fd, const char *begin,
                                 const char *contains)
{
    char *answer = wire_answer(fd);
    if (strncmp(answer, begin, strlen(begin)) != 0
        || (contains && !strstr(answer, contains)))
        fail_msg("wanted '%s...%s', got '%s'", begin, contains ? contains : "",
                 answer);
    free(answer);
}

#define PULL "GET /events?topic=a HTTP/1.1\r\nHost: h\r\n\r\n"
