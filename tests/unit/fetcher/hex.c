// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fetcher/hex.h"

static void digits_are_told_from_all_else(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdef", upper[] = "ABCDEF";
    for (int i = 0; i < 16; i++)
        assert_int_equal(hex_digit(digits[i]), i);
    for (int i = 0; i < 6; i++)
        assert_int_equal(hex_digit(upper[i]), 10 + i);
    for (int c = -128; c < 128; c++) {
        bool digit = c != 0
                     && (strchr(digits, (char)c) != NULL
                         || strchr(upper, (char)c) != NULL);
        assert_int_equal(hex_digit((char)c) >= 0, digit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_told_from_all_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
