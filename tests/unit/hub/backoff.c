// SPDX-License-Identifier: MIT

#include "hub/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MAX = 6 * 60 * 60 * 1000, MIDDLE = 500 };

static void the_delay_doubles_with_each_step(void **state)
{
    (void)state;
    assert_int_equal(backoff_delay(10000, MAX, 0, MIDDLE), 10000);
    assert_int_equal(backoff_delay(10000, MAX, 1, MIDDLE), 20000);
    assert_int_equal(backoff_delay(10000, MAX, 5, MIDDLE), 320000);
}

static void the_delay_stops_growing_at_its_ceiling(void **state)
{
    (void)state;
    assert_int_equal(backoff_delay(10000, MAX, 60, MIDDLE), MAX);
    assert_int_equal(backoff_delay(INT64_MAX / 4, INT64_MAX / 2, 9, MIDDLE)
                         / 1000,
                     INT64_MAX / 2 / 1000);
}

static void chance_spreads_the_delay_by_a_fifth_each_way(void **state)
{
    (void)state;
    assert_int_equal(backoff_delay(10000, MAX, 0, 0), 8000);
    assert_int_equal(backoff_delay(10000, MAX, 0, 1000), 12000);
    for (uint32_t chance = 0; chance < 5000; chance++)
        assert_in_range(backoff_delay(10000, MAX, 0, chance), 8000, 12000);
}

static void retry_after_is_understood_in_seconds(void **state)
{
    (void)state;
    assert_int_equal(backoff_retry_after("120", 0, MAX), 120000);
    assert_int_equal(backoff_retry_after("0", 0, MAX), 0);
}

static void retry_after_is_understood_as_a_date(void **state)
{
    (void)state;
    int64_t now = 784111777000; // Sun, 06 Nov 1994 08:49:37 GMT
    assert_int_equal(
        backoff_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now, MAX), 60000);
    assert_int_equal(
        backoff_retry_after("Sun, 06 Nov 1994 08:48:37 GMT", now, MAX), 0);
}

static void retry_after_is_never_longer_than_its_ceiling(void **state)
{
    (void)state;
    assert_int_equal(backoff_retry_after("99999999999999999999", 0, MAX), MAX);
    assert_int_equal(
        backoff_retry_after("Sun, 06 Nov 2094 08:50:37 GMT", 0, MAX), MAX);
}

static void what_is_no_retry_after_counts_as_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "soon", "-5", "5 minutes", "5.5", "Sun, 06 Nov 1994"
    };
    assert_int_equal(backoff_retry_after(NULL, 0, MAX), -1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(backoff_retry_after(bad[i], 0, MAX), -1);
}

static void all_three_forms_of_an_http_date_are_read(void **state)
{
    (void)state;
    assert_int_equal(backoff_http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
                     784111777);
    assert_int_equal(backoff_http_date("Sunday, 06-Nov-94 08:49:37 GMT"),
                     784111777);
    assert_int_equal(backoff_http_date("Sun Nov  6 08:49:37 1994"), 784111777);
    assert_int_equal(backoff_http_date("1994-11-06T08:49:37Z"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_delay_doubles_with_each_step),
        cmocka_unit_test(the_delay_stops_growing_at_its_ceiling),
        cmocka_unit_test(chance_spreads_the_delay_by_a_fifth_each_way),
        cmocka_unit_test(retry_after_is_understood_in_seconds),
        cmocka_unit_test(retry_after_is_understood_as_a_date),
        cmocka_unit_test(retry_after_is_never_longer_than_its_ceiling),
        cmocka_unit_test(what_is_no_retry_after_counts_as_none),
        cmocka_unit_test(all_three_forms_of_an_http_date_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
