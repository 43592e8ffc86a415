// SPDX-License-Identifier: MIT

#include "hub/warning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void it_is_said_at_a_half_three_quarters_and_nine_tenths(void **state)
{
    (void)state;
    static const uint32_t shares[] = {
        0, 0, 0, 0, 0, 50, 0, 0, 75, 0, 90, 0, 0
    };
    for (uint32_t attempts = 1; attempts <= 13; attempts++)
        assert_int_equal(warning_share(attempts, 12), shares[attempts - 1]);
}

static void each_is_said_once_however_many_there_are(void **state)
{
    (void)state;
    for (uint32_t most = 0; most < 300; most++) {
        size_t said = 0;
        for (uint32_t attempts = 0; attempts < most + 5; attempts++)
            said += warning_share(attempts, most) > 0;
        assert_in_range(said, 0, 3);
        if (most >= 10)
            assert_int_equal(said, 3);
    }
}

static void the_last_attempt_is_no_warning(void **state)
{
    (void)state;
    for (uint32_t most = 0; most < 30; most++)
        assert_int_equal(warning_share(most, most), 0);
    assert_int_equal(warning_share(1, 2), 50);
    assert_int_equal(warning_share(UINT32_MAX - 1, UINT32_MAX), 0);
}

static void what_is_missed_is_kept_from_the_first_failure_on(void **state)
{
    (void)state;
    const int64_t now = INT64_C(1780000000000), kept = 1000;
    assert_int_equal(warning_kept(0, now, kept), kept);
    assert_int_equal(warning_kept(now, now, kept), kept);
    assert_int_equal(warning_kept(now - 1, now, kept), kept - 1);
    assert_int_equal(warning_kept(now - 999, now, kept), 1);
    assert_int_equal(warning_kept(now - 1000, now, kept), 0);
    assert_int_equal(warning_kept(1, now, kept), 0);
}

static void who_fails_since_tomorrow_has_only_just_begun(void **state)
{
    (void)state;
    assert_int_equal(warning_kept(2000, 1000, 500), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_said_at_a_half_three_quarters_and_nine_tenths),
        cmocka_unit_test(each_is_said_once_however_many_there_are),
        cmocka_unit_test(the_last_attempt_is_no_warning),
        cmocka_unit_test(what_is_missed_is_kept_from_the_first_failure_on),
        cmocka_unit_test(who_fails_since_tomorrow_has_only_just_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
