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

static void so_much_is_on_its_way_to_an_address(void **state)
{
    static const char what[4];
    struct crowd *crowd = crowd_new(8);
    uint8_t one[16], other[16];
    (void)state;

    network_of(1, one);
    network_of(2, other);
    struct crowd_member *me = crowd_join(crowd, one, 2);
    struct crowd_member *he = crowd_join(crowd, other, 2);
    assert_true(crowd_burden(crowd, me, &what[0], 60, 100));
    assert_true(crowd_burden(crowd, me, &what[1], 40, 100));
    assert_false(atomic_load(crowd_sated(me)));
    assert_false(crowd_burden(crowd, me, &what[2], 1, 100));
    assert_true(atomic_load(crowd_sated(me)));
    // It is no burden of the other's.
    assert_false(atomic_load(crowd_sated(he)));
    assert_true(crowd_burden(crowd, he, &what[2], 1, 100));

    crowd_relieve(crowd, me, &what[1]);
    assert_false(atomic_load(crowd_sated(me)));
    assert_true(crowd_burden(crowd, me, &what[2], 1, 100));
    assert_true(crowd_burden(crowd, me, &what[3], 1000, 0));
    crowd_relieve(crowd, me, &what[3]);
    crowd_relieve(crowd, me, &what[0]);
    crowd_relieve(crowd, me, &what[2]);
    crowd_relieve(crowd, he, &what[2]);
    crowd_leave(crowd, me);
    crowd_leave(crowd, he);
    crowd_free(crowd);
}

static void what_several_are_sent_burdens_once_until_the_last_has_it(
    void **state)
{
    static const char what[2];
    struct crowd *crowd = crowd_new(8);
    uint8_t one[16];
    (void)state;

    network_of(1, one);
    struct crowd_member *me = crowd_join(crowd, one, 1);
    for (int i = 0; i < 3; i++)
        assert_true(crowd_burden(crowd, me, &what[0], 60, 100));
    for (int i = 0; i < 3; i++) {
        assert_false(crowd_burden(crowd, me, &what[1], 60, 100));
        crowd_relieve(crowd, me, &what[0]);
    }
    assert_true(crowd_burden(crowd, me, &what[1], 60, 100));
    crowd_relieve(crowd, me, &what[1]);
    crowd_leave(crowd, me);
    crowd_free(crowd);
}

static void one_thing_may_be_on_its_way_however_large(void **state)
{
    static const char what[2];
    struct crowd *crowd = crowd_new(8);
    uint8_t one[16];
    (void)state;

    network_of(1, one);
    struct crowd_member *me = crowd_join(crowd, one, 1);
    assert_true(crowd_burden(crowd, me, &what[0], 1000, 100));
    assert_false(crowd_burden(crowd, me, &what[1], 1, 100));
    crowd_relieve(crowd, me, &what[0]);
    crowd_leave(crowd, me);
    crowd_free(crowd);
}

static void who_is_here_is_marked_until_all_have_left(void **state)
{
    struct crowd *crowd = crowd_new(8);
    uint8_t one[16];
    uint8_t other[16];
    (void)state;

    network_of(1, one);
    network_of(2, other);
    crowd_mark(crowd, one); // nobody
    struct crowd_member *first = crowd_join(crowd, one, 2);
    struct crowd_member *second = crowd_join(crowd, other, 2);
    assert_false(crowd_is_marked(first));
    crowd_mark(crowd, one);
    assert_true(crowd_is_marked(first));
    assert_ptr_equal(crowd_join(crowd, one, 2), first);
    assert_true(crowd_is_marked(first));
    assert_false(crowd_is_marked(second));

    crowd_leave(crowd, first);
    crowd_leave(crowd, first);
    first = crowd_join(crowd, one, 2);
    assert_false(crowd_is_marked(first));
    crowd_leave(crowd, first);
    crowd_leave(crowd, second);
    crowd_free(crowd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_of_an_address_may_join),
        cmocka_unit_test(nobody_joins_where_none_may),
        cmocka_unit_test(more_addresses_than_expected_find_room),
        cmocka_unit_test(so_much_is_on_its_way_to_an_address),
        cmocka_unit_test(
            what_several_are_sent_burdens_once_until_the_last_has_it),
        cmocka_unit_test(one_thing_may_be_on_its_way_however_large),
        cmocka_unit_test(who_is_here_is_marked_until_all_have_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
