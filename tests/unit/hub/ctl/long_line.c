// SPDX-License-Identifier: MIT

#include "hub/ctl/long_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static FILE *file_of(const char *text, size_t len)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    rewind(file);
    return file;
}

static void lines_come_one_after_the_other(void **state)
{
    static const char text[] = "one\n\ntw\0o\nthree";
    FILE *file = file_of(text, sizeof text - 1);
    struct long_line line = { .max = 100 };
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } expected[] = {
        { "one\n", 4 }, { "\n", 1 }, { "tw\0o\n", 5 }, { "three", 5 }
    };
    for (size_t i = 0; i < 4; i++) {
        assert_true(long_line_next(&line, file));
        assert_int_equal(line.len, expected[i].len);
        assert_memory_equal(line.text, expected[i].text, line.len);
    }
    assert_false(long_line_next(&line, file));
    assert_false(line.too_long);
    assert_int_equal(line.error, 0);
    long_line_clear(&line);
    (void)fclose(file);
}

static void one_as_long_as_may_be_is_read_and_a_longer_one_is_not(void **state)
{
    enum { MAX = 10000 };
    static char text[MAX + 1];
    struct long_line line = { .max = MAX };
    (void)state;
    memset(text, 'x', sizeof text);
    FILE *file = file_of(text, MAX);
    assert_true(long_line_next(&line, file));
    assert_int_equal(line.len, MAX);
    (void)fclose(file);
    file = file_of(text, MAX + 1);
    assert_false(long_line_next(&line, file));
    assert_true(line.too_long);
    assert_true(line.room <= MAX);
    long_line_clear(&line);
    (void)fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_one_after_the_other),
        cmocka_unit_test(one_as_long_as_may_be_is_read_and_a_longer_one_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
