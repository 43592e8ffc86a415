// SPDX-License-Identifier: MIT
//
// The quick pass against the parser: a CR behind a document, which is nothing
// to XML, is enough to send it to the parser.

#include "fixture.h"

#include "fetcher/feed.h"
#include "fetcher/scan.h"

#include <dirent.h>

static void read_feed(const char *text, size_t len, struct feed *out)
{
    struct link_set links = { 0 };
    const struct feed_input input = {
        .text = text,
        .len = len,
        .url = "https://e.example/feed",
        .parts = true,
    };
    assert_true(feed_read(&input, &links, out));
    link_clear(&links);
}

static bool scan(const char *text, size_t len)
{
    struct builder *builder = calloc(1, sizeof *builder);
    struct feed feed = { 0 };
    struct link_set links = { 0 };
    const struct feed_input input = { .text = text, .len = len, .url = "" };
    assert_non_null(builder);
    assert_true(builder_open(builder, &input, &feed, &links));
    bool done = scan_read(text, len, builder);
    builder_close(builder);
    free(builder);
    feed_clear(&feed);
    link_clear(&links);
    return done;
}

static void assert_string(const struct feed *a, const struct feed *b,
                          size_t at_a, size_t at_b)
{
    const char *one = feed_string(a, at_a), *other = feed_string(b, at_b);
    assert_int_equal(one == NULL, other == NULL);
    if (one != NULL)
        assert_string_equal(one, other);
}

// Both ways of reading it say the same.
static void assert_same(const char *text, size_t len)
{
    struct feed a, b;
    char *other = malloc(len + 1);
    assert_non_null(other);
    memcpy(other, text, len);
    other[len] = '\r';
    read_feed(text, len, &a);
    read_feed(other, len + 1, &b);
    assert_int_equal(a.format, b.format);
    assert_int_equal(a.repairs, 0);
    assert_int_equal(b.repairs, 0);
    assert_int_equal(a.placed, b.placed);
    assert_int_equal(a.entry_count, b.entry_count);
    assert_int_equal(a.seat_count, b.seat_count);
    assert_int_equal(a.part_count, b.part_count);
    assert_memory_equal(a.around, b.around, 16);
    assert_string(&a, &b, a.title_at, b.title_at);
    for (size_t i = 0; i < a.entry_count; i++) {
        const struct feed_entry *one = &a.entries[i], *two = &b.entries[i];
        assert_int_equal(one->start, two->start);
        assert_int_equal(one->end, two->end);
        assert_memory_equal(one->id, two->id, 16);
        assert_memory_equal(one->content, two->content, 16);
        assert_string(&a, &b, one->id_at, two->id_at);
        assert_string(&a, &b, one->link_at, two->link_at);
        assert_string(&a, &b, one->title_at, two->title_at);
        assert_string(&a, &b, one->updated_at, two->updated_at);
    }
    for (size_t i = 0; i < a.seat_count; i++)
        assert_memory_equal(&a.seats[i], &b.seats[i], sizeof a.seats[i]);
    feed_clear(&a);
    feed_clear(&b);
    free(other);
}

static void fixtures_are_read_as_by_the_parser(void **state)
{
    (void)state;
    char folder[4096];
    const char *here = strstr(__FILE__, "unit/fetcher/");
    assert_non_null(here);
    (void)snprintf(folder, sizeof folder, "%.*sfixtures/feeds",
                   (int)(here - __FILE__), __FILE__);
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    const struct dirent *entry;
    size_t plain = 0;
    while ((entry = readdir(directory)) != NULL) {
        if (strstr(entry->d_name, ".xml") == NULL
            && strstr(entry->d_name, ".rdf") == NULL)
            continue;
        struct fixture file = fixture_read(entry->d_name);
        if (scan(file.bytes, file.len)) {
            assert_same(file.bytes, file.len);
            plain++;
        }
        free(file.bytes);
    }
    (void)closedir(directory);
    assert_true(plain >= 5);
}

#define HEAD "<?xml version='1.0' encoding=\"utf-8\"?>\n"

