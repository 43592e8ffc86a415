// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fetcher/markup.h"

static void a_document_type_is_harmless_without_a_subset(void **state)
{
    (void)state;
    static const char plain[] = "<!DOCTYPE rss SYSTEM \"http://d.example/[]\">"
                                "<rss/>";
    static const char subset[] = "<!DOCTYPE rss SYSTEM 'x' []><rss/>";
    assert_true(markup_is_bounded(plain, strlen(plain)));
    assert_false(markup_is_bounded(subset, strlen(subset)));
    assert_false(markup_is_bounded("<rss>\0</rss>", 12));
    assert_true(markup_is_bounded("<!-- <!DOCTYPE [ -->", 20));
}

static void a_feed_is_found_behind_what_does_not_belong_there(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool feed;
    } rows[] = {
        { "<?xml version='1.0'?><!-- <html> --><rss>", true },
        { "\n<br /><b>Warning</b>: x < y\n<?xml version='1.0'?><a:FEED>",
          true },
        { "<!DOCTYPE html PUBLIC 'x'><rdf:RDF>", true },
        { "<html><head></head><body><feed>", true },
        { "<channel>", true },
        { "<entry>", true },
        { "<b/><channel>", false },
        { "<page><rss>", false },
        { "a <3 b <rss>", true },
        { "<!doctype html><title>x</title><rss>", false },
        { "<html><body><p><feed>", false },
        { "<!-- <rss>", true },
        { "", false },
        { "<", false },
        { "<rss", true },
        { "<rsss>", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(markup_is_feed(rows[i].text, strlen(rows[i].text)),
                         rows[i].feed);
}

static void so_much_may_stand_before_a_feed(void **state)
{
    (void)state;
    enum { ROOM = 64 * 1024 };
    static char text[2 * ROOM + 100];
    memset(text, 'x', ROOM);
    (void)stpcpy(text + ROOM, "<rss>");
    assert_true(markup_is_feed(text, strlen(text)));
    (void)stpcpy(text + ROOM, "x<rss>");
    assert_false(markup_is_feed(text, strlen(text)));
    // Comments may be as long as they like.
    memset(text, 'x', sizeof text);
    memcpy(text, "<!--", 4);
    (void)stpcpy(text + 2 * ROOM, "--><rss>");
    assert_true(markup_is_feed(text, strlen(text)));
}

static void a_tag_may_not_be_endless(void **state)
{
    (void)state;
    enum { ROOM = 64 * 1024 };
    static char text[ROOM + 100];
    memset(text, 'x', ROOM);
    memcpy(text, "<a b='", 6);
    (void)stpcpy(text + ROOM - 2, "'>");
    assert_true(markup_is_bounded(text, strlen(text)));
    (void)stpcpy(text + ROOM - 2, "x'>");
    assert_false(markup_is_bounded(text, strlen(text)));
}

static void the_root_is_the_first_tag(void **state)
{
    (void)state;
    static const char text[] = " <?xml version='1.0'?>\n<!-- <x> -->"
                               "<!DOCTYPE a SYSTEM '>'><c:rss a='>'>";
    const char *name;
    size_t len;
    assert_true(markup_root(text, strlen(text), &name, &len));
    assert_int_equal(len, 5);
    assert_memory_equal(name, "c:rss", 5);
    assert_false(markup_root("x<rss>", 6, &name, &len));
    assert_false(markup_root("<!-- ", 5, &name, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_type_is_harmless_without_a_subset),
        cmocka_unit_test(a_feed_is_found_behind_what_does_not_belong_there),
        cmocka_unit_test(so_much_may_stand_before_a_feed),
        cmocka_unit_test(a_tag_may_not_be_endless),
        cmocka_unit_test(the_root_is_the_first_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
