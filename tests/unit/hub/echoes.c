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
    struct echoes echoes = { .at = { { 0, 0 } } };
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
    struct echoes echoes = { .at = { { 0, 0 } } };
    echoes_next(&echoes, 7, true, true);
    echoes_next(&echoes, 7, true, false);
    assert_int_equal(echoes_next(&echoes, 7, true, true), 15000);
}

static void something_new_ends_it(void **state)
{
    (void)state;
    struct echoes echoes = { .at = { { 0, 0 } } };
    echoes_next(&echoes, 7, true, true);
    assert_int_equal(echoes_next(&echoes, 7, false, false), 0);
    assert_false(echoes_has(&echoes, 7));
    assert_int_equal(echoes_next(&echoes, 8, false, true), 0);
    assert_false(echoes_has(&echoes, 8));
}

static void a_poll_has_no_echo(void **state)
{
    (void)state;
    struct echoes echoes = { .at = { { 0, 0 } } };
    assert_int_equal(echoes_next(&echoes, 7, true, false), 0);
    assert_false(echoes_has(&echoes, 7));
}

static void too_many_are_left_to_the_polls(void **state)
{
    (void)state;
    struct echoes echoes = { .at = { { 0, 0 } } };
    for (uint64_t topic = 1; topic <= ECHOES_MAX; topic++)
        assert_int_equal(echoes_next(&echoes, topic, true, true), 15000);
    assert_int_equal(echoes_next(&echoes, ECHOES_MAX + 1, true, true), 0);
    assert_int_equal(echoes_next(&echoes, 5, false, false), 0);
    assert_int_equal(echoes_next(&echoes, ECHOES_MAX + 1, true, true), 15000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R86a_a_silent_ping_is_followed_up_twice),
        cmocka_unit_test(another_ping_begins_anew),
        cmocka_unit_test(something_new_ends_it),
        cmocka_unit_test(a_poll_has_no_echo),
        cmocka_unit_test(too_many_are_left_to_the_polls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
