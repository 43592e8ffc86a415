// SPDX-License-Identifier: MIT
//
// Lanes: where deliveries wait for their origin.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define OTHER    "https://example.org/other"
#define CALLBACK "https://callback.example/a"
#define ORIGIN   "https://callback.example:443"

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

// A subscriber of a new topic to whom its first update is owed, due now.
static struct scene_name lagging_one(struct session *s, const char *topic,
                                     const char *callback)
{
    struct scene_name name = scene_subscribe(s, topic, callback);
    scene_update(s, topic, "body");
    scene_walk_all(s, name.topic, nothing_arrives);
    return name;
}

// He is told to wait for his origin.
static void send_to_lane(struct session *s, struct scene_name name)
{
    struct store_outcome waits = scene_outcome(s, STORE_OWED, name, 1);
    waits.token = scene_claim_delivery(s, name);
    assert_true(waits.token != 0);
    waits.waits = true;
    waits.attempts = 0;
    waits.status = 0;
    assert_int_equal(scene_record(s, waits), 1);
}

static struct scene_name waiting_one(struct session *s, const char *topic,
                                     const char *callback)
{
    struct scene_name name = lagging_one(s, topic, callback);
    send_to_lane(s, name);
    return name;
}

// `count` of one topic, all in the lane.
static void waiting_many(struct session *s, struct scene_name *names,
                         unsigned count)
{
    char callback[64];
    for (unsigned i = 0; i < count; i++) {
        snprintf(callback, sizeof callback, CALLBACK "/%u", i);
        names[i] = scene_subscribe(s, TOPIC, callback);
    }
    scene_update(s, TOPIC, "body");
    scene_walk_all(s, names[0].topic, nothing_arrives);
    for (unsigned i = 0; i < count; i++)
        send_to_lane(s, names[i]);
}

static void expect_nobody_waits(struct session *s)
{
    struct store_claim_lane claim = scene_claim_lane(s, 8);
    assert_int_equal(claim.count, 0);
    assert_true(claim.empty && claim.end);
    assert_int_equal(scene_stats(s).waiting, 0);
    store_release(&claim.op);
}

static struct store_keep_lane keep_of(struct session *s, uint64_t token)
{
    return (struct store_keep_lane){
        .op.verb = STORE_KEEP_LANE,
        .lane = {
            .origin = scene_origin(),
            .name = scene_bytes(ORIGIN),
            .due = session_now(s) + HOUR,
            .step = 3,
            .failures = 7,
            .failing_since = session_now(s) - HOUR,
            .last_status = -5,
        },
        .token = token,
    };
}

// ---------------------------------------------------------------- waiting

static void one_who_waits_is_not_due_by_himself(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    session_advance(s, DAY);
    assert_true(scene_claim_delivery(s, name) == 0);
    assert_true(look(s, name).waits);
    assert_true(look(s, name).due != 0);
    assert_int_equal(scene_stats(s).lagging, 1);
}

static void the_first_who_waits_makes_the_lane_due_now(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, TOPIC, CALLBACK);
    struct store_lane lane;
    assert_false(scene_lane(s, scene_origin(), &lane));
    assert_true(scene_claim_due_lane(s, scene_origin()) == 0);
    send_to_lane(s, name);
    assert_true(scene_lane(s, scene_origin(), &lane));
    assert_true(lane.due == session_now(s));
    assert_int_equal(lane.name.len, 0);
    assert_int_equal(lane.failures, 0);
    assert_false(lane.paused);
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
    assert_int_equal(scene_stats(s).lanes, 1);
    assert_int_equal(scene_stats(s).waiting, 1);
}

