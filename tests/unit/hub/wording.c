// SPDX-License-Identifier: MIT

#include "hub/wording.h"

#include "fetcher/engine.h"
#include "storage/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char out[WORDING_MAX];

static void a_status_has_its_number_and_its_name(void **state)
{
    (void)state;
    assert_string_equal(wording_status(403, out), "HTTP 403 (Forbidden)");
    assert_string_equal(wording_status(304, out), "HTTP 304 (Not Modified)");
    assert_string_equal(wording_status(418, out), "HTTP 418");
    assert_string_equal(wording_status(0, out), "nothing yet");
}

static void every_result_of_the_engine_has_words(void **state)
{
    (void)state;
    for (int32_t result = 1; result <= EXCHANGE_LIMITED; result++) {
        assert_string_not_equal(wording_status(-result, out), "it failed");
        assert_null(strchr(out, '='));
    }
    assert_string_equal(wording_status(-EXCHANGE_NO_NAME, out),
                        "its name did not resolve");
}

static void a_result_of_another_version_has_words_too(void **state)
{
    (void)state;
    assert_string_equal(wording_status(-1000, out), "it failed");
    assert_string_equal(wording_status(INT32_MIN, out), "it failed");
}

static void times_are_utc_and_never_is_nothing(void **state)
{
    (void)state;
    assert_string_equal(wording_time(1795323130471, out),
                        "2026-11-22T04:52:10Z");
    assert_string_equal(wording_time(0, out), "");
}

static void spans_are_in_the_largest_unit_that_says_enough(void **state)
{
    (void)state;
    assert_string_equal(wording_span(0, out), "0 seconds");
    assert_string_equal(wording_span(1000, out), "1 second");
    assert_string_equal(wording_span(90 * 1000, out), "90 seconds");
    assert_string_equal(wording_span(100 * 60 * 1000, out), "100 minutes");
    assert_string_equal(wording_span(86399999, out), "24 hours");
    assert_string_equal(wording_span(10 * 86400000LL, out), "10 days");
}

static void what_was_and_what_will_be_are_told_apart(void **state)
{
    (void)state;
    const int64_t now = 1795323130000;
    assert_string_equal(wording_when(now - 180000, now, out),
                        "2026-11-22 04:49:10 UTC (3 minutes ago)");
    assert_string_equal(wording_when(now + 180000, now, out),
                        "2026-11-22 04:55:10 UTC (in 3 minutes)");
    assert_string_equal(wording_when(now, now, out),
                        "2026-11-22 04:52:10 UTC (now)");
    assert_string_equal(wording_when(0, now, out), "never");
}

static void states_are_those_of_table_B(void **state)
{
    (void)state;
    struct store_subscriber s = { .id = 1 };
    assert_string_equal(wording_state(&s), "active");
    s.lagging = true;
    assert_string_equal(wording_state(&s), "stopped");
    s.due = 7;
    assert_string_equal(wording_state(&s), "lagging");
    s.waits = true;
    assert_string_equal(wording_state(&s), "waiting");
    s.paused = true;
    assert_string_equal(wording_state(&s), "paused");
    s.suspended = true;
    assert_string_equal(wording_state(&s), "suspended");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_has_its_number_and_its_name),
        cmocka_unit_test(every_result_of_the_engine_has_words),
        cmocka_unit_test(a_result_of_another_version_has_words_too),
        cmocka_unit_test(times_are_utc_and_never_is_nothing),
        cmocka_unit_test(spans_are_in_the_largest_unit_that_says_enough),
        cmocka_unit_test(what_was_and_what_will_be_are_told_apart),
        cmocka_unit_test(states_are_those_of_table_B),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
