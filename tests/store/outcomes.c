// SPDX-License-Identifier: MIT
//
// Those who lag: what an outcome does to their record.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

// A subscriber to whom the updates 1 .. `updates` could not be delivered.
static struct scene_name lagging_one(struct session *s, unsigned updates)
{
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    for (unsigned i = 0; i < updates; i++)
        scene_update(s, TOPIC, "body");
    scene_walk_all(s, name.topic, nothing_arrives);
    return name;
}

static struct store_subscriber look(struct session *s, struct scene_name name)
{
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    return subscriber;
}

// An attempt on a claim of its own; returns how many outcomes applied.
static size_t attempt(struct session *s, struct store_outcome outcome)
{
    struct scene_name name = { outcome.topic, outcome.subscription };
    outcome.token = scene_claim_delivery(s, name);
    assert_true(outcome.token != 0);
    return scene_record(s, outcome);
}

static void B_a_delivery_up_to_the_head_drops_the_record(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 3);
    assert_true(look(s, name).lagging);
    assert_int_equal(look(s, name).next, 1);
    assert_int_equal(attempt(s, scene_outcome(s, STORE_DELIVERED, name, 3)), 1);
    assert_false(look(s, name).lagging);
    assert_int_equal(scene_stats(s).lagging, 0);
    assert_true(scene_claim_delivery(s, name) == 0);
}

static void B_a_delivery_of_less_advances_and_is_due_now(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 3);
    attempt(s, scene_outcome(s, STORE_DELIVERED, name, 2));
    assert_true(look(s, name).lagging);
    assert_int_equal(look(s, name).next, 3);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void B_a_delivery_counts_though_its_walk_has_passed(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    struct store_outcome late = scene_outcome(s, STORE_DELIVERED, name, 1);
    assert_int_equal(scene_record(s, late), 1);
    assert_false(look(s, name).lagging);
}

static void M1_a_late_delivery_does_not_cover_a_newer_update(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    struct store_outcome late = scene_outcome(s, STORE_DELIVERED, name, 1);
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, name.topic, nothing_arrives);
    scene_record(s, late);
    assert_true(look(s, name).lagging);
    assert_int_equal(look(s, name).next, 2);
}

static void M1_a_delivery_before_the_walk_leaves_the_new_to_the_walk(
    void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    uint64_t token = scene_claim_delivery(s, name);
    scene_update(s, TOPIC, "two");
    struct store_outcome outcome = scene_outcome(s, STORE_DELIVERED, name, 1);
    outcome.token = token;
    scene_record(s, outcome);
    scene_walk_all(s, name.topic, nothing_arrives);
    assert_true(look(s, name).lagging);
    assert_int_equal(look(s, name).next, 2);
}

static void M1_a_reminder_finds_who_caught_up_meanwhile(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    uint64_t token = scene_claim_delivery(s, name);
    struct store_walk walk = scene_update(s, TOPIC, "two").walk;
    // The walk has read that this one lags; before it says so, it does not.
    struct store_outcome reminded = scene_outcome(s, STORE_REMINDED, name, 2);
    struct store_outcome arrived = scene_outcome(s, STORE_DELIVERED, name, 1);
    arrived.token = token;
    scene_record(s, arrived);
    struct store_checkpoint end = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .finish = true,
        .outcomes = &reminded,
        .count = 1,
    };
    end.walk.position = name.id;
    session_must(s, &end.op);
    assert_true(look(s, name).lagging);
    assert_int_equal(look(s, name).next, 2);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void B_a_delivery_that_was_overtaken_changes_nothing(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 3);
    struct store_outcome late = scene_outcome(s, STORE_DELIVERED, name, 1);
    attempt(s, scene_outcome(s, STORE_DELIVERED, name, 2));
    struct store_outcome failed = scene_outcome(s, STORE_OWED, name, 3);
    failed.attempts = 5;
    attempt(s, failed);
    scene_record(s, late);
    assert_int_equal(look(s, name).next, 3);
    assert_int_equal(look(s, name).attempts, 5);
    assert_true(look(s, name).due == failed.due);
}

