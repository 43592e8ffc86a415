// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "fetcher/noise.h"
#include "fetcher/noise_list.h"

#define SLASH "http://purl.org/rss/1.0/modules/slash/"
#define THR   "http://purl.org/syndication/thread/1.0"
#define WFW   "http://wellformedweb.org/CommentAPI/"

static bool is_parameter(const struct noise *noise, const char *name)
{
    return noise_is_parameter(noise, name, strlen(name));
}

static bool is_image(const struct noise *noise, const char *address)
{
    return noise_is_image(noise, address, strlen(address));
}

static bool is_link(const struct noise *noise, const char *address)
{
    return noise_is_link(noise, address, strlen(address));
}

static void counts_of_comments_and_views_are_noise(void **state)
{
    (void)state;
    const struct noise *noise = noise_default();
    assert_true(noise_is_element(noise, SLASH, "comments"));
    assert_true(noise_is_element(noise, THR, "total"));
    assert_true(noise_is_attribute(noise, THR, "count"));
    assert_true(noise_is_attribute(noise, THR, "updated"));
    assert_true(
        noise_is_element(noise, "http://search.yahoo.com/mrss/", "community"));
    assert_false(noise_is_element(noise, SLASH, "section"));
    assert_false(noise_is_element(noise, "", "total"));
    assert_false(noise_is_element(noise, WFW, "commentRss"));
    assert_false(noise_is_element(noise, WFW, "comment"));
    assert_false(
        noise_is_element(noise, "com-wordpress:feed-additions:1", "post-id"));
    assert_false(noise_is_attribute(noise, "", "count"));
}

