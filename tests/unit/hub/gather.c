// SPDX-License-Identifier: MIT

#include "hub/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void pieces_are_put_together(void **state)
{
    struct gather gather = { 0 };
    (void)state;

    assert_null(gather.bytes);
    for (unsigned i = 0; i < 5000; i++)
        assert_int_equal(gather_add(&gather, "ab", 2, 10000), GATHER_OK);
    assert_int_equal(gather.len, 10000);
    assert_int_equal(strlen(gather.bytes), 10000);
    gather_clear(&gather);
    gather_clear(&gather);
}

static void more_than_the_ceiling_is_not_taken(void **state)
{
    struct gather gather = { 0 };
    (void)state;

    assert_int_equal(gather_add(&gather, "abc", 3, 4), GATHER_OK);
    assert_int_equal(gather_add(&gather, "de", 2, 4), GATHER_TOO_LONG);
    assert_int_equal(gather_add(&gather, "d", 1, 4), GATHER_OK);
    assert_int_equal(gather_add(&gather, "", 0, 4), GATHER_OK);
    assert_int_equal(gather_add(&gather, "e", 1, 3), GATHER_TOO_LONG);
    assert_string_equal(gather.bytes, "abcd");
    gather_clear(&gather);
}

static void large_ones_share_a_pool_and_small_ones_need_none(void **state)
{
    enum { LARGE = 1024 * 1024, COUNT = GATHER_POOL_MAX / LARGE + 1 };
    static char piece[LARGE - 1];
    static struct gather many[COUNT];
    struct gather_pool pool = { 0 };
    (void)state;

    for (unsigned i = 0; i < COUNT; i++)
        many[i].pool = &pool;
    for (unsigned i = 0; i < COUNT - 1; i++)
        assert_int_equal(gather_add(&many[i], piece, sizeof piece, LARGE),
                         GATHER_OK);
    assert_int_equal(pool.held, GATHER_POOL_MAX);

    struct gather *last = &many[COUNT - 1];
    assert_int_equal(gather_add(last, piece, GATHER_SMALL - 1, LARGE),
                     GATHER_OK);
    assert_int_equal(gather_add(last, piece, 1, LARGE), GATHER_NO_MEMORY);
    gather_clear(&many[0]);
    assert_int_equal(gather_add(last, piece, 1, LARGE), GATHER_OK);
    assert_int_equal(last->len, GATHER_SMALL);

    for (unsigned i = 0; i < COUNT; i++)
        gather_clear(&many[i]);
    assert_int_equal(pool.held, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_put_together),
        cmocka_unit_test(more_than_the_ceiling_is_not_taken),
        cmocka_unit_test(large_ones_share_a_pool_and_small_ones_need_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
