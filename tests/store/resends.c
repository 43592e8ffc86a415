// SPDX-License-Identifier: MIT
//
// An operator sets cursors back.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

enum { UPDATES = 5 };

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

static struct store_subscriber look(struct session *s, struct scene_name name)
{
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    return subscriber;
}

// One to whom five updates have been delivered, one each hour; the first of
// them was stored at *first.
static struct scene_name served_one(struct session *s, int64_t *first)
{
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    for (int i = 0; i < UPDATES; i++) {
        if (i == 0)
            *first = session_now(s);
        scene_update(s, TOPIC, "body");
        scene_walk_all(s, name.topic, NULL);
        session_advance(s, HOUR);
    }
    assert_false(look(s, name).lagging);
    return name;
}

static struct store_resend resend_to(struct scene_name name, int64_t since)
{
    return (struct store_resend){
        .op.verb = STORE_RESEND,
        .topic = name.topic,
        .subscription = name.id,
        .since = since,
    };
}

static void the_newest_update_is_owed_again(void **state)
{
    struct session *s = *state;
    int64_t first;
    struct scene_name name = served_one(s, &first);
    struct store_resend resend = resend_to(name, 0);
    session_must(s, &resend.op);
    assert_int_equal(resend.count, 1);
    assert_true(resend.end);
    struct store_subscriber now = look(s, name);
    assert_true(now.lagging);
    assert_int_equal(now.next, UPDATES);
    assert_int_equal(now.attempts, 0);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void what_was_stored_since_then_is_owed_again(void **state)
{
    struct session *s = *state;
    int64_t first;
    struct scene_name name = served_one(s, &first);
    for (unsigned i = UPDATES; i > 0; i--) {
        struct store_resend resend = resend_to(name, first + (i - 1) * HOUR);
        session_must(s, &resend.op);
        assert_int_equal(look(s, name).next, i);
        // Between two of them it is the later one; but once owed is owed.
        resend.since++;
        assert_int_equal(session_run(s, &resend.op),
                         i == UPDATES ? STORE_NOT_FOUND : STORE_OK);
        assert_int_equal(look(s, name).next, i);
    }
}

static void nothing_since_then_is_not_found(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_resend resend = resend_to(name, 0);
    assert_int_equal(session_run(s, &resend.op), STORE_NOT_FOUND);
    scene_update(s, TOPIC, "body");
    scene_walk_all(s, name.topic, NULL);
    resend = resend_to(name, session_now(s) + 1);
    assert_int_equal(session_run(s, &resend.op), STORE_NOT_FOUND);
    resend = resend_to((struct scene_name){ name.topic, 1000 }, 0);
    assert_int_equal(session_run(s, &resend.op), STORE_NOT_FOUND);
    resend = resend_to((struct scene_name){ 1000, name.id }, 0);
    assert_int_equal(session_run(s, &resend.op), STORE_NOT_FOUND);
    assert_int_equal(scene_stats(s).lagging, 0);
}

static void nobody_is_owed_what_was_before_him(void **state)
{
    struct session *s = *state;
    int64_t first;
    served_one(s, &first);
    struct scene_name late = scene_subscribe(s, TOPIC, CALLBACK "/late");
    struct store_resend resend = resend_to(late, first);
    assert_int_equal(session_run(s, &resend.op), STORE_NOT_FOUND);
    scene_update(s, TOPIC, "six");
    scene_walk_all(s, late.topic, NULL);
    session_must(s, &resend.op);
    assert_int_equal(look(s, late).next, UPDATES + 1);
}

static void who_is_owed_more_stays_but_is_due(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    for (int i = 0; i < 3; i++)
        scene_update(s, TOPIC, "body");
    scene_walk_all(s, name.topic, nothing_arrives);
    struct store_outcome last = scene_outcome(s, STORE_OWED, name, 3);
    last.token = scene_claim_delivery(s, name);
    last.attempts = 9;
    last.step = 5;
    last.due = 0;
    scene_record(s, last);
    struct store_resend resend = resend_to(name, 0);
    session_must(s, &resend.op);
    struct store_subscriber now = look(s, name);
    assert_int_equal(now.next, 1);
    assert_int_equal(now.attempts, 0);
    assert_int_equal(now.step, 5);
    assert_int_equal(now.last_status, 503);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void who_waits_stays_in_his_lane_and_that_is_looked_at(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, NULL);
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, name.topic, nothing_arrives);
    struct store_outcome waits = scene_outcome(s, STORE_OWED, name, 2);
    waits.token = scene_claim_delivery(s, name);
    waits.waits = true;
    scene_record(s, waits);
    struct store_keep_lane keep = {
        .op.verb = STORE_KEEP_LANE,
        .lane = { .origin = scene_origin(), .due = session_now(s) + HOUR },
        .token = scene_claim_due_lane(s, scene_origin()),
    };
    session_must(s, &keep.op);
    struct store_resend resend = resend_to(name, 1);
    session_must(s, &resend.op);
    assert_int_equal(look(s, name).next, 1);
    assert_true(scene_claim_delivery(s, name) == 0);
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
    assert_true(scene_claim_waiting(s, name, scene_origin()) != 0);
}