static void whoever_comes_later_changes_nothing_of_the_lane(void **state)
{
    struct session *s = *state;
    waiting_one(s, TOPIC, CALLBACK);
    struct store_keep_lane keep =
        keep_of(s, scene_claim_due_lane(s, scene_origin()));
    session_must(s, &keep.op);
    waiting_one(s, OTHER, CALLBACK);
    struct store_lane lane;
    assert_true(scene_lane(s, scene_origin(), &lane));
    assert_true(lane.due == keep.lane.due);
    assert_int_equal(lane.failures, 7);
    assert_int_equal(scene_stats(s).waiting, 2);
}

static void lanes_are_claimed_when_they_are_due_as_they_were_kept(void **state)
{
    struct session *s = *state;
    waiting_one(s, TOPIC, CALLBACK);
    struct store_keep_lane keep =
        keep_of(s, scene_claim_due_lane(s, scene_origin()));
    session_must(s, &keep.op);
    assert_true(keep.kept);
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_LANE,
        .max = 2,
        .hold_ms = HOLD,
    };
    session_reopen(s);
    session_must(s, &claim.op);
    assert_int_equal(claim.count, 0);
    assert_true(claim.next_due == keep.lane.due);
    store_release(&claim.op);
    session_advance(s, HOUR);
    session_must(s, &claim.op);
    assert_int_equal(claim.count, 1);
    const struct store_lane *lane = &claim.items[0].lane;
    assert_memory_equal(&lane->origin, &keep.lane.origin, 32);
    assert_true(scene_same(lane->name, ORIGIN));
    assert_int_equal(lane->step, 3);
    assert_int_equal(lane->failures, 7);
    assert_true(lane->failing_since == keep.lane.failing_since);
    assert_int_equal(lane->last_status, -5);
    store_release(&claim.op);
    // And comes back when nobody says what became of it.
    assert_true(scene_claim_due_lane(s, scene_origin()) == 0);
    session_advance(s, HOLD);
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
}

static void waits_without_a_due_time_makes_no_sense(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, TOPIC, CALLBACK);
    struct store_outcome waits = scene_outcome(s, STORE_OWED, name, 1);
    waits.waits = true;
    waits.due = 0;
    struct store_record record = {
        .op.verb = STORE_RECORD,
        .outcomes = &waits,
        .count = 1,
    };
    assert_int_equal(session_run(s, &record.op), STORE_INVALID);
    assert_int_equal(scene_stats(s).lanes, 0);
}

static void a_walk_sends_to_the_lane_too(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "body");
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    struct store_outcome waits = scene_outcome(s, STORE_OWED, name, 1);
    waits.waits = true;
    struct store_checkpoint end = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .finish = true,
        .outcomes = &waits,
        .count = 1,
    };
    end.walk.position = name.id;
    session_must(s, &end.op);
    assert_true(look(s, name).waits);
    assert_true(scene_claim_delivery(s, name) == 0);
    assert_true(scene_claim_waiting(s, name, scene_origin()) != 0);
}

static void M4_a_stopped_one_is_reminded_into_his_lane(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, TOPIC, CALLBACK);
    struct store_outcome last = scene_outcome(s, STORE_OWED, name, 1);
    last.token = scene_claim_delivery(s, name);
    last.due = 0;
    scene_record(s, last);
    scene_update(s, TOPIC, "two");
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    struct store_outcome reminded = scene_outcome(s, STORE_REMINDED, name, 2);
    reminded.waits = true;
    struct store_checkpoint end = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .finish = true,
        .outcomes = &reminded,
        .count = 1,
    };
    end.walk.position = name.id;
    session_must(s, &end.op);
    assert_true(look(s, name).waits);
    assert_true(look(s, name).due != 0);
    assert_int_equal(look(s, name).attempts, 0);
    assert_true(scene_claim_waiting(s, name, scene_origin()) != 0);
}

