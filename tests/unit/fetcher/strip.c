// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fetcher/strip.h"

static void assert_stripped(const char *text, const char *wanted)
{
    size_t len = strlen(text);
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, text, len + 1);
    len = strip_text(noise_default(), copy, len);
    assert_true(len <= strlen(text));
    copy[len] = '\0';
    assert_string_equal(copy, wanted);
    free(copy);
}

static void parameters_go_out_of_queries(void **state)
{
    (void)state;
    assert_stripped("http://a/?utm_source=x", "http://a/");
    assert_stripped("http://a/?utm_source=x&b=1", "http://a/?b=1");
    assert_stripped("http://a/?b=1&utm_source=x", "http://a/?b=1");
    assert_stripped("http://a/?b=1&utm_source=x&utm_medium=y&c=2",
                    "http://a/?b=1&c=2");
    assert_stripped("http://a/?utm_source=x&utm_medium=y#top", "http://a/#top");
    assert_stripped("http://a/x.html#xtor=RSS-1", "http://a/x.html");
    assert_stripped("http://a/?b=1#utm_source=x", "http://a/?b=1");
    assert_stripped("http://a/?u=http://b/?utm_id=1&c",
                    "http://a/?u=http://b/?c");
    assert_stripped("http://a/?utm_source", "http://a/?utm_source");
    assert_stripped("http://a/?butm_source=1", "http://a/?butm_source=1");
    assert_stripped("http://a/?fbclid=", "http://a/");
    assert_stripped("", "");
    assert_stripped("?", "?");
    assert_stripped("#", "#");
    assert_stripped("Really? Yes & no, #1.", "Really? Yes & no, #1.");
}

static void parameters_go_out_of_markup(void **state)
{
    (void)state;
    assert_stripped("<a href=\"http://a/?p=1&amp;utm_source=rss\">x</a>",
                    "<a href=\"http://a/?p=1\">x</a>");
    assert_stripped("<a href='http://a/?utm_a=1&#038;p=1&#38;gclid=2'>x</a>",
                    "<a href='http://a/?p=1'>x</a>");
    assert_stripped("<img src=http://a/i.png?utm_a=1>",
                    "<img src=http://a/i.png>");
    assert_stripped("it&#8217;s", "it&#8217;s");
    assert_stripped("(see http://a/?utm_a=1) and", "(see http://a/) and");
}

static void images_that_count_go(void **state)
{
    (void)state;
    assert_stripped("a<img src=\"https://pixel.wp.com/b.gif?x\" />b", "ab");
    assert_stripped("a<IMG alt='>' SRC='//stats.wordpress.com/b.gif'>b", "ab");
    assert_stripped("a<img src=\"http://x.example/t\" width=\"1\" height=1>b",
                    "ab");
    assert_stripped("a<img width='1px' height='0' src='http://x.example/t'>"
                    "</img>b",
                    "ab");
    static const char *const kept[] = {
        "a<img src=\"http://x.example/photo.jpg\">b",
        "a<img src=\"http://x.example/t\" width=\"1\" height=\"10\">b",
        "a<img src=\"http://x.example/t\" width=\"1\">b",
        "a<image src=\"https://pixel.wp.com/b.gif\">b",
        "a<img",
        "a<img src",
        "a<img src=",
        "a<img src=\"https://pixel.wp.com/b.gif",
        "a<img src=https://pixel.wp.com/b.gif",
        "<img =\"x\" / / />",
        "<p>https://pixel.wp.com/b.gif</p>",
    };
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_stripped(kept[i], kept[i]);
}

static void where_advertisement_leads_goes(void **state)
{
    (void)state;
    assert_stripped("<a class=\"x\" href=\"http://feeds.feedburner.com/~ff/b?"
                    "a=1\">f</a>",
                    "<a class=\"x\" href=\"\">f</a>");
    static const char entry[] =
        "<a href=\"http://feeds.feedburner.com/~r/b/~3/1/\">f</a>";
    assert_stripped(entry, entry);
    static const char other[] = "<a title='//feeds.feedburner.com/~ff/'>f</a>";
    assert_stripped(other, other);
    assert_stripped("<a ", "<a ");
}

// A byte may be looked at a few times, however the text is made.
static void hostile_texts_take_linear_time(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "<a ",
        "<img ",
        "<img \"",
        "<a href=\"//",
        "?utm_a=1&",
        "?&amp;",
        "#?#?",
        "<a //",
        "<img src='",
        "&amp;?",
        "<img a=b ",
        "?utm_a=1",
        "<a href=//pixel.wp.com ",
    };
    enum { SIZE = 1000000 };
    char *text = malloc(SIZE);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        size_t n = strlen(pieces[i]), len = 0;
        for (; len + n <= SIZE; len += n)
            memcpy(text + len, pieces[i], n);
        clock_t before = clock();
        assert_true(strip_text(noise_default(), text, len) <= len);
        assert_true(clock() - before < CLOCKS_PER_SEC);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_go_out_of_queries),
        cmocka_unit_test(parameters_go_out_of_markup),
        cmocka_unit_test(images_that_count_go),
        cmocka_unit_test(where_advertisement_leads_goes),
        cmocka_unit_test(hostile_texts_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
