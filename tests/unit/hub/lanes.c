// SPDX-License-Identifier: MIT

#include "hub/lanes.h"

#include "fakes/fake_loop.h"
#include "lanes_rig.h"

static struct lanes_rig rig;

static int setup(void **state)
{
    (void)state;
    lanes_rig_open(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    lanes_free(rig.lanes);
    return 0;
}

static void whoever_nobody_knows_may_be_sent_to(void **state)
{
    (void)state;
    assert_true(lanes_known(rig.lanes));
    assert_true(lanes_rig_may(rig.lanes, 1));
    struct lanes_numbers numbers;
    lanes_numbers(rig.lanes, &numbers);
    assert_int_equal(numbers.lanes, 0); // to ask costs nothing
}

static void what_is_under_way_is_counted(void **state)
{
    (void)state;
    struct delivery one = lanes_rig_begin(rig.lanes, 1, 1);
    struct delivery two = lanes_rig_begin(rig.lanes, 2, 1);
    struct lanes_numbers numbers;
    lanes_numbers(rig.lanes, &numbers);
    assert_int_equal(numbers.lanes, 2);
    assert_int_equal(numbers.outstanding, 2);
    lanes_rig_end(rig.lanes, &one, 200);
    lanes_slow(rig.lanes, &two);
    lanes_slow(rig.lanes, &two);
    lanes_numbers(rig.lanes, &numbers);
    assert_int_equal(numbers.outstanding, 1);
    lanes_rig_end(rig.lanes, &two, 200);
    lanes_numbers(rig.lanes, &numbers);
    assert_int_equal(numbers.outstanding, 0);
}

static void more_than_it_takes_have_to_wait(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < RIG_DELIVERIES; i++) {
        assert_true(lanes_rig_may(rig.lanes, 1));
        lanes_rig_begin(rig.lanes, 1, i);
    }
    assert_false(lanes_rig_may(rig.lanes, 1));
    assert_true(lanes_rig_may(rig.lanes, 2));
    struct store_key key = origin_of(1);
    assert_int_equal(lanes_waits(rig.lanes, &key, loop_now()),
                     loop_now().unix + 500);
    assert_int_equal(rig.metrics.counts[METRIC_DELIVERY_WAITED], 1);
}

static void a_dead_origin_is_sent_nothing_until_its_probe(void **state)
{
    (void)state;
    lanes_rig_break(rig.lanes, 1);
    assert_int_equal(rig.metrics.counts[METRIC_BREAKER_OPENED], 1);
    assert_false(lanes_rig_may(rig.lanes, 1));
    fake_loop_pass(7000);
    assert_false(lanes_rig_may(rig.lanes, 1));
    fake_loop_pass(5001);
    assert_true(lanes_rig_may(rig.lanes, 1));
    struct delivery probe = lanes_rig_begin(rig.lanes, 1, 9);
    assert_true(probe.probe);
    assert_int_equal(rig.metrics.counts[METRIC_PROBES], 1);
    assert_false(lanes_rig_may(rig.lanes, 1));
    lanes_rig_end(rig.lanes, &probe, 204);
    assert_true(lanes_rig_may(rig.lanes, 1));
    assert_int_equal(rig.metrics.counts[METRIC_BREAKER_CLOSED], 1);
    // But one at a time at first.
    lanes_rig_begin(rig.lanes, 1, 9);
    assert_false(lanes_rig_may(rig.lanes, 1));
}

static void who_fails_as_it_opens_waits_for_the_probe(void **state)
{
    (void)state;
    struct delivery late = lanes_rig_begin(rig.lanes, 1, 99);
    for (uint64_t i = 0; i < BREAKER_FAILURES - 1; i++) {
        struct store_outcome early = lanes_rig_send(rig.lanes, 1, i, 503);
        assert_false(early.waits);
        assert_int_equal(early.due, loop_now().unix + 12345);
    }
    struct store_outcome fifth = lanes_rig_send(rig.lanes, 1, 5, 0);
    assert_true(fifth.waits);
    assert_int_equal(fifth.attempts, 1);
    assert_in_range(fifth.due - loop_now().unix, 8000, 12000);
    struct store_outcome sixth = lanes_rig_end(rig.lanes, &late, 503);
    assert_true(sixth.waits);
}

static void M4_who_was_tried_for_the_last_time_does_not_wait(void **state)
{
    (void)state;
    lanes_rig_break(rig.lanes, 1);
    struct delivery last = lanes_rig_begin(rig.lanes, 1, 9);
    struct store_outcome outcome = {
        .kind = STORE_OWED, .due = 0, .tried = true, .status = 503
    };
    lanes_ended(rig.lanes, &last, &outcome, loop_now());
    assert_false(outcome.waits);
    assert_int_equal(outcome.due, 0);
}