static void M4_a_reminder_leaves_one_with_a_due_of_his_own_alone(void **state)
{
    struct session *s = *state;
    struct scene_name name = lagging_one(s, TOPIC, CALLBACK);
    struct store_outcome later = scene_outcome(s, STORE_OWED, name, 1);
    later.token = scene_claim_delivery(s, name);
    scene_record(s, later);
    scene_update(s, TOPIC, "two");
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    struct store_outcome reminded = scene_outcome(s, STORE_REMINDED, name, 2);
    reminded.waits = true;
    struct store_checkpoint end = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .finish = true,
        .outcomes = &reminded,
        .count = 1,
    };
    end.walk.position = name.id;
    session_must(s, &end.op);
    assert_false(look(s, name).waits);
    assert_true(look(s, name).due == later.due);
}

static void M4_a_reminder_leaves_one_who_waits_in_his_lane(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, name.topic, NULL);
    assert_true(look(s, name).waits);
    assert_int_equal(look(s, name).next, 1);
    assert_true(scene_claim_delivery(s, name) == 0);
}

// --------------------------------------------------------------- claiming

static void those_who_wait_are_claimed_in_their_order(void **state)
{
    enum { COUNT = 5 };
    struct session *s = *state;
    struct scene_name names[COUNT];
    waiting_many(s, names, COUNT);
    struct scene_name last = waiting_one(s, OTHER, CALLBACK);
    struct store_claim_lane claim = scene_claim_lane(s, 2);
    assert_int_equal(claim.count, 2);
    assert_false(claim.end);
    assert_false(claim.empty);
    assert_true(claim.items[0].subscriber.id == names[0].id);
    assert_true(claim.items[1].subscriber.id == names[1].id);
    assert_true(claim.items[0].subscriber.waits);
    assert_true(claim.after == names[1].id);
    store_release(&claim.op);
    // On from there, whatever is claimed already.
    claim.max = 64;
    session_must(s, &claim.op);
    assert_int_equal(claim.count, COUNT - 1);
    assert_true(claim.items[0].subscriber.id == names[2].id);
    assert_true(claim.items[COUNT - 2].subscriber.topic == last.topic);
    assert_true(
        scene_same(claim.items[COUNT - 2].subscriber.callback, CALLBACK));
    assert_true(claim.end);
    store_release(&claim.op);
}

static void one_page_of_exactly_those_who_wait_ends_it(void **state)
{
    struct session *s = *state;
    struct scene_name names[3];
    waiting_many(s, names, 3);
    struct store_claim_lane claim = scene_claim_lane(s, 3);
    assert_int_equal(claim.count, 3);
    assert_true(claim.end);
    assert_false(claim.empty);
    store_release(&claim.op);
}

static void only_those_of_the_origin_are_claimed(void **state)
{
    struct session *s = *state;
    struct scene_name here = waiting_one(s, TOPIC, CALLBACK);
    struct scene_name there = scene_subscribe_at(
        s, TOPIC, "https://there.example/", "https://there.example:443");
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, there.topic, nothing_arrives);
    send_to_lane(s, there);
    assert_int_equal(scene_stats(s).lanes, 2);
    struct store_claim_lane claim = scene_claim_lane(s, 64);
    assert_int_equal(claim.count, 1);
    assert_true(claim.items[0].subscriber.id == here.id);
    store_release(&claim.op);
    assert_true(
        scene_claim_waiting(s, there, scene_key("https://there.example:443"))
        != 0);
}

static void who_is_claimed_already_is_passed_over(void **state)
{
    struct session *s = *state;
    struct scene_name names[3];
    waiting_many(s, names, 3);
    assert_true(scene_claim_waiting(s, names[1], scene_origin()) != 0);
    struct store_claim_lane claim = scene_claim_lane(s, 64);
    assert_int_equal(claim.count, 2);
    assert_true(claim.items[1].subscriber.id == names[2].id);
    store_release(&claim.op);
    claim = scene_claim_lane(s, 64);
    assert_int_equal(claim.count, 0);
    assert_true(claim.end);
    assert_false(claim.empty);
    store_release(&claim.op);
    // Until they come back by themselves.
    session_advance(s, HOLD);
    claim = scene_claim_lane(s, 64);
    assert_int_equal(claim.count, 3);
    store_release(&claim.op);
    session_reopen(s);
    claim = scene_claim_lane(s, 64);
    assert_int_equal(claim.count, 3);
    store_release(&claim.op);
}

