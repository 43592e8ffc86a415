// SPDX-License-Identifier: MIT

#include "storage/lmdb/txn.h"

#include "storage/lmdb/meta.h"

#include "place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void put(struct txn *txn, uint64_t number, const char *value)
{
    struct key key;
    key_one(&key, number);
    txn_put(txn, TABLE_WALKS, &key, (struct bytes){ value, strlen(value) });
}

static void put_some(struct env *env)
{
    struct txn txn;
    txn_begin_write(&txn, env);
    put(&txn, 1, "one");
    put(&txn, 256, "two");
    put(&txn, 65536, "three");
    assert_int_equal(txn_commit(&txn), STORE_OK);
}

static void what_was_put_is_got_and_counted(void **state)
{
    struct place *place = *state;
    struct txn reader = { .env = NULL };
    struct key key;
    struct bytes value;
    put_some(&place->env);
    txn_begin_read(&reader, &place->env);
    key_one(&key, 256);
    assert_true(txn_get(&reader, TABLE_WALKS, &key, &value));
    assert_memory_equal(value.at, "two", 3);
    assert_false(txn_get(&reader, TABLE_DUE, &key, &value));
    assert_true(txn_ok(&reader));
    assert_int_equal(txn_count(&reader, TABLE_WALKS), 3);
    txn_abort(&reader);
}

static void a_scan_goes_both_ways_in_order(void **state)
{
    struct place *place = *state;
    struct txn reader = { .env = NULL };
    struct key from;
    struct bytes key, value;
    put_some(&place->env);
    // Twice: a resting reader's cursors are used again.
    for (int i = 0; i < 2; i++) {
        txn_begin_read(&reader, &place->env);
        key_one(&from, 2);
        assert_true(txn_seek(&reader, TABLE_WALKS, &from, &key, &value));
        assert_int_equal(key_part(key, 0), 256);
        assert_true(txn_next(&reader, TABLE_WALKS, &key, &value));
        assert_int_equal(key_part(key, 0), 65536);
        assert_false(txn_next(&reader, TABLE_WALKS, &key, &value));
        key_start(&from);
        assert_true(txn_seek(&reader, TABLE_WALKS, &from, &key, &value));
        assert_int_equal(key_part(key, 0), 1);
        key_one(&from, 256);
        assert_true(txn_prev(&reader, TABLE_WALKS, &from, &key, &value));
        assert_int_equal(key_part(key, 0), 1);
        key_one(&from, UINT64_MAX);
        assert_true(txn_prev(&reader, TABLE_WALKS, &from, &key, &value));
        assert_int_equal(key_part(key, 0), 65536);
        key_one(&from, 1);
        assert_false(txn_prev(&reader, TABLE_WALKS, &from, &key, &value));
        assert_true(txn_ok(&reader));
        txn_rest(&reader);
    }
    txn_abort(&reader);
}

static void a_resting_reader_sees_what_came_later(void **state)
{
    struct place *place = *state;
    struct txn reader = { .env = NULL };
    txn_begin_read(&reader, &place->env);
    assert_int_equal(txn_count(&reader, TABLE_WALKS), 0);
    txn_rest(&reader);
    put_some(&place->env);
    txn_begin_read(&reader, &place->env);
    assert_int_equal(txn_count(&reader, TABLE_WALKS), 3);
    txn_abort(&reader);
}

static void after_a_failure_nothing_is_done(void **state)
{
    struct place *place = *state;
    struct txn txn;
    struct key key;
    struct bytes value;
    txn_begin_write(&txn, &place->env);
    put(&txn, 1, "one");
    txn_fail(&txn, STORE_CORRUPT);
    txn_fail(&txn, STORE_FULL);
    put(&txn, 2, "two");
    key_one(&key, 1);
    assert_false(txn_get(&txn, TABLE_WALKS, &key, &value));
    assert_false(txn_remove(&txn, TABLE_WALKS, &key));
    assert_int_equal(txn_commit(&txn), STORE_CORRUPT);
    txn_begin_write(&txn, &place->env);
    assert_int_equal(txn_count(&txn, TABLE_WALKS), 0);
    txn_abort(&txn);
    txn_abort(&txn);
}

static void a_full_map_is_told_and_leaves_what_was_there(void **state)
{
    static char large[60000];
    struct place *place = *state;
    struct txn txn;
    struct key key;
    put_some(&place->env);
    txn_begin_write(&txn, &place->env);
    for (uint64_t i = 0; i < 100; i++) {
        key_one(&key, i);
        txn_put(&txn, TABLE_BODIES, &key,
                (struct bytes){ large, sizeof large });
    }
    assert_int_equal(txn_commit(&txn), STORE_FULL);
    txn_begin_write(&txn, &place->env);
    put(&txn, 5, "five");
    assert_int_equal(txn_commit(&txn), STORE_OK);
    txn_begin_write(&txn, &place->env);
    assert_int_equal(txn_count(&txn, TABLE_WALKS), 4);
    assert_int_equal(txn_count(&txn, TABLE_BODIES), 0);
    txn_abort(&txn);
}

static void M17_only_a_copy_gets_another_epoch(void **state)
{
    struct place *place = *state;
    struct meta first, second;
    struct problem problem;
    assert_true(meta_open(&place->env, false, &first, &problem));
    uint64_t epoch = place->env.epoch;
    assert_true(epoch != 0 && epoch >> 48 == 0);
    assert_true(meta_open(&place->env, false, &second, &problem));
    assert_true(place->env.epoch == epoch);
    assert_memory_equal(first.secret_key, second.secret_key, META_KEY_SIZE);
    assert_true(meta_open(&place->env, true, &second, &problem));
    assert_true(place->env.epoch != epoch);
    assert_memory_equal(first.secret_key, second.secret_key, META_KEY_SIZE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_is_got_and_counted),
        TEST(a_scan_goes_both_ways_in_order),
        TEST(a_resting_reader_sees_what_came_later),
        TEST(after_a_failure_nothing_is_done),
        TEST(a_full_map_is_told_and_leaves_what_was_there),
        TEST(M17_only_a_copy_gets_another_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
