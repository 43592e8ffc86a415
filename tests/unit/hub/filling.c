// SPDX-License-Identifier: MIT

#include "hub/filling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define GIB ((uint64_t)1024 * 1024 * 1024)
#define MIB ((uint64_t)1024 * 1024)

static void each_level_begins_where_it_says(void **state)
{
    (void)state;
    assert_int_equal(filling_judge(FILLING_NO, 799, 1000), FILLING_NO);
    assert_int_equal(filling_judge(FILLING_NO, 800, 1000), FILLING_SOON);
    assert_int_equal(filling_judge(FILLING_NO, 899, 1000), FILLING_SOON);
    assert_int_equal(filling_judge(FILLING_NO, 900, 1000), FILLING_NOW);
    assert_int_equal(filling_judge(FILLING_NO, 950, 1000), FILLING_OVER);
    assert_int_equal(filling_judge(FILLING_NO, 2000, 1000), FILLING_OVER);
}

static void a_level_ends_five_below_its_beginning(void **state)
{
    (void)state;
    assert_int_equal(filling_judge(FILLING_SOON, 750, 1000), FILLING_SOON);
    assert_int_equal(filling_judge(FILLING_SOON, 749, 1000), FILLING_NO);
    assert_int_equal(filling_judge(FILLING_NOW, 850, 1000), FILLING_NOW);
    assert_int_equal(filling_judge(FILLING_NOW, 849, 1000), FILLING_SOON);
    assert_int_equal(filling_judge(FILLING_OVER, 899, 1000), FILLING_NOW);
    assert_int_equal(filling_judge(FILLING_OVER, 10, 1000), FILLING_NO);
}

static void what_swings_around_a_level_changes_once(void **state)
{
    (void)state;
    enum filling_level level = FILLING_NO;
    int changes = 0;
    for (uint64_t i = 0; i < 100; i++) {
        enum filling_level next = filling_judge(level, i % 2 ? 810 : 790, 1000);
        changes += next != level;
        level = next;
    }
    assert_int_equal(changes, 1);
}

static void without_a_ceiling_nothing_fills(void **state)
{
    (void)state;
    assert_int_equal(filling_judge(FILLING_OVER, UINT64_MAX, 0), FILLING_NO);
}

static void large_numbers_do_not_overflow(void **state)
{
    (void)state;
    uint64_t limit = UINT64_MAX - 7;
    assert_int_equal(filling_judge(FILLING_NO, limit / 2, limit), FILLING_NO);
    assert_int_equal(filling_judge(FILLING_NO, limit, limit), FILLING_OVER);
}

static enum filling_level disk(uint64_t used, uint64_t free)
{
    struct filling filling = { .level = FILLING_NO };
    filling_of_disk(used, free, &filling);
    return filling.level;
}

static void a_disk_is_measured_by_what_the_store_can_become(void **state)
{
    (void)state;
    assert_int_equal(disk(1 * GIB, 1 * GIB), FILLING_NO);
    assert_int_equal(disk(4 * GIB, 1 * GIB), FILLING_SOON);
    assert_int_equal(disk(9 * GIB, 1 * GIB), FILLING_NOW);
    assert_int_equal(disk(19 * GIB, 1 * GIB), FILLING_OVER);
    assert_int_equal(disk(1000 * GIB, 16 * GIB), FILLING_NO);
}

static void a_disk_with_little_left_is_full_for_all(void **state)
{
    (void)state;
    assert_int_equal(disk(1, 256 * MIB), FILLING_NO);
    assert_int_equal(disk(1, 255 * MIB), FILLING_NOW);
    assert_int_equal(disk(1, 63 * MIB), FILLING_OVER);
}

static void a_part_of_the_map_is_for_nobody(void **state)
{
    (void)state;
    assert_int_equal(filling_room(100 * MIB), 95 * MIB);
    assert_int_equal(filling_room(64 * GIB), 64 * GIB - 64 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_level_begins_where_it_says),
        cmocka_unit_test(a_level_ends_five_below_its_beginning),
        cmocka_unit_test(what_swings_around_a_level_changes_once),
        cmocka_unit_test(without_a_ceiling_nothing_fills),
        cmocka_unit_test(large_numbers_do_not_overflow),
        cmocka_unit_test(a_disk_is_measured_by_what_the_store_can_become),
        cmocka_unit_test(a_disk_with_little_left_is_full_for_all),
        cmocka_unit_test(a_part_of_the_map_is_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
