// SPDX-License-Identifier: MIT

#include "storage/walk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>

enum { IDS = 60 };

static struct store_walk begin(uint64_t from, uint64_t to)
{
    return (struct store_walk){ .topic = 7, .from = from, .to = to };
}

static void M1_who_was_passed_has_what_the_walk_carries(void **state)
{
    (void)state;
    struct store_walk walk = begin(4, 5);
    walk.position = 10;
    assert_int_equal(store_walk_cursor(&walk, 10), 5);
    assert_int_equal(store_walk_cursor(&walk, 11), 4);
    assert_true(store_walk_goal(&walk) == UINT64_MAX);
}

static void M1_a_turn_serves_the_next_ones_the_newest_at_once(void **state)
{
    (void)state;
    struct store_walk walk = begin(4, 5);
    walk.position = 10;
    assert_true(walk_turn(&walk, 9));
    assert_int_equal(walk.to, 9);
    assert_int_equal(store_walk_cursor(&walk, 10), 5);
    assert_int_equal(store_walk_cursor(&walk, 11), 4);
    walk.position = 20;
    assert_int_equal(store_walk_cursor(&walk, 10), 5);
    assert_int_equal(store_walk_cursor(&walk, 20), 9);
    assert_int_equal(walk_least(&walk), 5);
}

static void M1_the_next_sweep_ends_with_the_last_who_was_behind(void **state)
{
    (void)state;
    struct store_walk walk = begin(4, 5);
    walk.position = 10;
    assert_true(walk_turn(&walk, 9));
    walk.position = 20;
    walk_again(&walk, 9);
    assert_int_equal(walk.position, 0);
    assert_true(store_walk_goal(&walk) == 10);
    assert_int_equal(store_walk_cursor(&walk, 10), 5);
    assert_int_equal(store_walk_cursor(&walk, 11), 9);
    walk.position = 10;
    assert_int_equal(walk_least(&walk), 9);
}

static void before_anybody_is_passed_a_turn_costs_no_step(void **state)
{
    (void)state;
    struct store_walk walk = begin(4, 5);
    for (uint64_t head = 6; head < 100; head++)
        assert_true(walk_turn(&walk, head));
    assert_int_equal(walk.step_count, 0);
    assert_int_equal(walk.from, 4);
}

static void a_staircase_has_no_more_steps_than_may_be(void **state)
{
    (void)state;
    struct store_walk walk = begin(4, 5);
    uint64_t head = 5;
    for (int i = 0; i < STORE_STEPS_MAX; i++) {
        walk.position += 10;
        assert_true(walk_turn(&walk, ++head));
    }
    walk.position += 10;
    struct store_walk before = walk;
    assert_false(walk_turn(&walk, head + 1));
    assert_memory_equal(&walk, &before, sizeof walk);
    // At the end there is room again.
    walk_again(&walk, head);
    walk.position = 35;
    assert_true(walk_turn(&walk, head + 1));
}

// Whatever it does, it says of everybody what he has been brought.
static void M1_a_walk_never_forgets_what_somebody_has(void **state)
{
    (void)state;
    srand(20261122);
    for (int round = 0; round < 2000; round++) {
        uint64_t cursors[IDS + 1], head = 5;
        struct store_walk walk = begin(4, 5);
        for (int id = 0; id <= IDS; id++)
            cursors[id] = 4;
        for (int step = 0; step < 60; step++) {
            uint64_t goal = store_walk_goal(&walk);
            uint64_t to = walk.position + (uint64_t)(rand() % 12);
            for (uint64_t id = walk.position + 1; id <= to && id <= IDS; id++)
                cursors[id] = walk.to;
            walk.position = to;
            head += (uint64_t)(rand() % 2);
            if (to >= goal || to >= IDS)
                walk_again(&walk, ++head);
            else if (rand() % 3 == 0)
                (void)walk_turn(&walk, head);
            for (uint64_t id = 1; id <= IDS; id++)
                assert_true(store_walk_cursor(&walk, id) == cursors[id]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M1_who_was_passed_has_what_the_walk_carries),
        cmocka_unit_test(M1_a_turn_serves_the_next_ones_the_newest_at_once),
        cmocka_unit_test(M1_the_next_sweep_ends_with_the_last_who_was_behind),
        cmocka_unit_test(before_anybody_is_passed_a_turn_costs_no_step),
        cmocka_unit_test(a_staircase_has_no_more_steps_than_may_be),
        cmocka_unit_test(M1_a_walk_never_forgets_what_somebody_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
