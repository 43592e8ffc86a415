// SPDX-License-Identifier: MIT

#include "hub/window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static uint64_t add(struct window *window, uint64_t subscription)
{
    uint64_t number = 0;
    struct visit *visit = window_add(window, &number);
    assert_non_null(visit);
    visit->subscription = subscription;
    return number;
}

static void M1_nothing_settled_lies_behind_a_delivery_under_way(void **state)
{
    (void)state;
    struct window window = { .ring = NULL };
    uint64_t first = add(&window, 10), second = add(&window, 11);
    window_at(&window, second)->state = VISIT_SETTLED;
    assert_int_equal(window_settled(&window, 100), 0);
    window_at(&window, first)->state = VISIT_OUTCOME;
    assert_int_equal(window_settled(&window, 100), 2);
    assert_int_equal(window_settled(&window, 1), 1);
    window_clear(&window);
}

static void visits_keep_their_numbers_while_the_window_grows(void **state)
{
    (void)state;
    struct window window = { .ring = NULL };
    // Off the start of the ring, so that growing has to unwrap it.
    for (int i = 0; i < 40; i++)
        add(&window, 1);
    window_pass(&window, 40);
    uint64_t numbers[WINDOW_MAX];
    for (uint64_t i = 0; i < WINDOW_MAX; i++)
        numbers[i] = add(&window, 100 + i);
    for (uint64_t i = 0; i < WINDOW_MAX; i++)
        assert_int_equal(window_at(&window, numbers[i])->subscription, 100 + i);
    window_clear(&window);
}

static void a_full_window_takes_no_more_until_some_have_passed(void **state)
{
    (void)state;
    struct window window = { .ring = NULL };
    uint64_t number;
    for (int i = 0; i < WINDOW_MAX; i++)
        add(&window, 1);
    assert_true(window_full(&window));
    assert_null(window_add(&window, &number));
    window_pass(&window, 1);
    assert_non_null(window_add(&window, &number));
    window_clear(&window);
}

static void what_has_passed_is_not_found_any_more(void **state)
{
    (void)state;
    struct window window = { .ring = NULL };
    uint64_t first = add(&window, 1), second = add(&window, 2);
    window_pass(&window, 1);
    assert_null(window_at(&window, first));
    assert_non_null(window_at(&window, second));
    assert_null(window_at(&window, second + 1));
    window_clear(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M1_nothing_settled_lies_behind_a_delivery_under_way),
        cmocka_unit_test(visits_keep_their_numbers_while_the_window_grows),
        cmocka_unit_test(a_full_window_takes_no_more_until_some_have_passed),
        cmocka_unit_test(what_has_passed_is_not_found_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
