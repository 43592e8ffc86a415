// SPDX-License-Identifier: MIT

#include "hub/span.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void spans_have_units(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {
        { "90s", 90000 },     { "500ms", 500 },
        { "15m", 900000 },    { "2h", 7200000 },
        { "10d", 864000000 }, { "60", 60000 },
        { "0", 0 },           { "007s", 7000 },
        { "0d", 0 },          { "36525d", INT64_C(36525) * 86400000 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ms = -1;
        assert_true(span_read(good[i].text, &ms));
        assert_int_equal(ms, good[i].ms);
    }
}

static void what_is_no_span_is_refused(void **state)
{
    static const char *const bad[] = {
        "",    "s",   "-1s",    "1.5h", "1 h",
        "10y", "1hm", "36526d", "ten",  "99999999999999999999999999d",
        "+3s", " 3s", "3S",     "0x10", "18446744073709551617",
    };
    int64_t ms;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(span_read(bad[i], &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_have_units),
        cmocka_unit_test(what_is_no_span_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
