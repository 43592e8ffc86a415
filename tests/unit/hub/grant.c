// SPDX-License-Identifier: MIT

#include "hub/grant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool covers(const char *patterns, const char *url)
{
    struct bytes lines = { patterns, strlen(patterns) };
    struct grant *grant = grant_new(lines);
    assert_non_null(grant);
    bool answer = grant_covers(grant, url, strlen(url));
    grant_free(grant);
    return answer;
}

static bool covers_all(const char *patterns, const char *prefix)
{
    struct bytes lines = { patterns, strlen(patterns) };
    struct grant *grant = grant_new(lines);
    assert_non_null(grant);
    bool answer = grant_covers_all(grant, prefix, strlen(prefix));
    grant_free(grant);
    return answer;
}

static void a_url_is_itself_and_nothing_that_begins_so(void **state)
{
    assert_true(covers("https://a.test/feed", "https://a.test/feed"));
    assert_false(covers("https://a.test/feed", "https://a.test/feed2"));
    assert_false(covers("https://a.test/feed", "https://a.test/fee"));
    assert_false(covers("https://a.test/feed", "http://a.test/feed"));
    (void)state;
}

static void patterns_are_compared_as_normalised(void **state)
{
    assert_true(covers("HTTPS://A.test:443/%7Eb", "https://a.test/~b"));
    assert_true(covers("https://a.test", "https://a.test/"));
    assert_true(covers("HTTPS://A.test:443/%7E*", "https://a.test/~b/c"));
    (void)state;
}

static void a_prefix_never_reaches_another_host(void **state)
{
    assert_true(covers("https://a.test/*", "https://a.test/x/y?z"));
    assert_false(covers("https://a.test/*", "https://a.test.evil.test/x"));
    assert_false(covers("https://a.test/*", "https://a.test:8443/x"));
    assert_false(covers("https://a.test/*", "http://a.test/x"));
    // Without the slash it is no pattern at all.
    assert_false(covers("https://a.test*", "https://a.test.evil.test/x"));
    assert_false(covers("https://a.test*", "https://a.test/x"));
    assert_false(covers("https://*", "https://a.test/x"));
    assert_false(covers("http*", "https://a.test/x"));
    (void)state;
}

static void what_leads_out_of_a_path_is_not_below_it(void **state)
{
    static const char in[] = "https://a.test/in/*";
    assert_true(covers(in, "https://a.test/in/x"));
    assert_true(covers(in, "https://a.test/in/..x/...?/../"));
    assert_false(covers(in, "https://a.test/in/../out"));
    assert_false(covers(in, "https://a.test/in/x/.."));
    assert_false(covers(in, "https://a.test/in/./x"));
    assert_false(covers(in, "https://a.test/in/..%2Fout"));
    assert_false(covers(in, "https://a.test/in/..%5Cout"));
    assert_false(covers(in, "https://a.test/in/..;/out"));
    // Who may read everything may read that too.
    assert_true(covers("*", "https://a.test/in/../out"));
    (void)state;
}

static void a_prefix_is_covered_by_a_shorter_one(void **state)
{
    assert_true(covers_all("https://a.test/x/*", "https://a.test/x/"));
    assert_true(covers_all("https://a.test/x/*", "https://a.test/x/y"));
    assert_false(covers_all("https://a.test/x/*", "https://a.test/"));
    assert_false(covers_all("https://a.test/x/*", ""));
    assert_false(covers_all("https://a.test/x", "https://a.test/x"));
    assert_true(covers_all("*", ""));
    assert_true(covers_all("*", "https://a.test/"));
    assert_false(covers_all("https://a.test/*", "https://a.test"));
    assert_false(covers_all("https://a.test/x/*", "https://a.test/x/../"));
    (void)state;
}

static void any_of_several_lines_will_do(void **state)
{
    static const char lines[] = "https://a.test/1\n\nnonsense\n"
                                "https://b.test/*\nhttps://c.test/";
    assert_true(covers(lines, "https://a.test/1"));
    assert_true(covers(lines, "https://b.test/z"));
    assert_true(covers(lines, "https://c.test/"));
    assert_false(covers(lines, "https://d.test/"));
    assert_false(covers("", "https://d.test/"));
    (void)state;
}

static void more_lines_than_allowed_grant_nothing_more(void **state)
{
    char lines[GRANT_PATTERNS_MAX * 16 + 64];
    size_t len = 0;
    for (int i = 0; i < GRANT_PATTERNS_MAX; i++)
        len += (size_t)snprintf(lines + len, sizeof lines - len,
                                "http://a/%d\n", i);
    (void)snprintf(lines + len, sizeof lines - len, "http://b/");
    assert_true(covers(lines, "http://a/127"));
    assert_false(covers(lines, "http://b/"));
    (void)state;
}

static void what_is_wrong_is_told(void **state)
{
    struct url url;
    bool prefix;
    assert_null(grant_check("*", 1, &url, &prefix));
    assert_true(prefix);
    assert_string_equal(url.normal, "");
    assert_null(grant_check("http://A.test/b*", 16, &url, &prefix));
    assert_string_equal(url.normal, "http://a.test/b");
    assert_string_equal(
        grant_check("http://a.test*", 14, &url, &prefix),
        "must reach to the slash behind the host before its \"*\"");
    assert_non_null(grant_check("", 0, &url, &prefix));
    assert_non_null(grant_check("ftp://a.test/", 13, &url, &prefix));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_itself_and_nothing_that_begins_so),
        cmocka_unit_test(patterns_are_compared_as_normalised),
        cmocka_unit_test(a_prefix_never_reaches_another_host),
        cmocka_unit_test(what_leads_out_of_a_path_is_not_below_it),
        cmocka_unit_test(a_prefix_is_covered_by_a_shorter_one),
        cmocka_unit_test(any_of_several_lines_will_do),
        cmocka_unit_test(more_lines_than_allowed_grant_nothing_more),
        cmocka_unit_test(what_is_wrong_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
