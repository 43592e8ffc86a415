// SPDX-License-Identifier: MIT
//
// round -- walks over made-up subscribers, for the tests of walk and
// distribute: the parts of the hub that deliver, between a fake store and a
// fake engine.

#pragma once

#include "fake_engine.h"
#include "fake_loop.h"
#include "fake_store.h"
#include "hub/config.h"
#include "hub/content.h"
#include "hub/delivery.h"
#include "hub/distribute.h"
#include "hub/lanes.h"
#include "hub/ledger.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

enum {
    ROUND_TOPIC = 7,
    ROUND_FROM = 5,
    ROUND_TO = 6,
    ROUND_MAX = 300, // subscribers in a page
    ROUND_URL = 48,
    ROUND_TIMEOUT_MS = 10000,
};

struct round {
    struct config config;
    struct metrics metrics;
    struct contents *contents;
    struct lanes *lanes;
    struct ledger *ledger;
    struct distribute *distribute;
    size_t reminded;
};

static struct round rig;

static inline void round_lagging(void *context)
{
    assert_ptr_equal(context, &rig);
    rig.reminded++;
}

// One turn of the loop, as long as anybody wants more.
static inline void turn(void)
{
    bool more = true;
    for (int i = 0; more && i < 1000; i++) {
        more = contents_step(rig.contents, loop_now());
        more |= distribute_step(rig.distribute, loop_now());
        more |= ledger_step(rig.ledger, loop_now());
    }
    assert_false(more);
}

static inline void pass(int64_t ms)
{
    fake_loop_pass(ms);
    turn();
}

// Answer the question for walks that the last run left.
static inline void give_walks(const struct store_walk *walks, size_t count,
                              bool end)
{
    struct store_walks *op = fake_store_take(STORE_WALKS);
    op->items = fake_store_give(&op->op, walks, count * sizeof *walks);
    op->count = count;
    op->end = end;
    fake_store_finish(&op->op, STORE_OK);
}

static inline int round_open(int64_t deliveries)
{
    rig = (struct round){
        .config = { .deliveries = deliveries,
                    .delivery_timeout = ROUND_TIMEOUT_MS,
                    .feed_delivery = CONFIG_FEED_FULL,
                    .retry_first = 10000,
                    .retry_max = 3600000,
                    .retry_attempts = 10 },
    };
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .engine = fake_engine(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
        .hub_url = "https://hub.example/",
    };
    rig.contents = contents_new(&services);
    rig.ledger = ledger_new(&services, round_lagging, &rig);
    rig.lanes = lanes_new(&services);
    rig.distribute = distribute_new(&services, rig.contents, rig.ledger,
                                    rig.lanes, round_lagging, &rig);
    return rig.contents && rig.ledger && rig.lanes && rig.distribute ? 0 : -1;
}

static inline int round_setup(void **state)
{
    (void)state;
    return round_open(1000);
}

static inline int round_teardown(void **state)
{
    (void)state;
    distribute_free(rig.distribute);
    ledger_free(rig.ledger);
    lanes_free(rig.lanes);
    contents_free(rig.contents);
    return fake_store_clean() && fake_engine_waiting() == 0 ? 0 : -1;
}

// As round_setup(), and no walk was left over.
static inline int round_setup_idle(void **state)
{
    if (round_setup(state) != 0)
        return -1;
    turn();
    give_walks(NULL, 0, true);
    return 0;
}

static inline void begin(uint64_t topic, uint64_t position)
{
    struct store_walk walk = {
        .topic = topic, .from = ROUND_FROM, .to = ROUND_TO, .position = position
    };
    distribute_begin(rig.distribute, &walk);
    turn();
}

#define ROUND(test)                                                            \
    cmocka_unit_test_setup_teardown(test, round_setup_idle, round_teardown)

static inline struct store_subscriber subscriber(uint64_t id)
{
    return (struct store_subscriber){
        .topic = ROUND_TOPIC,
        .id = id,
        .rev = 1,
        .lease_end = FAKE_UNIX + 3600000,
    };
}

// Answer the question for a page; callbacks are made here.
static inline void give_page(const struct store_subscriber *items, size_t count,
                             bool end)
{
    struct store_page_subscribers *op = fake_store_take(STORE_PAGE_SUBSCRIBERS);
    struct store_subscriber *given =
        fake_store_give(&op->op, items, count * sizeof *items);
    char *urls = fake_store_give(&op->op, "", 0);
    for (size_t i = 0; i < count; i++) {
        char url[ROUND_URL];
        int len = snprintf(url, sizeof url, "https://reader.example/%d",
                           (int)given[i].id);
        urls = fake_store_give(&op->op, url, (size_t)len + 1);
        given[i].callback = (struct bytes){ urls, (size_t)len };
    }
    op->items = given;
    op->count = count;
    op->end = end;
    fake_store_finish(&op->op, STORE_OK);
    turn();
}

// Subscribers first..last, all of them up to date.
static inline void give_plain_page(uint64_t first, uint64_t last, bool end)
{
    struct store_subscriber items[ROUND_MAX];
    size_t count = 0;
    for (uint64_t id = first; id <= last; id++)
        items[count++] = subscriber(id);
    give_page(items, count, end);
}

// Answer the two questions for the content of `to`.
static inline void give_content(uint64_t to)
{
    struct store_topics *topics = fake_store_take(STORE_TOPICS);
    struct store_topic topic = { .id = topics->ids[0],
                                 .incarnation = 1,
                                 .head = to,
                                 .url = { "https://blog.example/feed", 25 } };
    topics->items = fake_store_give(&topics->op, &topic, sizeof topic);
    fake_store_finish(&topics->op, STORE_OK);
    if (fake_store_waiting(STORE_READ_BODY) == 0) {
        turn(); // it is in memory already
        return;
    }
    struct store_read_body *body = fake_store_take(STORE_READ_BODY);
    assert_int_equal(body->seq, to);
    body->body = (struct bytes){ fake_store_give(&body->op, "<feed/>", 8), 7 };
    body->content_type = (struct bytes){ "text/xml", 8 };
    fake_store_finish(&body->op, STORE_OK);
    turn();
}

// A walk over subscribers 1..count, all of whom are being sent to.
static inline void begin_round(uint64_t count)
{
    begin(ROUND_TOPIC, 0);
    give_plain_page(1, count, true);
    give_content(ROUND_TO);
    assert_int_equal(fake_engine_waiting(), count);
}

static inline void end_with(struct exchange *exchange)
{
    distribute_answered(rig.distribute, exchange);
    turn();
}

static inline void answer(struct exchange *exchange, unsigned status)
{
    fake_engine_answer(exchange, status, NULL);
    end_with(exchange);
}

static inline uint64_t receiver(const struct exchange *exchange)
{
    return ((const struct delivery *)exchange->owner)->subscription;
}

static inline bool checkpoint_waits(void)
{
    return fake_store_waiting(STORE_CHECKPOINT) > 0;
}

static inline struct store_checkpoint *checkpoint(void)
{
    return fake_store_take(STORE_CHECKPOINT);
}

static inline void finish(struct store_checkpoint *op)
{
    fake_store_finish(&op->op, STORE_OK);
    turn();
}

static inline void finish_all(void)
{
    while (checkpoint_waits())
        finish(checkpoint());
}

static inline bool idle(void)
{
    return distribute_idle(rig.distribute) && ledger_idle(rig.ledger);
}
