// SPDX-License-Identifier: MIT
//
// An operator stops deliveries, and lets them go on.

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

static enum store_outcome_kind nobody_is_called(uint64_t subscription)
{
    (void)subscription;
    return STORE_PASSED;
}

static struct store_subscriber look(struct session *s, struct scene_name name)
{
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    return subscriber;
}

static struct scene_name lagging_one(struct session *s)
{
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "body");
    scene_walk_all(s, name.topic, nothing_arrives);
    return name;
}

static void send_to_lane(struct session *s, struct scene_name name)
{
    struct store_outcome waits = scene_outcome(s, STORE_OWED, name, 1);
    waits.token = scene_claim_delivery(s, name);
    waits.waits = true;
    scene_record(s, waits);
}

static void pause_one(struct session *s, struct scene_name name, bool paused)
{
    struct store_pause pause = scene_pause_one(name, paused);
    session_must(s, &pause.op);
}

static void pause_origin(struct session *s, bool paused)
{
    struct store_pause pause = scene_pause_origin(scene_origin(), paused);
    session_must(s, &pause.op);
}

// ----------------------------------------------------- one subscription

static void one_that_is_paused_is_not_claimed(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    pause_one(s, name, true);
    session_reopen(s);
    session_advance(s, DAY);
    assert_true(look(s, name).paused);
    assert_true(scene_claim_delivery(s, name) == 0);
    struct store_claim none = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_DELIVER,
    };
    session_must(s, &none.op);
    assert_true(none.next_due == INT64_MAX);
    assert_int_equal(scene_stats(s).lagging, 1);
}

