// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/document.h"

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
    assert_int_equal(document->memory_count, 51);
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

static void a_broken_feed_is_one_thing(void **state)
{
    (void)state;
    struct fixture broken = fixture_read("broken-truncated.xml");
    struct fixture whole = fixture_read("atom-50.xml");
    struct history history = { 0 };
    read_next(&history, whole.bytes, whole.len);
    read_next(&history, broken.bytes, broken.len);
    assert_int_equal(history.document.format, DOCUMENT_OTHER);
    assert_int_equal(history.document.change, DOCUMENT_REPLACED);
    assert_false(history.document.cuttable);
    assert_null(history.document.delta);
    assert_string_equal(history.document.hubs[0], "https://hub.example.org/");
    // Once it is whole again, nothing in it is new.
    read_next(&history, whole.bytes, whole.len);
    assert_int_equal(history.document.changed_count, 0);
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
        bool cuttable, can;
    } rows[] = {
        { "atom03.xml", true, true },       { "rss091.xml", true, true },
        { "rss10.rdf", false, true },       { "jsonfeed.json", false, true },
        { "page.html", false, false },      { "rss20-utf16le.xml", true, true },
        { "rss20-sjis.xml", false, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture file = fixture_read(rows[i].name);
        struct history history = { 0 };
        read_next(&history, file.bytes, file.len);
        assert_int_equal(history.document.cuttable, rows[i].cuttable);
        assert_int_equal(history.document.delta != NULL, rows[i].cuttable);
        size_t found, len;
        char *cut = document_cut(file.bytes, file.len, NULL,
                                 (const uint8_t(*)[16])history.document.changed,
                                 0, NULL, &found, &len);
        assert_int_equal(cut != NULL, rows[i].can);
        free(cut);
        document_clear(&history.document);
        free(file.bytes);
    }
}

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
        cmocka_unit_test(a_broken_feed_is_one_thing),
        cmocka_unit_test(any_other_document_is_new_when_its_bytes_are),
        cmocka_unit_test(a_page_has_links_but_no_entries),
        cmocka_unit_test(link_headers_go_before_links_in_the_document),
        cmocka_unit_test(only_atom_and_rss_are_cut_by_default),
        cmocka_unit_test(an_outline_says_what_was_read),
        cmocka_unit_test(formats_have_names),
        cmocka_unit_test(no_megabyte_takes_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
