// SPDX-License-Identifier: MIT
//
// M1: the one walk of a topic, its checkpoints and its end.

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

static enum store_outcome_kind odd_ones_answer(uint64_t subscription)
{
    return subscription % 2 ? STORE_DELIVERED : STORE_OWED;
}

static void subscribe_many(struct session *s, struct scene_name *names,
                           unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char callback[64];
        snprintf(callback, sizeof callback, CALLBACK "/%u", i);
        names[i] = scene_subscribe(s, TOPIC, callback);
    }
}

static struct store_checkpoint checkpoint(struct store_walk walk,
                                          uint64_t position,
                                          const struct store_outcome *outcomes,
                                          size_t count)
{
    walk.position = position;
    return (struct store_checkpoint){
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .outcomes = outcomes,
        .count = count,
    };
}

static bool lags(struct session *s, struct scene_name name)
{
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    return subscriber.lagging;
}

static void an_update_begins_a_walk_from_the_old_head(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, NULL);
    struct store_publish publish = scene_update(s, TOPIC, "two");
    assert_true(publish.walk_began);
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    assert_memory_equal(&walk, &publish.walk, sizeof walk);
    assert_int_equal(walk.from, 1);
    assert_int_equal(walk.to, 2);
    assert_int_equal(walk.position, 0);
    assert_int_equal(scene_stats(s).walks, 1);
}

static void M1_a_topic_has_at_most_one_walk(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    assert_true(scene_update(s, TOPIC, "one").walk_began);
    assert_false(scene_update(s, TOPIC, "two").walk_began);
    assert_false(scene_update(s, TOPIC, "three").walk_began);
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    assert_true(walk.from == 0 && walk.to == 1);
    assert_int_equal(scene_stats(s).walks, 1);
}

static void M1_the_next_walk_begins_when_the_head_has_risen(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_walk walk = scene_update(s, TOPIC, "one").walk;
    scene_update(s, TOPIC, "two");
    scene_update(s, TOPIC, "three");
    struct store_outcome arrived = scene_outcome(s, STORE_DELIVERED, name, 1);
    struct store_checkpoint end = checkpoint(walk, name.id, &arrived, 1);
    end.finish = true;
    session_must(s, &end.op);
    assert_true(end.walk_began);
    assert_true(end.next.topic == name.topic && end.next.from == 1
                && end.next.to == 3 && end.next.position == 0);
    assert_true(scene_walk(s, name.topic, &walk));
    assert_memory_equal(&walk, &end.next, sizeof walk);

    arrived.upto = 3;
    end = checkpoint(walk, name.id, &arrived, 1);
    end.finish = true;
    session_must(s, &end.op);
    assert_false(end.walk_began);
    assert_false(scene_walk(s, name.topic, &walk));
    assert_int_equal(scene_stats(s).walks, 0);
}

// Who is neither delivered nor lagging must be ahead of the walk.
static void expect_nobody_forgotten(struct session *s,
                                    const struct scene_name *names,
                                    size_t count, uint64_t delivered_below)
{
    struct store_walk walk;
    bool walking = scene_walk(s, names[0].topic, &walk);
    for (size_t i = 0; i < count; i++) {
        bool ahead = walking && names[i].id > walk.position;
        bool arrived = names[i].id <= delivered_below && names[i].id % 2;
        assert_true(ahead || arrived || lags(s, names[i]));
    }
}

static void M1_a_checkpoint_never_passes_a_subscriber_that_is_still_owed(
    void **state)
{
    enum { COUNT = 12, PAGE = 3 };
    struct session *s = *state;
    struct scene_name names[COUNT];
    subscribe_many(s, names, COUNT);
    struct store_walk walk = scene_update(s, TOPIC, "one").walk;
    for (size_t i = 0; i < COUNT; i += PAGE) {
        struct store_outcome outcomes[PAGE];
        for (size_t k = 0; k < PAGE; k++) {
            struct scene_name name = names[i + k];
            outcomes[k] = scene_outcome(s, odd_ones_answer(name.id), name, 1);
            outcomes[k].next = 1;
        }
        uint64_t position = names[i + PAGE - 1].id;
        struct store_checkpoint step =
            checkpoint(walk, position, outcomes, PAGE);
        step.finish = i + PAGE == COUNT;
        session_must(s, &step.op);
        session_reopen(s);
        expect_nobody_forgotten(s, names, COUNT, position);
    }
    assert_false(scene_walk(s, names[0].topic, &walk));
    assert_int_equal(scene_stats(s).lagging, COUNT / 2);
}

