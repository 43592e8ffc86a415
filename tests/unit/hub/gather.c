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
        assert_int_equal(gather_add(&gather, "ab", 2, 10000, 1), GATHER_OK);
    assert_int_equal(gather.len, 10000);
    assert_int_equal(strlen(gather.bytes), 10000);
    gather_clear(&gather);
    gather_clear(&gather);
}

static void more_than_the_ceiling_is_not_taken(void **state)
{
    struct gather gather = { 0 };
    (void)state;

    assert_int_equal(gather_add(&gather, "abc", 3, 4, 1), GATHER_OK);
    assert_int_equal(gather_add(&gather, "de", 2, 4, 1), GATHER_TOO_LONG);
    assert_int_equal(gather_add(&gather, "d", 1, 4, 1), GATHER_OK);
    assert_int_equal(gather_add(&gather, "", 0, 4, 1), GATHER_OK);
    assert_int_equal(gather_add(&gather, "e", 1, 3, 1), GATHER_TOO_LONG);
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
        assert_int_equal(gather_add(&many[i], piece, sizeof piece, LARGE, 1),
                         GATHER_OK);
    assert_int_equal(pool.held, GATHER_POOL_MAX);

    struct gather *last = &many[COUNT - 1];
    assert_int_equal(gather_add(last, piece, GATHER_SMALL - 1, LARGE, 1),
                     GATHER_OK);
    assert_int_equal(gather_add(last, piece, 1, LARGE, 1), GATHER_NO_MEMORY);
    gather_clear(&many[0]);
    assert_int_equal(gather_add(last, piece, 1, LARGE, 1), GATHER_OK);
    assert_int_equal(last->len, GATHER_SMALL);

    for (unsigned i = 0; i < COUNT; i++)
        gather_clear(&many[i]);
    assert_int_equal(pool.held, 0);
}

static void of_very_large_ones_there_are_few_and_one_of_each_sender(
    void **state)
{
    enum { MAX = 4 * GATHER_LARGE };
    static char piece[GATHER_LARGE + 1];
    static const char senders[GATHER_PLACES + 1];
    struct gather many[GATHER_PLACES + 1] = { { .bytes = NULL } };
    struct gather_pool pool = { 0 };
    (void)state;

    for (size_t i = 0; i <= GATHER_PLACES; i++) {
        many[i].pool = &pool;
        many[i].sender = &senders[i];
    }
    for (size_t i = 0; i < GATHER_PLACES; i++)
        assert_int_equal(gather_add(&many[i], piece, sizeof piece, MAX, 1),
                         GATHER_OK);
    assert_int_equal(pool.held, 0);
    assert_int_equal(
        gather_add(&many[GATHER_PLACES], piece, sizeof piece, MAX, 1),
        GATHER_NO_MEMORY);
    gather_clear(&many[0]);
    many[0].sender = &senders[1];
    assert_int_equal(gather_add(&many[0], piece, sizeof piece, MAX, 1),
                     GATHER_NO_MEMORY);
    // Who stands for many may have several.
    gather_clear(&many[2]);
    many[0].sender = many[2].sender = NULL;
    assert_int_equal(gather_add(&many[0], piece, sizeof piece, MAX, 1),
                     GATHER_OK);
    assert_int_equal(gather_add(&many[2], piece, sizeof piece, MAX, 1),
                     GATHER_OK);
    assert_int_equal(
        gather_add(&many[GATHER_PLACES], piece, sizeof piece, MAX, 1),
        GATHER_NO_MEMORY);
    // Who has a place may grow in it.
    assert_int_equal(gather_add(&many[1], piece, sizeof piece, MAX, 1),
                     GATHER_OK);
    for (size_t i = 0; i <= GATHER_PLACES; i++)
        gather_clear(&many[i]);
    for (size_t i = 0; i < GATHER_PLACES; i++)
        assert_null(pool.places[i]);
}

static void who_has_been_sending_for_long_makes_room(void **state)
{
    enum { MAX = 4 * GATHER_LARGE, LATER = 1 + GATHER_TURN_MS };
    static char piece[GATHER_LARGE + 1];
    static const char senders[GATHER_PLACES + 1];
    struct gather many[GATHER_PLACES + 1] = { { .bytes = NULL } };
    struct gather *last = &many[GATHER_PLACES];
    struct gather_pool pool = { 0 };
    (void)state;

    for (int i = 0; i <= GATHER_PLACES; i++) {
        many[i].pool = &pool;
        many[i].sender = &senders[i];
    }
    for (int i = 0; i < GATHER_PLACES; i++)
        assert_int_equal(
            gather_add(&many[i], piece, sizeof piece, MAX, 1 + (i + 1) % 4),
            GATHER_OK);
    // The last of these is the oldest, but in use.
    many[3].whole = true;
    assert_int_equal(gather_add(last, piece, sizeof piece, MAX, LATER),
                     GATHER_NO_MEMORY);
    assert_int_equal(gather_add(last, piece, sizeof piece, MAX, LATER + 1),
                     GATHER_OK);
    assert_true(many[0].displaced);
    assert_null(many[0].bytes);
    assert_int_equal(gather_add(&many[0], piece, 1, MAX, LATER + 1),
                     GATHER_NO_MEMORY);
    assert_int_equal(gather_add(&many[1], piece, 1, MAX, LATER + 1), GATHER_OK);
    assert_non_null(many[3].bytes);
    for (size_t i = 0; i <= GATHER_PLACES; i++)
        gather_clear(&many[i]);
    for (size_t i = 0; i < GATHER_PLACES; i++)
        assert_null(pool.places[i]);
}

static void what_grows_very_large_leaves_the_pool(void **state)
{
    static char piece[GATHER_LARGE];
    static const char sender;
    struct gather_pool pool = { 0 };
    struct gather gather = { .pool = &pool, .sender = &sender };
    (void)state;
    assert_int_equal(gather_add(&gather, piece, GATHER_LARGE - 1, SIZE_MAX, 1),
                     GATHER_OK);
    assert_int_equal(pool.held, GATHER_LARGE);
    assert_int_equal(gather_add(&gather, piece, 1, SIZE_MAX, 1), GATHER_OK);
    assert_int_equal(pool.held, 0);
    gather_clear(&gather);
    assert_int_equal(pool.held, 0);
    assert_null(pool.places[GATHER_PLACES - 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_put_together),
        cmocka_unit_test(more_than_the_ceiling_is_not_taken),
        cmocka_unit_test(large_ones_share_a_pool_and_small_ones_need_none),
        cmocka_unit_test(
            of_very_large_ones_there_are_few_and_one_of_each_sender),
        cmocka_unit_test(who_has_been_sending_for_long_makes_room),
        cmocka_unit_test(what_grows_very_large_leaves_the_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