static void who_is_paused_is_sent_nothing(void **state)
{
    struct session *s = *state;
    int64_t first;
    struct scene_name name = served_one(s, &first);
    struct store_pause pause = scene_pause_one(name, true);
    session_must(s, &pause.op);
    struct store_resend resend = resend_to(name, first);
    session_must(s, &resend.op);
    assert_true(scene_claim_delivery(s, name) == 0);
    pause.paused = false;
    session_must(s, &pause.op);
    assert_int_equal(look(s, name).next, 1);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void a_topic_is_sent_again_in_pages(void **state)
{
    enum { COUNT = 7 };
    struct session *s = *state;
    char callback[64];
    struct scene_name names[COUNT];
    for (int i = 0; i < COUNT; i++) {
        snprintf(callback, sizeof callback, CALLBACK "/%d", i);
        names[i] = scene_subscribe(s, TOPIC, callback);
    }
    scene_update(s, TOPIC, "body");
    scene_walk_all(s, names[0].topic, NULL);
    scene_subscribe(s, TOPIC, CALLBACK "/late");
    struct scene_name other =
        scene_subscribe(s, "https://example.org/other", CALLBACK);
    scene_update(s, "https://example.org/other", "body");
    scene_walk_all(s, other.topic, NULL);
    struct store_resend resend = {
        .op.verb = STORE_RESEND,
        .topic = names[0].topic,
        .max = 3,
    };
    size_t count = 0;
    do {
        session_must(s, &resend.op);
        assert_true(resend.count <= 3);
        count += resend.count;
    } while (!resend.end);
    assert_int_equal(count, COUNT);
    assert_int_equal(scene_stats(s).lagging, COUNT);
    assert_false(look(s, other).lagging);
    for (int i = 0; i < COUNT; i++)
        assert_true(scene_claim_delivery(s, names[i]) != 0);
}

static void one_that_the_walk_has_not_reached_is_owed_all_of_it(void **state)
{
    struct session *s = *state;
    int64_t first;
    struct scene_name name = served_one(s, &first);
    scene_update(s, TOPIC, "six");
    scene_update(s, TOPIC, "seven");
    struct store_resend resend = resend_to(name, 0);
    session_must(s, &resend.op);
    assert_int_equal(look(s, name).next, UPDATES + 1);
    scene_walk_all(s, name.topic, NULL);
    assert_int_equal(look(s, name).next, UPDATES + 1);
    assert_true(scene_claim_delivery(s, name) != 0);
}

// What is under way when the cursor is set back began before that.
static void a_walk_that_has_sent_already_does_not_swallow_it(void **state)
{
    struct session *s = *state;
    int64_t first;
    struct scene_name name = served_one(s, &first);
    scene_update(s, TOPIC, "six");
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    struct store_outcome arrived =
        scene_outcome(s, STORE_DELIVERED, name, UPDATES + 1);
    struct store_resend resend = resend_to(name, first);
    session_must(s, &resend.op);
    struct store_checkpoint end = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .finish = true,
        .outcomes = &arrived,
        .count = 1,
    };
    end.walk.position = name.id;
    session_must(s, &end.op);
    assert_int_equal(look(s, name).next, 1);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void an_attempt_under_way_does_not_swallow_it(void **state)
{
    struct session *s = *state;
    static const enum store_outcome_kind kinds[] = {
        STORE_DELIVERED,
        STORE_OWED,
    };
    int64_t first;
    struct scene_name name = served_one(s, &first);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct store_resend resend = resend_to(name, 0);
        session_must(s, &resend.op);
        struct store_outcome outcome =
            scene_outcome(s, kinds[i], name, UPDATES);
        outcome.token = scene_claim_delivery(s, name);
        assert_true(outcome.token != 0);
        resend = resend_to(name, first);
        session_must(s, &resend.op);
        // Nobody is sent to twice at a time.
        assert_true(scene_claim_delivery(s, name) == 0);
        assert_int_equal(scene_record(s, outcome), 1);
        assert_int_equal(look(s, name).next, 1);
        // This one counts.
        outcome = scene_outcome(s, STORE_DELIVERED, name, UPDATES);
        outcome.token = scene_claim_delivery(s, name);
        assert_true(outcome.token != 0);
        assert_int_equal(scene_record(s, outcome), 1);
        assert_false(look(s, name).lagging);
    }
}