static void M1_an_outcome_beyond_the_position_is_invalid(void **state)
{
    struct session *s = *state;
    struct scene_name names[2];
    subscribe_many(s, names, 2);
    struct store_walk walk = scene_update(s, TOPIC, "one").walk;
    struct store_outcome outcomes[2] = {
        scene_outcome(s, STORE_OWED, names[0], 1),
        scene_outcome(s, STORE_OWED, names[1], 1),
    };
    struct store_checkpoint step = checkpoint(walk, names[0].id, outcomes, 2);
    assert_int_equal(session_run(s, &step.op), STORE_INVALID);
    assert_true(scene_walk(s, walk.topic, &walk));
    assert_int_equal(walk.position, 0);
    assert_false(lags(s, names[0]));
}

static void a_checkpoint_of_another_walk_is_stale(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_walk walk = { .topic = name.topic, .from = 0, .to = 1 };
    struct store_checkpoint step = checkpoint(walk, name.id, NULL, 0);
    assert_int_equal(session_run(s, &step.op), STORE_STALE);
    walk = scene_update(s, TOPIC, "one").walk;
    step = checkpoint(walk, name.id, NULL, 0);
    step.walk.to++;
    assert_int_equal(session_run(s, &step.op), STORE_STALE);
    assert_true(scene_walk(s, name.topic, &walk));
    assert_int_equal(walk.position, 0);
}

static void M1_a_repeated_checkpoint_changes_nothing_more(void **state)
{
    struct session *s = *state;
    struct scene_name names[3];
    subscribe_many(s, names, 3);
    struct store_walk walk = scene_update(s, TOPIC, "one").walk;
    struct store_outcome owed = scene_outcome(s, STORE_OWED, names[0], 1);
    owed.next = 1;
    owed.due = session_now(s);
    struct store_checkpoint step = checkpoint(walk, names[0].id, &owed, 1);
    session_must(s, &step.op);
    assert_true(lags(s, names[0]));

    struct store_outcome arrived =
        scene_outcome(s, STORE_DELIVERED, names[0], 1);
    arrived.token = scene_claim_delivery(s, names[0]);
    scene_record(s, arrived);
    assert_false(lags(s, names[0]));
    struct store_outcome second = scene_outcome(s, STORE_OWED, names[1], 1);
    second.next = 1;
    struct store_checkpoint further = checkpoint(walk, names[1].id, &second, 1);
    session_must(s, &further.op);

    session_run(s, &step.op);
    assert_false(lags(s, names[0]));
    assert_true(scene_walk(s, walk.topic, &walk));
    assert_true(walk.position == names[1].id);
}

static void a_repeated_end_of_a_walk_ends_no_other(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_walk walk = scene_update(s, TOPIC, "one").walk;
    scene_update(s, TOPIC, "two");
    struct store_outcome owed = scene_outcome(s, STORE_OWED, name, 1);
    owed.next = 1;
    struct store_checkpoint end = checkpoint(walk, name.id, &owed, 1);
    end.finish = true;
    session_must(s, &end.op);
    session_run(s, &end.op);
    assert_true(scene_walk(s, name.topic, &walk));
    assert_true(walk.from == 1 && walk.to == 2 && walk.position == 0);
}

static void M1_walks_go_on_after_a_restart(void **state)
{
    struct session *s = *state;
    uint64_t topics[5];
    for (unsigned i = 0; i < 5; i++) {
        char topic[64];
        snprintf(topic, sizeof topic, TOPIC "/%u", i);
        struct scene_name name = scene_subscribe(s, topic, CALLBACK);
        topics[i] = name.topic;
        struct store_walk walk = scene_update(s, topic, "one").walk;
        if (i == 2)
            continue;
        struct store_outcome owed = scene_outcome(s, STORE_OWED, name, 1);
        struct store_checkpoint step = checkpoint(walk, name.id, &owed, 1);
        session_must(s, &step.op);
    }
    session_reopen(s);
    struct store_walks walks = { .op.verb = STORE_WALKS, .max = 2 };
    size_t seen = 0;
    do {
        session_must(s, &walks.op);
        for (size_t i = 0; i < walks.count; i++, seen++) {
            assert_true(walks.items[i].topic == topics[seen]);
            assert_true((walks.items[i].position == 0) == (seen == 2));
            walks.after = walks.items[i].topic;
        }
        store_release(&walks.op);
    } while (!walks.end);
    assert_int_equal(seen, 5);
}