static void a_claim_of_nobody_makes_no_sense(void **state)
{
    struct session *s = *state;
    struct store_claim_lane claim = {
        .op.verb = STORE_CLAIM_LANE,
        .hold_ms = HOLD,
    };
    assert_int_equal(session_run(s, &claim.op), STORE_INVALID);
    claim.max = 1;
    claim.hold_ms = 0;
    assert_int_equal(session_run(s, &claim.op), STORE_INVALID);
    claim.max = STORE_BATCH_MAX + 1;
    claim.hold_ms = 1;
    assert_int_equal(session_run(s, &claim.op), STORE_INVALID);
}

static void what_was_claimed_and_waits_again_is_back_in_its_lane(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    struct store_outcome again = scene_outcome(s, STORE_OWED, name, 1);
    again.token = scene_claim_waiting(s, name, scene_origin());
    again.waits = true;
    assert_int_equal(scene_record(s, again), 1);
    assert_true(scene_claim_delivery(s, name) == 0);
    assert_true(scene_claim_waiting(s, name, scene_origin()) != 0);
}

static void what_fails_by_itself_gets_a_due_time_of_its_own(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    struct store_outcome failed = scene_outcome(s, STORE_OWED, name, 1);
    failed.token = scene_claim_waiting(s, name, scene_origin());
    assert_int_equal(scene_record(s, failed), 1);
    assert_false(look(s, name).waits);
    expect_nobody_waits(s);
    assert_true(scene_claim_delivery(s, name) == 0);
    session_advance(s, MINUTE);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void what_has_arrived_leaves_its_lane(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    struct store_outcome arrived = scene_outcome(s, STORE_DELIVERED, name, 1);
    arrived.token = scene_claim_waiting(s, name, scene_origin());
    assert_int_equal(scene_record(s, arrived), 1);
    assert_false(look(s, name).lagging);
    expect_nobody_waits(s);
}

static void what_arrives_in_part_is_due_now_by_itself(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, name.topic, NULL);
    struct store_outcome arrived = scene_outcome(s, STORE_DELIVERED, name, 1);
    arrived.token = scene_claim_waiting(s, name, scene_origin());
    scene_record(s, arrived);
    assert_int_equal(look(s, name).next, 2);
    expect_nobody_waits(s);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void the_last_attempt_takes_it_out_of_the_lane(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    struct store_outcome last = scene_outcome(s, STORE_OWED, name, 1);
    last.token = scene_claim_waiting(s, name, scene_origin());
    last.due = 0;
    scene_record(s, last);
    assert_true(look(s, name).due == 0);
    assert_false(look(s, name).waits);
    expect_nobody_waits(s);
}

static void a_claim_given_back_leaves_it_in_the_lane(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    for (int i = 0; i < 2; i++) {
        struct store_release_claim release = {
            .op.verb = STORE_RELEASE,
            .kind = STORE_DUE_DELIVER,
            .topic = name.topic,
            .id = name.id,
            .token = scene_claim_waiting(s, name, scene_origin()),
            .due = i ? session_now(s) + HOUR : 0,
        };
        session_must(s, &release.op);
    }
    session_advance(s, DAY);
    assert_true(scene_claim_delivery(s, name) == 0);
    assert_true(scene_claim_waiting(s, name, scene_origin()) != 0);
}

static void B_a_claim_given_back_does_not_wake_one_in_doubt(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    session_advance(s, LEASE - SECOND);
    uint64_t token = scene_claim_waiting(s, name, scene_origin());
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    scene_take(s, &take);
    session_advance(s, SECOND);
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    store_release(&expire.op);
    struct store_release_claim release = {
        .op.verb = STORE_RELEASE,
        .kind = STORE_DUE_DELIVER,
        .topic = name.topic,
        .id = name.id,
        .token = token,
        .due = session_now(s),
    };
    session_must(s, &release.op);
    assert_true(look(s, name).due == 0);
    assert_true(scene_claim_delivery(s, name) == 0);
}

// ---------------------------------------------------------------- leaving

static void B_one_who_unsubscribes_leaves_the_lane(void **state)
{
    struct session *s = *state;
    waiting_one(s, TOPIC, CALLBACK);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    expect_nobody_waits(s);
}

static void B_one_who_is_gone_leaves_the_lane_and_that_is_told(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    struct scene_name other = lagging_one(s, OTHER, CALLBACK);
    struct store_outcome outcomes[2] = {
        scene_outcome(s, STORE_OWED, other, 1),
        scene_outcome(s, STORE_GONE, name, 1),
    };
    bool ended[2] = { true, false };
    struct store_record record = {
        .op.verb = STORE_RECORD,
        .outcomes = outcomes,
        .count = 2,
        .ended = ended,
    };
    session_must(s, &record.op);
    assert_false(ended[0]);
    assert_true(ended[1]);
    expect_nobody_waits(s);
    // Said again it has ended nothing.
    session_must(s, &record.op);
    assert_false(ended[1]);
}

static void a_checkpoint_tells_what_has_ended_with_it(void **state)
{
    struct session *s = *state;
    struct scene_name names[2] = {
        scene_subscribe(s, TOPIC, CALLBACK),
        scene_subscribe(s, TOPIC, CALLBACK "/other"),
    };
    scene_update(s, TOPIC, "one");
    struct store_walk walk;
    assert_true(scene_walk(s, names[0].topic, &walk));
    struct store_outcome outcomes[2] = {
        scene_outcome(s, STORE_GONE, names[0], 1),
        scene_outcome(s, STORE_DELIVERED, names[1], 1),
    };
    bool ended[2] = { false, true };
    struct store_checkpoint end = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .finish = true,
        .outcomes = outcomes,
        .count = 2,
        .ended = ended,
    };
    end.walk.position = names[1].id;
    session_must(s, &end.op);
    assert_true(ended[0]);
    assert_false(ended[1]);
}

