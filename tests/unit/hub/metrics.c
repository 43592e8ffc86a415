// SPDX-License-Identifier: MIT

#include "hub/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void every_counter_has_a_name_of_its_own_and_a_meaning(void **state)
{
    (void)state;
    for (int i = 0; i < METRIC_COUNT; i++) {
        const char *name = metric_name((enum metric)i);
        assert_non_null(name);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz."),
                         strlen(name));
        assert_true(strlen(metric_meaning((enum metric)i)) > 0);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(name, metric_name((enum metric)j));
    }
}

static void counting_one_leaves_the_others(void **state)
{
    (void)state;
    struct metrics metrics = { .counts = { 0 } };
    metric_add(&metrics, METRIC_PINGS, 3);
    metric_add(&metrics, METRIC_PINGS, 2);
    for (int i = 0; i < METRIC_COUNT; i++)
        assert_int_equal(metrics.counts[i], i == METRIC_PINGS ? 5 : 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_counter_has_a_name_of_its_own_and_a_meaning),
        cmocka_unit_test(counting_one_leaves_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