static void B_a_failed_delivery_is_due_as_said(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    struct store_outcome outcome = scene_outcome(s, STORE_OWED, name, 1);
    outcome.attempts = 4;
    outcome.step = 3;
    outcome.status = -7;
    outcome.due = session_now(s) + HOUR;
    assert_int_equal(attempt(s, outcome), 1);
    session_reopen(s);
    struct store_subscriber subscriber = look(s, name);
    assert_int_equal(subscriber.next, 1);
    assert_int_equal(subscriber.attempts, 4);
    assert_int_equal(subscriber.step, 3);
    assert_int_equal(subscriber.last_status, -7);
    assert_true(subscriber.due == outcome.due);
    assert_true(scene_claim_delivery(s, name) == 0);
    session_advance(s, HOUR);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void the_first_failure_is_remembered(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    int64_t first = look(s, name).first_failure;
    assert_true(first == session_now(s));
    session_advance(s, HOUR);
    attempt(s, scene_outcome(s, STORE_OWED, name, 1));
    assert_true(look(s, name).first_failure == first);
}

static void B_one_that_is_given_up_is_not_due_again(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    struct store_outcome outcome = scene_outcome(s, STORE_OWED, name, 1);
    outcome.due = 0;
    attempt(s, outcome);
    session_advance(s, 100 * (int64_t)HOUR);
    assert_true(look(s, name).lagging);
    assert_int_equal(look(s, name).due, 0);
    assert_true(scene_claim_delivery(s, name) == 0);
    struct store_claim none = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_DELIVER,
        .hold_ms = HOLD,
    };
    session_must(s, &none.op);
    assert_true(none.next_due == INT64_MAX);
    store_release(&none.op);
}

static void M4_a_new_update_resets_attempts_but_not_the_delay(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    struct store_outcome outcome = scene_outcome(s, STORE_OWED, name, 1);
    outcome.attempts = 4;
    outcome.step = 3;
    outcome.due = session_now(s) + HOUR;
    attempt(s, outcome);
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, name.topic, NULL);
    struct store_subscriber subscriber = look(s, name);
    assert_true(subscriber.lagging);
    assert_int_equal(subscriber.next, 1);
    assert_int_equal(subscriber.attempts, 0);
    assert_int_equal(subscriber.step, 3);
    assert_true(subscriber.due == outcome.due);
}

static void M4_a_new_update_gives_a_stopped_one_an_attempt_now(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    struct store_outcome outcome = scene_outcome(s, STORE_OWED, name, 1);
    outcome.step = 9;
    outcome.due = 0;
    attempt(s, outcome);
    session_advance(s, HOUR);
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, name.topic, NULL);
    struct store_subscriber subscriber = look(s, name);
    assert_int_equal(subscriber.next, 1);
    assert_int_equal(subscriber.attempts, 0);
    assert_int_equal(subscriber.step, 9);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void M4_an_older_attempt_does_not_stop_a_newer_update(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    struct store_outcome last = scene_outcome(s, STORE_OWED, name, 1);
    last.token = scene_claim_delivery(s, name);
    last.due = 0;
    last.status = 599;
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, name.topic, NULL);
    scene_record(s, last);
    assert_true(look(s, name).lagging);
    assert_int_equal(look(s, name).last_status, 599);
    assert_int_equal(look(s, name).attempts, 0);
    assert_true(look(s, name).due != 0);
    session_advance(s, DAY);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void B_a_callback_that_is_gone_ends_the_subscription(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    assert_int_equal(attempt(s, scene_outcome(s, STORE_GONE, name, 1)), 1);
    struct store_subscriber subscriber;
    assert_false(scene_subscriber(s, name, &subscriber));
    assert_int_equal(scene_stats(s).lagging, 0);
    assert_int_equal(scene_stats(s).subscriptions, 0);
}

static void B_gone_before_a_renewal_is_a_failure_only(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    struct store_outcome gone = scene_outcome(s, STORE_GONE, name, 1);
    gone.token = scene_claim_delivery(s, name);
    scene_subscribe(s, TOPIC, CALLBACK);
    scene_record(s, gone);
    struct store_subscriber subscriber = look(s, name);
    assert_true(subscriber.rev > gone.rev);
    assert_int_equal(subscriber.last_status, 410);
    assert_int_equal(subscriber.attempts, 0);
    assert_true(subscriber.lagging);
    assert_int_equal(subscriber.next, 1);
    assert_true(subscriber.due != 0);
}

