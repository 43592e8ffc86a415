// SPDX-License-Identifier: MIT

#include "hub/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void bounds_ascend(void **state)
{
    (void)state;
    const int64_t *bounds = histogram_bounds();
    assert_true(bounds[0] > 0);
    for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++)
        assert_true(bounds[i] > bounds[i - 1]);
}

static void each_lies_in_the_first_bucket_that_holds_it(void **state)
{
    (void)state;
    const int64_t *bounds = histogram_bounds();
    for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
        struct histogram histogram = { .sum_us = 0 };
        struct histogram_view view;
        histogram_add(&histogram, bounds[i], 1);
        histogram_add(&histogram, bounds[i] + 1, 2);
        histogram_read(&histogram, &view);
        assert_int_equal(view.counts[i], 1);
        assert_int_equal(view.counts[i + 1], 2);
        assert_int_equal(view.count, 3);
    }
}

static void the_sum_is_of_all_of_them(void **state)
{
    (void)state;
    struct histogram histogram = { .sum_us = 0 };
    struct histogram_view view;
    histogram_add(&histogram, 1500, 3);
    histogram_add(&histogram, 500, 1);
    histogram_read(&histogram, &view);
    assert_int_equal(view.sum_us, 5000);
    assert_int_equal(view.count, 4);
}

static void what_went_backwards_took_no_time(void **state)
{
    (void)state;
    struct histogram histogram = { .sum_us = 0 };
    struct histogram_view view;
    histogram_add(&histogram, -5, 1);
    histogram_read(&histogram, &view);
    assert_int_equal(view.counts[0], 1);
    assert_int_equal(view.sum_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_ascend),
        cmocka_unit_test(each_lies_in_the_first_bucket_that_holds_it),
        cmocka_unit_test(the_sum_is_of_all_of_them),
        cmocka_unit_test(what_went_backwards_took_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
