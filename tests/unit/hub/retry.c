// SPDX-License-Identifier: MIT

#include "hub/retry.h"

#include "fakes/fake_engine.h"
#include "retry_rig.h"

static void M1_who_lags_is_sent_all_from_his_own_cursor_to_the_head(
    void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    claim(&item, 1);
    give_content();
    struct exchange *x = fake_engine_take();
    assert_int_equal(x->class, EXCHANGE_RETRY);
    assert_string_equal(x->url, "https://reader.example/cb");
    assert_string_equal(fake_engine_line(x, "Hub-Previous"),
                        "Hub-Previous: 0000000000000001.8");
    assert_string_equal(fake_engine_line(x, "Hub-Sequence"),
                        "Hub-Sequence: 0000000000000001.12");
    fake_engine_answer(x, 200, NULL);
    retry_answered(rig.retry, x);
    struct store_outcome outcome = recorded();
    assert_int_equal(outcome.kind, STORE_DELIVERED);
    assert_int_equal(outcome.token, 70);
    assert_int_equal(outcome.subscription, 31);
    assert_int_equal(outcome.topic, TOPIC);
    assert_int_equal(outcome.upto, HEAD);
    // More may be owed: it is looked for at once.
    assert_int_equal(retry_patience(rig.retry, loop_now()), 0);
    assert_int_equal(rig.metrics.counts[METRIC_RETRIES], 1);
}

static void a_failure_goes_on_where_the_last_one_was(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    claim(&item, 1);
    give_content();
    struct exchange *x = fake_engine_take();
    fake_engine_answer(x, 503, NULL);
    retry_answered(rig.retry, x);
    int64_t now = loop_now().unix;
    struct store_outcome outcome = recorded();
    assert_int_equal(outcome.kind, STORE_OWED);
    assert_int_equal(outcome.next, 9);
    assert_int_equal(outcome.attempts, 4);
    assert_int_equal(outcome.step, 5);
    assert_int_equal(outcome.status, 503);
    assert_in_range(outcome.due - now, 128000, 192000);
    // The store may know of an earlier time: it is asked.
    assert_int_equal(retry_patience(rig.retry, loop_now()), 0);
}

static void R60_nothing_is_sent_once_the_lease_is_over(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    for (int i = 0; i < 2; i++) {
        item.subscriber.suspended = i == 0;
        item.subscriber.lease_end = i == 0 ? FAKE_UNIX + 1000000 : FAKE_UNIX;
        claim(&item, 1);
        assert_int_equal(fake_store_waiting(STORE_TOPICS), 0);
        struct store_outcome outcome = recorded();
        assert_int_equal(outcome.kind, STORE_OWED);
        assert_int_equal(outcome.next, 9);
        assert_int_equal(outcome.attempts, 3);
        assert_int_equal(outcome.step, 4);
        assert_int_equal(outcome.status, 500);
        assert_true(outcome.due > loop_now().unix);
    }
}

static void without_content_it_is_put_off_and_no_attempt(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    claim(&item, 1);
    struct store_topics *op = fake_store_take(STORE_TOPICS);
    fake_store_finish(&op->op, STORE_AGAIN);
    int64_t now = loop_now().unix;
    struct store_outcome outcome = recorded();
    assert_int_equal(outcome.kind, STORE_OWED);
    assert_int_equal(outcome.attempts, 3);
    assert_int_equal(outcome.due, now + 5000);
}

static void M14_what_holds_nothing_for_them_moves_their_cursors(void **state)
{
    (void)state;
    struct store_claimed items[] = { lagging(), lagging() };
    items[1].subscriber.id = 32;
    claim(items, 2);
    give_topic(8); // nothing after their cursor
    fake_loop_pass(20);
    turn();
    struct store_record *op = fake_store_take(STORE_RECORD);
    assert_int_equal(op->count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(op->outcomes[i].kind, STORE_DELIVERED);
        assert_int_equal(op->outcomes[i].upto, 8);
    }
    fake_store_finish(&op->op, STORE_OK);
    assert_int_equal(fake_engine_waiting(), 0);
}

static void what_the_store_lends_is_copied(void **state)
{
    (void)state;
    // The fake frees what it gave when the claim is released, which is before
    // the content is there; the secret must still be right then.
    struct store_claimed item = lagging();
    char secret[] = "s3cret";
    item.subscriber.profile.secret = (struct bytes){ secret, 6 };
    item.subscriber.profile.method = STORE_SHA256;
    claim(&item, 1);
    memset(secret, 'x', 6);
    give_content();
    struct exchange *x = fake_engine_take();
    const struct delivery *delivery = x->owner;
    assert_int_equal(delivery->secret_len, 6);
    assert_memory_equal(delivery->secret, "s3cret", 6);
    fake_engine_answer(x, 200, NULL);
    retry_answered(rig.retry, x);
    recorded();
}

static void one_slot_in_four_is_for_retries(void **state)
{
    (void)state;
    struct store_claim *op = asked();
    assert_int_equal(op->max, 5);
    op->next_due = INT64_MAX;
    fake_store_finish(&op->op, STORE_OK);
}

