// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/feed.h"

#include <time.h>

#define ATOM "xmlns='http://www.w3.org/2005/Atom'"
#define RDF                                                                    \
    "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "            \
    "xmlns='http://purl.org/rss/1.0/'>"

struct read {
    struct feed feed;
    struct link_set links;
};

static struct read read_with(const char *text, const char *url, bool parts)
{
    struct read out = { 0 };
    const struct feed_input input = {
        .text = text,
        .len = strlen(text),
        .url = url,
        .today = 20760, // 2026-11-03
        .parts = parts,
    };
    assert_true(feed_read(&input, &out.links, &out.feed));
    return out;
}

static struct read read_string(const char *text)
{
    return read_with(text, "https://e.example/dir/feed", false);
}

static void forget(struct read *read)
{
    feed_clear(&read->feed);
    link_clear(&read->links);
}

static const char *string(const struct read *read, size_t at)
{
    const char *text = feed_string(&read->feed, at);
    return text != NULL ? text : "-";
}

// "FORMAT id link title updated|..." of a feed.
static void assert_read(const char *text, const char *wanted)
{
    char out[2000];
    struct read read = read_string(text);
    size_t len = (size_t)snprintf(out, sizeof out, "%s",
                                  document_format_name(read.feed.format));
    for (size_t i = 0; i < read.feed.entry_count; i++) {
        const struct feed_entry *entry = &read.feed.entries[i];
        len += (size_t)snprintf(
            out + len, sizeof out - len, "|%s %s %s %s",
            string(&read, entry->id_at), string(&read, entry->link_at),
            string(&read, entry->title_at), string(&read, entry->updated_at));
    }
    assert_string_equal(out, wanted);
    forget(&read);
}

static void formats_are_told_from_the_root(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "<feed " ATOM "><entry/></feed>", "atom10|- - - -" },
        { "<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry/></a:feed>",
          "atom10|- - - -" },
        { "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry/>"
          "</feed>",
          "atom03|- - - -" },
        { "<feed><entry/></feed>", "atom10|- - - -" },
        { "<feed xmlns='HTTP://www.w3.org/2005/atom'><entry/></feed>",
          "atom10|- - - -" },
        { "<feed xmlns='urn:x'><title/></feed>", "atom10" },
        { "<feed xmlns='urn:x'><product/></feed>", "other" },
        { "<entry " ATOM "><id>i</id></entry>", "atom10|i - - -" },
        { "<entry><id>i</id></entry>", "other" },
        { "<rss version='2.0'/>", "rss20" },
        { "<rss/>", "rss20" },
        { "<rss version='0.91'/>", "rss09x" },
        { "<rss version='0.94'/>", "rss09x" },
        { "<RSS><Channel><ITEM><Title>t</Title></ITEM></Channel></RSS>",
          "rss20|- - t -" },
        { "<rss xmlns='http://backend.userland.com/rss2'><channel><item/>"
          "</channel></rss>",
          "rss20|- - - -" },
        { "<rss xmlns='"
          "http://www.w3.org/2005/Atom'><channel><item>"
          "<guid>g</guid></item></channel></rss>",
          "rss20|g - - -" },
        { "<channel><title/><item><guid>g</guid></item></channel>",
          "rss20|g - - -" },
        { "<channel><station/></channel>", "other" },
        { RDF "<channel/><item r:about='a'/></r:RDF>", "rss10|a - - -" },
        { "<x:RDF xmlns:x='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
          "xmlns='http://my.netscape.com/rdf/simple/0.9/'><channel/><item>"
          "<link>http://l/</link></item></x:RDF>",
          "rss10|- http://l/ - -" },
        { "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
          "xmlns:f='http://xmlns.com/foaf/0.1/'><f:Person/></r:RDF>",
          "other" },
        { "<opml><item/></opml>", "other" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_read(rows[i][0], rows[i][1]);
}

static void items_count_where_feeds_put_them(void **state)
{
    (void)state;
    assert_read("<rss><item><guid>a</guid></item><channel><item><guid>b</guid>"
                "</item></channel><item><guid>c</guid></item></rss>",
                "rss20|a - - -|b - - -|c - - -");
    assert_read(RDF "<channel><item r:about='a'/></channel>"
                    "<item r:about='b'/></r:RDF>",
                "rss10|a - - -|b - - -");
    assert_read("<rss><channel><image><item/></image><x:item "
                "xmlns:x='urn:x'/><item><x:y xmlns:x='urn:x'><item/></x:y>"
                "</item></channel></rss>",
                "rss20|- - - -");
    assert_read("<feed " ATOM "><x:y xmlns:x='urn:x'><entry/></x:y><entry>"
                "<content><entry/></content></entry></feed>",
                "atom10|- - - -");
}

