// SPDX-License-Identifier: MIT

#include "fakes/fake_loop.h"
#include "lanes_rig.h"

static struct lanes_rig rig;

static int setup(void **state)
{
    (void)state;
    lanes_rig_open(&rig);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    lanes_free(rig.lanes);
    return 0;
}

enum { CEILING = 16384 };

static void healthy_ones_are_forgotten_first(void **state)
{
    (void)state;
    struct store_key paused = origin_of(1), busy = origin_of(2),
                     broken = origin_of(3);
    lanes_paused(rig.lanes, &paused, true, loop_now());
    lanes_rig_begin(rig.lanes, 2, 1);
    lanes_rig_break(rig.lanes, 3);
    struct lanes_numbers numbers;
    for (uint32_t i = 0; i < CEILING + 100; i++)
        lanes_rig_send(rig.lanes, 1000 + i, 1, 200);
    lanes_numbers(rig.lanes, &numbers);
    assert_int_equal(numbers.lanes, CEILING);
    assert_non_null(lanes_find(rig.lanes, &paused));
    assert_non_null(lanes_find(rig.lanes, &busy));
    assert_non_null(lanes_find(rig.lanes, &broken));
    struct store_key oldest = origin_of(1000),
                     newest = origin_of(1000 + CEILING + 99);
    assert_null(lanes_find(rig.lanes, &oldest));
    assert_non_null(lanes_find(rig.lanes, &newest));
}

static void beyond_the_ceiling_broken_ones_are_forgotten_too(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CEILING + 10; i++)
        lanes_rig_send(rig.lanes, i, 1, 503);
    struct lanes_numbers numbers;
    lanes_numbers(rig.lanes, &numbers);
    assert_int_equal(numbers.lanes, CEILING);
    assert_true(lanes_rig_may(rig.lanes, 5));
}

static void what_finds_no_room_is_sent_all_the_same(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CEILING; i++)
        lanes_rig_begin(rig.lanes, i, 1);
    assert_true(lanes_rig_may(rig.lanes, CEILING));
    struct delivery one = lanes_rig_begin(rig.lanes, CEILING, 1);
    lanes_slow(rig.lanes, &one);
    struct store_outcome outcome = lanes_rig_end(rig.lanes, &one, 503);
    assert_false(outcome.waits);
    struct lanes_numbers numbers;
    lanes_numbers(rig.lanes, &numbers);
    assert_int_equal(numbers.outstanding, CEILING);
}

#define LANES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LANES(healthy_ones_are_forgotten_first),
        LANES(beyond_the_ceiling_broken_ones_are_forgotten_too),
        LANES(what_finds_no_room_is_sent_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
