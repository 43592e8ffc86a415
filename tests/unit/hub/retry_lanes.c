// SPDX-License-Identifier: MIT

#include "fakes/fake_engine.h"
#include "retry_rig.h"

static void breaks(void)
{
    struct lane *lane = lanes_get(rig.lanes, &(struct store_key){ { 0 } });
    breaker_restore(&lane->breaker, 5, 1, loop_now().mono + 20000,
                    loop_now().mono);
    lane->failing_since = loop_now().unix;
}

static void M4_whose_origin_is_broken_waits_and_that_is_no_attempt(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    breaks();
    claim(&item, 1);
    assert_int_equal(fake_store_waiting(STORE_TOPICS), 0);
    int64_t now = loop_now().unix;
    struct store_outcome outcome = recorded();
    assert_int_equal(outcome.kind, STORE_OWED);
    assert_true(outcome.waits);
    assert_false(outcome.tried);
    assert_int_equal(outcome.token, 70);
    assert_int_equal(outcome.next, 9);
    assert_int_equal(outcome.attempts, 3);
    assert_int_equal(outcome.step, 4);
    assert_int_equal(outcome.due, now + 20000);
    // Nothing newer has come since: its attempts are not to be reset.
    assert_true(outcome.upto > HEAD);
    assert_true(retry_idle(rig.retry));
}

static struct store_claim_lane *lane_due(void)
{
    retry_poke(rig.retry);
    turn();
    struct store_claim *op = fake_store_take(STORE_CLAIM);
    struct store_claimed row = {
        .token = 90, .lane = { .name = { "", 0 }, .due = FAKE_UNIX }
    };
    op->items = fake_store_give(&op->op, &row, sizeof row);
    op->count = 1;
    op->next_due = INT64_MAX;
    fake_store_finish(&op->op, STORE_OK);
    op = fake_store_take(STORE_CLAIM);
    op->count = 0;
    op->next_due = INT64_MAX;
    fake_store_finish(&op->op, STORE_OK);
    turn();
    return fake_store_take(STORE_CLAIM_LANE);
}

static void take_lane(struct store_claim_lane *op, size_t count)
{
    struct store_claimed items[8];
    for (size_t i = 0; i < count; i++) {
        items[i] = lagging();
        items[i].token = 80 + i;
        items[i].subscriber.id = 41 + i;
        items[i].subscriber.waits = true;
    }
    op->items = fake_store_give(&op->op, items, count * sizeof *items);
    op->count = count;
    op->end = true;
    fake_store_finish(&op->op, STORE_OK);
}

static void the_lane_is_empty(void)
{
    turn();
    struct store_claim_lane *op = fake_store_take(STORE_CLAIM_LANE);
    op->end = op->empty = true;
    fake_store_finish(&op->op, STORE_OK);
    turn();
    struct store_keep_lane *keep = fake_store_take(STORE_KEEP_LANE);
    fake_store_finish(&keep->op, STORE_OK);
}

static void those_who_wait_are_taken_from_their_lane(void **state)
{
    (void)state;
    struct store_claim_lane *op = lane_due();
    assert_int_equal(op->max, 5);
    take_lane(op, 3);
    give_content();
    assert_int_equal(fake_engine_waiting(), 3);
    assert_false(retry_idle(rig.retry));
    answer_all(3);
    the_lane_is_empty();
    struct store_record *written = record(3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(written->outcomes[i].kind, STORE_DELIVERED);
        assert_in_range(written->outcomes[i].token, 80, 82);
        assert_false(written->outcomes[i].waits);
    }
    fake_store_finish(&written->op, STORE_OK);
    assert_true(retry_idle(rig.retry));
}

static void a_probe_that_fails_is_an_attempt_and_waits_again(void **state)
{
    (void)state;
    breaks();
    fake_loop_pass(20000);
    struct store_claim_lane *op = lane_due();
    assert_int_equal(op->max, 1);
    take_lane(op, 1);
    give_content();
    struct exchange *x = fake_engine_take();
    fake_engine_fail(x, EXCHANGE_NO_CONNECT);
    retry_answered(rig.retry, x);
    turn();
    struct store_keep_lane *keep = fake_store_take(STORE_KEEP_LANE);
    assert_int_equal(keep->token, 90);
    assert_int_equal(keep->lane.step, 2);
    int64_t due = keep->lane.due;
    keep->kept = true;
    fake_store_finish(&keep->op, STORE_OK);
    struct store_outcome outcome = recorded();
    assert_true(outcome.waits);
    assert_true(outcome.tried);
    assert_int_equal(outcome.attempts, 4);
    assert_int_equal(outcome.due, due);
}

