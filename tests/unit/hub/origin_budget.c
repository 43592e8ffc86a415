// SPDX-License-Identifier: MIT

#include "hub/origin_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define FEED "https://blog.example/feed"

// Fetches that are let through at once, each ended before the next.
static int fetched(struct origin_budget *budget, const char *topic, bool idle,
                   int64_t now, int tries)
{
    int count = 0;
    for (int i = 0; i < tries; i++) {
        if (origin_budget_begin(budget, topic, now) > 0)
            continue;
        origin_budget_end(budget, topic, NULL, idle, now);
        count++;
    }
    return count;
}

static void S7_a_sixth_of_an_hours_worth_then_the_rate(void **state)
{
    (void)state;
    struct origin_budget *budget = origin_budget_new(360, 60);
    assert_int_equal(fetched(budget, FEED, true, 1000, 1000), 60);
    assert_int_equal(fetched(budget, FEED, true, 31000, 1000), 3);
    assert_int_equal(fetched(budget, FEED, true, 100000000, 1000), 60);
    origin_budget_free(budget);
}

static void S7_fetches_that_bring_something_are_free(void **state)
{
    (void)state;
    struct origin_budget *budget = origin_budget_new(360, 60);
    assert_int_equal(fetched(budget, FEED, false, 1000, 10000), 10000);
    assert_int_equal(fetched(budget, FEED, true, 1000, 10000), 60);
    origin_budget_free(budget);
}

static void topics_of_one_origin_share_a_budget(void **state)
{
    (void)state;
    struct origin_budget *budget = origin_budget_new(6, 1);
    assert_int_equal(fetched(budget, "http://a.example/1", true, 1000, 5), 1);
    assert_int_equal(fetched(budget, "http://a.example/2", true, 1000, 5), 0);
    assert_int_equal(fetched(budget, "http://a.example/?3", true, 1000, 5), 0);
    assert_int_equal(fetched(budget, "https://a.example/1", true, 1000, 5), 1);
    assert_int_equal(fetched(budget, "http://a.example:81/", true, 1000, 5), 1);
    assert_int_equal(fetched(budget, "http://b.example/1", true, 1000, 5), 1);
    origin_budget_free(budget);
}

static void who_has_to_wait_is_told_how_long(void **state)
{
    (void)state;
    struct origin_budget *budget = origin_budget_new(60, 10);
    assert_int_equal(fetched(budget, FEED, true, 1000, 100), 10);
    int64_t wait = origin_budget_begin(budget, FEED, 1000);
    assert_in_range(wait, 59000, 61000);
    assert_true(origin_budget_begin(budget, FEED, wait - 5000) > 0);
    assert_int_equal(origin_budget_begin(budget, FEED, 1000 + wait), 0);
    origin_budget_free(budget);
}

static void what_is_under_way_counts_until_it_is_known(void **state)
{
    (void)state;
    struct origin_budget *budget = origin_budget_new(12, 2);
    assert_int_equal(origin_budget_begin(budget, FEED, 1000), 0);
    assert_int_equal(origin_budget_begin(budget, FEED, 1000), 0);
    // Soon, since those two may turn out to be free.
    assert_int_equal(origin_budget_begin(budget, FEED, 1000), 1000);
    origin_budget_end(budget, FEED, NULL, false, 1500);
    assert_int_equal(origin_budget_begin(budget, FEED, 2000), 0);
    origin_budget_end(budget, FEED, NULL, true, 2000);
    origin_budget_end(budget, FEED, NULL, true, 2000);
    assert_true(origin_budget_begin(budget, FEED, 2000) > 1000);
    origin_budget_free(budget);
}

// Fetches of so many origins that all lead to one.
static int redirected(struct origin_budget *budget, int origins, const char *to)
{
    char topic[64];
    int count = 0;
    for (int i = 0; i < origins; i++) {
        (void)snprintf(topic, sizeof topic, "http://%d.example/", i);
        if (origin_budget_begin(budget, topic, 1000) > 0)
            continue;
        origin_budget_end(budget, topic, to, true, 1000);
        count++;
    }
    return count;
}

static void S7_who_redirects_to_an_origin_spends_its_budget(void **state)
{
    (void)state;
    struct origin_budget *budget = origin_budget_new(360, 60);
    // Nobody can know where the first one leads.
    assert_int_equal(redirected(budget, 100, "https://victim.example/a"), 100);
    assert_int_equal(redirected(budget, 100, "https://victim.example/b"), 0);
    assert_int_equal(fetched(budget, "https://victim.example/", true, 1000, 9),
                     0);
    assert_true(origin_budget_begin(budget, "http://1.example/", 9000) > 0);
    assert_int_equal(origin_budget_begin(budget, "http://1.example/", 12000),
                     0);
    // Who has stopped is free again.
    origin_budget_end(budget, "http://1.example/", NULL, false, 12000);
    assert_int_equal(fetched(budget, "http://1.example/", true, 1000, 5), 5);
    origin_budget_free(budget);
}

static void zero_is_no_limit(void **state)
{
    (void)state;
    struct origin_budget *budget = origin_budget_new(0, 1);
    assert_int_equal(fetched(budget, FEED, true, 1000, 10000), 10000);
    origin_budget_free(budget);
}

static void a_flood_of_origins_finds_room_and_an_end(void **state)
{
    (void)state;
    struct origin_budget *budget = origin_budget_new(1, 1);
    char topic[64];
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(topic, sizeof topic, "http://%d.example/", i);
        assert_int_equal(origin_budget_begin(budget, topic, 1000), 0);
        if (i % 2)
            origin_budget_end(budget, topic, NULL, true, 1000);
    }
    origin_budget_free(budget);
}

static void another_rate_counts_from_then_on(void **state)
{
    (void)state;
    struct origin_budget *budget = origin_budget_new(6, 1);
    assert_int_equal(fetched(budget, FEED, true, 1000, 5), 1);
    origin_budget_set(budget, 360, 60);
    assert_int_equal(fetched(budget, FEED, true, 31000, 100), 3);
    origin_budget_set(budget, 6, 1);
    assert_int_equal(fetched(budget, FEED, true, 100000000, 100), 1);
    // What is under way when nothing is counted any more leaves nothing.
    assert_int_equal(origin_budget_begin(budget, "http://b.example/", 1000), 0);
    origin_budget_set(budget, 0, 0);
    origin_budget_end(budget, "http://b.example/", NULL, true, 1000);
    assert_int_equal(fetched(budget, FEED, true, 1000, 100), 100);
    origin_budget_set(budget, 6, 1);
    assert_int_equal(fetched(budget, "http://b.example/", true, 1000, 5), 1);
    origin_budget_free(budget);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S7_a_sixth_of_an_hours_worth_then_the_rate),
        cmocka_unit_test(S7_fetches_that_bring_something_are_free),
        cmocka_unit_test(topics_of_one_origin_share_a_budget),
        cmocka_unit_test(who_has_to_wait_is_told_how_long),
        cmocka_unit_test(what_is_under_way_counts_until_it_is_known),
        cmocka_unit_test(S7_who_redirects_to_an_origin_spends_its_budget),
        cmocka_unit_test(zero_is_no_limit),
        cmocka_unit_test(a_flood_of_origins_finds_room_and_an_end),
        cmocka_unit_test(another_rate_counts_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
