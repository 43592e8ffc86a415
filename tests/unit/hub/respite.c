// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/respite.h"

enum { SECOND = 1000, NOW = 5000 };

static void a_topic_is_left_alone_for_as_long_as_it_was_asked(void **state)
{
    struct respite *respite = *state;
    assert_int_equal(respite_left(respite, 1, NOW), 0);
    respite_grant(respite, 1, 60 * SECOND, NOW);
    assert_int_equal(respite_left(respite, 1, NOW), 60 * SECOND);
    assert_int_equal(respite_left(respite, 1, NOW + 59 * SECOND), SECOND);
    assert_int_equal(respite_left(respite, 1, NOW + 60 * SECOND), 0);
    // What it says last counts.
    respite_grant(respite, 1, 60 * SECOND, NOW);
    respite_grant(respite, 1, SECOND, NOW);
    assert_int_equal(respite_left(respite, 1, NOW), SECOND);
}

static void its_neighbours_are_not(void **state)
{
    struct respite *respite = *state;
    respite_grant(respite, 1, 60 * SECOND, NOW);
    for (uint64_t topic = 2; topic < 1000; topic++)
        assert_int_equal(respite_left(respite, topic, NOW), 0);
}

static void nobody_is_left_alone_for_over_an_hour(void **state)
{
    struct respite *respite = *state;
    respite_grant(respite, 1, INT64_C(1000) * RESPITE_MAX_MS, NOW);
    assert_int_equal(respite_left(respite, 1, NOW), RESPITE_MAX_MS);
}

static void of_too_many_the_one_that_ends_first_ends_now(void **state)
{
    struct respite *respite = *state;
    enum { MANY = 2000 };
    for (int topic = 1; topic <= MANY; topic++)
        respite_grant(respite, (uint64_t)topic, (60 + topic) * SECOND, NOW);
    assert_int_equal(respite_left(respite, 1, NOW), 0);
    assert_true(respite_left(respite, MANY, NOW) > 0);
}

static int setup(void **state)
{
    *state = respite_new();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    respite_free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_topic_is_left_alone_for_as_long_as_it_was_asked),
        TEST(its_neighbours_are_not),
        TEST(nobody_is_left_alone_for_over_an_hour),
        TEST(of_too_many_the_one_that_ends_first_ends_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
