// SPDX-License-Identifier: MIT

#include "hub/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MIN = 300000, USUAL = 864000000 };
#define MAX ((int64_t)2592000000)

static void R20_without_a_wish_the_usual_lease_is_granted(void **state)
{
    (void)state;
    assert_int_equal(lease_granted(-1, MIN, USUAL, MAX), USUAL);
    assert_int_equal(lease_granted(0, MIN, USUAL, MAX), USUAL);
}

static void R20_a_wish_out_of_range_is_clamped(void **state)
{
    (void)state;
    assert_int_equal(lease_granted(1, MIN, USUAL, MAX), MIN);
    assert_int_equal(lease_granted(INT64_MAX, MIN, USUAL, MAX), MAX);
    assert_int_equal(lease_granted(MAX / 1000 + 1, MIN, USUAL, MAX), MAX);
}

static void a_wish_in_range_is_granted(void **state)
{
    (void)state;
    assert_int_equal(lease_granted(7200, MIN, USUAL, MAX), 7200000);
    assert_int_equal(lease_granted(MAX / 1000, MIN, USUAL, MAX), MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R20_without_a_wish_the_usual_lease_is_granted),
        cmocka_unit_test(R20_a_wish_out_of_range_is_clamped),
        cmocka_unit_test(a_wish_in_range_is_granted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
