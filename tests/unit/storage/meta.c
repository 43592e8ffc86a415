// SPDX-License-Identifier: MIT

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

enum { NEWEST = 7 };

static void format_key(struct key *key)
{
    key_start(key);
    key_text(key, (struct bytes){ "format", 6 });
}

static void put_format(struct env *env, uint64_t format)
{
    uint8_t buffer[8];
    struct writer writer;
    struct key key;
    struct txn txn;
    writer_init(&writer, buffer, sizeof buffer);
    write_u64(&writer, format);
    format_key(&key);
    txn_begin_write(&txn, env);
    txn_put(&txn, TABLE_META, &key, writer_bytes(&writer));
    assert_int_equal(txn_commit(&txn), STORE_OK);
}

static uint64_t get_format(struct env *env)
{
    struct txn reader = { .env = NULL };
    struct reader bytes;
    struct key key;
    struct bytes value;
    format_key(&key);
    txn_begin_read(&reader, env);
    assert_true(txn_get(&reader, TABLE_META, &key, &value));
    reader_init(&bytes, value);
    uint64_t format = read_u64(&bytes);
    assert_true(reader_done(&bytes));
    txn_abort(&reader);
    return format;
}

static void a_new_store_has_the_newest_format(void **state)
{
    struct place *place = *state;
    struct problem problem;
    struct meta meta;
    assert_true(meta_open(&place->env, false, &meta, &problem));
    assert_int_equal(get_format(&place->env), NEWEST);
}

static void an_older_store_is_taken_over(void **state)
{
    struct place *place = *state;
    struct problem problem;
    struct meta first, again;
    assert_true(meta_open(&place->env, false, &first, &problem));
    uint64_t epoch = place->env.epoch;
    for (uint64_t format = 1; format < NEWEST; format++) {
        put_format(&place->env, format);
        assert_true(meta_open(&place->env, false, &again, &problem));
        assert_memory_equal(first.secret_key, again.secret_key, META_KEY_SIZE);
        assert_true(place->env.epoch == epoch);
        assert_int_equal(get_format(&place->env), NEWEST);
    }
}

static void a_newer_store_is_refused_in_words(void **state)
{
    struct place *place = *state;
    struct problem problem = { "" };
    struct meta meta;
    assert_true(meta_open(&place->env, false, &meta, &problem));
    put_format(&place->env, NEWEST + 1);
    assert_false(meta_open(&place->env, false, &meta, &problem));
    assert_non_null(strstr(problem.text, "newer"));
    assert_int_equal(get_format(&place->env), NEWEST + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_store_has_the_newest_format),
        TEST(an_older_store_is_taken_over),
        TEST(a_newer_store_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