static void who_is_slow_gives_his_slot_to_the_next(void **state)
{
    (void)state;
    claim_five(-(int32_t)EXCHANGE_TIMEOUT);
    give_content();
    assert_int_equal(fake_engine_waiting(), 5);
    assert_in_range(retry_patience(rig.retry, loop_now()), 1, 1000);
    fake_loop_pass(999);
    retry_poke(rig.retry);
    turn();
    no_lane_is_due();
    assert_int_equal(fake_store_waiting(STORE_CLAIM), 0);
    fake_loop_pass(1);
    struct store_claim *more = asked();
    assert_int_equal(more->max, 5);
    more->count = 0;
    more->next_due = INT64_MAX;
    fake_store_finish(&more->op, STORE_OK);
    assert_false(retry_idle(rig.retry));
    // Not for ever: what is slow has a ceiling, too, and comes to its end.
    answer_all(5);
    struct store_record *op = record(5);
    fake_store_finish(&op->op, STORE_OK);
    assert_true(retry_idle(rig.retry));
}

static void who_is_only_queued_after_a_second_is_taken_back(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    claim(&item, 1);
    give_content();
    struct exchange *queued = fake_engine_take();
    fake_loop_pass(999);
    turn();
    assert_int_equal(fake_engine_cancelled(queued), 0);
    fake_loop_pass(1);
    turn();
    // What has been started does not heed it.
    assert_int_equal(fake_engine_cancelled(queued), 1);
    fake_engine_fail(queued, EXCHANGE_CANCELLED);
    retry_answered(rig.retry, queued);
    struct store_outcome outcome = recorded();
    assert_int_equal(outcome.kind, STORE_OWED);
    assert_false(outcome.tried);
    assert_int_equal(outcome.attempts, item.subscriber.attempts);
}

static void however_few_the_slots_are_there_is_one(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    item.subscriber.last_status = -(int32_t)EXCHANGE_TIMEOUT;
    claim(&item, 1);
    give_content();
    answer_all(1);
    assert_int_equal(recorded().kind, STORE_DELIVERED);
}

static void what_is_slow_has_a_ceiling(void **state)
{
    (void)state;
    for (size_t i = 0; i < 17; i++) {
        claim_five(500);
        give_content();
        fake_loop_pass(1000);
        turn();
    }
    // Eighty are slow, and five have the slots.
    assert_int_equal(fake_engine_waiting(), 85);
    retry_poke(rig.retry);
    turn();
    no_lane_is_due();
    assert_int_equal(fake_store_waiting(STORE_CLAIM), 0);
    struct exchange *x = fake_engine_take();
    fake_engine_fail(x, EXCHANGE_TIMEOUT);
    retry_answered(rig.retry, x);
    struct store_claim *more = asked();
    assert_int_equal(more->max, 1);
    more->count = 0;
    more->next_due = INT64_MAX;
    fake_store_finish(&more->op, STORE_OK);
    answer_all(84);
    struct store_record *op = record(85);
    fake_store_finish(&op->op, STORE_OK);
}

static void draining_claims_nobody(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    claim(&item, 1);
    retry_drain(rig.retry);
    retry_poke(rig.retry);
    turn();
    assert_int_equal(fake_store_waiting(STORE_CLAIM), 0);
    assert_false(retry_idle(rig.retry));
    give_content();
    struct exchange *x = fake_engine_take();
    fake_engine_fail(x, EXCHANGE_CANCELLED);
    retry_answered(rig.retry, x);
    assert_int_equal(recorded().attempts, 3);
}

static void who_has_ended_is_sent_nothing_more(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    claim(&item, 1);
    give_content();
    struct exchange *x = fake_engine_take();
    retry_depart(rig.retry, TOPIC, 30);
    retry_depart(rig.retry, TOPIC + 1, 31);
    assert_int_equal(fake_engine_cancelled(x), 0);
    retry_depart(rig.retry, TOPIC, 31);
    assert_int_equal(fake_engine_cancelled(x), 1);
    fake_engine_fail(x, EXCHANGE_CANCELLED);
    retry_answered(rig.retry, x);
    // The store ignores it: there is no such subscription.
    assert_int_equal(recorded().kind, STORE_OWED);
}

static void who_ends_while_his_content_is_read_is_not_sent_to(void **state)
{
    (void)state;
    struct store_claimed item = lagging();
    claim(&item, 1);
    retry_depart(rig.retry, TOPIC, 31);
    give_content();
    assert_int_equal(fake_engine_waiting(), 0);
    assert_int_equal(recorded().kind, STORE_OWED);
}

#define RETRIED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RETRIED(M1_who_lags_is_sent_all_from_his_own_cursor_to_the_head),
        RETRIED(a_failure_goes_on_where_the_last_one_was),
        RETRIED(R60_nothing_is_sent_once_the_lease_is_over),
        RETRIED(without_content_it_is_put_off_and_no_attempt),
        RETRIED(M14_what_holds_nothing_for_them_moves_their_cursors),
        RETRIED(what_the_store_lends_is_copied),
        RETRIED(one_slot_in_four_is_for_retries),
        RETRIED(who_is_slow_gives_his_slot_to_the_next),
        RETRIED(who_is_only_queued_after_a_second_is_taken_back),
        RETRIED(what_is_slow_has_a_ceiling),
        cmocka_unit_test_setup_teardown(however_few_the_slots_are_there_is_one,
                                        setup_with_one, teardown),
        RETRIED(draining_claims_nobody),
        RETRIED(who_has_ended_is_sent_nothing_more),
        RETRIED(who_ends_while_his_content_is_read_is_not_sent_to),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
