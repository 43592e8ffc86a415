// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/date.h"

static const int64_t NOON = 1793620800; // 2026-11-02T12:00:00Z

static int64_t date(const char *text)
{
    int64_t out;
    return date_read(text, &out) ? out : -1;
}

static void dates_of_mail_are_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "Mon, 02 Nov 2026 12:00:00 GMT",
        "Mon, 02 Nov 2026 12:00:00 +0000",
        "Mon, 2 Nov 2026 12:00 UT",
        "2 Nov 26 13:00:00 +0100",
        "02 Nov 2026 07:00:00 EST",
        "Mon,02 Nov 2026 05:00:00 -07:00",
        "Monday, 2 November 2026 12:00:00 Z",
        "  Mon, 02 Nov 2026 12:00:00  GMT\n",
        "mon, 02 NOV 2026 12:00:00 gmt",
        "Tue, 02 Nov 2026 12:00:00", // the wrong day, and no zone
        "Mon Nov  2 12:00:00 2026",
        "Mon Nov  2 12:00:00 UTC 2026",
        "Nov 2, 2026 12:00 PM",
        "November 2, 2026, 12:00",
        "02-Nov-2026 12:00:00 GMT",
        "Mon, 02 Nov 2026 12:00:00.000 GMT",
        "Mon, 02 Nov 2026 14:00:00 GMT+0200",
        "Mon, 02 Nov 2026 13:00:00 CET",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(date(texts[i]), NOON);
    assert_int_equal(date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
    assert_int_equal(date("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
    assert_int_equal(date("1 Jan 1970 12:30 AM"), 1800);
}

static void dates_of_iso_8601_are_read(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "2026-11-02T12:00:00Z",       "2026-11-02T12:00:00.25Z",
        "2026-11-02t12:00:00z",       "2026-11-02T13:00:00+01:00",
        "2026-11-02T12:00:00+0000",   "2026-11-02T07:00:00-05",
        "2026-11-02 12:00:00",        "2026-11-02T12:00Z",
        "20261102T120000Z",           "2026-11-02T12:00:00 +00:00",
        " 2026-11-02T12:00:00Z \r\n", "2026-11-02T06:30:00-05:30",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(date(texts[i]), NOON);
    assert_int_equal(date("2026-11-02"), NOON - 43200);
    assert_int_equal(date("20261102"), NOON - 43200);
    assert_int_equal(date("2026-11"), NOON - 129600);
    assert_int_equal(date("1970"), 0);
    assert_int_equal(date("2000-02-29T00:00:00Z"), 951782400);
    assert_int_equal(date("1969-12-31T23:59:59Z"), -1);
}

static void what_is_no_date_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "yesterday",
        "12:00",
        "Mon, Nov 2026",
        "2026-13-01",
        "2026-11-32",
        "99 Nov 2026 12:00:00",
        "2 Nov 2026 25:00:00",
        "2 Nov 2026 12:61:00",
        "0000-01-01",
        "2026-11-02T12:00:00+99:00",
        "123456789012345678901234567890",
    };
    int64_t out;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(date_read(texts[i], &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_of_mail_are_read),
        cmocka_unit_test(dates_of_iso_8601_are_read),
        cmocka_unit_test(what_is_no_date_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
