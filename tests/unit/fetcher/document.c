// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/document.h"
#include "fetcher/noise.h"

#include <time.h>

static const char URL[] = "https://e.example/dir/feed";

struct history {
    struct document document;
    uint64_t seq;
};

static void read_next(struct history *history, const char *bytes, size_t len)
{
    struct document_input input = {
        .bytes = bytes,
        .len = len,
        .url = URL,
        .known = history->document.entries,
        .known_count = history->document.memory_count,
        .seq = ++history->seq,
        .today = 20000,
        .entries_max = 1000,
    };
    struct document next;
    assert_true(document_read(&input, &next));
    document_clear(&history->document);
    history->document = next;
}

// What becomes of `bytes` when its first `what` is replaced.
static struct history changed_by(const struct fixture *file, const char *what,
                                 const char *by)
{
    struct history history = { 0 };
    read_next(&history, file->bytes, file->len);
    char *next = replaced(file->bytes, what, by);
    read_next(&history, next, strlen(next));
    free(next);
    return history;
}

static void assert_changed_by(const char *name, const char *what,
                              const char *by, enum document_change change)
{
    struct fixture file = fixture_read(name);
    struct history history = changed_by(&file, what, by);
    if (history.document.change != change)
        fail_msg("%s: %s to %s is %d, not %d", name, what, by,
                 (int)history.document.change, (int)change);
    document_clear(&history.document);
    free(file.bytes);
}

static void the_first_version_is_all_new(void **state)
{
    (void)state;
    struct fixture file = fixture_read("atom-50.xml");
    struct history history = { 0 };
    read_next(&history, file.bytes, file.len);
    const struct document *document = &history.document;
    assert_int_equal(document->format, DOCUMENT_ATOM10);
    assert_true(document->cuttable);
    assert_int_equal(document->change, DOCUMENT_ENTRIES);
    assert_int_equal(document->entry_count, 50);
    assert_int_equal(document->changed_count, 50);
    assert_int_equal(document->memory_count, 52);
    assert_int_equal(document->delta_len, file.len);
    assert_memory_equal(document->delta, file.bytes, file.len);

    read_next(&history, file.bytes, file.len);
    assert_int_equal(history.document.change, DOCUMENT_SAME);
    assert_null(history.document.delta);
    assert_false(history.document.remember);
    document_clear(&history.document);
    free(file.bytes);
}

static void the_delta_is_the_document_without_the_other_entries(void **state)
{
    (void)state;
    static const char text[] =
        "<?xml version=\"1.0\"?>\n<!-- hi -->\n<feed xmlns='http://www.w3.org"
        "/2005/Atom'>\n <title>T</title>\n <entry>\n  <id>1</id>\n </entry>\n"
        " <entry><id>2</id></entry>\n</feed>\n";
    static const char next[] =
        "<?xml version=\"1.0\"?>\n<!-- hi -->\n<feed xmlns='http://www.w3.org"
        "/2005/Atom'>\n <title>T</title>\n <entry><id>3</id></entry>\n"
        " <entry>\n  <id>1</id>\n </entry>\n"
        " <entry><id>2</id><title><![CDATA[new]]></title></entry>\n</feed>\n";
    struct history history = { 0 };
    read_next(&history, text, strlen(text));
    read_next(&history, next, strlen(next));
    assert_int_equal(history.document.change, DOCUMENT_ENTRIES);
    assert_int_equal(history.document.changed_count, 2);
    assert_string_equal(
        history.document.delta,
        "<?xml version=\"1.0\"?>\n<!-- hi -->\n<feed xmlns='http://www.w3.org"
        "/2005/Atom'>\n <title>T</title>\n <entry><id>3</id></entry>\n"
        " <entry><id>2</id><title><![CDATA[new]]></title></entry>\n</feed>\n");
    document_clear(&history.document);
}

