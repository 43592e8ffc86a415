// SPDX-License-Identifier: MIT

#include "hub/traffic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { FIRST = 1000, NOW = 100000 };

static void begin(struct traffic *traffic, int count, int64_t now)
{
    for (int i = 0; i < count; i++)
        traffic_began(traffic, now);
}

// Always `outstanding` there, `each` of which are answered every ten
// milliseconds; returns when it is over.
static int64_t run(struct traffic *traffic, int outstanding, int each, int tens,
                   int64_t now)
{
    begin(traffic, outstanding, now);
    for (int i = 0; i < tens; i++) {
        now += 10;
        for (int j = 0; j < each; j++) {
            traffic_ended(traffic, false, true, now);
            traffic_began(traffic, now);
        }
    }
    return now;
}

static void who_was_never_busy_gets_a_first_lot(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    assert_int_equal(traffic_room(&traffic, FIRST, NOW), FIRST);
    begin(&traffic, 900, NOW);
    assert_int_equal(traffic_room(&traffic, FIRST, NOW), 100);
    begin(&traffic, 200, NOW);
    assert_int_equal(traffic_room(&traffic, FIRST, NOW), 0);
}

static void it_takes_what_it_answers_in_the_time_one_may_wait(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    // 2,000 a second.
    int64_t now = run(&traffic, 100, 20, 100, NOW);
    assert_in_range(traffic_room(&traffic, FIRST, now),
                    2000 * TRAFFIC_WAIT_MS / 1000 - 200,
                    2000 * TRAFFIC_WAIT_MS / 1000);
    // It has slowed down to a tenth of that.
    for (int i = 0; i < 400; i++) {
        now += 10;
        for (int j = 0; j < 2; j++) {
            traffic_ended(&traffic, false, true, now);
            traffic_began(&traffic, now);
        }
    }
    assert_in_range(traffic_room(&traffic, FIRST, now), 30,
                    200 * TRAFFIC_WAIT_MS / 1000);
}

static void a_fast_one_shows_it_within_milliseconds(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    begin(&traffic, FIRST, NOW);
    assert_int_equal(traffic_room(&traffic, FIRST, NOW + 3), 0);
    for (int i = 0; i < 60; i++)
        traffic_ended(&traffic, false, true, NOW + 3);
    // 20,000 a second.
    assert_in_range(traffic_room(&traffic, FIRST, NOW + 3), 10000, 14000);
}

static void who_is_asked_for_little_is_not_taken_for_slow(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    run(&traffic, 1, 1, 100, NOW);
    assert_int_equal(traffic.rate, 0);
    assert_int_equal(traffic_room(&traffic, FIRST, NOW + 1000), FIRST - 1);
}

static void where_nothing_comes_back_nothing_is_sent(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    begin(&traffic, TRAFFIC_STUCK, NOW);
    assert_true(traffic_room(&traffic, FIRST, NOW + TRAFFIC_STUCK_MS - 1) > 0);
    assert_int_equal(traffic_room(&traffic, FIRST, NOW + TRAFFIC_STUCK_MS), 0);
    // Until something does.
    traffic_ended(&traffic, false, true, NOW + 300);
    assert_true(traffic_room(&traffic, FIRST, NOW + 300) > 0);
}

static void a_few_that_hang_stop_nobody(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    begin(&traffic, TRAFFIC_STUCK - 1, NOW);
    assert_true(traffic_room(&traffic, FIRST, NOW + 5000) > 0);
}

static void many_that_hang_let_one_through_at_a_time(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    begin(&traffic, 50, NOW);
    for (int i = 0; i < 50; i++)
        traffic_slow(&traffic);
    assert_int_equal(traffic.outstanding, 0);
    assert_int_equal(traffic_room(&traffic, FIRST, NOW + 1000), 1);
    traffic_began(&traffic, NOW + 1000);
    traffic_ended(&traffic, false, true, NOW + 1005);
    assert_int_equal(traffic_room(&traffic, FIRST, NOW + 1005), TRAFFIC_FLOOR);
    // They end as slow ones, and are no measure of anything.
    traffic_ended(&traffic, true, true, NOW + 10000);
    assert_int_equal(traffic.slow, 49);
    assert_int_equal(traffic.back_at, NOW + 1005);
}

static void what_was_not_tried_has_not_come_back(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    begin(&traffic, 100, NOW);
    for (int i = 0; i < 60; i++)
        traffic_ended(&traffic, false, false, NOW + 300);
    assert_int_equal(traffic.outstanding, 40);
    assert_int_equal(traffic_room(&traffic, FIRST, NOW + 300), 0);
}

static void after_a_failure_it_grows_by_what_is_answered(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    traffic_restart(&traffic);
    uint32_t most = 1;
    int64_t now = NOW;
    while (traffic.ramp > 0) {
        uint32_t room = traffic_room(&traffic, FIRST, now);
        assert_true(room <= 2 * most);
        most = room;
        begin(&traffic, (int)room, now);
        now++;
        for (uint32_t i = 0; i < room; i++) {
            traffic_ended(&traffic, false, true, now);
            traffic_grow(&traffic);
        }
    }
    // 1, 2, 4, 8, 16, 32
    assert_int_equal(now, NOW + 7);
    assert_true(traffic_room(&traffic, FIRST, now) > 64);
}

static void what_is_long_ago_is_forgotten(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    int64_t now = run(&traffic, 20, 1, 100, NOW);
    for (int i = 0; i < 20; i++)
        traffic_ended(&traffic, false, true, now);
    assert_true(traffic.rate > 0);
    traffic_began(&traffic, now + 9000);
    assert_true(traffic.rate > 0);
    traffic_ended(&traffic, false, true, now + 9000);
    traffic_began(&traffic, now + 20000);
    assert_int_equal(traffic.rate, 0);
}

static void what_nobody_saw_begin_does_no_harm(void **state)
{
    (void)state;
    struct traffic traffic = { .rate = 0 };
    traffic_ended(&traffic, false, true, NOW);
    traffic_ended(&traffic, true, true, NOW);
    traffic_slow(&traffic);
    assert_int_equal(traffic.outstanding, 0);
    assert_int_equal(traffic.slow, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_never_busy_gets_a_first_lot),
        cmocka_unit_test(it_takes_what_it_answers_in_the_time_one_may_wait),
        cmocka_unit_test(a_fast_one_shows_it_within_milliseconds),
        cmocka_unit_test(who_is_asked_for_little_is_not_taken_for_slow),
        cmocka_unit_test(where_nothing_comes_back_nothing_is_sent),
        cmocka_unit_test(a_few_that_hang_stop_nobody),
        cmocka_unit_test(many_that_hang_let_one_through_at_a_time),
        cmocka_unit_test(what_was_not_tried_has_not_come_back),
        cmocka_unit_test(after_a_failure_it_grows_by_what_is_answered),
        cmocka_unit_test(what_is_long_ago_is_forgotten),
        cmocka_unit_test(what_nobody_saw_begin_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
