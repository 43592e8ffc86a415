// SPDX-License-Identifier: MIT

#include "hub/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static int taken(struct budget *budget, const char *who, int64_t now, int tries)
{
    int count = 0;
    for (int i = 0; i < tries; i++)
        count += budget_take(budget, who, now);
    return count;
}

static void a_burst_of_two_seconds_is_allowed_then_the_rate(void **state)
{
    (void)state;
    struct budget *budget = budget_new(10);
    assert_int_equal(taken(budget, "192.0.2.1", 1000, 100), 20);
    assert_int_equal(taken(budget, "192.0.2.1", 1500, 100), 5);
    assert_int_equal(taken(budget, "192.0.2.1", 60000, 100), 20);
    budget_free(budget);
}

static void one_address_does_not_use_up_anothers(void **state)
{
    (void)state;
    struct budget *budget = budget_new(1);
    taken(budget, "192.0.2.1", 1000, 100);
    assert_false(budget_take(budget, "192.0.2.1", 1000));
    assert_true(budget_take(budget, "192.0.2.2", 1000));
    budget_free(budget);
}

static void a_rate_of_zero_is_no_limit(void **state)
{
    (void)state;
    struct budget *budget = budget_new(0);
    assert_int_equal(taken(budget, "192.0.2.1", 1000, 10000), 10000);
    budget_free(budget);
}

static void a_flood_of_addresses_finds_room_and_an_end(void **state)
{
    (void)state;
    struct budget *budget = budget_new(1);
    char who[32];
    for (int i = 0; i < 100000; i++) {
        snprintf(who, sizeof who, "10.%d.%d.%d", i >> 16, i >> 8 & 255,
                 i & 255);
        assert_true(budget_take(budget, who, 1000));
    }
    budget_free(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_of_two_seconds_is_allowed_then_the_rate),
        cmocka_unit_test(one_address_does_not_use_up_anothers),
        cmocka_unit_test(a_rate_of_zero_is_no_limit),
        cmocka_unit_test(a_flood_of_addresses_finds_room_and_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
