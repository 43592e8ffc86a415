// SPDX-License-Identifier: MIT

#include "hub/ctl/gathered.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void pieces_become_one_text(void **state)
{
    (void)state;
    struct gathered all = { 0 };
    assert_true(gathered_add(&all, "one ", 4, 100));
    assert_true(gathered_add(&all, NULL, 0, 100));
    assert_true(gathered_add(&all, "two", 3, 100));
    assert_string_equal(all.text, "one two");
    assert_int_equal(all.len, 7);
    free(all.text);
}

static void it_grows_as_long_as_it_may(void **state)
{
    (void)state;
    struct gathered all = { 0 };
    char piece[1000];
    memset(piece, 'x', sizeof piece);
    for (size_t i = 0; i < 100; i++)
        assert_true(gathered_add(&all, piece, sizeof piece, 100000));
    assert_int_equal(all.len, 100000);
    assert_int_equal(strlen(all.text), 100000);
    free(all.text);
}

static void more_than_the_ceiling_changes_nothing(void **state)
{
    (void)state;
    struct gathered all = { 0 };
    assert_false(gathered_add(&all, "12345", 5, 4));
    assert_null(all.text);
    assert_true(gathered_add(&all, "1234", 4, 4));
    assert_false(gathered_add(&all, "5", 1, 4));
    assert_false(gathered_add(&all, "5", SIZE_MAX, 4));
    assert_string_equal(all.text, "1234");
    free(all.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_become_one_text),
        cmocka_unit_test(it_grows_as_long_as_it_may),
        cmocka_unit_test(more_than_the_ceiling_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