static void parameters_that_track_are_noise(void **state)
{
    (void)state;
    const struct noise *noise = noise_default();
    static const char *const yes[] = {
        "utm_source", "utm_",      "fbclid",           "gclid",    "mc_cid",
        "mc_eid",     "at_medium", "at_campaign_type", "wt.mc_id", "xtor"
    };
    static const char *const no[] = { "utm",  "id",     "p",     "UTM_SOURCE",
                                      "page", "gclids", "mc_ci", "" };
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(is_parameter(noise, yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(is_parameter(noise, no[i]));
}

static void images_that_count_are_noise(void **state)
{
    (void)state;
    const struct noise *noise = noise_default();
    static const char *const yes[] = {
        "http://feeds.feedburner.com/~r/blog/~4/x",
        "//feeds.feedburner.com/~ff/blog?d=1",
        "https://feeds.wordpress.com/1.0/comments/x/",
        "HTTPS://Stats.WordPress.com/b.gif?host=x",
        "https://pixel.wp.com/b.gif",
        "http://ad.doubleclick.net/x",
        "http://a.b.doubleclick.net:8080/x",
        "http://rss.feedsportal.com/c/1",
    };
    static const char *const no[] = {
        "https://example.com/pixel.wp.com/",
        "https://notpixel.wp.com/x",
        "https://pixel.wp.com.example/x",
        "http://doubleclick.net/x",
        "http://evildoubleclick.net/x",
        "https://stats.wordpress.com/c.gif",
        "/b.gif",
        "pixel.wp.com/b.gif",
        "ftp://pixel.wp.com/b.gif",
        "",
        "http:",
        "//",
    };
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        assert_true(is_image(noise, yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        assert_false(is_image(noise, no[i]));
    assert_true(noise_has_pixels(noise));
    assert_true(is_link(noise, "http://feeds.feedburner.com/~ff/x?a=1"));
    assert_false(is_link(noise, "http://feeds.feedburner.com/~r/x/~3/1/"));
}

static void an_operator_adds_rules_or_begins_from_nothing(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "element  http://x.example/ score",
        "attribute - data-seen",
        "parameter session*",
        "image *.Counter.example/",
        "link go.example/out",
        "element - views",
    };
    enum { COUNT = sizeof rules / sizeof rules[0] };
    const char *problem;
    for (int with = 0; with < 2; with++) {
        struct noise *noise = noise_new(rules, COUNT, with == 1, &problem);
        assert_non_null(noise);
        assert_true(noise_is_element(noise, "http://x.example/", "score"));
        assert_true(noise_is_element(noise, "", "views"));
        assert_true(noise_is_attribute(noise, "", "data-seen"));
        assert_true(is_parameter(noise, "session_id"));
        assert_true(is_image(noise, "https://a.counter.example/1"));
        assert_true(is_link(noise, "https://go.example/out?x"));
        assert_int_equal(noise_is_element(noise, SLASH, "comments"), with);
        assert_int_equal(is_parameter(noise, "utm_id"), with);
        assert_int_equal(noise_has_pixels(noise), with);
        noise_free(noise);
    }
    struct noise *none = noise_new(NULL, 0, false, &problem);
    assert_non_null(none);
    assert_false(is_image(none, "https://pixel.wp.com/b.gif"));
    noise_free(none);
    noise_free(NULL);
}

static void rules_are_there_as_long_as_somebody_shares_them(void **state)
{
    const char *const rules[] = { "parameter mine" };
    const char *problem;
    (void)state;
    struct noise *noise = noise_new(rules, 1, false, &problem);
    struct noise *other = noise_share(noise);
    assert_null(noise_share(NULL));
    noise_free(noise);
    assert_true(noise_is_parameter(other, "mine", 4));
    noise_free(other);
}

static void a_wrong_rule_is_told(void **state)
{
    (void)state;
    static char long_rule[NOISE_RULE_MAX + 10];
    memset(long_rule, 'x', sizeof long_rule - 1);
    const char *const wrong[] = {
        "",
        "elements a b",
        "element",
        "element http://x.example/",
        "element a b c",
        "parameter",
        "parameter a b",
        "parameter a=b",
        "parameter a=",
        "parameter a*b",
        "image",
        "image http://a.example/x",
        "image localhost",
        "image */x",
        "image .example/x",
        "link 1x1",
        "link a_b.example/",
        long_rule,
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *const rules[] = { "parameter fine", wrong[i] };
        const char *problem = NULL;
        assert_null(noise_new(rules, 2, true, &problem));
        assert_non_null(problem);
        assert_true(strlen(problem) > 10);
    }
}

// Every rule of the list is in the manual, as a line that can be copied.
static void the_manual_shows_the_default_list(void **state)
{
    (void)state;
    static const char *const words[] = { "element", "attribute", "parameter",
                                         "image", "link" };
    static char manual[100000];
    char path[4096], line[NOISE_RULE_MAX + 10];
    const char *here = strstr(__FILE__, "tests/unit/");
    assert_non_null(here);
    (void)snprintf(path, sizeof path, "%.*scontrib/man/noise.md",
                   (int)(here - __FILE__), __FILE__);
    FILE *from = fopen(path, "r");
    assert_non_null(from);
    size_t len = fread(manual, 1, sizeof manual - 1, from);
    manual[len] = '\0';
    assert_int_equal(fclose(from), 0);

    size_t count;
    const struct noise_rule *rules = noise_list(&count);
    for (size_t i = 0; i < count; i++) {
        const char *uri = rules[i].uri;
        (void)snprintf(line, sizeof line, "    %s %s%s%s\n",
                       words[rules[i].kind],
                       uri == NULL    ? ""
                       : *uri == '\0' ? "-"
                                      : uri,
                       uri != NULL ? " " : "", rules[i].name);
        assert_non_null(strstr(manual, line));
    }
}

static void recipes_differ_with_the_rules(void **state)
{
    (void)state;
    static const char *const one[] = { "parameter a" };
    static const char *const two[] = { "parameter b" };
    const char *problem;
    struct noise *noises[] = {
        noise_new(NULL, 0, false, &problem), noise_new(one, 1, false, &problem),
        noise_new(two, 1, false, &problem),  noise_new(one, 1, true, &problem),
        noise_new(NULL, 0, true, &problem),
    };
    enum { COUNT = sizeof noises / sizeof noises[0] };
    uint8_t recipes[COUNT][16], usual[16];
    for (size_t i = 0; i < COUNT; i++) {
        assert_non_null(noises[i]);
        noise_recipe(noises[i], recipes[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(recipes[i], recipes[j], 16);
    }
    noise_recipe(noise_default(), usual);
    assert_memory_equal(usual, recipes[COUNT - 1], 16);
    for (size_t i = 0; i < COUNT; i++)
        noise_free(noises[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_of_comments_and_views_are_noise),
        cmocka_unit_test(parameters_that_track_are_noise),
        cmocka_unit_test(images_that_count_are_noise),
        cmocka_unit_test(an_operator_adds_rules_or_begins_from_nothing),
        cmocka_unit_test(rules_are_there_as_long_as_somebody_shares_them),
        cmocka_unit_test(a_wrong_rule_is_told),
        cmocka_unit_test(the_manual_shows_the_default_list),
        cmocka_unit_test(recipes_differ_with_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
