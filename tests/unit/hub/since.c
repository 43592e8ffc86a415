// SPDX-License-Identifier: MIT

#include "hub/since.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const int64_t now = 1700000000000;

static struct since good(const char *text)
{
    struct since since;
    const char *problem = since_read(text, now, &since);
    if (problem)
        fail_msg("%s: %s", text, problem);
    return since;
}

static void the_two_ends_have_names(void **state)
{
    (void)state;
    assert_int_equal(good("latest").kind, STORE_SINCE_LATEST);
    assert_int_equal(good("earliest").kind, STORE_SINCE_EARLIEST);
}

static void a_negative_number_counts_back(void **state)
{
    struct since since = good("-20");
    (void)state;
    assert_int_equal(since.kind, STORE_SINCE_LAST);
    assert_int_equal(since.value, 20);
    assert_int_equal(good("-1000").value, 1000);
    assert_non_null(since_read("-1001", now, &since));
    assert_non_null(since_read("-99999999999999999999999", now, &since));
}

static void a_time_may_be_told_or_counted_from_now(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t value;
    } cases[] = {
        { "2023-11-14T22:13:20Z", 1700000000000 },
        { "2023-11-14T22:13:20.125z", 1700000000125 },
        { "2023-11-14T23:13:20+01:00", 1700000000000 },
        { "10s", 1700000000000 - 10000 },
        { "2d", 1700000000000 - 2 * 86400000ULL },
        { "99999d", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct since since = good(cases[i].text);
        assert_int_equal(since.kind, STORE_SINCE_TIME);
        assert_int_equal(since.value, cases[i].value);
    }
}

static void anything_else_is_taken_for_a_cursor(void **state)
{
    static const char *const texts[] = {
        "AAAAAAAAAAAAAAAAAAAAAA",
        "-20aAAAAAAAAAAAAAAAAAA",
        "2023-11-14",
        "2023-11-14T22:13:20+1:00",
        "2023-11-14T22:13:20Zx",
        "10",
        "10y",
        "LATEST",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct since since = good(texts[i]);
        assert_int_equal(since.kind, STORE_SINCE_NUMBER);
        assert_string_equal(since.cursor, texts[i]);
    }
}

static void what_is_too_long_for_a_cursor_is_refused(void **state)
{
    struct since since;
    char text[100];
    (void)state;
    memset(text, 'A', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_non_null(since_read(text, now, &since));
    assert_non_null(since_read("", now, &since));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_two_ends_have_names),
        cmocka_unit_test(a_negative_number_counts_back),
        cmocka_unit_test(a_time_may_be_told_or_counted_from_now),
        cmocka_unit_test(anything_else_is_taken_for_a_cursor),
        cmocka_unit_test(what_is_too_long_for_a_cursor_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