static void what_is_due_is_due_at_once_when_it_goes_on(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    pause_one(s, name, true);
    session_advance(s, HOUR);
    pause_one(s, name, false);
    assert_false(look(s, name).paused);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void what_is_due_later_is_due_then_when_it_goes_on(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    struct store_outcome later = scene_outcome(s, STORE_OWED, name, 1);
    later.token = scene_claim_delivery(s, name);
    later.due = session_now(s) + HOUR;
    scene_record(s, later);
    pause_one(s, name, true);
    pause_one(s, name, false);
    assert_true(scene_claim_delivery(s, name) == 0);
    session_advance(s, HOUR);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void one_in_a_lane_is_back_there_when_it_goes_on(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    send_to_lane(s, name);
    struct store_keep_lane keep = {
        .op.verb = STORE_KEEP_LANE,
        .lane = { .origin = scene_origin(), .due = session_now(s) + HOUR },
        .token = scene_claim_due_lane(s, scene_origin()),
    };
    session_must(s, &keep.op);
    pause_one(s, name, true);
    assert_true(scene_claim_waiting(s, name, scene_origin()) == 0);
    assert_int_equal(scene_stats(s).waiting, 0);
    pause_one(s, name, false);
    assert_int_equal(scene_stats(s).waiting, 1);
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
    assert_true(scene_claim_waiting(s, name, scene_origin()) != 0);
}

static void one_in_a_lane_that_is_gone_makes_it_again(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    send_to_lane(s, name);
    pause_one(s, name, true);
    struct store_keep_lane keep = {
        .op.verb = STORE_KEEP_LANE,
        .lane = { .origin = scene_origin(), .due = 1 },
        .token = scene_claim_due_lane(s, scene_origin()),
    };
    session_must(s, &keep.op);
    assert_false(keep.kept);
    pause_one(s, name, false);
    assert_int_equal(scene_stats(s).lanes, 1);
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
}

static void what_comes_back_while_it_is_paused_counts(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    struct store_outcome outcome = scene_outcome(s, STORE_OWED, name, 1);
    outcome.token = scene_claim_delivery(s, name);
    pause_one(s, name, true);
    assert_int_equal(scene_record(s, outcome), 1);
    session_advance(s, DAY);
    assert_true(scene_claim_delivery(s, name) == 0);
    pause_one(s, name, false);
    outcome = scene_outcome(s, STORE_DELIVERED, name, 1);
    outcome.token = scene_claim_delivery(s, name);
    pause_one(s, name, true);
    assert_int_equal(scene_record(s, outcome), 1);
    assert_false(look(s, name).lagging);
    assert_true(look(s, name).paused);
}

static void what_it_misses_is_kept_for_when_it_goes_on(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    pause_one(s, name, true);
    for (int i = 0; i < 3; i++) {
        scene_update(s, TOPIC, "body");
        scene_walk_all(s, name.topic, nobody_is_called);
    }
    assert_true(look(s, name).lagging);
    assert_int_equal(look(s, name).next, 1);
    assert_true(scene_claim_delivery(s, name) == 0);
    pause_one(s, name, false);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void M4_one_that_was_stopped_has_an_attempt_at_what_came(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    struct store_outcome last = scene_outcome(s, STORE_OWED, name, 1);
    last.token = scene_claim_delivery(s, name);
    last.due = 0;
    scene_record(s, last);
    pause_one(s, name, true);
    // Nothing new: it stays stopped.
    pause_one(s, name, false);
    assert_true(scene_claim_delivery(s, name) == 0);
    pause_one(s, name, true);
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, name.topic, NULL);
    assert_true(scene_claim_delivery(s, name) == 0);
    pause_one(s, name, false);
    assert_true(scene_claim_delivery(s, name) != 0);
}

// Also where the walk says that it has not called him.
static void M4_what_passes_one_that_is_paused_is_new_to_him(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    struct store_outcome last = scene_outcome(s, STORE_OWED, name, 1);
    last.token = scene_claim_delivery(s, name);
    last.due = 0;
    scene_record(s, last);
    pause_one(s, name, true);
    scene_update(s, TOPIC, "two");
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    struct store_outcome passed = scene_outcome(s, STORE_PASSED, name, 2);
    struct store_checkpoint end = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .finish = true,
        .outcomes = &passed,
        .count = 1,
    };
    end.walk.position = name.id;
    session_must(s, &end.op);
    pause_one(s, name, false);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void a_renewal_leaves_it_paused(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    pause_one(s, name, true);
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_true(look(s, name).paused);
    assert_int_equal(look(s, name).rev, 2);
    assert_true(scene_claim_delivery(s, name) == 0);
    pause_one(s, name, false);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void it_can_leave_while_it_is_paused(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    pause_one(s, name, true);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    assert_int_equal(scene_stats(s).lagging, 0);
    struct store_pause pause = scene_pause_one(name, false);
    assert_int_equal(session_run(s, &pause.op), STORE_NOT_FOUND);
    // And comes back as a new one.
    name = scene_subscribe(s, TOPIC, CALLBACK);
    assert_false(look(s, name).paused);
}

static void what_is_so_already_is_told(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    struct store_pause pauses[] = {
        scene_pause_one(name, true),
        scene_pause_origin(scene_origin(), true),
        { .op.verb = STORE_PAUSE, .all = true, .paused = true },
    };
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        struct store_pause *pause = &pauses[i];
        pause->paused = false;
        assert_int_equal(session_run(s, &pause->op), STORE_DUPLICATE);
        pause->paused = true;
        session_must(s, &pause->op);
        assert_int_equal(session_run(s, &pause->op), STORE_DUPLICATE);
        pause->paused = false;
        session_must(s, &pause->op);
        assert_int_equal(session_run(s, &pause->op), STORE_DUPLICATE);
    }
    assert_int_equal(scene_stats(s).lanes, 0);
}

static void a_pause_of_nothing_or_of_several_makes_no_sense(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    struct store_pause pause = { .op.verb = STORE_PAUSE, .paused = true };
    assert_int_equal(session_run(s, &pause.op), STORE_INVALID);
    pause = scene_pause_one(name, true);
    pause.all = true;
    assert_int_equal(session_run(s, &pause.op), STORE_INVALID);
    pause = scene_pause_origin(scene_origin(), true);
    pause.subscription = name.id;
    assert_int_equal(session_run(s, &pause.op), STORE_INVALID);
    assert_false(look(s, name).paused);
}

// -------------------------------------------------------------- an origin

static void a_lane_that_is_paused_is_never_due(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    send_to_lane(s, name);
    pause_origin(s, true);
    session_reopen(s);
    session_advance(s, DAY);
    assert_true(scene_claim_due_lane(s, scene_origin()) == 0);
    struct store_lane lane;
    assert_true(scene_lane(s, scene_origin(), &lane));
    assert_true(lane.paused);
    // And nobody is taken from it.
    struct store_claim_lane claim = scene_claim_lane(s, 8);
    assert_int_equal(claim.count, 0);
    assert_true(claim.end);
    assert_false(claim.empty);
    store_release(&claim.op);
    pause_origin(s, false);
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
    assert_true(scene_claim_waiting(s, name, scene_origin()) != 0);
}

static void an_origin_is_paused_before_anybody_waits_there(void **state)
{
    struct session *s = *state;
    pause_origin(s, true);
    assert_int_equal(scene_stats(s).lanes, 1);
    struct scene_name name = lagging_one(s);
    send_to_lane(s, name);
    assert_true(scene_claim_due_lane(s, scene_origin()) == 0);
    pause_origin(s, false);
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
}

static void a_pause_of_an_origin_outlives_what_the_lane_says(void **state)
{
    struct session *s = *state;
    pause_origin(s, true);
    struct store_keep_lane keep = {
        .op.verb = STORE_KEEP_LANE,
        .lane = { .origin = scene_origin(), .due = 1, .failures = 2 },
    };
    session_must(s, &keep.op);
    assert_true(keep.kept);
    struct store_lane lane;
    assert_true(scene_lane(s, scene_origin(), &lane));
    assert_true(lane.paused);
    assert_int_equal(lane.failures, 2);
    assert_true(scene_claim_due_lane(s, scene_origin()) == 0);
}

static void a_lane_without_anybody_goes_when_it_goes_on(void **state)
{
    struct session *s = *state;
    pause_origin(s, true);
    pause_origin(s, false);
    assert_int_equal(scene_stats(s).lanes, 0);
    assert_true(scene_claim_due_lane(s, scene_origin()) == 0);
}

static void M4_a_renewal_does_not_wake_a_lane_that_is_paused(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    send_to_lane(s, name);
    pause_origin(s, true);
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_true(scene_claim_due_lane(s, scene_origin()) == 0);
    assert_true(scene_claim_delivery(s, name) == 0);
}

// ------------------------------------------------------------- everything

static void that_all_are_paused_is_remembered(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s);
    struct store_pause all = {
        .op.verb = STORE_PAUSE,
        .all = true,
        .paused = true,
    };
    assert_false(scene_stats(s).paused);
    session_must(s, &all.op);
    session_reopen(s);
    assert_true(scene_stats(s).paused);
    // Who does not send is the caller.
    assert_true(scene_claim_delivery(s, name) != 0);
    all.paused = false;
    session_must(s, &all.op);
    session_reopen(s);
    assert_false(scene_stats(s).paused);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_that_is_paused_is_not_claimed),
        TEST(what_is_due_is_due_at_once_when_it_goes_on),
        TEST(what_is_due_later_is_due_then_when_it_goes_on),
        TEST(one_in_a_lane_is_back_there_when_it_goes_on),
        TEST(one_in_a_lane_that_is_gone_makes_it_again),
        TEST(what_comes_back_while_it_is_paused_counts),
        TEST(what_it_misses_is_kept_for_when_it_goes_on),
        TEST(M4_one_that_was_stopped_has_an_attempt_at_what_came),
        TEST(M4_what_passes_one_that_is_paused_is_new_to_him),
        TEST(a_renewal_leaves_it_paused),
        TEST(it_can_leave_while_it_is_paused),
        TEST(what_is_so_already_is_told),
        TEST(a_pause_of_nothing_or_of_several_makes_no_sense),
        TEST(a_lane_that_is_paused_is_never_due),
        TEST(an_origin_is_paused_before_anybody_waits_there),
        TEST(a_pause_of_an_origin_outlives_what_the_lane_says),
        TEST(a_lane_without_anybody_goes_when_it_goes_on),
        TEST(M4_a_renewal_does_not_wake_a_lane_that_is_paused),
        TEST(that_all_are_paused_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