static void an_attempt_after_it_may_fail_like_any_other(void **state)
{
    struct session *s = *state;
    int64_t first;
    struct scene_name name = served_one(s, &first);
    struct store_resend resend = resend_to(name, first);
    session_must(s, &resend.op);
    struct store_outcome failed = scene_outcome(s, STORE_OWED, name, UPDATES);
    failed.token = scene_claim_delivery(s, name);
    scene_record(s, failed);
    assert_true(look(s, name).due == failed.due);
    assert_int_equal(look(s, name).attempts, failed.attempts);
    assert_int_equal(look(s, name).next, 1);
}

static void B_nothing_is_sent_while_only_a_renewal_keeps_him(void **state)
{
    struct session *s = *state;
    int64_t first;
    struct scene_name name = served_one(s, &first);
    session_advance(s, LEASE - UPDATES * HOUR - SECOND);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t renewal = scene_take(s, &take);
    session_advance(s, SECOND);
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    store_release(&expire.op);
    struct store_resend resend = resend_to(name, first);
    session_must(s, &resend.op);
    assert_true(look(s, name).due == 0);
    assert_true(scene_claim_delivery(s, name) == 0);
    scene_settle(s, renewal, STORE_VERIFIED);
    assert_int_equal(look(s, name).next, 1);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void a_resend_without_sense_is_refused(void **state)
{
    struct session *s = *state;
    int64_t first;
    struct scene_name name = served_one(s, &first);
    struct store_resend resend = resend_to(name, -1);
    assert_int_equal(session_run(s, &resend.op), STORE_INVALID);
    resend = resend_to((struct scene_name){ name.topic, 0 }, 0);
    assert_int_equal(session_run(s, &resend.op), STORE_INVALID);
    resend.max = STORE_BATCH_MAX + 1;
    assert_int_equal(session_run(s, &resend.op), STORE_INVALID);
    assert_int_equal(scene_stats(s).lagging, 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_newest_update_is_owed_again),
        TEST(what_was_stored_since_then_is_owed_again),
        TEST(nothing_since_then_is_not_found),
        TEST(nobody_is_owed_what_was_before_him),
        TEST(who_is_owed_more_stays_but_is_due),
        TEST(who_waits_stays_in_his_lane_and_that_is_looked_at),
        TEST(who_is_paused_is_sent_nothing),
        TEST(a_topic_is_sent_again_in_pages),
        TEST(one_that_the_walk_has_not_reached_is_owed_all_of_it),
        TEST(a_walk_that_has_sent_already_does_not_swallow_it),
        TEST(an_attempt_under_way_does_not_swallow_it),
        TEST(an_attempt_after_it_may_fail_like_any_other),
        TEST(B_nothing_is_sent_while_only_a_renewal_keeps_him),
        TEST(a_resend_without_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
