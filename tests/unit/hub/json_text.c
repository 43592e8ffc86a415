// SPDX-License-Identifier: MIT

#include "hub/json_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_text(const char *from, size_t len, const char *wanted)
{
    json_t *json = json_text((struct bytes){ from, len });
    assert_non_null(json);
    assert_string_equal(json_string_value(json), wanted);
    json_decref(json);
}

static void utf8_stays_as_it_is(void **state)
{
    (void)state;
    assert_text("text/html", 9, "text/html");
    assert_text("\xC3\xA9", 2, "\xC3\xA9");
}

static void other_bytes_are_replaced_one_by_one(void **state)
{
    (void)state;
    assert_text("\"\xFF\x9B\"", 4, "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    assert_text("a\xC3", 2, "a\xEF\xBF\xBD");
    assert_text("\xE9t\xC3\xA9", 4, "\xEF\xBF\xBDt\xC3\xA9");
}

static void nothing_is_null(void **state)
{
    (void)state;
    json_t *json = json_text((struct bytes){ "", 0 });
    assert_true(json_is_null(json));
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_stays_as_it_is),
        cmocka_unit_test(other_bytes_are_replaced_one_by_one),
        cmocka_unit_test(nothing_is_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
