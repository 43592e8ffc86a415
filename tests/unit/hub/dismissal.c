// SPDX-License-Identifier: MIT

#include "hub/dismissal.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_rules.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define GOOD "https://good.example/"

enum { TOPIC = 7, HOUR = 3600000 };

struct rig {
    struct config config;
    struct metrics metrics;
    struct rules *rules;
    struct dismissal *dismissal;
    size_t owed, ended;
    uint64_t last; // subscription that ended
    size_t done;   // orders
    const char *topic_url;
};

static struct rig rig;

static void on_ended(void *context, uint64_t topic, uint64_t subscription)
{
    assert_ptr_equal(context, &rig);
    assert_int_equal(topic, TOPIC);
    rig.ended++;
    rig.last = subscription;
}

static void on_owed(void *context)
{
    assert_ptr_equal(context, &rig);
    rig.owed++;
}

static void on_done(struct dismissal_order *order)
{
    assert_ptr_equal(order->context, &rig);
    rig.done++;
}

static int open_rig(void)
{
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
        .rules = rig.rules,
    };
    const struct dismissal_listener listener = { on_ended, on_owed, &rig };
    rig.config.topic_gone_after = INT64_C(72) * HOUR;
    rig.dismissal = dismissal_new(&services, &listener);
    return rig.dismissal ? 0 : -1;
}

static int setup(void **state)
{
    (void)state;
    rig = (struct rig){ .rules = fake_rules(), .topic_url = GOOD };
    return open_rig();
}

static int setup_denying_topics(void **state)
{
    (void)state;
    rig = (struct rig){ .rules = fake_rules(), .topic_url = GOOD };
    fake_rule(STORE_RULE_DENY_TOPIC, "denied.example");
    return open_rig();
}

static int setup_allowing_callbacks(void **state)
{
    (void)state;
    rig = (struct rig){ .rules = fake_rules(), .topic_url = GOOD };
    fake_rule(STORE_RULE_ALLOW_CALLBACK, "reader.example");
    return open_rig();
}

static int teardown(void **state)
{
    (void)state;
    bool idle = dismissal_idle(rig.dismissal);
    dismissal_free(rig.dismissal);
    return idle && fake_store_clean() ? 0 : -1;
}

static void turn(void)
{
    dismissal_step(rig.dismissal, loop_now());
}

static struct bytes bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static struct store_subscriber subscriber(uint64_t id)
{
    return (struct store_subscriber){
        .topic = TOPIC,
        .id = id,
        .topic_url = bytes(rig.topic_url),
        .callback = bytes(id % 2 ? "https://reader.example/cb"
                                 : "https://other.example/cb"),
    };
}

// Answer the question for a page of `TOPIC` after `after`.
static void give_page(uint64_t after, uint64_t first, uint64_t last, bool end)
{
    struct store_subscriber items[64];
    size_t count = 0;
    turn();
    struct store_page_subscribers *op = fake_store_take(STORE_PAGE_SUBSCRIBERS);
    assert_int_equal(op->topic, TOPIC);
    assert_int_equal(op->after, after);
    for (uint64_t id = first; id <= last; id++)
        items[count++] = subscriber(id);
    op->items = fake_store_give(&op->op, items, count * sizeof *items);
    op->count = count;
    op->end = end;
    fake_store_finish(&op->op, STORE_OK);
}

static void finish_removal(uint64_t id, enum store_denial_reason reason,
                           enum store_status status)
{
    struct store_remove *op = fake_store_take(STORE_REMOVE);
    assert_int_equal(op->topic, TOPIC);
    assert_int_equal(op->subscription, id);
    assert_int_equal(op->reason, reason);
    fake_store_finish(&op->op, status);
}

static void finish_removals(uint64_t first, uint64_t last,
                            enum store_denial_reason reason)
{
    for (uint64_t id = first; id <= last; id++)
        finish_removal(id, reason, STORE_OK);
}

static void nothing_left(void)
{
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_true(dismissal_patience(rig.dismissal, loop_now()) == LOOP_FOR_EVER);
}

// ------------------------------------------------------------------- orders

static struct dismissal_order order_of(uint64_t subscription)
{
    return (struct dismissal_order){
        .topic = TOPIC,
        .subscription = subscription,
        .reason = STORE_DENIAL_OPERATOR,
        .done = on_done,
        .context = &rig,
    };
}

static void one_subscription_is_ended_at_once(void **state)
{
    (void)state;
    struct dismissal_order order = order_of(12);
    dismissal_order(rig.dismissal, &order);
    assert_false(dismissal_idle(rig.dismissal));
    assert_int_equal(rig.done, 0);
    finish_removal(12, STORE_DENIAL_OPERATOR, STORE_OK);
    assert_int_equal(rig.done, 1);
    assert_int_equal(order.status, STORE_OK);
    assert_int_equal(order.removed, 1);
    assert_int_equal(rig.last, 12);
    assert_int_equal(rig.owed, 1);
    nothing_left();
}

