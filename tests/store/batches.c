// SPDX-License-Identifier: MIT
//
// Completion: later, once, in any order, and durable before it is told.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

enum { MANY = 3000 };

struct order {
    struct store_take take;
    char callback[64];
    _Atomic unsigned durable;
    unsigned done;
    unsigned durable_first;
};

static void count_durable(struct store_op *op)
{
    struct order *order = op->context;
    atomic_fetch_add(&order->durable, 1);
}

static void count_done(struct store_op *op)
{
    struct order *order = op->context;
    order->done++;
    order->durable_first = atomic_load(&order->durable);
}

static void prepare(struct order *order, unsigned who)
{
    snprintf(order->callback, sizeof order->callback, CALLBACK "/%u", who);
    order->take = scene_asks(STORE_SUBSCRIBE, TOPIC, order->callback);
    order->take.op.done = count_done;
    order->take.op.context = order;
}

static void step_until(struct session *s, const struct order *order,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        // Something that is surely later, so that waiting is bounded.
        while (!order[i].done)
            scene_stats(s);
    }
}

static void nothing_is_done_inside_submit(void **state)
{
    struct session *s = *state;
    struct order order = { .done = 0 };
    prepare(&order, 1);
    store_submit(s->store, &order.take.op);
    assert_int_equal(order.done, 0);
    step_until(s, &order, 1);
    struct store_stats stats = {
        .op = {
            .verb = STORE_STATS,
            .done = count_done,
            .context = &order,
        },
    };
    store_submit(s->store, &stats.op);
    assert_int_equal(order.done, 1);
    while (order.done < 2)
        scene_stats(s);
}

static void many_at_once_are_each_done_once(void **state)
{
    struct session *s = *state;
    struct order *orders = calloc(MANY, sizeof *orders);
    assert_non_null(orders);
    uint64_t commits = scene_stats(s).commits;
    for (unsigned i = 0; i < MANY; i++)
        prepare(&orders[i], i);
    for (unsigned i = 0; i < MANY; i++)
        store_submit(s->store, &orders[i].take.op);
    step_until(s, orders, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(orders[i].done, 1);
        assert_int_equal(orders[i].take.op.status, STORE_OK);
        assert_int_equal(orders[i].take.taken, STORE_TAKEN_NEW);
    }
    struct store_numbers numbers = scene_stats(s);
    assert_int_equal(numbers.requests, MANY);
    // They share commits: that is what makes durable answers cheap.
    assert_true(numbers.commits - commits < MANY / 4);
    session_reopen(s);
    assert_int_equal(scene_stats(s).requests, MANY);
    free(orders);
}

static void a_step_does_no_more_than_it_may(void **state)
{
    enum { COUNT = 10 };
    struct session *s = *state;
    struct order orders[COUNT];
    memset(orders, 0, sizeof orders);
    for (unsigned i = 0; i < COUNT; i++) {
        prepare(&orders[i], i);
        store_submit(s->store, &orders[i].take.op);
    }
    assert_int_equal(store_under_way(s->store), COUNT);
    size_t before = 0, answered = 0;
    while (answered < COUNT) {
        size_t moved = store_step(s->store, 1);
        assert_true(moved <= 1);
        for (size_t i = answered = 0; i < COUNT; i++)
            answered += orders[i].done;
        assert_int_equal(answered - before, moved);
        before = answered;
    }
    assert_int_equal(store_under_way(s->store), 0);
}

static void durable_is_told_before_done(void **state)
{
    struct session *s = *state;
    struct order orders[50];
    memset(orders, 0, sizeof orders);
    for (unsigned i = 0; i < 50; i++) {
        prepare(&orders[i], i);
        orders[i].take.op.durable = count_durable;
        store_submit(s->store, &orders[i].take.op);
    }
    step_until(s, orders, 50);
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(orders[i].take.op.status, STORE_OK);
        assert_int_equal(orders[i].durable_first, 1);
    }
}

static void durable_is_not_told_of_what_was_refused(void **state)
{
    struct session *s = *state;
    struct order refused = { .done = 0 };
    for (unsigned i = 0; i < STORE_PENDING_MAX; i++) {
        struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
        take.request.lease += i;
        scene_take(s, &take);
    }
    prepare(&refused, 1);
    refused.take.request.callback_key = scene_key(CALLBACK);
    refused.take.op.durable = count_durable;
    store_submit(s->store, &refused.take.op);
    step_until(s, &refused, 1);
    assert_int_equal(refused.take.op.status, STORE_CONFLICT);
    assert_int_equal(refused.durable_first, 0);

    struct order invalid = { .done = 0 };
    prepare(&invalid, 2);
    invalid.take.request.mode = 0;
    invalid.take.op.durable = count_durable;
    store_submit(s->store, &invalid.take.op);
    step_until(s, &invalid, 1);
    assert_int_equal(invalid.take.op.status, STORE_INVALID);
    assert_int_equal(invalid.durable_first, 0);
}

static void B_two_hundred_verifications_at_once_are_all_settled(void **state)
{
    enum { COUNT = 200 };
    struct session *s = *state;
    static struct order orders[COUNT];
    static struct store_settle settles[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        prepare(&orders[i], i);
        store_submit(s->store, &orders[i].take.op);
    }
    step_until(s, orders, COUNT);
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_VERIFY,
        .max = COUNT,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    assert_int_equal(claim.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        settles[i] = (struct store_settle){
            .op.verb = STORE_SETTLE,
            .request = claim.items[i].request.id,
            .token = claim.items[i].token,
            .verdict = STORE_VERIFIED,
            .sent_at = session_now(s),
            .lease = LEASE,
        };
        session_submit(s, &settles[i].op);
    }
    session_wait(s);
    store_release(&claim.op);
    size_t made = 0;
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(settles[i].op.status, STORE_OK);
        assert_int_equal(settles[i].effect, STORE_EFFECT_ACTIVE);
        made += settles[i].topic_new;
    }
    assert_int_equal(made, 1);
    assert_int_equal(scene_stats(s).subscriptions, COUNT);
}

static void one_refused_operation_harms_no_other(void **state)
{
    enum { COUNT = 90 };
    struct session *s = *state;
    static struct order orders[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        prepare(&orders[i], i);
        if (i % 3 == 1)
            orders[i].take.request.callback.len = STORE_URL_MAX + 1;
    }
    for (unsigned i = 0; i < COUNT; i++)
        store_submit(s->store, &orders[i].take.op);
    step_until(s, orders, COUNT);
    for (unsigned i = 0; i < COUNT; i++)
        assert_int_equal(orders[i].take.op.status,
                         i % 3 == 1 ? STORE_INVALID : STORE_OK);
    assert_int_equal(scene_stats(s).requests, COUNT / 3 * 2);
}

static void releasing_twice_is_fine(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_page_topics page = {
        .op.verb = STORE_PAGE_TOPICS,
        .max = 10,
    };
    session_must(s, &page.op);
    assert_int_equal(page.count, 1);
    store_release(&page.op);
    store_release(&page.op);
    struct store_stats stats = { .op.verb = STORE_STATS };
    session_must(s, &stats.op);
    store_release(&stats.op);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_done_inside_submit),
        TEST(many_at_once_are_each_done_once),
        TEST(a_step_does_no_more_than_it_may),
        TEST(durable_is_told_before_done),
        TEST(durable_is_not_told_of_what_was_refused),
        TEST(B_two_hundred_verifications_at_once_are_all_settled),
        TEST(one_refused_operation_harms_no_other),
        TEST(releasing_twice_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
