// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/ctl/table.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct table_column columns[] = {
    { .title = "NAME" },
    { .title = "COUNT", .right = true },
    { .title = "TEXT", .wide = true },
};

// What is printed meanwhile, to be freed.
struct catching {
    FILE *file;
    int before;
};

static struct catching catch_output(void)
{
    struct catching catching = { .file = tmpfile() };
    assert_non_null(catching.file);
    fflush(stdout);
    catching.before = dup(STDOUT_FILENO);
    assert_true(dup2(fileno(catching.file), STDOUT_FILENO) >= 0);
    return catching;
}

static char *caught(struct catching *catching)
{
    char *text = calloc(1, 65536);
    assert_non_null(text);
    fflush(stdout);
    assert_true(dup2(catching->before, STDOUT_FILENO) >= 0);
    close(catching->before);
    rewind(catching->file);
    assert_true(fread(text, 1, 65535, catching->file) < 65535);
    fclose(catching->file);
    return text;
}

static void put(struct table *table, const char *name, int64_t count,
                const char *text)
{
    table_text(table, name);
    table_number(table, count);
    table_text(table, text);
}

static void assert_printed(struct catching *catching, const char *wanted)
{
    char *text = caught(catching);
    assert_string_equal(text, wanted);
    free(text);
}

static void columns_are_as_wide_as_what_is_in_them(void **state)
{
    (void)state;
    struct catching catching = catch_output();
    struct table *table = table_new(columns, 3);
    put(table, "a", 5, "x");
    put(table, "longer", 1234567, "yy");
    table_end(table);
    assert_printed(&catching, "NAME      COUNT  TEXT\n"
                              "a             5  x\n"
                              "longer  1234567  yy\n");
}

static void what_is_missing_shows_as_a_dash(void **state)
{
    (void)state;
    struct catching catching = catch_output();
    struct table *table = table_new(columns, 3);
    table_text(table, NULL);
    table_time(table, 0);
    table_text(table, "");
    table_end(table);
    assert_printed(&catching, "NAME  COUNT  TEXT\n"
                              "-         -  -\n");
}

static void no_row_prints_nothing(void **state)
{
    (void)state;
    struct catching catching = catch_output();
    table_end(table_new(columns, 3));
    table_end(NULL);
    assert_printed(&catching, "");
}

static void control_bytes_do_not_reach_the_terminal(void **state)
{
    (void)state;
    struct catching catching = catch_output();
    struct table *table = table_new(columns, 3);
    put(table, "a\033[2J", 1, "b\nc");
    table_end(table);
    assert_printed(&catching, "NAME   COUNT  TEXT\n"
                              "a?[2J      1  b?c\n");
}

static void rows_after_a_flush_keep_the_columns(void **state)
{
    (void)state;
    struct catching catching = catch_output();
    struct table *table = table_new(columns, 3);
    put(table, "abcdef", 1, "x");
    table_flush(table);
    put(table, "a", 22, "y");
    put(table, "abcdefgh", 3, "z");
    table_end(table);
    assert_printed(&catching, "NAME    COUNT  TEXT\n"
                              "abcdef      1  x\n"
                              "a          22  y\n"
                              "abcdefgh      3  z\n");
}

static void many_rows_are_printed_as_they_come(void **state)
{
    (void)state;
    struct catching catching = catch_output();
    struct table *table = table_new(columns, 3);
    for (int i = 0; i < 150; i++)
        put(table, "n", i, "t");
    // Nobody has ended it yet.
    char *text = caught(&catching);
    size_t lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 151);
    free(text);
    table_end(table);
}

static void nothing_is_cut_where_there_is_no_terminal(void **state)
{
    (void)state;
    struct catching catching = catch_output();
    struct table *table = table_new(columns, 3);
    char wide[301];
    memset(wide, 'w', 300);
    wide[300] = '\0';
    put(table, "n", 1, wide);
    table_end(table);
    char *text = caught(&catching);
    assert_non_null(strstr(text, wide));
    free(text);
}

static void states_have_colours_where_they_are_on(void **state)
{
    (void)state;
    assert_true(colour_setup("always"));
    struct catching catching = catch_output();
    struct table *table = table_new(columns, 1);
    table_state(table, "broken");
    table_end(table);
    assert_true(colour_setup("never"));
    assert_printed(&catching, "\033[1mNAME\033[0m\n"
                              "\033[31mbroken\033[0m\n");
    assert_false(colour_setup("red"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_as_wide_as_what_is_in_them),
        cmocka_unit_test(what_is_missing_shows_as_a_dash),
        cmocka_unit_test(no_row_prints_nothing),
        cmocka_unit_test(control_bytes_do_not_reach_the_terminal),
        cmocka_unit_test(rows_after_a_flush_keep_the_columns),
        cmocka_unit_test(many_rows_are_printed_as_they_come),
        cmocka_unit_test(nothing_is_cut_where_there_is_no_terminal),
        cmocka_unit_test(states_have_colours_where_they_are_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