static void who_of_a_lane_fails_by_himself_has_his_own_time(void **state)
{
    (void)state;
    take_lane(lane_due(), 1);
    give_content();
    struct exchange *x = fake_engine_take();
    fake_engine_answer(x, 404, NULL);
    retry_answered(rig.retry, x);
    the_lane_is_empty();
    struct store_outcome outcome = recorded();
    assert_int_equal(outcome.kind, STORE_OWED);
    assert_false(outcome.waits);
    assert_int_equal(outcome.attempts, 4);
}

static void whatever_waits_those_who_are_due_have_slots_of_their_own(
    void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    item.subscriber.origin.bytes[0] = 1;
    take_lane(lane_due(), 5);
    give_content();
    claim(&item, 1);
    give_content();
    assert_int_equal(fake_engine_waiting(), 6);
    answer_all(6);
    the_lane_is_empty();
    struct store_record *op = record(6);
    fake_store_finish(&op->op, STORE_OK);
}

static void while_all_are_paused_nobody_is_claimed(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    retry_pause(rig.retry, true);
    retry_poke(rig.retry);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    retry_pause(rig.retry, false);
    claim(&item, 1);
    // What is under way takes its course.
    retry_pause(rig.retry, true);
    give_content();
    answer_all(1);
    assert_int_equal(recorded().kind, STORE_DELIVERED);
    retry_drain(rig.retry);
    retry_pause(rig.retry, false);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void what_is_queued_for_an_origin_is_taken_back(void **state)
{
    (void)state;
    struct store_claimed items[] = { lagging(), lagging() };
    items[1].subscriber.id = 32;
    items[1].subscriber.origin.bytes[0] = 1;
    claim(items, 2);
    give_content();
    struct exchange *two = fake_engine_take(), *one = fake_engine_take();
    retry_take_back(rig.retry, &items[1].subscriber.origin);
    assert_int_equal(fake_engine_cancelled(one), 0);
    assert_int_equal(fake_engine_cancelled(two), 1);
    fake_engine_answer(one, 200, NULL);
    retry_answered(rig.retry, one);
    fake_engine_fail(two, EXCHANGE_CANCELLED);
    retry_answered(rig.retry, two);
    struct store_record *op = record(2);
    assert_int_equal(op->outcomes[1].subscription, 32);
    assert_int_equal(op->outcomes[1].attempts, 3);
    fake_store_finish(&op->op, STORE_OK);
}

static void whom_a_walk_is_sending_to_is_sent_nothing_else(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    struct delivery walks = { .topic = TOPIC,
                              .subscription = 31,
                              .exchange = { .class = EXCHANGE_DELIVER } };
    lanes_began(rig.lanes, &walks, loop_now());
    claim(&item, 1);
    give_content();
    assert_int_equal(fake_engine_waiting(), 0);
    int64_t now = loop_now().unix;
    struct store_outcome outcome = recorded();
    assert_int_equal(outcome.kind, STORE_OWED);
    assert_int_equal(outcome.attempts, 3);
    assert_int_equal(outcome.due, now + 1000);
    struct store_outcome served = { .kind = STORE_DELIVERED, .status = 200 };
    lanes_ended(rig.lanes, &walks, &served, loop_now());
    claim(&item, 1);
    give_content();
    answer_all(1);
    assert_int_equal(recorded().kind, STORE_DELIVERED);
}

#define RETRIED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RETRIED(M4_whose_origin_is_broken_waits_and_that_is_no_attempt),
        RETRIED(those_who_wait_are_taken_from_their_lane),
        RETRIED(a_probe_that_fails_is_an_attempt_and_waits_again),
        RETRIED(who_of_a_lane_fails_by_himself_has_his_own_time),
        RETRIED(whatever_waits_those_who_are_due_have_slots_of_their_own),
        RETRIED(while_all_are_paused_nobody_is_claimed),
        RETRIED(what_is_queued_for_an_origin_is_taken_back),
        RETRIED(whom_a_walk_is_sending_to_is_sent_nothing_else),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
