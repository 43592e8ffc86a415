// SPDX-License-Identifier: MIT

#include "hub/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool valid(const char *text)
{
    return utf8_valid(text, strlen(text));
}

static void text_of_all_lengths_is_valid(void **state)
{
    (void)state;
    assert_true(valid(""));
    assert_true(valid("a\x7F"));
    assert_true(valid("\xC2\x80\xDF\xBF"));
    assert_true(valid("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"));
    assert_true(valid("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"));
    assert_true(utf8_valid("a\0b", 3));
}

static void everything_else_is_not(void **state)
{
    static const char *const bad[] = {
        "\x80",
        "\xC0\x80",
        "\xC1\xBF",
        "\xC3",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xE2\x82",
        "\xE2\x82\x28",
        "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xF0\x90\x80",
        "\xFF",
        "a\xC3z",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(valid(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_all_lengths_is_valid),
        cmocka_unit_test(everything_else_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
