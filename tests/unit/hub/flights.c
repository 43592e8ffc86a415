// SPDX-License-Identifier: MIT

#include "hub/flights.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void who_is_under_way_is_known_until_he_is_back(void **state)
{
    (void)state;
    struct flights flights = { .count = 0 };
    assert_false(flights_has(&flights, 7, 31));
    flights_remove(&flights, 7, 31);
    flights_add(&flights, 7, 31);
    flights_add(&flights, 7, 31);
    assert_true(flights_has(&flights, 7, 31));
    assert_false(flights_has(&flights, 7, 32));
    assert_false(flights_has(&flights, 8, 31));
    flights_remove(&flights, 7, 32);
    flights_remove(&flights, 7, 31);
    assert_false(flights_has(&flights, 7, 31));
    assert_int_equal(flights.count, 0);
    flights_clear(&flights);
}

enum { MANY = 5000 };

// A generator of numbers that are the same each time.
static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void it_is_right_however_they_come_and_go(void **state)
{
    (void)state;
    static bool there[MANY];
    struct flights flights = { .count = 0 };
    uint32_t seed = 1;
    size_t count = 0;
    for (int i = 0; i < 200000; i++) {
        uint32_t id = next(&seed) % MANY;
        if (there[id])
            flights_remove(&flights, 1 + id % 3, id);
        else
            flights_add(&flights, 1 + id % 3, id);
        there[id] = !there[id];
        count += there[id] ? 1 : (size_t)-1;
        assert_int_equal(flights.count, count);
    }
    for (uint32_t id = 0; id < MANY; id++)
        assert_int_equal(flights_has(&flights, 1 + id % 3, id), there[id]);
    flights_clear(&flights);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_under_way_is_known_until_he_is_back),
        cmocka_unit_test(it_is_right_however_they_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
