// SPDX-License-Identifier: MIT

#include "hub/poll.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    MIN = 300000,
    DAY = 24 * 60 * 60 * 1000,
    HOUR = 60 * 60 * 1000,
    MIDDLE = 500
};

static void M5_a_failing_pinged_fetch_backs_off(void **state)
{
    (void)state;
    assert_int_equal(poll_after_failure(0, 0, true, MIN, DAY, MIDDLE), 30000);
    assert_int_equal(poll_after_failure(1, 30000, true, MIN, DAY, MIDDLE),
                     60000);
    assert_int_equal(poll_after_failure(40, DAY, true, MIN, DAY, MIDDLE), HOUR);
}

static void M5_after_two_days_it_is_a_poll_like_any_other(void **state)
{
    (void)state;
    assert_int_equal(
        poll_after_failure(60, 2 * (int64_t)DAY, true, MIN, DAY, MIDDLE), DAY);
}

static void an_unpinged_topic_that_fails_is_soon_only_polled(void **state)
{
    (void)state;
    assert_int_equal(poll_after_failure(0, 0, false, MIN, DAY, MIDDLE), MIN);
    assert_int_equal(poll_after_failure(5, HOUR, false, MIN, DAY, MIDDLE), DAY);
}

static void M12_a_silent_ping_is_looked_at_after_15_and_90_seconds(void **state)
{
    (void)state;
    assert_int_equal(poll_after_silence(0), 15000);
    assert_int_equal(poll_after_silence(0) + poll_after_silence(1), 90000);
}

static void R86b_last_modified_of_the_same_second_proves_nothing(void **state)
{
    (void)state;
    static const char modified[] = "Sun, 06 Nov 1994 08:49:37 GMT";
    assert_true(poll_modified_is_weak(modified, 784111777000));
    assert_true(poll_modified_is_weak(modified, 784111778000));
    assert_false(poll_modified_is_weak(modified, 784111779000));
    assert_true(poll_modified_is_weak(modified, 0));
    assert_true(poll_modified_is_weak(NULL, 784111779000));
    assert_true(poll_modified_is_weak("yesterday", 784111779000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M5_a_failing_pinged_fetch_backs_off),
        cmocka_unit_test(M5_after_two_days_it_is_a_poll_like_any_other),
        cmocka_unit_test(an_unpinged_topic_that_fails_is_soon_only_polled),
        cmocka_unit_test(
            M12_a_silent_ping_is_looked_at_after_15_and_90_seconds),
        cmocka_unit_test(R86b_last_modified_of_the_same_second_proves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
