// SPDX-License-Identifier: MIT

#include "hub/exposition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void a_counter_is_a_total(void **state)
{
    (void)state;
    struct exposition exposition = { 0 };
    exposition_number(&exposition, "deliveries.failed", EXPOSITION_COUNTER,
                      "attempts that failed", 12);
    assert_false(exposition.failed);
    assert_string_equal(
        exposition.text,
        "# HELP websubd_deliveries_failed_total attempts that failed.\n"
        "# TYPE websubd_deliveries_failed_total counter\n"
        "websubd_deliveries_failed_total 12\n");
    free(exposition.text);
}

static void a_gauge_has_a_sample_for_each_label(void **state)
{
    (void)state;
    struct exposition exposition = { 0 };
    exposition_family(&exposition, "in.flight", EXPOSITION_GAUGE, "requests");
    exposition_sample(&exposition, "in.flight", EXPOSITION_GAUGE, "class",
                      "deliver", 7);
    exposition_sample(&exposition, "in.flight", EXPOSITION_GAUGE, "class",
                      "retry", 0.5);
    assert_string_equal(exposition.text,
                        "# HELP websubd_in_flight requests.\n"
                        "# TYPE websubd_in_flight gauge\n"
                        "websubd_in_flight{class=\"deliver\"} 7\n"
                        "websubd_in_flight{class=\"retry\"} 0.5\n");
    free(exposition.text);
}

static void numbers_are_whole_up_to_what_a_double_holds(void **state)
{
    (void)state;
    struct exposition exposition = { 0 };
    exposition_number(&exposition, "bytes", EXPOSITION_GAUGE, "room",
                      281474976710656.0);
    assert_non_null(strstr(exposition.text, "bytes 281474976710656\n"));
    free(exposition.text);
}

static void any_number_of_families_fits(void **state)
{
    (void)state;
    struct exposition exposition = { 0 };
    for (int i = 0; i < 1000; i++)
        exposition_number(&exposition, "one", EXPOSITION_GAUGE, "one", i);
    assert_false(exposition.failed);
    assert_int_equal(strlen(exposition.text), exposition.len);
    assert_non_null(strstr(exposition.text, "websubd_one 999\n"));
    free(exposition.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_is_a_total),
        cmocka_unit_test(a_gauge_has_a_sample_for_each_label),
        cmocka_unit_test(numbers_are_whole_up_to_what_a_double_holds),
        cmocka_unit_test(any_number_of_families_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
