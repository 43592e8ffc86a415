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
        count += budget_take(budget, who, 1, now);
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
    assert_false(budget_take(budget, "192.0.2.1", 1, 1000));
    assert_true(budget_take(budget, "192.0.2.2", 1, 1000));
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
        assert_true(budget_take(budget, who, 1, 1000));
    }
    budget_free(budget);
}

static void what_costs_more_takes_more(void **state)
{
    (void)state;
    struct budget *budget = budget_new(10);
    assert_true(budget_take(budget, "192.0.2.1", 15, 1000));
    assert_false(budget_take(budget, "192.0.2.1", 6, 1000));
    assert_true(budget_take(budget, "192.0.2.1", 5, 1000));
    // More than it ever holds: all of it, or nobody could ever have that.
    assert_false(budget_take(budget, "192.0.2.1", 1000, 2000));
    assert_true(budget_take(budget, "192.0.2.1", 1000, 3000));
    assert_false(budget_take(budget, "192.0.2.1", 1, 3000));
    budget_free(budget);
}

static void one_customers_ipv6_addresses_are_one_client(void **state)
{
    (void)state;
    struct budget *budget = budget_new(1);
    taken(budget, "2001:db8:0:1::1", 1000, 100);
    assert_false(budget_take(budget, "2001:db8:0:1:ffff::2", 1, 1000));
    assert_true(budget_take(budget, "2001:db8:0:2::1", 1, 1000));
    // IPv4 in IPv6's clothes is as many clients as in its own.
    taken(budget, "::ffff:192.0.2.1", 1000, 100);
    assert_true(budget_take(budget, "::ffff:192.0.2.2", 1, 1000));
    budget_free(budget);
}

static void a_slow_budget_holds_a_minutes_worth(void **state)
{
    (void)state;
    struct budget *budget = budget_new_slow(5);
    assert_int_equal(taken(budget, "192.0.2.1", 1000, 100), 5);
    assert_int_equal(taken(budget, "192.0.2.1", 12999, 100), 0);
    assert_int_equal(taken(budget, "192.0.2.1", 13000, 100), 1);
    assert_int_equal(taken(budget, "192.0.2.1", 600000, 100), 5);
    budget_free(budget);
}

static void the_burst_may_be_another_than_the_rate(void **state)
{
    (void)state;
    struct budget *budget = budget_new_shaped(6, 10);
    assert_int_equal(taken(budget, "192.0.2.1", 1000, 100), 10);
    assert_int_equal(taken(budget, "192.0.2.1", 61000, 100), 6);
    budget_free(budget);
}

static void asking_all_the_time_does_not_stop_it_filling(void **state)
{
    (void)state;
    struct budget *budget = budget_new_slow(5);
    int count = 0;
    for (int64_t now = 1000; now < 61000; now++)
        count += budget_take(budget, "192.0.2.1", 1, now);
    assert_in_range(count, 9, 10);
    budget_free(budget);
}

static void another_rate_counts_from_then_on(void **state)
{
    (void)state;
    struct budget *budget = budget_new(0);
    assert_int_equal(taken(budget, "192.0.2.1", 1000, 100), 100);
    budget_set(budget, 6, 3);
    assert_int_equal(taken(budget, "192.0.2.1", 1000, 100), 3);
    budget_set(budget, 0, 3);
    assert_int_equal(taken(budget, "192.0.2.1", 1000, 100), 100);
    budget_free(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_of_two_seconds_is_allowed_then_the_rate),
        cmocka_unit_test(one_address_does_not_use_up_anothers),
        cmocka_unit_test(a_rate_of_zero_is_no_limit),
        cmocka_unit_test(a_flood_of_addresses_finds_room_and_an_end),
        cmocka_unit_test(what_costs_more_takes_more),
        cmocka_unit_test(one_customers_ipv6_addresses_are_one_client),
        cmocka_unit_test(a_slow_budget_holds_a_minutes_worth),
        cmocka_unit_test(the_burst_may_be_another_than_the_rate),
        cmocka_unit_test(asking_all_the_time_does_not_stop_it_filling),
        cmocka_unit_test(another_rate_counts_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
