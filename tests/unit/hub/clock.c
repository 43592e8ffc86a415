// SPDX-License-Identifier: MIT

#include "hub/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { HOUR = 3600 * 1000 };

static void R144_it_is_the_machines_as_long_as_that_goes_on(void **state)
{
    struct clock clock = { 0 };
    (void)state;
    assert_int_equal(clock_read(&clock, 1000000, 10), 1000000);
    assert_int_equal(clock_read(&clock, 1000500, 510), 1000500);
    // A leap ahead is believed, and so is one that goes a little slower.
    assert_int_equal(clock_read(&clock, 9000000, 520), 9000000);
    assert_int_equal(clock_read(&clock, 9000995, 1520), 9000995);
}

static void R144_set_back_it_goes_on_until_that_has_caught_up(void **state)
{
    struct clock clock = { 0 };
    int64_t real = 100 * (int64_t)HOUR, mono = 0;
    (void)state;
    int64_t last = clock_read(&clock, real, mono);
    real -= HOUR;
    for (int i = 0; i < 9 * 3600; i++) {
        real += 1000;
        mono += 1000;
        int64_t now = clock_read(&clock, real, mono);
        assert_true(now >= last + 890 && now <= last + 910);
        last = now;
    }
    assert_true(last > real);
    // A tenth of ten hours makes up for the one.
    for (int i = 0; i < 3601; i++) {
        real += 1000;
        mono += 1000;
        int64_t now = clock_read(&clock, real, mono);
        assert_true(now > last);
        last = now;
    }
    assert_int_equal(last, real);
}

static void R144_it_goes_on_however_often_it_is_read(void **state)
{
    struct clock clock = { 5000, 0 };
    (void)state;
    for (int64_t mono = 1; mono <= 1000; mono++)
        clock_read(&clock, 0, mono);
    assert_int_equal(clock_read(&clock, 0, 1000), 5900);
}

static void R144_what_was_told_before_is_not_taken_back(void **state)
{
    int64_t ahead = clock_unix() + HOUR;
    (void)state;
    clock_not_before(ahead);
    assert_true(clock_unix() >= ahead);
    clock_not_before(ahead - HOUR);
    assert_true(clock_unix() >= ahead);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R144_it_is_the_machines_as_long_as_that_goes_on),
        cmocka_unit_test(R144_set_back_it_goes_on_until_that_has_caught_up),
        cmocka_unit_test(R144_it_goes_on_however_often_it_is_read),
        cmocka_unit_test(R144_what_was_told_before_is_not_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
