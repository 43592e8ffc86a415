// SPDX-License-Identifier: MIT

#include "hub/census.h"

#include "storage/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const int64_t now = 1795323130000;

static void rare_reasons_have_a_ceiling(void **state)
{
    (void)state;
    struct census census = { .counted = 0 };
    struct store_subscriber s = { .lagging = true, .due = now };
    for (int32_t status = 400; status < 500; status++) {
        s.last_status = status;
        census_count(&census, &s);
    }
    assert_int_equal(census.lagging, 100);
    assert_int_equal(census.reason_count, CENSUS_REASONS_MAX);
}

static void who_waits_or_is_paused_was_not_given_up(void **state)
{
    (void)state;
    struct census census = { .counted = 0 };
    struct store_subscriber s = { .lagging = true };
    census_count(&census, &s);
    s.waits = true;
    census_count(&census, &s);
    s.waits = false;
    s.paused = true;
    census_count(&census, &s);
    assert_int_equal(census.counted, 3);
    assert_int_equal(census.stopped, 1);
    assert_int_equal(census.lagging, 2);
    assert_int_equal(census.waiting, 1);
    assert_int_equal(census.paused, 1);
}

static void who_is_paused_may_be_up_to_date(void **state)
{
    (void)state;
    struct census census = { .counted = 0 };
    struct store_subscriber s = { .paused = true };
    census_count(&census, &s);
    assert_int_equal(census.paused, 1);
    assert_int_equal(census.lagging + census.stopped, 0);
}

static void who_was_never_called_gives_no_reason(void **state)
{
    (void)state;
    struct census census = { .counted = 0 };
    struct store_subscriber s = { .lagging = true, .waits = true };
    census_count(&census, &s);
    assert_int_equal(census.reason_count, 0);
    s.last_status = 503;
    census_count(&census, &s);
    assert_int_equal(census.reason_count, 1);
    assert_int_equal(census.reasons[0].status, 503);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rare_reasons_have_a_ceiling),
        cmocka_unit_test(who_waits_or_is_paused_was_not_given_up),
        cmocka_unit_test(who_is_paused_may_be_up_to_date),
        cmocka_unit_test(who_was_never_called_gives_no_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
