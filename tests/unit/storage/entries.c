// SPDX-License-Identifier: MIT

#include "storage/lmdb/entries.h"

#include "place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TOPIC = 7, RECORD = 64, MANY = 10 * RECORD };

static void fill(struct store_entry *entries, uint32_t first, size_t count)
{
    memset(entries, 0, count * sizeof *entries);
    for (size_t i = 0; i < count; i++)
        entries[i].seen = first + (uint32_t)i;
}

static void save(struct place *place, const struct store_entry *entries,
                 size_t count)
{
    struct txn txn;
    struct engine_context context = { .txn = &txn };
    txn_begin_write(&txn, &place->env);
    entries_save(&context, TOPIC, entries, count);
    assert_int_equal(txn_commit(&txn), STORE_OK);
}

static void expect(struct place *place, const struct store_entry *entries,
                   size_t count)
{
    struct txn reader = { .env = NULL };
    struct engine_context context = { .txn = &reader };
    struct store_read_entries op = { .topic = TOPIC };
    txn_begin_read(&reader, &place->env);
    assert_int_equal(op_read_entries(&context, &op), STORE_OK);
    assert_int_equal(op.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(op.items[i].seen, entries[i].seen);
    arena_clear(&context.results);
    txn_abort(&reader);
}

// The record of this number; false: there is none.
static bool record_at(struct place *place, uint32_t number, uint8_t *first)
{
    struct txn reader = { .env = NULL };
    struct key key;
    struct bytes record;
    txn_begin_read(&reader, &place->env);
    key_one(&key, TOPIC);
    key_u32(&key, number);
    bool found = txn_get(&reader, TABLE_ENTRIES, &key, &record);
    if (found) // its first entry's day: behind version, two hashes and seq
        *first = (uint8_t)record.at[1 + 16 + 16 + 8];
    txn_abort(&reader);
    return found;
}

static void what_comes_in_front_moves_no_other_record(void **state)
{
    struct place *place = *state;
    static struct store_entry entries[MANY + 1];
    uint8_t first;
    fill(entries, 0, MANY + 1);
    save(place, entries + 1, MANY);
    for (uint32_t i = 0; i < 10; i++) {
        assert_true(record_at(place, UINT32_MAX - i, &first));
        assert_int_equal(first, (uint8_t)(1 + (9 - i) * RECORD));
    }
    assert_false(record_at(place, UINT32_MAX - 10, &first));
    save(place, entries, MANY + 1);
    expect(place, entries, MANY + 1);
    for (uint32_t i = 0; i < 10; i++) {
        assert_true(record_at(place, UINT32_MAX - i, &first));
        assert_int_equal(first, (uint8_t)(1 + (9 - i) * RECORD));
    }
    assert_true(record_at(place, UINT32_MAX - 10, &first));
    assert_int_equal(first, 0);
}

static void a_shorter_list_leaves_nothing_behind(void **state)
{
    struct place *place = *state;
    static struct store_entry entries[MANY];
    static const size_t counts[] = { MANY, RECORD + 1, RECORD, 1, MANY, 0 };
    fill(entries, 5, MANY);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        save(place, entries, counts[i]);
        expect(place, entries, counts[i]);
    }
}

// As formats 1 to 3 wrote them: numbered from 0, the last one with fewer.
static void put_old(struct place *place, uint32_t number,
                    const struct store_entry *entries, size_t count)
{
    uint8_t buffer[1 + RECORD * 44];
    struct writer writer;
    struct txn txn;
    struct key key;
    writer_init(&writer, buffer, sizeof buffer);
    write_u8(&writer, 1);
    for (size_t i = 0; i < count; i++) {
        write_raw(&writer, entries[i].id, 16);
        write_raw(&writer, entries[i].content, 16);
        write_u64(&writer, entries[i].seq);
        write_u32(&writer, entries[i].seen);
    }
    key_one(&key, TOPIC);
    key_u32(&key, number);
    txn_begin_write(&txn, &place->env);
    txn_put(&txn, TABLE_ENTRIES, &key, writer_bytes(&writer));
    assert_int_equal(txn_commit(&txn), STORE_OK);
}

static void records_of_older_formats_are_read_and_replaced(void **state)
{
    struct place *place = *state;
    struct store_entry entries[RECORD + 3];
    uint8_t first;
    fill(entries, 9, RECORD + 3);
    put_old(place, 0, entries, RECORD);
    put_old(place, 1, entries + RECORD, 3);
    expect(place, entries, RECORD + 3);
    save(place, entries, RECORD + 3);
    expect(place, entries, RECORD + 3);
    assert_false(record_at(place, 0, &first));
    assert_false(record_at(place, 1, &first));
}

static void a_topic_is_forgotten_in_pages(void **state)
{
    struct place *place = *state;
    static struct store_entry entries[MANY];
    struct txn txn;
    fill(entries, 0, MANY);
    save(place, entries, MANY);
    txn_begin_write(&txn, &place->env);
    assert_int_equal(entries_remove(&txn, TOPIC + 1, 4), 0);
    assert_int_equal(entries_remove(&txn, TOPIC, 4), 4);
    assert_int_equal(entries_remove(&txn, TOPIC, 100), 6);
    assert_int_equal(txn_commit(&txn), STORE_OK);
    expect(place, NULL, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_comes_in_front_moves_no_other_record),
        TEST(a_shorter_list_leaves_nothing_behind),
        TEST(records_of_older_formats_are_read_and_replaced),
        TEST(a_topic_is_forgotten_in_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