static void B_a_failure_before_a_renewal_does_not_stop_it(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    struct store_outcome last = scene_outcome(s, STORE_OWED, name, 1);
    last.token = scene_claim_delivery(s, name);
    last.due = 0;
    last.status = 599;
    scene_subscribe(s, TOPIC, CALLBACK);
    scene_record(s, last);
    assert_true(look(s, name).lagging);
    assert_int_equal(look(s, name).last_status, 599);
    assert_true(look(s, name).due != 0);
}

static void outcomes_of_one_that_has_left_are_ignored(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 1);
    static const enum store_outcome_kind kinds[] = {
        STORE_DELIVERED, STORE_OWED, STORE_GONE, STORE_REMINDED, STORE_PASSED,
    };
    struct store_outcome outcome = scene_outcome(s, STORE_OWED, name, 1);
    outcome.token = scene_claim_delivery(s, name);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    struct scene_name back = scene_subscribe(s, TOPIC, CALLBACK);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        outcome.kind = kinds[i];
        assert_int_equal(scene_record(s, outcome), 0);
    }
    assert_true(back.id != name.id);
    assert_false(look(s, back).lagging);
    assert_int_equal(scene_stats(s).lagging, 0);
    assert_int_equal(scene_stats(s).subscriptions, 1);
}

static void a_repeated_outcome_changes_nothing_more(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, 2);
    struct store_outcome outcome = scene_outcome(s, STORE_OWED, name, 2);
    outcome.token = scene_claim_delivery(s, name);
    scene_record(s, outcome);
    session_advance(s, MINUTE);
    struct store_outcome arrived = scene_outcome(s, STORE_DELIVERED, name, 1);
    attempt(s, arrived);
    scene_record(s, outcome);
    assert_int_equal(look(s, name).next, 2);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void the_longest_overdue_delivery_is_claimed_first(void **state)
{
    enum { COUNT = 6 };
    struct session *s = *state;
    struct scene_name names[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        char callback[64];
        snprintf(callback, sizeof callback, CALLBACK "/%u", i);
        names[i] = scene_subscribe(s, TOPIC, callback);
    }
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, names[0].topic, nothing_arrives);
    static const int delays[COUNT] = { 50, 20, 60, 10, 40, 30 };
    static const int order[COUNT] = { 3, 1, 5, 4, 0, 2 };
    for (unsigned i = 0; i < COUNT; i++) {
        struct store_outcome owed = scene_outcome(s, STORE_OWED, names[i], 1);
        owed.due = session_now(s) + delays[i] * SECOND;
        attempt(s, owed);
    }
    session_advance(s, MINUTE);
    struct store_claim all = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_DELIVER,
        .max = COUNT,
        .hold_ms = HOLD,
    };
    session_must(s, &all.op);
    assert_int_equal(all.count, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(all.items[i].subscriber.id == names[order[i]].id);
    store_release(&all.op);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(B_a_delivery_up_to_the_head_drops_the_record),
        TEST(B_a_delivery_of_less_advances_and_is_due_now),
        TEST(B_a_delivery_counts_though_its_walk_has_passed),
        TEST(M1_a_late_delivery_does_not_cover_a_newer_update),
        TEST(M1_a_delivery_before_the_walk_leaves_the_new_to_the_walk),
        TEST(M1_a_reminder_finds_who_caught_up_meanwhile),
        TEST(B_a_delivery_that_was_overtaken_changes_nothing),
        TEST(B_a_failed_delivery_is_due_as_said),
        TEST(the_first_failure_is_remembered),
        TEST(B_one_that_is_given_up_is_not_due_again),
        TEST(M4_a_new_update_resets_attempts_but_not_the_delay),
        TEST(M4_a_new_update_gives_a_stopped_one_an_attempt_now),
        TEST(M4_an_older_attempt_does_not_stop_a_newer_update),
        TEST(B_a_callback_that_is_gone_ends_the_subscription),
        TEST(B_gone_before_a_renewal_is_a_failure_only),
        TEST(B_a_failure_before_a_renewal_does_not_stop_it),
        TEST(outcomes_of_one_that_has_left_are_ignored),
        TEST(a_repeated_outcome_changes_nothing_more),
        TEST(the_longest_overdue_delivery_is_claimed_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