static void B_one_whose_lease_is_over_leaves_the_lane(void **state)
{
    struct session *s = *state;
    waiting_one(s, TOPIC, CALLBACK);
    session_advance(s, LEASE);
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    assert_int_equal(expire.count, 1);
    store_release(&expire.op);
    expect_nobody_waits(s);
}

static void B_one_who_is_removed_leaves_the_lane(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    struct store_remove remove = {
        .op.verb = STORE_REMOVE,
        .topic = name.topic,
        .subscription = name.id,
    };
    session_must(s, &remove.op);
    expect_nobody_waits(s);
}

static void B_nobody_is_claimed_while_only_a_renewal_keeps_him(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    session_advance(s, LEASE - SECOND);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t renewal = scene_take(s, &take);
    session_advance(s, SECOND);
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    store_release(&expire.op);
    assert_true(look(s, name).suspended);
    assert_true(scene_claim_waiting(s, name, scene_origin()) == 0);
    // The renewal makes him due, and then he may be sent to his lane again.
    scene_settle(s, renewal, STORE_VERIFIED);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void M4_a_renewal_makes_the_lane_due_now(void **state)
{
    struct session *s = *state;
    struct scene_name name = waiting_one(s, TOPIC, CALLBACK);
    struct store_keep_lane keep =
        keep_of(s, scene_claim_due_lane(s, scene_origin()));
    session_must(s, &keep.op);
    assert_true(scene_claim_due_lane(s, scene_origin()) == 0);
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_true(look(s, name).waits);
    assert_true(look(s, name).due == session_now(s));
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
}

static void M4_a_renewal_is_not_put_off_by_who_has_the_lane(void **state)
{
    struct session *s = *state;
    waiting_one(s, TOPIC, CALLBACK);
    struct store_keep_lane keep =
        keep_of(s, scene_claim_due_lane(s, scene_origin()));
    scene_subscribe(s, TOPIC, CALLBACK);
    session_must(s, &keep.op);
    assert_true(keep.lane.due == session_now(s));
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
}

// -------------------------------------------------------------------- rows

static void a_lane_where_nobody_waits_goes_when_it_is_looked_at(void **state)
{
    struct session *s = *state;
    waiting_one(s, TOPIC, CALLBACK);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    struct store_keep_lane keep =
        keep_of(s, scene_claim_due_lane(s, scene_origin()));
    assert_true(keep.token != 0);
    session_must(s, &keep.op);
    assert_false(keep.kept);
    assert_int_equal(scene_stats(s).lanes, 0);
    // And is not made again by who says so without anybody there.
    keep.token = 0;
    session_must(s, &keep.op);
    assert_false(keep.kept);
    assert_int_equal(scene_stats(s).lanes, 0);
    session_advance(s, DAY);
    assert_true(scene_claim_due_lane(s, scene_origin()) == 0);
}

static void whoever_has_lost_the_lane_changes_nothing(void **state)
{
    struct session *s = *state;
    waiting_one(s, TOPIC, CALLBACK);
    struct store_keep_lane keep =
        keep_of(s, scene_claim_due_lane(s, scene_origin()));
    session_advance(s, HOLD);
    struct store_keep_lane other =
        keep_of(s, scene_claim_due_lane(s, scene_origin()));
    assert_true(other.token != 0);
    other.lane.failures = 1;
    session_must(s, &other.op);
    assert_int_equal(session_run(s, &keep.op), STORE_STALE);
    assert_int_equal(session_run(s, &other.op), STORE_STALE);
    struct store_lane lane;
    assert_true(scene_lane(s, scene_origin(), &lane));
    assert_int_equal(lane.failures, 1);
}

static void a_name_once_told_is_kept(void **state)
{
    struct session *s = *state;
    waiting_one(s, TOPIC, CALLBACK);
    struct store_keep_lane keep = keep_of(s, 0);
    session_must(s, &keep.op);
    keep.lane.name = (struct bytes){ NULL, 0 };
    keep.lane.step = 9;
    session_must(s, &keep.op);
    struct store_lane lane;
    assert_true(scene_lane(s, scene_origin(), &lane));
    assert_int_equal(lane.name.len, strlen(ORIGIN));
    assert_int_equal(lane.step, 9);
}

static void a_lane_kept_without_a_time_is_due_now(void **state)
{
    struct session *s = *state;
    waiting_one(s, TOPIC, CALLBACK);
    struct store_keep_lane keep =
        keep_of(s, scene_claim_due_lane(s, scene_origin()));
    keep.lane.due = 0;
    session_must(s, &keep.op);
    assert_true(keep.lane.due == session_now(s));
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
}

static void a_lane_without_sense_is_refused(void **state)
{
    struct session *s = *state;
    static char name[STORE_LANE_NAME_MAX + 1];
    waiting_one(s, TOPIC, CALLBACK);
    struct store_keep_lane keep = keep_of(s, 0);
    keep.lane.name = (struct bytes){ name, sizeof name };
    memset(name, 'x', sizeof name);
    assert_int_equal(session_run(s, &keep.op), STORE_INVALID);
    keep.lane.name.len--;
    session_must(s, &keep.op);
    keep.lane.due = -1;
    assert_int_equal(session_run(s, &keep.op), STORE_INVALID);
}

static void lanes_are_paged_by_origin(void **state)
{
    enum { COUNT = 7 };
    struct session *s = *state;
    char callback[64], origin[64];
    for (int i = 0; i < COUNT; i++) {
        snprintf(callback, sizeof callback, "https://%d.example/", i);
        snprintf(origin, sizeof origin, "https://%d.example:443", i);
        struct scene_name name = scene_subscribe_at(s, TOPIC, callback, origin);
        scene_update(s, TOPIC, "body");
        scene_walk_all(s, name.topic, nothing_arrives);
        send_to_lane(s, name);
    }
    struct store_page_lanes page = {
        .op.verb = STORE_PAGE_LANES,
        .from_start = true,
        .max = 3,
    };
    size_t seen = 0;
    struct store_key last = { { 0 } };
    do {
        session_must(s, &page.op);
        for (size_t i = 0; i < page.count; i++) {
            assert_true(memcmp(&page.items[i].origin, &last, sizeof last) > 0);
            last = page.items[i].origin;
            seen++;
        }
        page.from_start = false;
        page.after = last;
        store_release(&page.op);
    } while (!page.end);
    assert_int_equal(seen, COUNT);
    assert_int_equal(scene_stats(s).lanes, COUNT);
}

// A place in `waiting` and in `due` at once, or in neither, would be seen by
// the check of what is closed.
static void a_restart_forgets_nobody_who_waits(void **state)
{
    struct session *s = *state;
    struct scene_name names[4];
    waiting_many(s, names, 4);
    session_reopen(s);
    struct store_claim_lane claim = scene_claim_lane(s, 64);
    assert_int_equal(claim.count, 4);
    store_release(&claim.op);
    assert_true(scene_claim_due_lane(s, scene_origin()) != 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_who_waits_is_not_due_by_himself),
        TEST(the_first_who_waits_makes_the_lane_due_now),
        TEST(whoever_comes_later_changes_nothing_of_the_lane),
        TEST(lanes_are_claimed_when_they_are_due_as_they_were_kept),
        TEST(waits_without_a_due_time_makes_no_sense),
        TEST(a_walk_sends_to_the_lane_too),
        TEST(M4_a_stopped_one_is_reminded_into_his_lane),
        TEST(M4_a_reminder_leaves_one_with_a_due_of_his_own_alone),
        TEST(M4_a_reminder_leaves_one_who_waits_in_his_lane),
        TEST(those_who_wait_are_claimed_in_their_order),
        TEST(one_page_of_exactly_those_who_wait_ends_it),
        TEST(only_those_of_the_origin_are_claimed),
        TEST(who_is_claimed_already_is_passed_over),
        TEST(a_claim_of_nobody_makes_no_sense),
        TEST(what_was_claimed_and_waits_again_is_back_in_its_lane),
        TEST(what_fails_by_itself_gets_a_due_time_of_its_own),
        TEST(what_has_arrived_leaves_its_lane),
        TEST(what_arrives_in_part_is_due_now_by_itself),
        TEST(the_last_attempt_takes_it_out_of_the_lane),
        TEST(a_claim_given_back_leaves_it_in_the_lane),
        TEST(B_a_claim_given_back_does_not_wake_one_in_doubt),
        TEST(B_one_who_unsubscribes_leaves_the_lane),
        TEST(B_one_who_is_gone_leaves_the_lane_and_that_is_told),
        TEST(a_checkpoint_tells_what_has_ended_with_it),
        TEST(B_one_whose_lease_is_over_leaves_the_lane),
        TEST(B_one_who_is_removed_leaves_the_lane),
        TEST(B_nobody_is_claimed_while_only_a_renewal_keeps_him),
        TEST(M4_a_renewal_makes_the_lane_due_now),
        TEST(M4_a_renewal_is_not_put_off_by_who_has_the_lane),
        TEST(a_lane_where_nobody_waits_goes_when_it_is_looked_at),
        TEST(whoever_has_lost_the_lane_changes_nothing),
        TEST(a_name_once_told_is_kept),
        TEST(a_lane_kept_without_a_time_is_due_now),
        TEST(a_lane_without_sense_is_refused),
        TEST(lanes_are_paged_by_origin),
        TEST(a_restart_forgets_nobody_who_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
