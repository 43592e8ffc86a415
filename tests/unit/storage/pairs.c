// SPDX-License-Identifier: MIT

#include "storage/lmdb/pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 5000 };

static struct store_key key_of(uint64_t number)
{
    struct store_key key = { { 0 } };
    memcpy(key.bytes, &number, sizeof number);
    return key;
}

static void set(struct pairs *pairs, uint64_t pair, size_t count, uint64_t id)
{
    struct store_key topic = key_of(pair), callback = key_of(pair * 7);
    struct pending pending = { .count = count, .ids = { id } };
    assert_true(pairs_set(pairs, &topic, &callback, &pending));
}

static struct pending find(struct pairs *pairs, uint64_t pair)
{
    struct store_key topic = key_of(pair), callback = key_of(pair * 7);
    struct pending pending;
    pairs_find(pairs, &topic, &callback, &pending);
    return pending;
}

static void what_was_set_is_found_and_nothing_else(void **state)
{
    (void)state;
    struct pairs *pairs = pairs_new();
    for (uint64_t i = 0; i < MANY; i++)
        set(pairs, i, 1, i + 100);
    for (uint64_t i = 0; i < MANY; i++) {
        assert_int_equal(find(pairs, i).count, 1);
        assert_int_equal(find(pairs, i).ids[0], i + 100);
    }
    assert_int_equal(find(pairs, MANY + 1).count, 0);
    pairs_free(pairs);
}

static void the_order_of_topic_and_callback_counts(void **state)
{
    (void)state;
    struct pairs *pairs = pairs_new();
    struct store_key a = key_of(1), b = key_of(2);
    struct pending pending = { .count = 1, .ids = { 5 } };
    assert_true(pairs_set(pairs, &a, &b, &pending));
    pairs_find(pairs, &b, &a, &pending);
    assert_int_equal(pending.count, 0);
    pairs_free(pairs);
}

static void removing_some_leaves_the_others_where_they_are_found(void **state)
{
    (void)state;
    struct pairs *pairs = pairs_new();
    for (uint64_t i = 0; i < MANY; i++)
        set(pairs, i, 1, i);
    for (uint64_t i = 0; i < MANY; i += 3)
        set(pairs, i, 0, 0);
    for (uint64_t i = 0; i < MANY; i++)
        assert_int_equal(find(pairs, i).count, i % 3 == 0 ? 0 : 1);
    for (uint64_t i = 0; i < MANY; i++)
        set(pairs, i, 0, 0);
    for (uint64_t i = 0; i < MANY; i++)
        assert_int_equal(find(pairs, i).count, 0);
    pairs_free(pairs);
}

static void an_aborted_transaction_leaves_no_trace(void **state)
{
    (void)state;
    struct pairs *pairs = pairs_new();
    for (uint64_t i = 0; i < 100; i++)
        set(pairs, i, 1, i);
    pairs_commit(pairs);
    for (uint64_t i = 0; i < MANY; i++) {
        set(pairs, i, 1, i + 1000);
        set(pairs, i / 2, 0, 0);
        set(pairs, i / 2, 1, 77);
    }
    pairs_abort(pairs);
    for (uint64_t i = 0; i < 100; i++) {
        assert_int_equal(find(pairs, i).count, 1);
        assert_int_equal(find(pairs, i).ids[0], i);
    }
    for (uint64_t i = 100; i < MANY; i++)
        assert_int_equal(find(pairs, i).count, 0);
    pairs_free(pairs);
}

static void chance(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
}

static void it_agrees_with_a_plain_array_over_random_changes(void **state)
{
    (void)state;
    enum { KEYS = 300 };
    uint64_t now[KEYS] = { 0 }, committed[KEYS] = { 0 }, seed = 42;
    struct pairs *pairs = pairs_new();
    for (int step = 0; step < 200000; step++) {
        chance(&seed);
        uint64_t pair = seed % KEYS;
        uint64_t id = seed >> 32 & 3 ? seed >> 40 | 1 : 0;
        set(pairs, pair, id != 0, id);
        now[pair] = id;
        if (seed % 97 == 0) {
            pairs_commit(pairs);
            memcpy(committed, now, sizeof now);
        } else if (seed % 101 == 0) {
            pairs_abort(pairs);
            memcpy(now, committed, sizeof now);
        }
        assert_int_equal(find(pairs, pair).count, now[pair] != 0);
    }
    for (uint64_t i = 0; i < KEYS; i++)
        assert_int_equal(find(pairs, i).count ? find(pairs, i).ids[0] : 0,
                         now[i]);
    pairs_free(pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_set_is_found_and_nothing_else),
        cmocka_unit_test(the_order_of_topic_and_callback_counts),
        cmocka_unit_test(removing_some_leaves_the_others_where_they_are_found),
        cmocka_unit_test(an_aborted_transaction_leaves_no_trace),
        cmocka_unit_test(it_agrees_with_a_plain_array_over_random_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
