// SPDX-License-Identifier: MIT

#include "hub/ctl/opml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char told[2048];
static size_t used, most;

// "LINE:url;" for each feed.
static bool take(void *context, const struct opml_feed *feed)
{
    assert_ptr_equal(context, told);
    used += (size_t)snprintf(told + used, sizeof told - used, "%u:%s;",
                             feed->line, feed->url);
    return --most > 0;
}

static const char *read_bytes(const char *bytes, size_t len)
{
    const struct opml_taker taker = { take, told };
    used = 0;
    most = 100;
    told[0] = '\0';
    const char *wrong = opml_read(bytes, len, &taker);
    if (wrong)
        snprintf(told + used, sizeof told - used, "!%s", wrong);
    return told;
}

static const char *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void feeds_are_found_however_deep_they_lie(void **state)
{
    (void)state;
    assert_string_equal(
        read_text("<?xml version='1.0'?>\n<opml version='2.0'><body>\n"
                  "<outline text='a'><outline text='b'>\n"
                  "<outline type='rss' xmlUrl='http://a.test/x'/>\n"
                  "</outline></outline>\n"
                  "<outline XMLURL=\" http://b.test/ \"></outline>\n"
                  "<outline htmlUrl='http://c.test/'/>"
                  "<outline xmlUrl=''/></body></opml>\n"),
        "4:http://a.test/x;6:http://b.test/;");
}

static void references_are_undone(void **state)
{
    (void)state;
    assert_string_equal(
        read_text("<opml><outline xmlUrl='http://a.test/?a&amp;b&#61;&#x63;'/>"
                  "<outline xmlUrl='http://b.test/?a&b=c'/></opml>"),
        "1:http://a.test/?a&b=c;1:http://b.test/?a&b=c;");
}

static void what_is_no_element_is_none(void **state)
{
    (void)state;
    assert_string_equal(
        read_text(
            "<opml><!-- <outline xmlUrl='http://a.test/'/> -->"
            "<![CDATA[<outline xmlUrl='http://b.test/'/>]]>"
            "<?x <outline xmlUrl='http://c.test/'/> ?>"
            "</outline xmlUrl='http://d.test/'>"
            "<outline text='&lt;outline xmlUrl=&quot;x&quot;/>'/></opml>"),
        "");
}

static void other_charsets_are_read(void **state)
{
    static const char wide[] = {
        '\xFF', '\xFE', '<', 0, 'o',  0, 'p', 0, 'm', 0, 'l',  0,
        '>',    0,      '<', 0, 'o',  0, 'u', 0, 't', 0, 'l',  0,
        'i',    0,      'n', 0, 'e',  0, ' ', 0, 'x', 0, 'm',  0,
        'l',    0,      'U', 0, 'r',  0, 'l', 0, '=', 0, '\'', 0,
        'h',    0,      ':', 0, '\'', 0, '/', 0, '>', 0,
    };
    (void)state;
    assert_string_equal(read_bytes(wide, sizeof wide), "1:h:;");
    assert_string_equal(
        read_text("<?xml version='1.0' encoding='ISO-8859-1'?>"
                  "<opml><outline xmlUrl='http://a.test/\xE9'/></opml>"),
        "1:http://a.test/\xC3\xA9;");
}

static void what_is_no_list_is_told(void **state)
{
    (void)state;
    assert_string_equal(read_text(""), "!it is no OPML");
    assert_string_equal(read_text("<rss></rss>"), "!it is no OPML");
    assert_string_equal(read_bytes("\0\0\0\0", 4), "!it is no OPML");
}

static void reading_stops_when_it_is_told_to(void **state)
{
    const struct opml_taker taker = { take, told };
    static const char text[] = "<opml><outline xmlUrl='http://a.test/'/>"
                               "<outline xmlUrl='http://b.test/'/></opml>";
    (void)state;
    used = 0;
    most = 1;
    assert_null(opml_read(text, sizeof text - 1, &taker));
    assert_string_equal(told, "1:http://a.test/;");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feeds_are_found_however_deep_they_lie),
        cmocka_unit_test(references_are_undone),
        cmocka_unit_test(what_is_no_element_is_none),
        cmocka_unit_test(other_charsets_are_read),
        cmocka_unit_test(what_is_no_list_is_told),
        cmocka_unit_test(reading_stops_when_it_is_told_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