static void a_delivery_that_is_up_to_date_leaves_no_record(void **state)
{
    struct session *s = *state;
    struct scene_name names[7];
    subscribe_many(s, names, 7);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, names[0].topic, NULL);
    assert_int_equal(scene_stats(s).lagging, 0);
    assert_int_equal(scene_stats(s).walks, 0);
}

static void M1_a_delivery_of_less_than_the_walk_leaves_the_rest_owed(
    void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_walk walk = scene_update(s, TOPIC, "one").walk;
    scene_update(s, TOPIC, "two");
    scene_update(s, TOPIC, "three");
    struct store_outcome arrived = scene_outcome(s, STORE_DELIVERED, name, 1);
    struct store_checkpoint end = checkpoint(walk, name.id, &arrived, 1);
    end.finish = true;
    session_must(s, &end.op);
    assert_int_equal(end.next.to, 3);
    // One document of several (M13) moves the cursor, but not to the end.
    arrived.upto = 2;
    end = checkpoint(end.next, name.id, &arrived, 1);
    end.finish = true;
    session_must(s, &end.op);
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    assert_true(subscriber.lagging);
    assert_int_equal(subscriber.next, 3);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void who_arrives_during_a_walk_is_not_owed(void **state)
{
    struct session *s = *state;
    struct scene_name names[4];
    subscribe_many(s, names, 4);
    struct store_walk walk = scene_update(s, TOPIC, "one").walk;
    struct scene_name late = scene_subscribe(s, TOPIC, CALLBACK "/late");
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, late, &subscriber));
    assert_true(subscriber.start >= walk.to);
    assert_false(subscriber.lagging);
    assert_true(late.id > names[3].id);
    scene_walk_all(s, walk.topic, nothing_arrives);
    assert_false(lags(s, late));
    assert_int_equal(scene_stats(s).lagging, 4);
}

static void a_callback_that_is_gone_ends_in_the_walk(void **state)
{
    struct session *s = *state;
    struct scene_name names[2];
    subscribe_many(s, names, 2);
    struct store_walk walk = scene_update(s, TOPIC, "one").walk;
    struct store_outcome gone = scene_outcome(s, STORE_GONE, names[0], 1);
    struct store_checkpoint step = checkpoint(walk, names[0].id, &gone, 1);
    session_must(s, &step.op);
    struct store_subscriber subscriber;
    assert_false(scene_subscriber(s, names[0], &subscriber));
    assert_true(scene_subscriber(s, names[1], &subscriber));
    assert_int_equal(scene_stats(s).subscriptions, 1);
}

static void too_many_outcomes_are_invalid(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_walk walk = scene_update(s, TOPIC, "one").walk;
    static struct store_outcome outcomes[STORE_BATCH_MAX + 1];
    for (size_t i = 0; i <= STORE_BATCH_MAX; i++)
        outcomes[i] = scene_outcome(s, STORE_DELIVERED, name, 1);
    struct store_checkpoint step =
        checkpoint(walk, name.id, outcomes, STORE_BATCH_MAX + 1);
    assert_int_equal(session_run(s, &step.op), STORE_INVALID);
    struct store_record record = {
        .op.verb = STORE_RECORD,
        .outcomes = outcomes,
        .count = STORE_BATCH_MAX + 1,
    };
    assert_int_equal(session_run(s, &record.op), STORE_INVALID);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_update_begins_a_walk_from_the_old_head),
        TEST(M1_a_topic_has_at_most_one_walk),
        TEST(M1_the_next_walk_begins_when_the_head_has_risen),
        TEST(M1_a_checkpoint_never_passes_a_subscriber_that_is_still_owed),
        TEST(M1_an_outcome_beyond_the_position_is_invalid),
        TEST(a_checkpoint_of_another_walk_is_stale),
        TEST(M1_a_repeated_checkpoint_changes_nothing_more),
        TEST(a_repeated_end_of_a_walk_ends_no_other),
        TEST(M1_walks_go_on_after_a_restart),
        TEST(a_delivery_that_is_up_to_date_leaves_no_record),
        TEST(M1_a_delivery_of_less_than_the_walk_leaves_the_rest_owed),
        TEST(who_arrives_during_a_walk_is_not_owed),
        TEST(a_callback_that_is_gone_ends_in_the_walk),
        TEST(too_many_outcomes_are_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
