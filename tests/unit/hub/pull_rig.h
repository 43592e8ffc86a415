// SPDX-License-Identifier: MIT
//
// pull_rig -- all that pulls the log, with a store, a clock and connections
// that the test moves.

#pragma once

#include "fakes/fake_hold.h"
#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "fakes/fake_rules.h"
#include "fakes/fake_store.h"
#include "hub/access.h"
#include "hub/config.h"
#include "hub/metrics.h"
#include "hub/pull.h"
#include "hub/pullers.h"
#include "hub/services.h"

#include <stdlib.h>

#define ONE     "topic=https://blog.example/feed"
#define OTHER   "topic=https://blog.example/other"
#define WAITING ONE "&wait=30"
#define NOTHING "\"events\":[]"

enum { TOPIC = 7, HEAD = 100, WAIT_MS = 30000, PULLS_MAX = 64 };
enum { MIB = 1024 * 1024 };

struct rig {
    struct config config;
    struct metrics metrics;
    struct access *access;
    struct pullers *pullers;
    struct pull *pull;
    struct fake_request requests[PULLS_MAX];
    struct request_field fields[PULLS_MAX][4];
    size_t followed;
    size_t messages;       // that came on sockets
    int64_t message_takes; // ms each
};

static struct rig rig;

static inline void rig_followed(void *context)
{
    assert_ptr_equal(context, &rig);
    rig.followed++;
}

static inline void rig_message(struct puller *puller, const char *text,
                               size_t len)
{
    assert_non_null(puller);
    assert_int_equal(strlen(text), len);
    rig.messages++;
    fake_loop_pass(rig.message_takes);
}

static inline void rig_revoked(void *context, uint64_t token)
{
    (void)context;
    pullers_revoke(rig.pullers, token);
}

static inline int setup(void **state)
{
    static char public_url[] = "https://hub.example/";
    static char origin[] = "https://page.example";
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig.config.pulls = 100;
    rig.config.pulls_room = 1000;
    rig.config.pulls_per_address = 60;
    rig.config.pulls_per_token = 50;
    rig.config.pull_anonymous = true;
    rig.config.public_url = public_url;
    rig.config.pull_origin.items[0] = origin;
    rig.config.pull_origin.count = 1;
    rig.config.body_max = 10 * (int64_t)MIB;
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
        .hub_url = public_url,
        .rules = fake_rules(),
    };
    rig.access = access_new(&services, rig_revoked, NULL);
    rig.pullers = pullers_new(&services, fake_hold_front());
    const struct pull_means means = {
        .services = &services,
        .access = rig.access,
        .pullers = rig.pullers,
        .followed = rig_followed,
        .message = rig_message,
        .context = &rig,
    };
    rig.pull = pull_new(&means);
    return rig.access && rig.pullers && rig.pull ? 0 : -1;
}

static inline void turn(void)
{
    bool more = true;
    for (int i = 0; more && i < 1000; i++) {
        more = pullers_step(rig.pullers, loop_now());
        more = pull_step(rig.pull, loop_now()) || more;
        more = more || pullers_patience(rig.pullers, loop_now()) == 0;
    }
}

static inline int teardown(void **state)
{
    (void)state;
    pullers_drain(rig.pullers, 0);
    turn();
    bool idle = pull_idle(rig.pull) && pullers_idle(rig.pullers);
    if (!idle)
        return -1;
    pull_free(rig.pull);
    pullers_free(rig.pullers);
    access_free(rig.access);
    return fake_store_clean() && fake_hold_clean() ? 0 : -1;
}

static inline struct fake_request *get_at(size_t n, const char *path,
                                          const char *query)
{
    struct fake_request *fake = &rig.requests[n];
    fake_request_get(fake, path, query);
    (void)snprintf(fake->request.peer, sizeof fake->request.peer, "192.0.2.1");
    pull_handle(rig.pull, &fake->request, loop_now());
    turn();
    return fake;
}

static inline struct fake_request *get(const char *query)
{
    return get_at(0, "/events", query);
}

// The store knows the topic, which anybody may read.
static inline void follow(uint64_t topic)
{
    struct store_follow *op = fake_store_take(STORE_FOLLOW);
    assert_int_equal(op->interest_ms, 24 * 60 * 60 * 1000);
    op->topic = topic;
    op->reach = STORE_REACH_PUBLIC;
    fake_store_finish(&op->op, STORE_OK);
    turn();
}

// A reading of the log begins, and is to be answered.
static inline struct store_events *reading(void)
{
    return fake_store_take(STORE_EVENTS);
}

static inline void end(struct store_events *op)
{
    if (op->head == 0)
        op->head = HEAD;
    for (size_t i = 0; i < op->count; i++) {
        if (op->positions[i].reached == 0)
            op->positions[i].reached = op->head;
        if (op->positions[i].reach == STORE_REACH_UNTOLD)
            op->positions[i].reach = STORE_REACH_PUBLIC;
    }
    for (size_t i = 0; i < op->count; i++)
        if (op->positions[i].reach == STORE_REACH_UNTOLD)
            op->positions[i].reach = STORE_REACH_PUBLIC;
    op->reached = op->head;
    fake_store_finish(&op->op, STORE_OK);
    turn();
}

// Results of any size are to be released, whatever they hold.
static inline void end_empty(struct store_events *op)
{
    op->items = fake_store_give(&op->op, "", 0);
    end(op);
}

static inline void end_with_event_of(struct store_events *op, uint64_t topic,
                                     uint64_t number)
{
    struct store_event event = {
        .number = number,
        .topic = topic,
        .seq = 3,
        .previous = 2,
        .time = FAKE_UNIX,
        .content_type = { "text/plain", 10 },
        .body = { "hello", 5 },
        .size = 5,
        .url = { "https://blog.example/feed", 25 },
    };
    if (number > HEAD)
        op->head = number;
    op->items = fake_store_give(&op->op, &event, sizeof event);
    op->event_count = 1;
    end(op);
}

static inline void end_with_event(struct store_events *op, uint64_t number)
{
    end_with_event_of(op, TOPIC, number);
}

static inline void update(uint64_t topic, uint64_t number)
{
    pull_updated(rig.pull, topic, number, "https://blog.example/feed");
    turn();
}

// The cursor of an answer.
static inline const char *cursor_of(const char *text)
{
    static char out[64];
    const char *at = strstr(text, "\"cursor\":\"");
    assert_non_null(at);
    (void)snprintf(out, sizeof out, "%.22s", at + strlen("\"cursor\":\""));
    return out;
}

// As a query that goes on from the answer of the first request.
static inline const char *going_on(const char *query)
{
    static char out[1024];
    (void)snprintf(out, sizeof out, "%s&since=%s", query,
                   cursor_of(rig.requests[0].body));
    return out;
}

static inline void hold_at(size_t n, const char *path, const char *query)
{
    get_at(n, path, query);
    if (fake_store_waiting(STORE_FOLLOW) > 0)
        follow(TOPIC);
    if (fake_store_waiting(STORE_EVENTS) > 0)
        end_empty(reading());
    assert_int_equal(rig.requests[n].answers, 0);
}

static inline void hold(const char *query)
{
    hold_at(0, "/events", query);
    assert_int_equal(pull_held(rig.pull), 1);
}

static inline uint64_t counted(enum metric metric)
{
    return rig.metrics.counts[metric];
}

#define PULLED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
