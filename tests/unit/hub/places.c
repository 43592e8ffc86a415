// SPDX-License-Identifier: MIT

#include "hub/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static size_t taken_by_many(struct places *places, int origins)
{
    char topic[64];
    size_t count = 0;
    for (int i = 0; i < origins; i++) {
        (void)snprintf(topic, sizeof topic, "http://%d.example/feed", i);
        count += places_take(places, topic, false);
    }
    return count;
}

static void R85_half_of_all_fetches_may_be_doubtful(void **state)
{
    (void)state;
    struct places places;
    places_init(&places, 10);
    assert_int_equal(taken_by_many(&places, 100), 5);
    places_leave(&places, "http://3.example/other");
    assert_true(places_take(&places, "http://new.example/", false));
    assert_false(places_take(&places, "http://newer.example/", false));
}

static void there_is_at_least_one_and_at_most_64(void **state)
{
    (void)state;
    struct places places;
    places_init(&places, 1);
    assert_int_equal(taken_by_many(&places, 100), 1);
    places_init(&places, 10000);
    assert_int_equal(taken_by_many(&places, 100), 64);
}

static void what_failed_has_two_places_for_an_origin(void **state)
{
    (void)state;
    struct places places;
    places_init(&places, 64);
    assert_true(places_take(&places, "http://a.example/1", true));
    assert_true(places_take(&places, "http://a.example/?2", true));
    assert_false(places_take(&places, "http://a.example/3", true));
    assert_true(places_take(&places, "https://a.example/3", true));
    assert_true(places_take(&places, "http://a.example:81/", true));
    places_leave(&places, "http://a.example/1");
    assert_true(places_take(&places, "http://a.example/3", true));
    assert_false(places_take(&places, "http://a.example/4", true));
    // But what is new may as well be good.
    assert_true(places_take(&places, "http://a.example/4", false));
}

static void leaving_what_was_not_taken_is_harmless(void **state)
{
    (void)state;
    struct places places;
    places_init(&places, 64);
    places_leave(&places, "http://a.example/");
    assert_int_equal(places.taken, 0);
}

static void the_more_wait_the_longer_each_does(void **state)
{
    (void)state;
    struct places places;
    places_init(&places, 64);
    assert_int_equal(places_wait(&places, 5000, 0), 204);
    assert_int_equal(places_wait(&places, 5000, 599), 830);
    for (int i = 0; i < 998; i++)
        places_wait(&places, 5500, 0);
    assert_int_equal(places_wait(&places, 6000, 0), 4200);
    assert_int_equal(places_wait(&places, 7000, 0), 204);
    for (int i = 0; i < 998; i++)
        places_wait(&places, 7500, 0);
    assert_int_equal(places_wait(&places, 90000, 0), 204);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R85_half_of_all_fetches_may_be_doubtful),
        cmocka_unit_test(there_is_at_least_one_and_at_most_64),
        cmocka_unit_test(what_failed_has_two_places_for_an_origin),
        cmocka_unit_test(the_more_wait_the_longer_each_does),
        cmocka_unit_test(leaving_what_was_not_taken_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
