// SPDX-License-Identifier: MIT
//
// rig -- an engine for a test, and waiting for what comes back.

#pragma once

#include "fetcher/engine.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RIG_UNUSED __attribute__((unused))

enum { RIG_PATIENCE_MS = 120000 };

struct rig {
    struct engine_options options;
    const char *allow[4];
    const char *dns[2];
    struct engine *engine;
    int woken;
    struct exchange *done; // taken, not asked for yet
};

static void rig_wake(void *context)
{
    const struct rig *rig = context;
    uint64_t one = 1;
    ssize_t written = write(rig->woken, &one, sizeof one);
    (void)written;
}

// Loopback allowed, generous limits: change rig.options before rig_open().
RIG_UNUSED static void rig_init(struct rig *rig)
{
    *rig = (struct rig){ .allow = { "127.0.0.0/8" } };
    struct engine_options *options = &rig->options;
    *options = (struct engine_options){
        .threads = 1,
        .limits = { .in_flight = { 64, 64, 256, 64 },
                    .per_origin = { 8, 8, 8, 8 },
                    .per_address = 256,
                    .tls_handshakes = 16,
                    .queue_max = 20000 },
        .user_agent = "websubd-test/1",
        .allowed = { .topic_count = 1, .callback_count = 1 },
        .wake = rig_wake,
    };
}

RIG_UNUSED static void rig_open(struct rig *rig)
{
    const char *problem;
    rig->woken = eventfd(0, EFD_CLOEXEC);
    rig->options.context = rig;
    rig->options.allowed.topic = rig->allow;
    rig->options.allowed.callback = rig->allow;
    rig->options.dns_servers = rig->dns;
    rig->engine = engine_open(&rig->options, &problem);
    if (!rig->engine)
        fprintf(stderr, "%s\n", problem);
    assert(rig->engine);
}

RIG_UNUSED static void rig_close(struct rig *rig)
{
    engine_close(rig->engine);
    close(rig->woken);
}

// The next one that ended. NULL: none did within the patience.
RIG_UNUSED static struct exchange *rig_next(struct rig *rig)
{
    while (!rig->done) {
        struct pollfd ready = { .fd = rig->woken, .events = POLLIN };
        if (poll(&ready, 1, RIG_PATIENCE_MS) != 1)
            return NULL;
        uint64_t count;
        ssize_t got = read(rig->woken, &count, sizeof count);
        (void)got;
        rig->done = engine_take(rig->engine);
    }
    struct exchange *exchange = rig->done;
    rig->done = exchange->link;
    return exchange;
}

RIG_UNUSED static void rig_submit(struct rig *rig, struct exchange *exchange)
{
    engine_submit(rig->engine, exchange);
    engine_flush(rig->engine);
}

// One exchange from beginning to end.
RIG_UNUSED static void rig_run(struct rig *rig, struct exchange *exchange)
{
    rig_submit(rig, exchange);
    struct exchange *ended = rig_next(rig);
    assert(ended == exchange);
    (void)ended;
}

RIG_UNUSED static struct exchange rig_get(const char *url)
{
    return (struct exchange){ .class = EXCHANGE_FETCH,
                              .url = url,
                              .redirects_max = 5,
                              .decode = true,
                              .body_max = 1 << 20,
                              .timeout_ms = RIG_PATIENCE_MS,
                              .connect_timeout_ms = RIG_PATIENCE_MS };
}

RIG_UNUSED static struct exchange rig_post(const char *url)
{
    return (struct exchange){ .class = EXCHANGE_DELIVER,
                              .url = url,
                              .post = true,
                              .body = "hello",
                              .body_len = 5,
                              .body_max = 1024,
                              .truncate = true,
                              .timeout_ms = RIG_PATIENCE_MS,
                              .connect_timeout_ms = RIG_PATIENCE_MS };
}
