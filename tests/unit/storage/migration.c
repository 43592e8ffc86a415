// SPDX-License-Identifier: MIT

#include "storage/lmdb/migration.h"

#include "place.h"
#include "storage/lmdb/meta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROWS = 5 };

// Pages that are left before the page after them fails.
static int pages_left;

static void set_format(struct env *env, uint64_t format)
{
    struct txn txn;
    txn_begin_write(&txn, env);
    meta_set_format(&txn, format);
    assert_int_equal(txn_commit(&txn), STORE_OK);
}

static uint64_t format_of(struct env *env)
{
    struct txn txn = { 0 };
    uint64_t format = 0;
    txn_begin_read(&txn, env);
    assert_true(meta_format(&txn, &format));
    txn_abort(&txn);
    return format;
}

// Rows that the steps of these tests rewrite: 1 becomes 2, then 3.
static void furnish(struct env *env)
{
    struct txn txn;
    txn_begin_write(&txn, env);
    for (uint64_t i = 0; i < ROWS; i++) {
        struct key key;
        key_one(&key, i);
        txn_put(&txn, TABLE_EVENTS, &key, (struct bytes){ "1", 1 });
    }
    assert_int_equal(txn_commit(&txn), STORE_OK);
}

// How many rows are 1, 2, 3 now.
static void expect_rows(struct env *env, int one, int two, int three)
{
    struct txn txn = { 0 };
    int count[3] = { 0 };
    txn_begin_read(&txn, env);
    for (uint64_t i = 0; i < ROWS; i++) {
        struct key key;
        struct bytes value;
        key_one(&key, i);
        assert_true(txn_get(&txn, TABLE_EVENTS, &key, &value));
        assert_in_range(value.at[0], '1', '3');
        count[value.at[0] - '1']++;
    }
    txn_abort(&txn);
    assert_int_equal(count[0], one);
    assert_int_equal(count[1], two);
    assert_int_equal(count[2], three);
}

// A row a page, each raised by one: done twice it would show.
static bool raise_row(struct txn *txn, struct key *place)
{
    struct bytes key, value;
    if (pages_left-- == 0) {
        txn_fail(txn, STORE_FULL);
        return true;
    }
    if (!txn_seek(txn, TABLE_EVENTS, place, &key, &value))
        return false;
    char raised = (char)(value.at[0] + 1);
    uint64_t row = key_part(key, 0);
    key_one(place, row);
    txn_put(txn, TABLE_EVENTS, place, (struct bytes){ &raised, 1 });
    key_one(place, row + 1);
    return true;
}

static const struct migration_step steps[] = {
    { .from = 1 },
    { .from = 2, .page = raise_row },
    { .from = 3, .page = raise_row },
};
enum { STEPS = sizeof steps / sizeof *steps, LAST = 4 };

static void a_store_is_taken_from_step_to_step(void **state)
{
    struct place *place = *state;
    struct problem problem = { "" };
    set_format(&place->env, 1);
    furnish(&place->env);
    pages_left = INT32_MAX;
    assert_true(migration_run(&place->env, steps, STEPS, &problem));
    assert_int_equal(format_of(&place->env), LAST);
    expect_rows(&place->env, 0, 0, ROWS);
}

static void what_is_newest_is_left_alone(void **state)
{
    struct place *place = *state;
    struct problem problem = { "" };
    set_format(&place->env, LAST);
    furnish(&place->env);
    pages_left = INT32_MAX;
    assert_true(migration_run(&place->env, steps, STEPS, &problem));
    expect_rows(&place->env, ROWS, 0, 0);
}

static void one_that_was_interrupted_goes_on_from_there(void **state)
{
    struct place *place = *state;
    struct problem problem = { "" };
    set_format(&place->env, 2);
    furnish(&place->env);
    pages_left = 3;
    assert_false(migration_run(&place->env, steps, STEPS, &problem));
    assert_non_null(strstr(problem.text, "format 3 of 2: full"));
    expect_rows(&place->env, ROWS - 3, 3, 0);
    // An older program does not take it for one of its own.
    assert_int_equal(format_of(&place->env), 3);
    pages_left = 1;
    assert_false(migration_run(&place->env, steps, STEPS, &problem));
    expect_rows(&place->env, ROWS - 4, 4, 0);
    pages_left = INT32_MAX;
    assert_true(migration_run(&place->env, steps, STEPS, &problem));
    expect_rows(&place->env, 0, 0, ROWS);
    assert_int_equal(format_of(&place->env), LAST);
}

// What a page has written comes with its place, or not at all.
static void a_page_that_fails_has_done_nothing(void **state)
{
    struct place *place = *state;
    struct problem problem = { "" };
    set_format(&place->env, 2);
    furnish(&place->env);
    pages_left = 0;
    assert_false(migration_run(&place->env, steps, STEPS, &problem));
    expect_rows(&place->env, ROWS, 0, 0);
    assert_int_equal(format_of(&place->env), 2);
}

static void there_is_a_step_for_each_older_format(void **state)
{
    size_t count;
    const struct migration_step *mine = migration_steps(&count);
    (void)state;
    assert_int_equal(count, META_FORMAT - 1);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(mine[i].from, i + 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_store_is_taken_from_step_to_step),
        TEST(what_is_newest_is_left_alone),
        TEST(one_that_was_interrupted_goes_on_from_there),
        TEST(a_page_that_fails_has_done_nothing),
        cmocka_unit_test(there_is_a_step_for_each_older_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