static void one_that_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct dismissal_order order = order_of(12);
    dismissal_order(rig.dismissal, &order);
    finish_removal(12, STORE_DENIAL_OPERATOR, STORE_NOT_FOUND);
    assert_int_equal(order.status, STORE_NOT_FOUND);
    assert_int_equal(order.removed, 0);
    assert_int_equal(rig.ended + rig.owed, 0);
}

static void all_of_a_topic_are_ended_page_by_page(void **state)
{
    (void)state;
    struct dismissal_order order = order_of(0);
    dismissal_order(rig.dismissal, &order);
    give_page(0, 1, 64, false);
    assert_int_equal(fake_store_waiting(STORE_REMOVE), 64);
    finish_removals(1, 63, STORE_DENIAL_OPERATOR);
    // The next page comes when all of this one have come back.
    turn();
    assert_int_equal(fake_store_waiting(STORE_PAGE_SUBSCRIBERS), 0);
    finish_removals(64, 64, STORE_DENIAL_OPERATOR);
    give_page(64, 65, 70, true);
    assert_int_equal(rig.done, 0);
    finish_removals(65, 70, STORE_DENIAL_OPERATOR);
    assert_int_equal(rig.done, 1);
    assert_int_equal(order.status, STORE_OK);
    assert_int_equal(order.removed, 70);
    assert_int_equal(rig.ended, 70);
    assert_int_equal(rig.owed, 2);
    assert_int_equal(rig.metrics.counts[METRIC_DISMISSED], 70);
    nothing_left();
}

static void a_topic_without_subscriptions_is_done_at_once(void **state)
{
    (void)state;
    struct dismissal_order order = order_of(0);
    dismissal_order(rig.dismissal, &order);
    give_page(0, 1, 0, true);
    assert_int_equal(order.status, STORE_OK);
    assert_int_equal(order.removed, 0);
    assert_int_equal(rig.done, 1);
    assert_int_equal(rig.owed, 0);
}

static void an_order_ends_with_what_the_store_could_not(void **state)
{
    (void)state;
    struct dismissal_order first = order_of(0), second = order_of(0);
    dismissal_order(rig.dismissal, &first);
    dismissal_order(rig.dismissal, &second);
    give_page(0, 1, 3, true);
    finish_removal(1, STORE_DENIAL_OPERATOR, STORE_OK);
    finish_removal(2, STORE_DENIAL_OPERATOR, STORE_FULL);
    finish_removal(3, STORE_DENIAL_OPERATOR, STORE_OK);
    assert_int_equal(first.status, STORE_FULL);
    assert_int_equal(first.removed, 2);
    // And the other has its turn.
    turn();
    struct store_page_subscribers *op = fake_store_take(STORE_PAGE_SUBSCRIBERS);
    fake_store_finish(&op->op, STORE_NOT_FOUND);
    assert_int_equal(second.status, STORE_NOT_FOUND);
    assert_int_equal(rig.done, 2);
}

static void draining_tells_whoever_waits(void **state)
{
    (void)state;
    struct dismissal_order orders[3] = { order_of(0), order_of(0),
                                         order_of(0) };
    for (size_t i = 0; i < 3; i++)
        dismissal_order(rig.dismissal, &orders[i]);
    give_page(0, 1, 2, false);
    dismissal_drain(rig.dismissal);
    turn();
    assert_false(dismissal_idle(rig.dismissal));
    finish_removals(1, 2, STORE_DENIAL_OPERATOR);
    turn();
    assert_int_equal(rig.done, 3);
    assert_int_equal(orders[0].removed, 2);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(orders[i].status, STORE_AGAIN);
}

// -------------------------------------------------------------- dead topics