static void a_new_spelling_of_the_same_is_no_change(void **state)
{
    (void)state;
    static const struct {
        const char *name, *what, *by;
    } rows[] = {
        // Indentation, order of attributes, quotes, comments, instructions.
        { "atom-50.xml", "  <entry>\n    <id>", "<entry><id>" },
        { "atom-50.xml", "<title type=\"text\">", "<title  type='text' >" },
        { "atom-50.xml", "rel=\"alternate\" type=\"text/html\" href",
          "type=\"text/html\" rel=\"alternate\" href" },
        { "atom-50.xml", "<published>", "<!-- x --><?y z?><published>" },
        // CDATA against escapes, in part of a text.
        { "rss20.xml", "<![CDATA[", "<![CDATA[]]><![CDATA[" },
        { "rss20-crlf.xml", "Cr\xc3\xaapes \xc3\xa0",
          "Cr&#xea;pes <![CDATA[\xc3\xa0]]>" },
        // A prefix that is called otherwise, a namespace declared elsewhere.
        { "prefixed.xml", "<h:div h:title='x>y'><h:p>one</h:p></h:div>",
          "<q:div xmlns:q='http://www.w3.org/1999/xhtml' q:title='x&gt;y'>"
          "<h:p>one</h:p></q:div>" },
        { "prefixed.xml", "<?xml version='1.0'?>\n", "" },
        { "jsonfeed.json", "\n \"items\"", "\"items\"" },
        // What says only when the feed was made.
        { "atom-50.xml", "<updated>2026", "<updated>2027" },
        { "atom-50.xml", "version=\"4.2.1\"", "version=\"4.2.2\"" },
        { "rss20.xml", "<lastBuildDate>", "<lastBuildDate> later " },
        { "rss20.xml", "<language>", "<ttl>60</ttl><language>" },
        { "rss20.xml", "hourly", "daily" },
        { "rss10.rdf", "<dc:date>2026", "<dc:date>2027" },
        { "atom03.xml", "<modified>2026", "<modified>2027" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_changed_by(rows[i].name, rows[i].what, rows[i].by,
                          DOCUMENT_SAME);
}

static void a_new_meaning_is_a_change(void **state)
{
    (void)state;
    static const struct {
        const char *name, *what, *by;
    } rows[] = {
        { "atom-50.xml", "<published>2026", "<published>2027" },
        { "atom-50.xml", "term=\"", "term=\"x" },
        { "atom-50.xml", "<summary type=\"text\">", "<summary>" },
        { "rss20.xml", "<item>", "<item xml:lang='de'>" },
        { "rss20.xml", "<item>", "<item><x xmlns='http://x.example/'/>" },
        { "rss20-crlf.xml", "<title>Cr", "<title>cr" },
        { "rss091.xml", "&eacute;", "&egrave;" },
        { "atom03.xml", "<content type", "<content  xml:lang='en' type" },
        { "jsonfeed.json", "\"tags\"", "\"_tags\"" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_changed_by(rows[i].name, rows[i].what, rows[i].by,
                          DOCUMENT_ENTRIES);
}

static void a_change_around_the_entries_is_delivered_without_them(void **state)
{
    (void)state;
    struct fixture file = fixture_read("rss20.xml");
    struct history history =
        changed_by(&file, "<title>Kettle &amp;", "<title>Pot &amp;");
    assert_int_equal(history.document.change, DOCUMENT_FEED_LEVEL);
    assert_non_null(history.document.delta);
    assert_null(strstr(history.document.delta, "<item>"));
    assert_non_null(strstr(history.document.delta, "</image>\n</channel>\n"));
    document_clear(&history.document);
    free(file.bytes);
    assert_changed_by("jsonfeed.json", "Tin Roof", "Lead Roof",
                      DOCUMENT_FEED_LEVEL);
}

static void a_feed_without_its_end_removes_nothing(void **state)
{
    (void)state;
    struct fixture broken = fixture_read("broken-truncated.xml");
    struct fixture whole = fixture_read("atom-50.xml");
    struct history history = { 0 };
    read_next(&history, whole.bytes, whole.len);
    read_next(&history, broken.bytes, broken.len);
    assert_int_equal(history.document.format, DOCUMENT_ATOM10);
    assert_true(history.document.incomplete);
    assert_true(history.document.repairs & DOCUMENT_REPAIR_TAIL);
    assert_int_equal(history.document.change, DOCUMENT_SAME);
    assert_null(history.document.delta);
    assert_string_equal(history.document.hubs[0], "https://hub.example.org/");
    // Once it is whole again, nothing in it is new.
    read_next(&history, whole.bytes, whole.len);
    assert_int_equal(history.document.change, DOCUMENT_SAME);
    assert_int_equal(history.document.repairs, 0);
    document_clear(&history.document);
    free(broken.bytes);
    free(whole.bytes);
}

static void any_other_document_is_new_when_its_bytes_are(void **state)
{
    (void)state;
    struct history history = { 0 };
    read_next(&history, "", 0);
    assert_int_equal(history.document.change, DOCUMENT_REPLACED);
    read_next(&history, "", 0);
    assert_int_equal(history.document.change, DOCUMENT_SAME);
    read_next(&history, "\0\x01", 2);
    assert_int_equal(history.document.change, DOCUMENT_REPLACED);
    assert_int_equal(history.document.format, DOCUMENT_OTHER);
    assert_int_equal(history.document.entry_count, 0);
    read_next(&history, "{\"a\":1}", 7);
    assert_int_equal(history.document.change, DOCUMENT_REPLACED);
    document_clear(&history.document);
}

static void a_page_has_links_but_no_entries(void **state)
{
    (void)state;
    struct fixture file = fixture_read("page.html");
    struct history history = { 0 };
    read_next(&history, file.bytes, file.len);
    assert_int_equal(history.document.format, DOCUMENT_HTML);
    assert_int_equal(history.document.change, DOCUMENT_REPLACED);
    assert_int_equal(history.document.hub_count, 1);
    assert_string_equal(history.document.hubs[0],
                        "https://lantern.example.org/hub?a=1&b=2");
    assert_string_equal(history.document.self,
                        "https://lantern.example.org/pages/notes.html");
    document_clear(&history.document);
    free(file.bytes);
}

static void link_headers_go_before_links_in_the_document(void **state)
{
    (void)state;
    struct fixture file = fixture_read("rss20.xml");
    const char *const fields[] = { "<https://h.example/>; rel=\"hub\"",
                                   "</other>; rel=hub" };
    struct document_input input = {
        .bytes = file.bytes,
        .len = file.len,
        .content_type = "text/html; charset=utf-8",
        .url = URL,
        .link_fields = fields,
        .link_field_count = 2,
    };
    struct document document;
    assert_true(document_read(&input, &document));
    // Told by its root, whatever the Content-Type says.
    assert_int_equal(document.format, DOCUMENT_RSS20);
    assert_int_equal(document.hub_count, 2);
    assert_string_equal(document.hubs[0], "https://h.example/");
    assert_string_equal(document.hubs[1], "https://e.example/other");
    assert_string_equal(document.self, "https://kettle.example.com/feed/");
    document_clear(&document);
    free(file.bytes);
}

static void only_atom_and_rss_are_cut_by_default(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool cuttable, on_request;
    } rows[] = {
        { "atom03.xml", true, false },     { "rss091.xml", true, false },
        { "rss10.rdf", false, true },      { "jsonfeed.json", false, true },
        { "page.html", false, false },     { "rss20-utf16le.xml", true, false },
        { "rss20-sjis.xml", true, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture file = fixture_read(rows[i].name);
        struct history history = { 0 };
        bool can = rows[i].cuttable || rows[i].on_request;
        read_next(&history, file.bytes, file.len);
        assert_int_equal(history.document.cuttable, rows[i].cuttable);
        assert_int_equal(history.document.on_request, rows[i].on_request);
        assert_int_equal(history.document.delta != NULL, can);
        size_t found, len;
        char *cut = document_cut(file.bytes, file.len, NULL,
                                 (const uint8_t(*)[16])history.document.changed,
                                 0, NULL, &found, &len);
        assert_int_equal(cut != NULL, can);
        free(cut);
        document_clear(&history.document);
        free(file.bytes);
    }
}

#define RSS(items)                                                             \
    "<rss version='2.0'><channel><title>T</title>" items "</channel></rss>"
#define ITEM(id, more) "<item><guid>" id "</guid>" more "</item>"

static void assert_next(struct history *history, const char *text,
                        enum document_change change, size_t changed)
{
    read_next(history, text, strlen(text));
    if (history->document.change != change
        || history->document.changed_count != changed)
        fail_msg("%s: %d with %zu, not %d with %zu", text,
                 (int)history->document.change, history->document.changed_count,
                 (int)change, changed);
}

static void only_some_of_the_entries_remove_nothing(void **state)
{
    (void)state;
    struct history history = { 0 };
    assert_next(&history, RSS(ITEM("2", "") ITEM("1", "")), DOCUMENT_ENTRIES,
                2);
    static const char part[] =
        "<rss version='2.0'><channel><title>Other</title>" ITEM(
            "3", "") "</channel></rss>";
    struct document_input input = {
        .bytes = part,
        .len = strlen(part),
        .known = history.document.entries,
        .known_count = history.document.memory_count,
        .seq = 2,
        .today = 20000,
        .entries_max = 100,
        .partial = true,
    };
    struct document next;
    assert_true(document_read(&input, &next));
    assert_int_equal(next.change, DOCUMENT_ENTRIES);
    assert_int_equal(next.changed_count, 1);
    document_clear(&history.document);
    history.document = next;
    assert_next(&history, RSS(ITEM("3", "") ITEM("2", "") ITEM("1", "")),
                DOCUMENT_FEED_LEVEL, 0);
    document_clear(&history.document);
}

static void a_tombstone_is_news_around_the_entries(void **state)
{
    (void)state;
#define FEED(inside)                                                           \
    "<feed xmlns='http://www.w3.org/2005/Atom' "                               \
    "xmlns:at='http://purl.org/atompub/tombstones/1.0'>" inside "</feed>"
#define ENTRY(id) "<entry><id>u:" id "</id></entry>"
    struct history history = { 0 };
    assert_next(&history, FEED(ENTRY("2") ENTRY("1")), DOCUMENT_ENTRIES, 2);
    assert_next(&history,
                FEED("<at:deleted-entry ref='u:2' when='x'/>" ENTRY("1")),
                DOCUMENT_FEED_LEVEL, 0);
    assert_string_equal(history.document.delta,
                        FEED("<at:deleted-entry ref='u:2' when='x'/>"));
    assert_next(&history, FEED(ENTRY("1")), DOCUMENT_SAME, 0);
    document_clear(&history.document);
}

static void the_digest_is_that_of_all_that_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool same;
    } rows[] = {
        { RSS(ITEM("2", "<x/>") " " ITEM("1", "")), true },
        { RSS("<lastBuildDate>x</lastBuildDate>" ITEM("2", "<x></x>")
                  ITEM("1", "")),
          true },
        { RSS(ITEM("1", "") ITEM("2", "<x/>")), false },
        { RSS(ITEM("2", "<y/>") ITEM("1", "")), false },
        { RSS(ITEM("2", "<x/>")), false },
        { RSS("<link>l</link>" ITEM("2", "<x/>") ITEM("1", "")), false },
        { "x", false },
        { "y", false },
    };
    struct history history = { 0 };
    uint8_t digest[16], last[16] = { 0 };
    assert_next(&history, RSS(ITEM("2", "<x/>") ITEM("1", "")),
                DOCUMENT_ENTRIES, 2);
    memcpy(digest, history.document.digest, sizeof digest);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        read_next(&history, rows[i].text, strlen(rows[i].text));
        bool same = memcmp(history.document.digest, digest, 16) == 0;
        assert_int_equal(same, rows[i].same);
        assert_true(same || memcmp(history.document.digest, last, 16) != 0);
        memcpy(last, history.document.digest, sizeof last);
    }
    document_clear(&history.document);
}

static void hints_are_passed_on(void **state)
{
    (void)state;
    struct history history = { 0 };
    assert_next(&history,
                RSS("<ttl>60</ttl><skipHours><hour>3</hour></skipHours>" ITEM(
                    "1", "<pubDate>Sat, 03 Oct 2020 10:00:00 GMT</pubDate>")),
                DOCUMENT_ENTRIES, 1);
    assert_int_equal(history.document.hints.ttl, 3600);
    assert_int_equal(history.document.hints.skip_hours, 1 << 3);
    assert_int_equal(history.document.hints.date_count, 1);
    document_clear(&history.document);
}

// An entry whose inside is `one` in a first version and `other` in the next.
static enum document_change change_of(const char *one, const char *other)
{
    static const char format[] =
        "<feed xmlns='http://www.w3.org/2005/Atom' "
        "xmlns:media='http://search.yahoo.com/mrss/' "
        "xmlns:thr='http://purl.org/syndication/thread/1.0' "
        "xmlns:slash='http://purl.org/rss/1.0/modules/slash/' "
        "xmlns:x='http://x.example/'><title>T</title>"
        "<entry><id>u:1</id>%s</entry></feed>";
    struct history history = { 0 };
    const char *const insides[] = { one, other };
    for (size_t i = 0; i < 2; i++) {
        char text[2048];
        int len = snprintf(text, sizeof text, format, insides[i]);
        assert_true(len > 0 && (size_t)len < sizeof text);
        read_next(&history, text, (size_t)len);
        assert_int_equal(history.document.repairs, 0);
    }
    enum document_change change = history.document.change;
    document_clear(&history.document);
    return change;
}

static void what_an_entry_means_is_compared(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "<title>a</title>", "<title>b</title>" },
        { "<title>a</title>", "" },
        { "<content>a</content>", "<content>b</content>" },
        { "<content type='html'>&lt;p>a</content>",
          "<content type='html'>&lt;p>a&lt;p></content>" },
        { "<summary>a</summary>", "<summary type='html'>a</summary>" },
        { "<link href='/a'/>", "<link href='/b'/>" },
        { "<link href='/a'/>", "<link rel='enclosure' href='/a'/>" },
        { "<link rel='enclosure' href='/a' length='1'/>",
          "<link rel='enclosure' href='/a' length='2'/>" },
        { "<author><name>a</name></author>",
          "<author><name>b</name></author>" },
        { "<category term='a'/>", "<category term='a'/><category term='b'/>" },
        { "<media:content url='/a'/>", "<media:content url='/b'/>" },
        { "<x:price>1</x:price>", "<x:price>2</x:price>" },
        { "<x:price/>", "<x:price x:unit='e'/>" },
        { "<updated>2020-01-01T00:00:00Z</updated>",
          "<updated>2020-01-01T00:00:01Z</updated>" },
        { "<published>2020-01-01T00:00:00Z</published>",
          "<published>2020-01-02T00:00:00Z</published>" },
        { "<rights>a</rights>", "<rights>b</rights>" },
        { "<title>a</title>", "<title xml:lang='de'>a</title>" },
        { "<title>a b</title>", "<title>ab</title>" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (change_of(rows[i][0], rows[i][1]) != DOCUMENT_ENTRIES)
            fail_msg("%s to %s is no change", rows[i][0], rows[i][1]);
}

static void how_an_entry_is_written_is_not_compared(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "<title>a</title><link href='/'/>",
          "\n  <title>a</title>\r\n\t<link href='/'/>\n" },
        { "<link rel='r' href='/'/>", "<link href=\"/\"  rel=\"r\" ></link>" },
        { "<x:a/>", "<y:a xmlns:y='http://x.example/'/>" },
        { "<title>a</title>",
          "<title xmlns='http://www.w3.org/2005/Atom'>a</title>" },
        { "<title>a &lt;b></title>", "<title><![CDATA[a <b>]]></title>" },
        { "<title>\xc3\xa4</title>", "<title>&#xe4;</title>" },
        { "<title>a</title>", "<!-- c --><title>a</title><?p i?>" },
        // What noise.h leaves out.
        { "<slash:comments>1</slash:comments>",
          "<slash:comments>2</slash:comments>" },
        { "<thr:total>1</thr:total>", "" },
        { "<link rel='replies' href='/r' thr:count='1'/>",
          "<link rel='replies' href='/r' thr:count='2'/>" },
        { "<link href='/a?id=1&amp;utm_source=x'/>",
          "<link href='/a?id=1&amp;utm_source=y'/>" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (change_of(rows[i][0], rows[i][1]) != DOCUMENT_SAME)
            fail_msg("%s to %s is a change", rows[i][0], rows[i][1]);
}

static void what_is_broken_once_brings_only_what_is_new(void **state)
{
    (void)state;
    struct history history = { 0 };
    assert_next(&history, RSS(ITEM("2", "<title>b</title>") ITEM("1", "")),
                DOCUMENT_ENTRIES, 2);
    assert_next(&history,
                RSS(ITEM("3", "<title>a & b &nbsp;</title>")
                        ITEM("2", "<title>b</title>") ITEM("1", "")),
                DOCUMENT_ENTRIES, 1);
    assert_true(history.document.repairs & DOCUMENT_REPAIR_AMPERSAND);
    assert_string_equal(history.document.delta,
                        RSS(ITEM("3", "<title>a & b &nbsp;</title>")));
    assert_next(&history,
                RSS(ITEM("3", "<title>a &amp; b &#160;</title>")
                        ITEM("2", "<title>b</title>") ITEM("1", "")),
                DOCUMENT_SAME, 0);
    document_clear(&history.document);
}

static void rules_of_the_operator_make_nothing_new(void **state)
{
    (void)state;
    static const char text[] =
        RSS(ITEM("1", "<n xmlns='http://n.example/'>1</n>"));
    static const char other[] =
        RSS(ITEM("1", "<n xmlns='http://n.example/'>2</n>"));
    const char *const rules[] = { "element http://n.example/ n" };
    const char *problem = NULL;
    struct noise *noise = noise_new(rules, 1, true, &problem);
    assert_non_null(noise);
    struct document_input input = {
        .bytes = text,
        .len = strlen(text),
        .seq = 1,
        .entries_max = 10,
    };
    struct document first, second, third;
    assert_true(document_read(&input, &first));
    input.known = first.entries;
    input.known_count = first.memory_count;
    input.noise = noise;
    assert_true(document_read(&input, &second));
    assert_int_equal(second.change, DOCUMENT_SAME);
    assert_true(second.remember);
    input.known = second.entries;
    input.known_count = second.memory_count;
    input.bytes = other;
    assert_true(document_read(&input, &third));
    assert_int_equal(third.change, DOCUMENT_SAME);
    assert_false(third.remember);
    document_clear(&first);
    document_clear(&second);
    document_clear(&third);
    noise_free(noise);
}

static void the_same_entries_in_another_format_are_not_new(void **state)
{
    (void)state;
    struct history history = { 0 };
    assert_next(&history, RSS(ITEM("u:2", "") ITEM("u:1", "")),
                DOCUMENT_ENTRIES, 2);
    assert_next(&history, FEED(ENTRY("2") ENTRY("1")), DOCUMENT_FEED_LEVEL, 0);
    assert_next(&history, FEED(ENTRY("3") ENTRY("2") ENTRY("1")),
                DOCUMENT_ENTRIES, 1);
    assert_next(&history,
                "{\"version\":\"https://jsonfeed.org/version/1.1\","
                "\"items\":[{\"id\":\"u:4\"},{\"id\":\"u:3\"}]}",
                DOCUMENT_ENTRIES, 1);
    document_clear(&history.document);
}

static void ids_are_the_same_whatever_the_url(void **state)
{
    (void)state;
    static const char text[] =
        RSS("<item><link>/a</link></item><item><title>b &amp; c</title></item>"
            "<item><description>d <![CDATA[<a href='/x'>]]></description>"
            "</item>");
    struct history history = { 0 };
    read_next(&history, text, strlen(text));
    size_t found, len;
    char *cut = document_cut(text, strlen(text), "text/xml",
                             (const uint8_t(*)[16])history.document.changed, 3,
                             NULL, &found, &len);
    assert_int_equal(found, 3);
    assert_string_equal(cut, text);
    free(cut);
    document_clear(&history.document);
}

static void formats_have_names(void **state)
{
    (void)state;
    assert_string_equal(document_format_name(DOCUMENT_ATOM10), "atom10");
    assert_string_equal(document_format_name(DOCUMENT_HTML), "html");
    assert_string_equal(document_format_name(DOCUMENT_OTHER), "other");
}

// A megabyte of `piece` between `head` and nothing.
static double seconds_for(const char *head, const char *piece)
{
    size_t len = strlen(head);
    char *text = malloc(1 << 20);
    assert_non_null(text);
    memcpy(text, head, len);
    for (size_t i = 0; len < 1 << 20; i++)
        text[len++] = piece[i % strlen(piece)];

    struct timespec from, to;
    struct history history = { 0 };
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from), 0);
    read_next(&history, text, len);
    assert_int_equal(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to), 0);
    document_clear(&history.document);
    free(text);
    return (double)(to.tv_sec - from.tv_sec)
           + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static void no_megabyte_takes_long(void **state)
{
    (void)state;
    static const struct {
        const char *head, *piece;
    } rows[] = {
        { "<rss><channel><item ", "a='' " },
        { "<rss><channel>", "<item/>" },
        { "<rss><channel>", "<x>" },
        { "<rss><channel><item><title>", "&#38;<![CDATA[]]>" },
        { "<rss><channel><!--", "-> <!-- -" },
        { "<rss><channel a='", "<rss \"" },
        { "<rss><channel><item b=c ", "d=1 <e " },
        { "<rss><channel>", "<x a='' b='' c='' d='' e=''/>" },
        { "<!DOCTYPE html>", "<a rel=hub href=/x>" },
        { "<!DOCTYPE html>", "<script><a <!--" },
        { "<!DOCTYPE html><a ", "b='" },
        { "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[",
          "{}," },
        { "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":", "[" },
        { "<?xml version='1.0' encoding='gb18030'?>", "\x81\x30\x81\x30" },
    };
    // Under a sanitizer a few times slower than what is promised: 1 s.
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double seconds = seconds_for(rows[i].head, rows[i].piece);
        if (seconds > 5)
            fail_msg("%s...%s: %.1f s", rows[i].head, rows[i].piece, seconds);
    }
}

int main(void)
{
    document_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_version_is_all_new),
        cmocka_unit_test(the_delta_is_the_document_without_the_other_entries),
        cmocka_unit_test(a_new_spelling_of_the_same_is_no_change),
        cmocka_unit_test(a_new_meaning_is_a_change),
        cmocka_unit_test(a_change_around_the_entries_is_delivered_without_them),
        cmocka_unit_test(a_feed_without_its_end_removes_nothing),
        cmocka_unit_test(any_other_document_is_new_when_its_bytes_are),
        cmocka_unit_test(a_page_has_links_but_no_entries),
        cmocka_unit_test(link_headers_go_before_links_in_the_document),
        cmocka_unit_test(only_atom_and_rss_are_cut_by_default),
        cmocka_unit_test(only_some_of_the_entries_remove_nothing),
        cmocka_unit_test(a_tombstone_is_news_around_the_entries),
        cmocka_unit_test(the_digest_is_that_of_all_that_is_said),
        cmocka_unit_test(hints_are_passed_on),
        cmocka_unit_test(what_an_entry_means_is_compared),
        cmocka_unit_test(how_an_entry_is_written_is_not_compared),
        cmocka_unit_test(what_is_broken_once_brings_only_what_is_new),
        cmocka_unit_test(rules_of_the_operator_make_nothing_new),
        cmocka_unit_test(the_same_entries_in_another_format_are_not_new),
        cmocka_unit_test(ids_are_the_same_whatever_the_url),
        cmocka_unit_test(formats_have_names),
        cmocka_unit_test(no_megabyte_takes_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
