// SPDX-License-Identifier: MIT

#include "storage/lmdb/room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint64_t MIB = 1 << 20, GIB = 1 << 30;

static struct store_numbers tell(uint64_t map, uint64_t used, uint64_t unused,
                                 uint64_t disk)
{
    struct env_room room = {
        .map_bytes = map,
        .used_bytes = used,
        .free_bytes = unused,
    };
    struct store_numbers numbers = { .topics = 0 };
    room_tell(&room, disk, disk, &numbers);
    return numbers;
}

static void the_reserve_is_a_part_of_the_map_within_bounds(void **state)
{
    (void)state;
    assert_int_equal(room_reserve(MIB), 65536);
    assert_int_equal(room_reserve(200 * MIB), 10 * MIB);
    assert_int_equal(room_reserve(64 * GIB), 64 * MIB);
}

static void the_map_is_the_room_where_the_disk_is_larger(void **state)
{
    (void)state;
    struct store_numbers numbers = tell(64 * GIB, GIB, GIB, 1000 * GIB);
    assert_true(numbers.room_bytes == 64 * GIB - 64 * MIB);
    assert_int_equal(numbers.filling, STORE_ROOMY);
    assert_true(numbers.free_bytes == GIB);
    assert_true(numbers.disk_free_bytes == 1000 * GIB);
}

static void the_disk_is_the_room_where_the_map_is_larger(void **state)
{
    (void)state;
    struct store_numbers numbers = tell(64 * GIB, 7 * GIB, GIB, 2 * GIB);
    assert_true(numbers.room_bytes == 10 * GIB - 64 * MIB);
    assert_int_equal(numbers.filling, STORE_ROOMY);
}

static void it_fills_soon_from_80_and_now_from_90_percent_on(void **state)
{
    (void)state;
    uint64_t map = 100 * GIB + 64 * MIB, disk = 1000 * GIB;
    assert_int_equal(tell(map, 79 * GIB, 0, disk).filling, STORE_ROOMY);
    assert_int_equal(tell(map, 80 * GIB, 0, disk).filling, STORE_FILLS_SOON);
    assert_int_equal(tell(map, 89 * GIB, 0, disk).filling, STORE_FILLS_SOON);
    assert_int_equal(tell(map, 90 * GIB, 0, disk).filling, STORE_FILLS_NOW);
    assert_int_equal(tell(map, 50 * GIB, 0, 5 * GIB).filling, STORE_FILLS_NOW);
    assert_int_equal(tell(map, map, 0, 0).filling, STORE_FILLS_NOW);
}

static void a_disk_without_end_is_no_overflow(void **state)
{
    (void)state;
    assert_int_equal(tell(64 * GIB, GIB, 0, UINT64_MAX).filling, STORE_ROOMY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reserve_is_a_part_of_the_map_within_bounds),
        cmocka_unit_test(the_map_is_the_room_where_the_disk_is_larger),
        cmocka_unit_test(the_disk_is_the_room_where_the_map_is_larger),
        cmocka_unit_test(it_fills_soon_from_80_and_now_from_90_percent_on),
        cmocka_unit_test(a_disk_without_end_is_no_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
