// SPDX-License-Identifier: MIT
//
// Pings that come in time, and what they are worth to a plan.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "poll_looks.h"

static void pings_in_time_relax_polls_to_a_safety_net(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = busy(&plan);
    look(&plan, now += DAY, POLL_SAME, false);
    now = ping_often(&plan, now, 2);
    assert_true(soonest(&plan, now) < 6 * HOUR);
    now = ping_often(&plan, now, 1);
    assert_in_range(soonest(&plan, now), DAY / 8 * 7 - 1000, DAY);
    assert_int_equal(reason_at(&plan, now), POLL_PINGS);
}

static void an_update_that_no_ping_told_of_ends_that(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    look(&plan, START, POLL_BASELINE, false);
    int64_t now = ping_often(&plan, START, 5);
    look(&plan, now += DAY, POLL_NEW, false);
    assert_true(soonest(&plan, now) < 6 * HOUR);
    // From now on it takes more of them.
    now = ping_often(&plan, now + HOUR, 4);
    assert_int_not_equal(reason_at(&plan, now), POLL_PINGS);
    now = ping_often(&plan, now, 3);
    assert_int_equal(reason_at(&plan, now), POLL_PINGS);
}

static void a_ping_just_behind_the_poll_was_in_time(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    look(&plan, START, POLL_BASELINE, false);
    int64_t now = ping_often(&plan, START, 5);
    look(&plan, now += DAY, POLL_NEW, false);
    look(&plan, now += MINUTE, POLL_SAME, true);
    assert_int_equal(reason_at(&plan, now), POLL_PINGS);
}

static void pings_that_bring_nothing_prove_nothing(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = busy(&plan);
    for (int i = 0; i < 50; i++)
        look(&plan, now += MINUTE, POLL_SAME, true);
    assert_int_not_equal(reason_at(&plan, now), POLL_PINGS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pings_in_time_relax_polls_to_a_safety_net),
        cmocka_unit_test(an_update_that_no_ping_told_of_ends_that),
        cmocka_unit_test(a_ping_just_behind_the_poll_was_in_time),
        cmocka_unit_test(pings_that_bring_nothing_prove_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
