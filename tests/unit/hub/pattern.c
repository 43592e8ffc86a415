// SPDX-License-Identifier: MIT

#include "hub/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void a_prefix_is_normalised(void **state)
{
    static const struct {
        const char *text, *normal;
    } cases[] = {
        { "https://example.com/*", "https://example.com/" },
        { "HTTPS://Example.COM:443/News/*", "https://example.com/News/" },
        { "http://example.com/a%7Eb*", "http://example.com/a~b" },
        { "*", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pattern pattern;
        assert_null(
            pattern_read(cases[i].text, strlen(cases[i].text), &pattern));
        assert_string_equal(pattern.normal, cases[i].normal);
        assert_int_equal(pattern.len, strlen(cases[i].normal));
    }
}

static void it_reaches_at_least_over_one_origin(void **state)
{
    static const char *const texts[] = {
        "https://example.co*",
        "https://*",
        "https*",
        "**",
        "example.com/*",
        "https://example.com/",
        "https://example.com",
        "",
        "ftp://example.com/*",
        "https://user@example.com/*",
        "https://example.com:*",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct pattern pattern;
        assert_non_null(pattern_read(texts[i], strlen(texts[i]), &pattern));
    }
}

static void it_has_a_greatest_length(void **state)
{
    char text[PATTERN_MAX + 3];
    struct pattern pattern;
    (void)state;
    int len = snprintf(text, sizeof text, "https://example.com/");
    memset(text + len, 'a', sizeof text - (size_t)len);
    text[PATTERN_MAX] = '*';
    assert_null(pattern_read(text, PATTERN_MAX + 1, &pattern));
    assert_int_equal(pattern.len, PATTERN_MAX);
    text[PATTERN_MAX] = 'a';
    text[PATTERN_MAX + 1] = '*';
    assert_non_null(pattern_read(text, PATTERN_MAX + 2, &pattern));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_prefix_is_normalised),
        cmocka_unit_test(it_reaches_at_least_over_one_origin),
        cmocka_unit_test(it_has_a_greatest_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
