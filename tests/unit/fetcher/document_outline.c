// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/document.h"

static const char URL[] = "https://e.example/dir/feed";

static void an_outline_says_what_was_read(void **state)
{
    (void)state;
    struct fixture file = fixture_read("atom03.xml");
    struct document_outline outline;
    assert_true(document_outline(file.bytes, file.len, NULL, URL, &outline));
    free(file.bytes);
    assert_int_equal(outline.format, DOCUMENT_ATOM03);
    assert_string_equal(outline.title, "Paper boats");
    assert_string_equal(outline.self, "http://boats.example.com/atom.xml");
    assert_int_equal(outline.hub_count, 0);
    assert_int_equal(outline.item_count, 5);
    assert_string_equal(outline.items[4].id, "tag:boats.example.com,2004:46");
    assert_string_equal(outline.items[4].link,
                        "http://boats.example.com/4.html");
    assert_int_equal(strspn(outline.items[4].hash, "0123456789abcdef"), 32);
    document_outline_clear(&outline);

    assert_true(document_outline("x", 1, NULL, NULL, &outline));
    assert_null(outline.title);
    assert_int_equal(outline.item_count, 0);
    document_outline_clear(&outline);
}

static void an_outline_says_what_was_mended(void **state)
{
    (void)state;
    static const char text[] =
        "<rss><channel><ttl>5</ttl><item><title>a & b</title></item><item>";
    struct document_outline outline;
    assert_true(document_outline(text, strlen(text), NULL, NULL, &outline));
    assert_int_equal(outline.format, DOCUMENT_RSS20);
    assert_string_equal(outline.charset, "utf-8");
    assert_true(outline.incomplete);
    assert_int_equal(outline.repairs,
                     DOCUMENT_REPAIR_AMPERSAND | DOCUMENT_REPAIR_TAIL);
    assert_int_equal(outline.hints.ttl, 300);
    assert_int_equal(outline.item_count, 1);
    assert_string_equal(outline.items[0].title, "a & b");
    document_outline_clear(&outline);
}

static void the_charset_is_told(void **state)
{
    (void)state;
    struct fixture file = fixture_read("rss20-sjis.xml");
    struct document_outline outline;
    assert_true(document_outline(file.bytes, file.len, NULL, URL, &outline));
    assert_string_equal(outline.charset, "shift_jis");
    assert_int_equal(outline.repairs, 0);
    document_outline_clear(&outline);
    free(file.bytes);
}

int main(void)
{
    document_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_outline_says_what_was_read),
        cmocka_unit_test(an_outline_says_what_was_mended),
        cmocka_unit_test(the_charset_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