static void fields_are_the_entry_s_own(void **state)
{
    (void)state;
    assert_read("<feed " ATOM "><entry><source><id>no</id><title>no</title>"
                "<link href='no'/></source><id> i </id><content type='xhtml'>"
                "<div xmlns='http://www.w3.org/1999/xhtml'><title>no</title>"
                "</div></content><title>t</title></entry></feed>",
                "atom10|i - t -");
    assert_read("<rss xmlns:m='http://search.yahoo.com/mrss/'><channel><item>"
                "<m:group><m:title>no</m:title></m:group><source url='no'>no"
                "</source></item></channel></rss>",
                "rss20|- - - -");
    assert_read("<rss xmlns:a='http://www.w3.org/2005/Atom'><channel><item>"
                "<a:id>i</a:id><a:link href='/l'/><a:updated>u</a:updated>"
                "</item></channel></rss>",
                "rss20|i https://e.example/l - u");
    assert_read("<rss xmlns:a='http://www.w3.org/2005/Atom'><channel><item>"
                "<a:id>i</a:id><a:link rel='self' href='/l'/><guid>g</guid>"
                "<link>http://l/</link></item></channel></rss>",
                "rss20|g http://l/ - -");
    assert_read("<rss xmlns:d='http://purl.org/dc/elements/1.1/'><channel>"
                "<item><d:title>t</d:title><d:date>d</d:date></item>"
                "</channel></rss>",
                "rss20|- - t d");
    assert_read("<rss><channel><item><guid>http://g/</guid></item>"
                "<item><guid isPermaLink='false'>http://g/</guid></item>"
                "<item><guid>g</guid></item></channel></rss>",
                "rss20|http://g/ http://g/ - -|http://g/ - - -|g - - -");
    assert_read("<feed " ATOM "><entry><link rel='alternate' "
                "type='application/pdf' href='http://p/'/><link rel='self' "
                "href='http://s/'/><link href='http://h/' type='text/html'/>"
                "</entry></feed>",
                "atom10|- http://h/ - -");
}

static void titles_are_text(void **state)
{
    (void)state;
    assert_read("<feed " ATOM "><entry><title type='html'>a &amp;amp; "
                "&lt;b>b&lt;/b></title></entry><entry><title type='xhtml'>"
                "<div xmlns='http://www.w3.org/1999/xhtml'>c <i>d</i></div>"
                "</title></entry><entry><title>&lt;e></title></entry></feed>",
                "atom10|- - a & b -|- - c d -|- - <e> -");
    assert_read("<feed xmlns='http://purl.org/atom/ns#'><entry><title "
                "mode='base64'>YWJj</title></entry></feed>",
                "atom03|- - abc -");
}

static void links_are_absolute(void **state)
{
    (void)state;
    assert_read("<feed " ATOM " xml:base='http://b/x/'><entry><link href='1'/>"
                "</entry><entry xml:base='y/'><link href='2'/></entry>"
                "<entry><link xml:base='/z/' href='3'/></entry></feed>",
                "atom10|- http://b/x/1 - -|- http://b/x/y/2 - -"
                "|- http://b/z/3 - -");
    assert_read("<rss><channel><item><link>/1</link></item><item>"
                "<link xml:base='http://c/'>2</link></item><item>"
                "<link>tag:x</link></item></channel></rss>",
                "rss20|- https://e.example/1 - -|- http://c/2 - -|- tag:x - -");
}

// Each link against a base of 2 KB would take some 50 us.
static void many_links_and_a_long_base_take_no_second(void **state)
{
    (void)state;
    enum { LINKS = 60000 };
    char *text = malloc(LINKS * 20 + 4000), *at = text;
    assert_non_null(text);
    at = stpcpy(at, "<feed " ATOM " xml:base='http://b/");
    for (int i = 0; i < 990; i++)
        at = stpcpy(at, "x/");
    at = stpcpy(at, "'><entry>");
    for (int i = 0; i < LINKS; i++)
        at = stpcpy(at, "<link href='x'/>");
    (void)stpcpy(at, "</entry></feed>");
    clock_t before = clock();
    struct read read = read_string(text);
    assert_int_equal(read.feed.entry_count, 1);
    assert_true(clock() - before < 2 * CLOCKS_PER_SEC);
    forget(&read);
    free(text);
}

static void assert_ids(const char *one, const char *other, bool same)
{
    char text[1000];
    (void)snprintf(text, sizeof text,
                   "<rss><channel><item>%s</item><item>%s</item></channel>"
                   "</rss>",
                   one, other);
    struct read read = read_string(text);
    assert_int_equal(read.feed.entry_count, 2);
    assert_int_equal(
        memcmp(read.feed.entries[0].id, read.feed.entries[1].id, 16) == 0,
        same);
    forget(&read);
}