static void a_topic_is_dead_after_three_410s_in_three_days(void **state)
{
    (void)state;
    static const struct {
        uint32_t gone;
        int64_t since;
        bool dead;
    } rows[] = {
        { 0, 0, false },           { 2, 100 * HOUR, false },
        { 3, 71 * HOUR, false },   { 3, 72 * HOUR, true },
        { 900, 71 * HOUR, false }, { 900, 100 * HOUR, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct store_topic topic = {
            .gone = rows[i].gone,
            .gone_since = rows[i].since > 0 ? FAKE_UNIX - rows[i].since : 0,
        };
        assert_int_equal(
            dismissal_is_dead(&topic, FAKE_UNIX, INT64_C(72) * HOUR),
            rows[i].dead);
    }
}

static void give_topic(uint32_t gone, int64_t since)
{
    turn();
    struct store_topics *op = fake_store_take(STORE_TOPICS);
    assert_int_equal(op->count, 1);
    assert_int_equal(op->ids[0], TOPIC);
    const struct store_topic topic = { .id = TOPIC,
                                       .gone = gone,
                                       .gone_since = FAKE_UNIX - since };
    op->items = fake_store_give(&op->op, &topic, sizeof topic);
    fake_store_finish(&op->op, STORE_OK);
}

static void the_subscriptions_of_a_dead_topic_end(void **state)
{
    (void)state;
    dismissal_gone(rig.dismissal, TOPIC);
    dismissal_gone(rig.dismissal, TOPIC);
    give_topic(3, 80 * HOUR);
    give_page(0, 1, 5, true);
    finish_removals(1, 5, STORE_DENIAL_TOPIC_GONE);
    nothing_left();
    assert_int_equal(rig.ended, 5);
}

static void those_of_one_that_may_come_back_stay(void **state)
{
    (void)state;
    dismissal_gone(rig.dismissal, TOPIC);
    give_topic(3, HOUR);
    nothing_left();
}

static void trouble_with_a_page_is_overcome(void **state)
{
    (void)state;
    dismissal_gone(rig.dismissal, TOPIC);
    give_topic(3, 80 * HOUR);
    give_page(0, 1, 64, false);
    finish_removals(1, 63, STORE_DENIAL_TOPIC_GONE);
    finish_removal(64, STORE_DENIAL_TOPIC_GONE, STORE_FULL);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_int_equal(dismissal_patience(rig.dismissal, loop_now()), 1000);
    fake_loop_pass(1000);
    give_page(0, 64, 66, true);
    finish_removals(64, 66, STORE_DENIAL_TOPIC_GONE);
    nothing_left();
}

// ---------------------------------------------------------------- the sweep

static void give_topics(uint64_t after, const struct store_topic *topics,
                        size_t count, bool end)
{
    turn();
    struct store_page_topics *op = fake_store_take(STORE_PAGE_TOPICS);
    assert_int_equal(op->after, after);
    op->items = fake_store_give(&op->op, topics, count * sizeof *topics);
    op->count = count;
    op->end = end;
    fake_store_finish(&op->op, STORE_OK);
}

static void without_rules_nothing_is_swept(void **state)
{
    (void)state;
    nothing_left();
}

static void R19_topics_denied_since_lose_their_subscriptions(void **state)
{
    (void)state;
    const struct store_topic topics[] = {
        { .id = 3, .url = bytes("https://good.example/"), .subscriptions = 9 },
        { .id = TOPIC,
          .url = bytes("https://www.denied.example/feed"),
          .subscriptions = 4 },
        { .id = 8, .url = bytes("https://denied.example/none") },
    };
    rig.topic_url = "https://WWW.denied.example/feed";
    give_topics(0, topics, 3, false);
    give_page(0, 1, 4, true);
    finish_removals(1, 4, STORE_DENIAL_POLICY);
    give_topics(8, topics, 1, true);
    nothing_left();
    assert_int_equal(rig.ended, 4);
}

static void R19_callbacks_denied_since_lose_theirs(void **state)
{
    (void)state;
    const struct store_topic topics[] = {
        { .id = TOPIC,
          .url = bytes("https://good.example/"),
          .subscriptions = 5 },
    };
    give_topics(0, topics, 1, true);
    give_page(0, 1, 5, true);
    // The odd ones are allowed.
    finish_removal(2, STORE_DENIAL_POLICY, STORE_OK);
    finish_removal(4, STORE_DENIAL_POLICY, STORE_OK);
    nothing_left();
}

static void an_order_goes_before_the_sweep(void **state)
{
    (void)state;
    struct dismissal_order order = order_of(0);
    dismissal_order(rig.dismissal, &order);
    give_page(0, 1, 1, true);
    finish_removal(1, STORE_DENIAL_OPERATOR, STORE_OK);
    give_topics(0, NULL, 0, true);
    nothing_left();
}

static const struct store_topic good_topic = {
    .id = TOPIC,
    .url = { GOOD, sizeof GOOD - 1 },
    .subscriptions = 5,
};

static void a_rule_that_comes_later_begins_a_sweep(void **state)
{
    (void)state;
    nothing_left();
    fake_rule(STORE_RULE_DENY_TOPIC, "good.example");
    dismissal_sweep(rig.dismissal);
    give_topics(0, &good_topic, 1, true);
    give_page(0, 1, 1, true);
    finish_removal(1, STORE_DENIAL_POLICY, STORE_OK);
    nothing_left();
}

static void what_was_read_by_older_rules_is_read_again(void **state)
{
    (void)state;
    fake_rule(STORE_RULE_DENY_TOPIC, "other.example");
    dismissal_sweep(rig.dismissal);
    turn(); // asks for topics
    fake_rule(STORE_RULE_DENY_TOPIC, "good.example");
    dismissal_sweep(rig.dismissal);
    give_topics(0, &good_topic, 1, true);
    give_page(0, 1, 1, true);
    finish_removal(1, STORE_DENIAL_POLICY, STORE_OK);
    give_topics(0, NULL, 0, true);
    nothing_left();
}

static void rules_that_change_all_the_time_do_not_hold_it_up(void **state)
{
    (void)state;
    const struct store_topic others[] = {
        { .id = 8, .url = bytes(GOOD) },
        { .id = 9, .url = bytes(GOOD) },
    };
    give_topics(0, &good_topic, 1, false);
    give_page(0, 1, 2, false);
    dismissal_sweep(rig.dismissal);
    finish_removal(2, STORE_DENIAL_POLICY, STORE_OK);
    give_page(2, 3, 4, false);
    finish_removal(4, STORE_DENIAL_POLICY, STORE_OK);
    dismissal_sweep(rig.dismissal);
    give_page(4, 5, 5, true);
    give_topics(TOPIC, others, 1, false);
    turn();
    dismissal_sweep(rig.dismissal);
    give_topics(8, others + 1, 1, true);
    // Who was allowed when it came by may be denied by now.
    give_topics(0, &good_topic, 1, true);
    give_page(0, 1, 1, true);
    nothing_left();
}

static void without_rules_any_more_it_ends_wherever_it_is(void **state)
{
    (void)state;
    give_topics(0, &good_topic, 1, false);
    give_page(0, 1, 1, true);
    turn(); // asks for topics
    rules_remove(rig.rules, STORE_RULE_ALLOW_CALLBACK, "reader.example");
    dismissal_sweep(rig.dismissal);
    // The next one begins at the beginning.
    fake_rule(STORE_RULE_DENY_CALLBACK, "other.example");
    dismissal_sweep(rig.dismissal);
    give_topics(TOPIC, NULL, 0, true);
    give_topics(0, NULL, 0, true);
    nothing_left();
}

static void who_is_allowed_again_meanwhile_stays(void **state)
{
    (void)state;
    fake_rule(STORE_RULE_DENY_TOPIC, "good.example");
    dismissal_sweep(rig.dismissal);
    give_topics(0, &good_topic, 1, true);
    give_page(0, 1, 2, false);
    rules_remove(rig.rules, STORE_RULE_DENY_TOPIC, "good.example");
    dismissal_sweep(rig.dismissal);
    finish_removal(1, STORE_DENIAL_POLICY, STORE_OK);
    finish_removal(2, STORE_DENIAL_POLICY, STORE_OK);
    nothing_left();
}

static void a_sweep_stops_for_the_drain(void **state)
{
    (void)state;
    dismissal_drain(rig.dismissal);
    nothing_left();
}

#define ENDED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define SWEPT(test, rules)                                                     \
    cmocka_unit_test_setup_teardown(test, setup_##rules, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENDED(one_subscription_is_ended_at_once),
        ENDED(one_that_is_not_there_is_not_found),
        ENDED(all_of_a_topic_are_ended_page_by_page),
        ENDED(a_topic_without_subscriptions_is_done_at_once),
        ENDED(an_order_ends_with_what_the_store_could_not),
        ENDED(draining_tells_whoever_waits),
        cmocka_unit_test(a_topic_is_dead_after_three_410s_in_three_days),
        ENDED(the_subscriptions_of_a_dead_topic_end),
        ENDED(those_of_one_that_may_come_back_stay),
        ENDED(trouble_with_a_page_is_overcome),
        ENDED(without_rules_nothing_is_swept),
        SWEPT(R19_topics_denied_since_lose_their_subscriptions, denying_topics),
        SWEPT(R19_callbacks_denied_since_lose_theirs, allowing_callbacks),
        SWEPT(an_order_goes_before_the_sweep, denying_topics),
        ENDED(a_rule_that_comes_later_begins_a_sweep),
        ENDED(what_was_read_by_older_rules_is_read_again),
        SWEPT(rules_that_change_all_the_time_do_not_hold_it_up,
              allowing_callbacks),
        SWEPT(without_rules_any_more_it_ends_wherever_it_is,
              allowing_callbacks),
        ENDED(who_is_allowed_again_meanwhile_stays),
        SWEPT(a_sweep_stops_for_the_drain, denying_topics),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
