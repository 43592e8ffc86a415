// SPDX-License-Identifier: MIT

#include "hub/crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { MANY = 5000 };

static void network_of(unsigned number, uint8_t out[16])
{
    for (unsigned i = 0; i < 16; i++)
        out[i] = (uint8_t)(i < 4 ? number >> (8 * i) : 0);
}

static void so_many_of_an_address_may_join(void **state)
{
    struct crowd *crowd = crowd_new(8);
    uint8_t one[16];
    uint8_t other[16];
    (void)state;

    network_of(1, one);
    network_of(2, other);
    struct crowd_member *first = crowd_join(crowd, one, 2);
    assert_non_null(first);
    assert_ptr_equal(crowd_join(crowd, one, 2), first);
    assert_null(crowd_join(crowd, one, 2));
    struct crowd_member *second = crowd_join(crowd, other, 2);
    assert_non_null(second);

    crowd_leave(crowd, first);
    assert_ptr_equal(crowd_join(crowd, one, 2), first);
    crowd_leave(crowd, first);
    crowd_leave(crowd, first);
    crowd_leave(crowd, second);
    crowd_free(crowd);
}

static void nobody_joins_where_none_may(void **state)
{
    struct crowd *crowd = crowd_new(8);
    uint8_t one[16] = { 0 };
    (void)state;

    assert_null(crowd_join(crowd, one, 0));
    crowd_free(crowd);
    crowd_free(NULL);
}

static void more_addresses_than_expected_find_room(void **state)
{
    static struct crowd_member *members[MANY];
    struct crowd *crowd = crowd_new(1);
    uint8_t network[16];
    (void)state;

    for (unsigned i = 0; i < MANY; i++) {
        network_of(i, network);
        members[i] = crowd_join(crowd, network, 1);
        assert_non_null(members[i]);
    }
    for (unsigned i = 0; i < MANY; i++) {
        network_of(i, network);
        assert_null(crowd_join(crowd, network, 1));
    }
    for (unsigned i = 0; i < MANY; i++)
        crowd_leave(crowd, members[i]);
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_of_an_address_may_join),
        cmocka_unit_test(nobody_joins_where_none_may),
        cmocka_unit_test(more_addresses_than_expected_find_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