static void identity_is_the_best_there_is(void **state)
{
    (void)state;
    assert_ids("<guid> g\n</guid><link>a</link>", "<guid>g</guid>", true);
    assert_ids("<guid>g</guid>", "<guid>G</guid>", false);
    assert_ids("<guid>l</guid>", "<link>l</link>", false);
    assert_ids("<guid/><link>l</link><title>a</title>",
               "<link>l</link><title>b</title>", true);
    assert_ids("<link>http://l/?utm_a=1</link>", "<link>http://l/</link>",
               true);
    assert_ids("<guid>http://l/?utm_a=1</guid>", "<guid>http://l/</guid>",
               false);
    assert_ids("<title>t</title><description>a</description>",
               "<title>t</title><description>b</description>", true);
    assert_ids("<description>d</description><pubDate>a</pubDate>",
               "<description>d</description><pubDate>b</pubDate>", true);
    assert_ids("<description>d</description>", "<description>e</description>",
               false);
    assert_ids("<pubDate>a</pubDate>", "<pubDate>b</pubDate>", false);
}

static void around(const char *text, uint8_t out[16])
{
    struct read read = read_string(text);
    assert_int_not_equal(read.feed.format, DOCUMENT_OTHER);
    memcpy(out, read.feed.around, 16);
    forget(&read);
}

// `frame` with nothing, and with this, for its "@".
static void assert_around(const char *frame, const char *with, bool counts)
{
    char *one = replaced(frame, "@", "");
    char *other = replaced(frame, "@", with);
    uint8_t a[16], b[16];
    around(one, a);
    around(other, b);
    assert_int_equal(memcmp(a, b, 16) != 0, counts);
    free(one);
    free(other);
}

static void what_says_when_a_feed_is_made_does_not_count(void **state)
{
    (void)state;
    static const char atom[] =
        "<feed " ATOM " xmlns:at='http://purl.org/atompub/tombstones/1.0'>"
        "<title>t</title>@</feed>";
    static const char rss[] =
        "<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/' "
        "xmlns:a='http://www.w3.org/2005/Atom' xmlns:d='http://purl.org/dc/"
        "elements/1.1/' xmlns:s='http://a9.com/-/spec/opensearch/1.1/'>"
        "<channel><title>t</title>@</channel></rss>";
    assert_around(atom, "<updated>u</updated>", false);
    assert_around(atom, "<generator uri='x'>g</generator>", false);
    assert_around(atom, "<entry><id>i</id></entry>", false);
    assert_around(atom, "<link rel='next' href='n'/>", false);
    assert_around(atom, "<at:deleted-entry ref='r'/>", false);
    assert_around(atom, "<!-- c -->\n ", false);
    assert_around(atom, "<link rel='hub' href='h'/>", true);
    assert_around(atom, "<link rel='self' href='h'/>", true);
    assert_around(atom, "<subtitle>s</subtitle>", true);
    assert_around(rss, "<lastBuildDate>d</lastBuildDate>", false);
    assert_around(rss, "<pubDate>d</pubDate>", false);
    assert_around(rss, "<ttl>1</ttl>", false);
    assert_around(rss, "<generator>g</generator>", false);
    assert_around(rss, "<skipHours><hour>1</hour></skipHours>", false);
    assert_around(rss, "<cloud domain='c'/>", false);
    assert_around(rss, "<sy:updatePeriod>daily</sy:updatePeriod>", false);
    assert_around(rss, "<d:date>d</d:date>", false);
    assert_around(rss, "<s:totalResults>9</s:totalResults>", false);
    assert_around(rss, "<a:updated>u</a:updated>", false);
    assert_around(rss, "<item><guid>i</guid></item>", false);
    assert_around(rss, "<description>d</description>", true);
    assert_around(rss, "<a:link rel='hub' href='h'/>", true);
    assert_around("<feed " ATOM " @/>", "xml:lang='de'", true);
    assert_around("<feed " ATOM " @/>", "xml:base='http://b/'", true);
}

