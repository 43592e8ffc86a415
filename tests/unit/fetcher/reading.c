// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/reading.h"

static struct reading read_as(const char *text, const char *content_type)
{
    const struct reading_input input = {
        .bytes = text,
        .len = strlen(text),
        .content_type = content_type,
    };
    struct reading reading;
    assert_true(reading_make(&input, &reading));
    return reading;
}

static void the_root_tells_the_format(void **state)
{
    (void)state;
    static const struct {
        const char *text, *type;
        enum document_format format;
    } rows[] = {
        { "<rss><channel/></rss>", "text/html", DOCUMENT_RSS20 },
        { "<feed xmlns='http://www.w3.org/2005/Atom'/>", "application/json",
          DOCUMENT_ATOM10 },
        { " {\"version\":\"https://jsonfeed.org/version/1\",\"items\":[]}",
          "text/plain", DOCUMENT_JSONFEED },
        { "<!DOCTYPE html><p>x", NULL, DOCUMENT_HTML },
        { "<html><feed/></html>", "application/atom+xml", DOCUMENT_HTML },
        { "words", "text/html", DOCUMENT_HTML },
        { "words", "application/rss+xml", DOCUMENT_OTHER },
        { "", "application/rss+xml", DOCUMENT_OTHER },
        { "<svg/>", NULL, DOCUMENT_OTHER },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct reading reading = read_as(rows[i].text, rows[i].type);
        if (reading.format != rows[i].format)
            fail_msg("%s: %s", rows[i].text,
                     document_format_name(reading.format));
        assert_int_equal(reading_is_feed(&reading),
                         rows[i].format != DOCUMENT_OTHER
                             && rows[i].format != DOCUMENT_HTML);
        reading_clear(&reading);
    }
}

static void what_is_no_feed_is_digested_by_its_bytes(void **state)
{
    (void)state;
    struct reading one = read_as("<svg/>", NULL);
    struct reading other = read_as("<svg />", NULL);
    uint8_t a[16], b[16], c[16];
    assert_true(reading_digest(&one, a));
    assert_true(reading_digest_bytes(&one, b));
    assert_true(reading_digest(&other, c));
    assert_memory_equal(a, b, 16);
    assert_memory_not_equal(a, c, 16);
    reading_clear(&one);
    reading_clear(&other);
}

static void a_feed_is_digested_by_what_it_says(void **state)
{
    (void)state;
    struct reading one = read_as("<rss><channel><item/></channel></rss>", NULL);
    struct reading other =
        read_as("<rss><channel><item></item> </channel></rss>", NULL);
    uint8_t a[16], b[16], c[16];
    assert_true(reading_digest(&one, a));
    assert_true(reading_digest_bytes(&one, b));
    assert_true(reading_digest(&other, c));
    assert_memory_not_equal(a, b, 16);
    assert_memory_equal(a, c, 16);
    reading_clear(&one);
    reading_clear(&other);
}

int main(void)
{
    document_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_tells_the_format),
        cmocka_unit_test(what_is_no_feed_is_digested_by_its_bytes),
        cmocka_unit_test(a_feed_is_digested_by_what_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
