// SPDX-License-Identifier: MIT

#include "hub/delivery_pool.h"

#include "hub/delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void what_was_given_back_is_taken_again(void **state)
{
    (void)state;
    struct delivery_pool pool = { .first = NULL };
    struct delivery *one = delivery_pool_take(&pool, 60);
    struct delivery *other = delivery_pool_take(&pool, 70);
    assert_non_null(one);
    assert_non_null(other);
    delivery_pool_give(&pool, one);
    delivery_pool_give(&pool, other);
    assert_int_equal(pool.count, 2);
    assert_ptr_equal(delivery_pool_take(&pool, 200), other);
    assert_ptr_equal(delivery_pool_take(&pool, 10), one);
    assert_int_equal(pool.count, 0);
    delivery_pool_give(&pool, one);
    delivery_pool_give(&pool, other);
    delivery_pool_clear(&pool);
    assert_null(pool.first);
}

static void one_with_much_text_has_room_for_it_and_is_not_kept(void **state)
{
    (void)state;
    struct delivery_pool pool = { .first = NULL };
    struct delivery *usual = delivery_pool_take(&pool, 60);
    delivery_pool_give(&pool, usual);
    struct delivery *large = delivery_pool_take(&pool, 2300);
    assert_non_null(large);
    assert_true(large != usual && large->room >= 2300);
    large->text[2299] = 'x';
    delivery_pool_give(&pool, large);
    assert_int_equal(pool.count, 1);
    delivery_pool_clear(&pool);
}

static void no_more_are_kept_than_a_walk_has_under_way(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    struct delivery_pool pool = { .first = NULL };
    struct delivery *taken[MANY];
    for (size_t i = 0; i < MANY; i++)
        assert_non_null(taken[i] = delivery_pool_take(&pool, 60));
    for (size_t i = 0; i < MANY; i++)
        delivery_pool_give(&pool, taken[i]);
    assert_int_equal(pool.count, 2048);
    delivery_pool_clear(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_given_back_is_taken_again),
        cmocka_unit_test(one_with_much_text_has_room_for_it_and_is_not_kept),
        cmocka_unit_test(no_more_are_kept_than_a_walk_has_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