static void plain_documents_are_read_as_by_the_parser(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "<rss/>",
        HEAD "<rss></rss >\n<!-- end -->\n<?pi?>",
        "<?xml version=\"1.0\"?><?a b?><!----><rss><channel/></rss>",
        "<?xml version=\"1.0\" standalone=\"yes\" ?><rss/>",
        "<rss><channel><item><title>a &amp; b &lt;&gt;&quot;&apos;</title>"
        "</item></channel></rss>",
        "<rss><channel><item><title>&#233;&#xe9;&#x1F600;&#xE9;</title></item>"
        "</channel></rss>",
        "<rss><channel><item><title><![CDATA[a]] ]>]]]>b</title></item>"
        "</channel></rss>",
        "<rss><channel><item><![CDATA[]]><title>]] > ]</title></item>"
        "</channel></rss>",
        "<rss a = 'x' b=\"y\"\n\tc='>'><channel><item x='a\tb\nc'/></channel>"
        "</rss>",
        "<rss a='&lt;&#38;amp;'><channel><item b='&amp;amp;'/></channel></rss>",
        "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry><a:id>i</a:id>"
        "<id xmlns='http://www.w3.org/2005/Atom'>j</id></a:entry></a:feed>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry xmlns=''><id/>"
        "</entry><entry xml:lang='de' xml:base='b/'><id>i</id>"
        "<link href='l'/></entry></feed>",
        "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:p='urn:a'><entry>"
        "<p:x p:a='1' a='2'/><q:x xmlns:q='urn:a' q:a='1' a='2'/>"
        "<p:x xmlns:p='urn:b' p:a='1'/><p:x/></entry></feed>",
        "<rss><channel><item><title>caf\xc3\xa9 \xef\xbf\xbd</title></item>"
        "</channel></rss>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_true(scan(texts[i], strlen(texts[i])));
        assert_same(texts[i], strlen(texts[i]));
    }
}

static const char *const not_plain[] = {
    "",
    " <rss/>",
    "rss",
    "<",
    "<rss",
    "<rss>",
    "<rss><!",
    "</rss>",
    "<?a?></rss>",
    "<rss></rs>",
    "<rss></rssx>",
    "<rss></rss",
    "<rss/><rss/>",
    "<rss/>x",
    "<rss/>&amp;",
    "<rss\r/>",
    "<rss>\x01</rss>",
    "<rss>caf\xe9</rss>",
    "<rss>\xef\xbf\xbf</rss>",
    "<rss>&nbsp;</rss>",
    "<rss>&</rss>",
    "<rss>& amp;</rss>",
    "<rss>&amp</rss>",
    "<rss>&#0;</rss>",
    "<rss>&#xD800;</rss>",
    "<rss>&#XE9;</rss>",
    "<rss>&#;</rss>",
    "<rss>&#x;</rss>",
    "<rss>&#99999999;</rss>",
    "<rss>]]></rss>",
    "<rss><a>x</a>]]></rss>",
    "<rss><![CDATA[x</rss>",
    "<rss><![CDATA[x]]</rss>",
    "<![CDATA[x]]><rss/>",
    "<rss><!-- a -- b --></rss>",
    "<rss><!-- a ---></rss>",
    "<rss><!-- a </rss>",
    "<rss><?xml a?></rss>",
    "<rss><?XmL?></rss>",
    "<rss><? a?></rss>",
    "<rss><?a:b c?></rss>",
    "<rss><?a",
    "<?xml version='1.1'?><rss/>",
    "<?xml version='21.0'?><rss/>",
    "<?xml version='1.0' encoding='1'?><rss/>",
    "<?xml encoding='utf-8'?><rss/>",
    "<?xml?><rss/>",
    "<?xml version='1.0'encoding='utf-8'?><rss/>",
    "<?xml version='1.0\"?><rss/>",
    "<!DOCTYPE rss><rss/>",
    "<rss a/>",
    "<rss a=b/>",
    "<rss a='b/>",
    "<rss a='<'/>",
    "<rss a='&x;'/>",
    "<rss a=''b=''/>",
    "<rss a='' a=''/>",
    "<rss / >",
    "<rss//>",
    "<1/>",
    "<-a/>",
    "<r\xc3\xa9/>",
    "<a:b/>",
    "<rss a:b=''/>",
    "<:a/>",
    "<a:/>",
    "<a:b:c xmlns:a='urn:a'/>",
    "<rss xmlns:a='urn:a' xmlns:b='urn:a' a:x='' b:x=''/>",
    "<rss xmlns='urn:a' xmlns='urn:b'/>",
    "<rss xmlns:a=''/>",
    "<rss xmlns:a='urn:a&amp;b'/>",
    "<rss xmlns:xml='urn:a'/>",
    "<rss xmlns:a='http://www.w3.org/XML/1998/namespace'/>",
    "<rss><a:b xmlns:a='urn:a'/><a:b/></rss>",
};

static void what_is_not_plain_is_left_to_the_parser(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof not_plain / sizeof not_plain[0]; i++)
        assert_false(scan(not_plain[i], strlen(not_plain[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixtures_are_read_as_by_the_parser),
        cmocka_unit_test(plain_documents_are_read_as_by_the_parser),
        cmocka_unit_test(what_is_not_plain_is_left_to_the_parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
