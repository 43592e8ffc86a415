// SPDX-License-Identifier: MIT

#include "hub/slab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 10000, SIZE = 80 };

static int owner;
static unsigned char *things[MANY];
static unsigned visits;

static void visit(void *thing)
{
    const unsigned char *bytes = thing;
    assert_int_equal(bytes[0], 0x5a);
    visits++;
}

static void visit_and_give(void *thing)
{
    visit(thing);
    slab_give(thing);
}

static void things_are_zero_apart_and_know_their_owner(void **state)
{
    struct slab *slab = slab_new(SIZE, &owner);
    (void)state;

    assert_non_null(slab);
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < MANY; i++) {
            things[i] = slab_take(slab);
            assert_non_null(things[i]);
            for (unsigned at = 0; at < SIZE; at++)
                assert_int_equal(things[i][at], 0);
            memset(things[i], 0x5a, SIZE);
            assert_ptr_equal(slab_owner(things[i]), &owner);
        }
        for (unsigned i = 0; i < MANY; i++) {
            for (unsigned at = 0; at < SIZE; at++)
                assert_int_equal(things[i][at], 0x5a);
            slab_give(things[i]);
        }
    }
    slab_free(slab);
}

static void each_is_visited_once_and_may_be_given_back(void **state)
{
    struct slab *slab = slab_new(SIZE, &owner);
    (void)state;

    assert_non_null(slab);
    visits = 0;
    slab_each(slab, visit);
    assert_int_equal(visits, 0);
    for (unsigned i = 0; i < MANY; i++) {
        things[i] = slab_take(slab);
        assert_non_null(things[i]);
        things[i][0] = 0x5a;
    }
    // Every third leaves, so that no block is full.
    for (unsigned i = 0; i < MANY; i += 3)
        slab_give(things[i]);
    slab_each(slab, visit);
    assert_int_equal(visits, MANY - (MANY + 2) / 3);
    visits = 0;
    slab_each(slab, visit_and_give);
    assert_int_equal(visits, MANY - (MANY + 2) / 3);
    visits = 0;
    slab_each(slab, visit);
    assert_int_equal(visits, 0);
    slab_free(slab);
}

static void what_is_given_back_is_used_again_first(void **state)
{
    struct slab *slab = slab_new(SIZE, &owner);
    (void)state;

    assert_non_null(slab);
    for (unsigned i = 0; i < MANY; i++)
        things[i] = slab_take(slab);
    void *gap = things[MANY / 2];
    slab_give(gap);
    assert_ptr_equal(slab_take(slab), gap);
    for (unsigned i = 0; i < MANY; i++)
        slab_give(things[i]);
    slab_free(slab);
    slab_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(things_are_zero_apart_and_know_their_owner),
        cmocka_unit_test(each_is_visited_once_and_may_be_given_back),
        cmocka_unit_test(what_is_given_back_is_used_again_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