static void who_was_taken_back_waits_too(void **state)
{
    (void)state;
    struct delivery queued = lanes_rig_begin(rig.lanes, 1, 99);
    struct delivery elsewhere = lanes_rig_begin(rig.lanes, 2, 99);
    lanes_rig_break(rig.lanes, 1);
    struct store_outcome untried = { .kind = STORE_OWED,
                                     .due = loop_now().unix + 1000,
                                     .status = -(int)EXCHANGE_CANCELLED };
    struct store_outcome same = untried;
    lanes_ended(rig.lanes, &queued, &untried, loop_now());
    assert_true(untried.waits);
    lanes_ended(rig.lanes, &elsewhere, &same, loop_now());
    assert_false(same.waits);
}

static void who_fails_by_himself_keeps_his_own_time(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20; i++)
        assert_false(lanes_rig_send(rig.lanes, 1, i, 404).waits);
    assert_true(lanes_rig_may(rig.lanes, 1));
    // A 410 ends it, whatever the origin is like.
    lanes_rig_break(rig.lanes, 2);
    fake_loop_pass(12001);
    assert_false(lanes_rig_send(rig.lanes, 2, 3, 410).waits);
}

static void broken_tenants_beside_healthy_ones_break_no_origin(void **state)
{
    (void)state;
    int64_t first_failure = 0;
    for (int round = 0; round < 5; round++) {
        // All are called, two hang, the others are answered.
        struct delivery first = lanes_rig_begin(rig.lanes, 1, 0);
        struct delivery second = lanes_rig_begin(rig.lanes, 1, 1);
        first.first_failure = second.first_failure = first_failure;
        lanes_rig_send(rig.lanes, 1, 50, 200);
        fake_loop_pass(10000);
        lanes_rig_end(rig.lanes, &first, 0);
        lanes_rig_end(rig.lanes, &second, 0);
        if (first_failure == 0)
            first_failure = loop_now().unix - 8800;
        // They are tried again, and nobody else is called meanwhile.
        for (uint64_t i = 0; i < 9; i++) {
            struct delivery again = lanes_rig_begin(rig.lanes, 1, i % 2);
            again.first_failure = first_failure;
            lanes_rig_end(rig.lanes, &again, 0);
        }
    }
    assert_true(lanes_rig_may(rig.lanes, 1));
    assert_int_equal(rig.metrics.counts[METRIC_BREAKER_OPENED], 0);
}

static void who_has_not_failed_yet_is_the_next_probe(void **state)
{
    (void)state;
    struct store_subscriber healthy = { .topic = 9,
                                        .id = 77,
                                        .origin = origin_of(1) };
    lanes_rig_break(rig.lanes, 1);
    struct lane *lane = lanes_find(rig.lanes, &healthy.origin);
    // The others fail on and on, and want to be left alone for long.
    lane->breaker.next = loop_now().mono + 60000;
    assert_int_equal(lanes_waits_fresh(rig.lanes, &healthy, loop_now()),
                     loop_now().unix + RIG_RETRY_FIRST);
    assert_int_equal(lane->fresh_count, 1);
    assert_int_equal(lane->fresh[0].topic, 9);
    assert_int_equal(lane->fresh[0].id, 77);
    assert_false(lanes_rig_may(rig.lanes, 1));
    fake_loop_pass(RIG_RETRY_FIRST);
    // Or the first whom a walk meets.
    lane->breaker.next = loop_now().mono + 60000;
    assert_true(lanes_rig_may(rig.lanes, 1));
    struct delivery probe = lanes_rig_begin(rig.lanes, 1, 78);
    assert_true(probe.probe);
    assert_false(lanes_rig_may(rig.lanes, 1));
    // Another fails while he waits: it is his turn after the first delay.
    lanes_rig_end(rig.lanes, &probe, 503);
    assert_int_equal(lane->breaker.next - loop_now().mono, RIG_RETRY_FIRST);
}

static void who_wants_to_be_asked_later_than_others_is(void **state)
{
    (void)state;
    lanes_rig_break(rig.lanes, 1);
    struct exchange_field field = { "retry-after", "3600" };
    struct delivery one = lanes_rig_begin(rig.lanes, 1, 3);
    one.exchange.fields = &field;
    one.exchange.field_count = 1;
    struct store_outcome outcome = { .kind = STORE_OWED,
                                     .due = loop_now().unix + 3600000,
                                     .tried = true,
                                     .status = 503 };
    lanes_ended(rig.lanes, &one, &outcome, loop_now());
    assert_false(outcome.waits);
    assert_int_equal(outcome.due, loop_now().unix + 3600000);
}