static void hints_say_when_to_look_again(void **state)
{
    (void)state;
    struct read read = read_string(
        "<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel>"
        "<ttl> 60 </ttl><sy:updatePeriod>daily</sy:updatePeriod>"
        "<sy:updateFrequency>4</sy:updateFrequency>"
        "<skipHours><hour>0</hour><hour>24</hour><hour>7</hour><hour>99</hour>"
        "</skipHours><skipDays><day>Sunday</day><day>friday</day><day>x</day>"
        "</skipDays><item><pubDate>Mon, 02 Nov 2026 12:00:00 GMT</pubDate>"
        "</item><item><pubDate>Sun, 01 Nov 2026 12:00:00 GMT</pubDate></item>"
        "<item><pubDate>Mon, 02 Nov 2076 12:00:00 GMT</pubDate></item>"
        "<item><pubDate>never</pubDate></item></channel></rss>");
    const struct document_hints *hints = &read.feed.hints;
    assert_int_equal(hints->ttl, 3600);
    assert_int_equal(hints->period, 21600);
    assert_int_equal(hints->skip_hours, 1 | 1 << 7);
    assert_int_equal(hints->skip_days, 1 | 1 << 5);
    assert_int_equal(hints->date_count, 2);
    assert_int_equal(hints->dates[0], 1793620800);
    assert_int_equal(hints->dates[1], 1793620800 - 86400);
    forget(&read);

    read = read_string("<rss><channel><ttl>-5</ttl><item><ttl>9</ttl><skipDays>"
                       "<day>Monday</day></skipDays></item></channel></rss>");
    assert_int_equal(read.feed.hints.ttl, 0);
    assert_int_equal(read.feed.hints.skip_days, 0);
    assert_int_equal(read.feed.hints.period, 0);
    forget(&read);
}

static void only_the_newest_dates_are_kept(void **state)
{
    (void)state;
    char text[10000];
    size_t len = (size_t)snprintf(text, sizeof text, "<rss><channel>");
    for (int i = 0; i < 40; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "<item><pubDate>%d Jan 20%02d 00:00 GMT"
                                "</pubDate></item>",
                                i % 28 + 1, (i * 7) % 26);
    (void)snprintf(text + len, sizeof text - len, "</channel></rss>");
    struct read read = read_string(text);
    const struct document_hints *hints = &read.feed.hints;
    assert_int_equal(hints->date_count, 32);
    for (size_t i = 1; i < 32; i++)
        assert_true(hints->dates[i] <= hints->dates[i - 1]);
    forget(&read);
}

static void tombstones_name_entries(void **state)
{
    (void)state;
    struct read read = read_string(
        "<feed " ATOM " xmlns:at='http://purl.org/atompub/tombstones/1.0'>"
        "<at:deleted-entry ref=' urn:1 ' when='x'/><entry><id>urn:1</id>"
        "</entry></feed>");
    assert_int_equal(read.feed.deleted_count, 1);
    assert_memory_equal(read.feed.deleted[0], read.feed.entries[0].id, 16);
    forget(&read);
}

static void assert_part(const struct read *read, size_t at, const char *name,
                        bool ignored)
{
    assert_true(at < read->feed.part_count);
    assert_string_equal(string(read, read->feed.parts[at].name_at), name);
    assert_int_equal(read->feed.parts[at].ignored, ignored);
}

static void parts_are_told_when_they_are_wanted(void **state)
{
    (void)state;
    struct read read = read_with(
        "<rss xmlns:s='http://purl.org/rss/1.0/modules/slash/' "
        "xmlns:q='urn:q'><channel><item><title>t</title>"
        "<link>http://l/?utm_a=1</link><s:comments>1</s:comments><q:x/></item>"
        "<item a='b'><link>http://l/</link><s:comments>2</s:comments></item>"
        "</channel></rss>",
        "https://e.example/", true);
    assert_int_equal(read.feed.part_count, 8);
    assert_part(&read, 0, "@", false);
    assert_part(&read, 1, "title", false);
    assert_part(&read, 2, "link", false);
    assert_part(&read, 3, "slash:comments", true);
    assert_part(&read, 4, "{urn:q}x", false);
    assert_part(&read, 5, "@", false);
    const struct feed_part *parts = read.feed.parts;
    assert_memory_not_equal(parts[0].content, parts[5].content, 16);
    assert_memory_equal(parts[2].content, parts[6].content, 16);
    assert_memory_not_equal(parts[2].all, parts[6].all, 16);
    assert_memory_not_equal(parts[3].all, parts[7].all, 16);
    assert_int_equal(read.feed.entries[1].part_at, 5);
    assert_int_equal(read.feed.entries[1].part_count, 3);
    forget(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_told_from_the_root),
        cmocka_unit_test(items_count_where_feeds_put_them),
        cmocka_unit_test(fields_are_the_entry_s_own),
        cmocka_unit_test(titles_are_text),
        cmocka_unit_test(links_are_absolute),
        cmocka_unit_test(many_links_and_a_long_base_take_no_second),
        cmocka_unit_test(identity_is_the_best_there_is),
        cmocka_unit_test(what_says_when_a_feed_is_made_does_not_count),
        cmocka_unit_test(hints_say_when_to_look_again),
        cmocka_unit_test(only_the_newest_dates_are_kept),
        cmocka_unit_test(tombstones_name_entries),
        cmocka_unit_test(parts_are_told_when_they_are_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
