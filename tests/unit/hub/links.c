// SPDX-License-Identifier: MIT

#include "hub/links.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *hubs, const char *self, const char *line)
{
    static const char *const aliases[] = { "http://hub.example/" };
    struct links links = {
        .hubs = hubs,
        .hubs_len = strlen(hubs),
        .self = self,
        .self_len = strlen(self),
        .topic = "http://e/subscribed",
        .topic_len = strlen("http://e/subscribed"),
        .own = "https://hub.example/",
        .aliases = aliases,
        .alias_count = 1,
    };
    char *got = links_line(&links);
    assert_non_null(got);
    assert_string_equal(got, line);
    free(got);
}

static void R95_without_links_we_and_the_subscribed_topic_are_named(
    void **state)
{
    (void)state;
    expect("", "",
           "Link: <https://hub.example/>; rel=\"hub\", "
           "<http://e/subscribed>; rel=\"self\"");
}

static void R95_the_publishers_spelling_of_us_comes_first(void **state)
{
    (void)state;
    expect("https://other.example/\nhttp://hub.example/", "http://e/feed",
           "Link: <http://hub.example/>; rel=\"hub\", "
           "<https://other.example/>; rel=\"hub\", "
           "<http://e/feed>; rel=\"self\"");
}

static void R95_we_are_known_in_every_spelling(void **state)
{
    (void)state;
    expect("https://other.example/\nHTTPS://hub.example:443", "http://e/feed",
           "Link: <HTTPS://hub.example:443>; rel=\"hub\", "
           "<https://other.example/>; rel=\"hub\", "
           "<http://e/feed>; rel=\"self\"");
}

static void R95_a_list_without_us_is_sent_as_it_is(void **state)
{
    (void)state;
    expect("https://a.example/\nhttps://b.example/", "http://e/feed",
           "Link: <https://a.example/>; rel=\"hub\", "
           "<https://b.example/>; rel=\"hub\", "
           "<http://e/feed>; rel=\"self\"");
}

static void R96_what_would_break_the_header_is_escaped(void **state)
{
    (void)state;
    expect("http://h/a>b<c d\r", "http://e/x\ty",
           "Link: <http://h/a%3Eb%3Cc%20d>; rel=\"hub\", "
           "<http://e/xy>; rel=\"self\"");
}

static void many_short_hubs_fit(void **state)
{
    (void)state;
    char hubs[4000];
    for (size_t i = 0; i < sizeof hubs - 1; i++)
        hubs[i] = i % 2 ? '\n' : '<';
    hubs[sizeof hubs - 1] = '\0';
    struct links links = { .hubs = hubs,
                           .hubs_len = strlen(hubs),
                           .self = "",
                           .topic = "http://e/",
                           .topic_len = 9,
                           .own = "http://h/" };
    char *line = links_line(&links);
    assert_non_null(line);
    assert_non_null(strstr(line, "rel=\"self\""));
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            R95_without_links_we_and_the_subscribed_topic_are_named),
        cmocka_unit_test(R95_the_publishers_spelling_of_us_comes_first),
        cmocka_unit_test(R95_we_are_known_in_every_spelling),
        cmocka_unit_test(R95_a_list_without_us_is_sent_as_it_is),
        cmocka_unit_test(R96_what_would_break_the_header_is_escaped),
        cmocka_unit_test(many_short_hubs_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