static void one_that_nobody_has_seen_alive_may_be_broken(void **state)
{
    (void)state;
    // A few who lag from before this process; their attempts alone show it.
    int64_t first_failure = loop_now().unix - 86400000;
    for (uint64_t i = 0; i < BREAKER_FAILURES; i++) {
        assert_true(lanes_rig_may(rig.lanes, 1));
        struct delivery again = lanes_rig_begin(rig.lanes, 1, i % 2);
        again.first_failure = first_failure;
        lanes_rig_end(rig.lanes, &again, 0);
        fake_loop_pass(10000);
    }
    assert_int_equal(rig.metrics.counts[METRIC_BREAKER_OPENED], 1);
    // One alone has his own backoff.
    for (uint64_t i = 0; i < 3 * BREAKER_FAILURES; i++) {
        struct delivery lone = lanes_rig_begin(rig.lanes, 2, 1);
        lone.first_failure = first_failure;
        lanes_rig_end(rig.lanes, &lone, 0);
    }
    assert_int_equal(rig.metrics.counts[METRIC_BREAKER_OPENED], 1);
}

static struct store_key taken_back;
static size_t taken_back_count;

static void take_back(void *context, const struct store_key *origin)
{
    assert_ptr_equal(context, &rig);
    taken_back = *origin;
    taken_back_count++;
}

static void what_is_queued_is_taken_back_when_it_opens(void **state)
{
    (void)state;
    struct store_key one = origin_of(1), two = origin_of(2);
    taken_back_count = 0;
    lanes_tell(rig.lanes, take_back, &rig);
    lanes_rig_break(rig.lanes, 1);
    assert_int_equal(taken_back_count, 1);
    assert_memory_equal(&taken_back, &one, sizeof one);
    lanes_paused(rig.lanes, &two, true, loop_now());
    assert_int_equal(taken_back_count, 2);
    assert_memory_equal(&taken_back, &two, sizeof two);
    lanes_paused(rig.lanes, &two, false, loop_now());
    assert_int_equal(taken_back_count, 2);
}

static void one_that_is_paused_is_sent_nothing_not_even_a_probe(void **state)
{
    (void)state;
    struct store_key key = origin_of(1);
    lanes_paused(rig.lanes, &key, true, loop_now());
    assert_false(lanes_rig_may(rig.lanes, 1));
    lanes_paused(rig.lanes, &key, false, loop_now());
    assert_true(lanes_rig_may(rig.lanes, 1));
    lanes_rig_break(rig.lanes, 1);
    lanes_paused(rig.lanes, &key, true, loop_now());
    fake_loop_pass(INT64_C(3600000));
    assert_false(lanes_rig_may(rig.lanes, 1));
    struct lanes_numbers numbers;
    lanes_numbers(rig.lanes, &numbers);
    assert_int_equal(numbers.paused, 1);
    assert_int_equal(numbers.open, 1);
}

static void one_that_is_resumed_is_probed_at_once(void **state)
{
    (void)state;
    struct store_key key = origin_of(1);
    lanes_rig_break(rig.lanes, 1);
    lanes_paused(rig.lanes, &key, true, loop_now());
    lanes_paused(rig.lanes, &key, false, loop_now());
    assert_true(lanes_rig_may(rig.lanes, 1));
    assert_true(lanes_rig_begin(rig.lanes, 1, 1).probe);
}

static void its_name_is_told_without_what_is_secret(void **state)
{
    (void)state;
    struct store_key key = origin_of(1);
    lanes_rig_break(rig.lanes, 1);
    assert_string_equal(lanes_find(rig.lanes, &key)->name,
                        "https://reader.example:8443");
}

#define LANES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LANES(whoever_nobody_knows_may_be_sent_to),
        LANES(what_is_under_way_is_counted),
        LANES(more_than_it_takes_have_to_wait),
        LANES(a_dead_origin_is_sent_nothing_until_its_probe),
        LANES(who_fails_as_it_opens_waits_for_the_probe),
        LANES(M4_who_was_tried_for_the_last_time_does_not_wait),
        LANES(who_was_taken_back_waits_too),
        LANES(who_fails_by_himself_keeps_his_own_time),
        LANES(broken_tenants_beside_healthy_ones_break_no_origin),
        LANES(who_has_not_failed_yet_is_the_next_probe),
        LANES(who_wants_to_be_asked_later_than_others_is),
        LANES(one_that_nobody_has_seen_alive_may_be_broken),
        LANES(what_is_queued_is_taken_back_when_it_opens),
        LANES(one_that_is_paused_is_sent_nothing_not_even_a_probe),
        LANES(one_that_is_resumed_is_probed_at_once),
        LANES(its_name_is_told_without_what_is_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
