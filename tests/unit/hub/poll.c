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
    for (uint32_t chance = 0; chance <= 1000; chance += 250)
        assert_in_range(
            poll_after_failure(60, 2 * (int64_t)DAY, true, MIN, DAY, chance),
            DAY / 5 * 4, DAY);
}

static void an_unpinged_topic_that_fails_is_polled_less_and_less(void **state)
{
    (void)state;
    int64_t before = MIN;
    for (uint32_t failures = 0; failures < 8; failures++) {
        int64_t delay =
            poll_after_failure(failures, HOUR, false, MIN, DAY, MIDDLE);
        assert_int_equal(delay, 2 * before);
        before = delay;
    }
    assert_in_range(poll_after_failure(9, DAY, false, MIN, DAY, MIDDLE),
                    DAY / 5 * 4, DAY);
    assert_in_range(poll_after_failure(1000, DAY, false, MIN, DAY, MIDDLE),
                    DAY / 5 * 4, DAY);
}

static void a_failing_topic_is_never_polled_later_than_poll_max(void **state)
{
    (void)state;
    for (uint32_t failures = 0; failures < 12; failures++)
        for (uint32_t chance = 0; chance <= 1000; chance += 100) {
            assert_in_range(
                poll_after_failure(failures, 0, false, MIN, HOUR, chance), MIN,
                HOUR);
            assert_in_range(
                poll_after_failure(failures, 0, false, 1000, 1000, chance), 800,
                1000);
        }
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

static void an_operator_has_the_last_word_on_polls(void **state)
{
    (void)state;
    const int64_t now = 1000000, learnt = now + 5000;
    assert_int_equal(poll_as_wanted(0, now, learnt, 7), learnt);
    assert_int_equal(poll_as_wanted(-1, now, learnt, 7), 0);
    assert_int_equal(poll_as_wanted(DAY, now, learnt, 0), now + DAY);
    for (uint32_t chance = 0; chance <= 2000; chance += 250)
        assert_in_range(poll_as_wanted(HOUR, now, learnt, chance),
                        now + HOUR / 20 * 19, now + HOUR);
    assert_int_equal(poll_as_wanted(1000, now, learnt, 1000), now + 950);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M5_a_failing_pinged_fetch_backs_off),
        cmocka_unit_test(M5_after_two_days_it_is_a_poll_like_any_other),
        cmocka_unit_test(an_unpinged_topic_that_fails_is_polled_less_and_less),
        cmocka_unit_test(a_failing_topic_is_never_polled_later_than_poll_max),
        cmocka_unit_test(
            M12_a_silent_ping_is_looked_at_after_15_and_90_seconds),
        cmocka_unit_test(an_operator_has_the_last_word_on_polls),
        cmocka_unit_test(R86b_last_modified_of_the_same_second_proves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
