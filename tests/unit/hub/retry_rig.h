// SPDX-License-Identifier: MIT
//
// retry_rig -- retries with everything around them faked.

#pragma once

#include "fakes/fake_engine.h"
#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/content.h"
#include "hub/delivery.h"
#include "hub/lanes_inside.h"
#include "hub/ledger.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/retry.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

enum { TOPIC = 7, HEAD = 12 };

struct retry_rig {
    struct config config;
    struct metrics metrics;
    struct contents *contents;
    struct lanes *lanes;
    struct ledger *ledger;
    struct retry *retry;
};

static struct retry_rig rig;

// The lanes that the store has, at start.
static inline void give_rows(const struct store_lane *rows, size_t count)
{
    struct store_page_lanes *op = fake_store_take(STORE_PAGE_LANES);
    op->items = fake_store_give(&op->op, rows, count * sizeof *rows);
    op->count = count;
    op->end = true;
    fake_store_finish(&op->op, STORE_OK);
}

static inline int setup_with(int64_t deliveries)
{
    rig = (struct retry_rig){ .config = { .deliveries = deliveries,
                                          .delivery_timeout = 10000,
                                          .feed_delivery = CONFIG_FEED_FULL,
                                          .retry_first = 10000,
                                          .retry_max = 3600000,
                                          .retry_attempts = 10 } };
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .engine = fake_engine(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
        .hub_url = "https://hub.example/",
    };
    rig.contents = contents_new(&services);
    rig.lanes = lanes_new(&services);
    rig.retry = retry_new(&services, rig.contents, rig.lanes);
    rig.ledger = ledger_new(&services, retry_poke, rig.retry);
    if (!rig.contents || !rig.lanes || !rig.retry || !rig.ledger)
        return -1;
    retry_use(rig.retry, rig.ledger);
    retry_step(rig.retry, loop_now());
    give_rows(NULL, 0);
    return 0;
}

static inline int setup(void **state)
{
    (void)state;
    return setup_with(20);
}

static inline int setup_with_one(void **state)
{
    (void)state;
    return setup_with(1);
}

static inline int teardown(void **state)
{
    (void)state;
    bool idle = retry_idle(rig.retry);
    ledger_free(rig.ledger);
    retry_free(rig.retry);
    lanes_free(rig.lanes);
    contents_free(rig.contents);
    return idle && fake_store_clean() && fake_engine_waiting() == 0 ? 0 : -1;
}

static inline void turn(void)
{
    ledger_step(rig.ledger, loop_now());
    retry_step(rig.retry, loop_now());
}

static inline struct store_claimed lagging(void)
{
    static const char callback[] = "https://reader.example/cb";
    return (struct store_claimed){
        .token = 70,
        .subscriber = { .topic = TOPIC,
                        .id = 31,
                        .rev = 2,
                        .start = 1,
                        .lease_end = FAKE_UNIX + 1000000,
                        .callback = { callback, sizeof callback - 1 },
                        .lagging = true,
                        .next = 9,
                        .attempts = 3,
                        .step = 4,
                        .last_status = 500 },
    };
}

static inline void no_lane_is_due(void)
{
    struct store_claim *op = fake_store_take(STORE_CLAIM);
    op->count = 0;
    assert_int_equal(op->kind, STORE_DUE_LANE);
    op->next_due = INT64_MAX;
    fake_store_finish(&op->op, STORE_OK);
}

static inline struct store_claim *asked(void)
{
    retry_poke(rig.retry);
    turn();
    no_lane_is_due();
    return fake_store_take(STORE_CLAIM);
}

static inline void claim(const struct store_claimed *items, size_t count)
{
    struct store_claim *op = asked();
    assert_int_equal(op->kind, STORE_DUE_DELIVER);
    op->items = fake_store_give(&op->op, items, count * sizeof *items);
    op->count = count;
    op->next_due = INT64_MAX;
    fake_store_finish(&op->op, STORE_OK);
}

static inline void give_topic(uint64_t head)
{
    struct store_topics *op = fake_store_take(STORE_TOPICS);
    struct store_topic topic = { .id = TOPIC, .incarnation = 1, .head = head };
    op->items = fake_store_give(&op->op, &topic, sizeof topic);
    fake_store_finish(&op->op, STORE_OK);
}

static inline void give_content(void)
{
    give_topic(HEAD);
    if (fake_store_waiting(STORE_READ_BODY) == 0)
        return; // somebody else's is shared
    struct store_read_body *op = fake_store_take(STORE_READ_BODY);
    assert_int_equal(op->seq, HEAD);
    op->body = (struct bytes){ fake_store_give(&op->op, "<feed/>", 8), 7 };
    op->content_type = (struct bytes){ "text/xml", 8 };
    fake_store_finish(&op->op, STORE_OK);
}

// The one record that is written next.
static inline struct store_outcome recorded(void)
{
    fake_loop_pass(20);
    turn();
    struct store_record *op = fake_store_take(STORE_RECORD);
    assert_int_equal(op->count, 1);
    struct store_outcome outcome = op->outcomes[0];
    fake_store_finish(&op->op, STORE_OK);
    return outcome;
}

// Five slots, and five whose last attempt ended so.
static inline void claim_five(int32_t last_status)
{
    struct store_claimed items[5];
    for (size_t i = 0; i < 5; i++) {
        items[i] = lagging();
        items[i].token = 70 + i;
        items[i].subscriber.id = 31 + i;
        items[i].subscriber.last_status = last_status;
    }
    claim(items, 5);
}

static inline void answer_all(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct exchange *x = fake_engine_take();
        fake_engine_answer(x, 200, NULL);
        retry_answered(rig.retry, x);
    }
    assert_int_equal(fake_engine_waiting(), 0);
}

static inline struct store_record *record(size_t count)
{
    fake_loop_pass(20);
    turn();
    struct store_record *op = fake_store_take(STORE_RECORD);
    assert_int_equal(op->count, count);
    return op;
}
