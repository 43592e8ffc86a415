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

static void a_histogram_counts_what_lies_below_each_bound(void **state)
{
    (void)state;
    struct exposition exposition = { 0 };
    struct histogram histogram = { .sum_us = 0 };
    struct histogram_view view;
    histogram_add(&histogram, 2000, 3);
    histogram_add(&histogram, histogram_bounds()[HISTOGRAM_BOUNDS - 1] + 1, 1);
    histogram_read(&histogram, &view);
    exposition_family(&exposition, "commit.seconds", EXPOSITION_HISTOGRAM,
                      "commits");
    exposition_histogram(&exposition, "commit.seconds", "of", "it", &view);
    const char *const lines[] = {
        "# TYPE websubd_commit_seconds histogram\n",
        "websubd_commit_seconds_bucket{of=\"it\",le=\"0.001\"} 0\n",
        "websubd_commit_seconds_bucket{of=\"it\",le=\"0.0025\"} 3\n",
        "websubd_commit_seconds_bucket{of=\"it\",le=\"86400\"} 3\n",
        "websubd_commit_seconds_bucket{of=\"it\",le=\"+Inf\"} 4\n",
        "websubd_commit_seconds_sum{of=\"it\"} 86400.006",
        "websubd_commit_seconds_count{of=\"it\"} 4\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_non_null(strstr(exposition.text, lines[i]));
    exposition_histogram(&exposition, "bare", NULL, NULL, &view);
    assert_non_null(
        strstr(exposition.text, "websubd_bare_bucket{le=\"0.001\"} 0\n"));
    assert_non_null(strstr(exposition.text, "websubd_bare_count 4\n"));
    free(exposition.text);
}

static void what_any_process_has_keeps_its_name(void **state)
{
    (void)state;
    struct exposition exposition = { 0 };
    exposition_number(&exposition, "process.cpu.seconds", EXPOSITION_COUNTER,
                      "time", 1.5);
    assert_non_null(
        strstr(exposition.text, "\nprocess_cpu_seconds_total 1.5\n"));
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
        cmocka_unit_test(a_histogram_counts_what_lies_below_each_bound),
        cmocka_unit_test(what_any_process_has_keeps_its_name),
        cmocka_unit_test(any_number_of_families_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
