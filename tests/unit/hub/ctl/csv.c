// SPDX-License-Identifier: MIT

#include "hub/ctl/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct csv csv;
static char told[4096];

// "LINE:a|b|c;" for each record, "LINE!why;" for what is none.
static const char *read_bytes(const char *bytes, size_t len)
{
    const char *problem;
    size_t used = 0;
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    // fmemopen(3) takes no empty buffer.
    FILE *from = fmemopen(copy, len ? len : 1, "r");
    assert_non_null(from);
    if (len == 0)
        fseek(from, 0, SEEK_END);
    csv_open(&csv, from);
    told[0] = '\0';
    enum csv_answer got;
    while ((got = csv_next(&csv, &problem)) != CSV_END) {
        used += (size_t)snprintf(told + used, sizeof told - used, "%u%s",
                                 csv.line, got == CSV_BAD ? "!" : ":");
        for (size_t i = 0; got == CSV_RECORD && i < csv.count; i++)
            used += (size_t)snprintf(told + used, sizeof told - used, "%s%s",
                                     i > 0 ? "|" : "", csv.fields[i]);
        used += (size_t)snprintf(told + used, sizeof told - used, "%s;",
                                 got == CSV_BAD ? problem : "");
    }
    fclose(from);
    free(copy);
    return told;
}

static const char *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void lines_are_records(void **state)
{
    (void)state;
    assert_string_equal(read_text("a,b\nc\n"), "1:a|b;2:c;");
    assert_string_equal(read_text("a,b\r\nc"), "1:a|b;2:c;");
    assert_string_equal(read_text("a,,\n,b"), "1:a||;2:|b;");
    assert_string_equal(read_text(" a , b "), "1: a | b ;");
}

static void empty_lines_are_passed_over(void **state)
{
    (void)state;
    assert_string_equal(read_text(""), "");
    assert_string_equal(read_text("\n\r\n\n"), "");
    assert_string_equal(read_text("\n\na\n\n\nb\n\n"), "3:a;6:b;");
}

static void quotes_hold_anything(void **state)
{
    (void)state;
    assert_string_equal(read_text("\"a,\"\"b\"\"\",c\n"), "1:a,\"b\"|c;");
    assert_string_equal(read_text("\"a\nb\",c\nd"), "1:a\nb|c;3:d;");
    assert_string_equal(read_text("\"\",x"), "1:|x;");
    assert_string_equal(read_text("\"a\"\r\n\"b\"\n"), "1:a;2:b;");
}

static void a_byte_order_mark_is_no_text(void **state)
{
    (void)state;
    assert_string_equal(read_text("\xEF\xBB\xBFtopic,b"), "1:topic|b;");
    assert_string_equal(read_text("\xEF\xBB\xBF\"a\""), "1:a;");
}

static void what_is_broken_is_told_and_the_next_line_read(void **state)
{
    (void)state;
    assert_string_equal(read_text("a\"b,c\nd\n"),
                        "1!a quote is within a field;2:d;");
    assert_string_equal(read_text("\"a\"b,c\nd\n"),
                        "1!something follows a closing quote;2:d;");
    assert_string_equal(read_text("a\n\"b\nc\n"),
                        "1:a;2!a quote is not closed;");
    assert_string_equal(read_bytes("a\0b\nc", 5),
                        "1!there is a NUL byte in it;2:c;");
    assert_string_equal(read_text(",,,,,,,,,,,,,,,,\nb"),
                        "1!there are too many fields;2:b;");
}

static void a_record_has_a_ceiling(void **state)
{
    static char long_text[CSV_BYTES_MAX + 16];
    (void)state;
    memset(long_text, 'a', sizeof long_text - 1);
    memcpy(long_text + sizeof long_text - 3, "\nb", 2);
    assert_string_equal(read_text(long_text), "1!the record is too long;2:b;");
    long_text[0] = '"';
    assert_string_equal(read_text(long_text), "1!the record is too long;2:b;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_records),
        cmocka_unit_test(empty_lines_are_passed_over),
        cmocka_unit_test(quotes_hold_anything),
        cmocka_unit_test(a_byte_order_mark_is_no_text),
        cmocka_unit_test(what_is_broken_is_told_and_the_next_line_read),
        cmocka_unit_test(a_record_has_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
