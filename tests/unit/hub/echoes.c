// SPDX-License-Identifier: MIT

#include "hub/echoes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void R86a_a_silent_ping_is_followed_up_twice(void **state)
{
    (void)state;
    struct echoes echoes = { 0 };
    assert_int_equal(echoes_next(&echoes, 7, true, true), 15000);
    assert_true(echoes_has(&echoes, 7));
    assert_int_equal(echoes_next(&echoes, 7, true, false), 75000);
    assert_int_equal(echoes_next(&echoes, 7, true, false), 0);
    assert_false(echoes_has(&echoes, 7));
    assert_int_equal(echoes_next(&echoes, 7, true, false), 0);
}

static void another_ping_begins_anew(void **state)
{
    (void)state;
    struct echoes echoes = { 0 };
    echoes_next(&echoes, 7, true, true);
    echoes_next(&echoes, 7, true, false);
    assert_int_equal(echoes_next(&echoes, 7, true, true), 15000);
}

static void something_new_ends_it(void **state)
{
    (void)state;
    struct echoes echoes = { 0 };
    echoes_next(&echoes, 7, true, true);
    assert_int_equal(echoes_next(&echoes, 7, false, false), 0);
    assert_false(echoes_has(&echoes, 7));
    assert_int_equal(echoes_next(&echoes, 8, false, true), 0);
    assert_false(echoes_has(&echoes, 8));
}

static void a_poll_has_no_echo(void **state)
{
    (void)state;
    struct echoes echoes = { 0 };
    assert_int_equal(echoes_next(&echoes, 7, true, false), 0);
    assert_false(echoes_has(&echoes, 7));
}

static void thousands_are_kept(void **state)
{
    (void)state;
    struct echoes echoes = { 0 };
    enum { MANY = ECHOES_SETS * ECHOES_WAYS };
    for (uint64_t topic = 1; topic <= MANY; topic++)
        assert_int_equal(echoes_next(&echoes, topic, true, true), 15000);
    for (uint64_t topic = 1; topic <= MANY; topic++)
        assert_true(echoes_has(&echoes, topic));
}

static void in_a_full_place_who_was_looked_at_most_makes_room(void **state)
{
    (void)state;
    struct echoes echoes = { 0 };
    for (uint64_t i = 0; i < ECHOES_WAYS; i++)
        echoes_next(&echoes, 5 + i * ECHOES_SETS, true, true);
    uint64_t looked_at = 5 + 3 * ECHOES_SETS;
    echoes_next(&echoes, looked_at, true, false);
    uint64_t another = 5 + ECHOES_WAYS * ECHOES_SETS;
    assert_int_equal(echoes_next(&echoes, another, true, true), 15000);
    assert_false(echoes_has(&echoes, looked_at));
    assert_true(echoes_has(&echoes, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R86a_a_silent_ping_is_followed_up_twice),
        cmocka_unit_test(another_ping_begins_anew),
        cmocka_unit_test(something_new_ends_it),
        cmocka_unit_test(a_poll_has_no_echo),
        cmocka_unit_test(thousands_are_kept),
        cmocka_unit_test(in_a_full_place_who_was_looked_at_most_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
