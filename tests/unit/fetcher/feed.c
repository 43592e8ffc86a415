// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/feed.h"

static const char BASE[] = "https://e.example/dir/feed";

struct read {
    struct feed feed;
    struct link_set links;
};

static struct read read_text(const char *text, size_t len)
{
    struct read out = { 0 };
    const struct feed_input input = { .text = text, .len = len, .url = BASE };
    assert_true(feed_read(&input, &out.links, &out.feed));
    return out;
}

static struct read read_string(const char *text)
{
    return read_text(text, strlen(text));
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

// "id link title updated" of an entry.
static const char *summary(const struct read *read, size_t index)
{
    static char out[1000];
    assert_true(index < read->feed.entry_count);
    const struct feed_entry *entry = &read->feed.entries[index];
    (void)snprintf(out, sizeof out, "%s %s %s %s", string(read, entry->id_at),
                   string(read, entry->link_at), string(read, entry->title_at),
                   string(read, entry->updated_at));
    return out;
}

static void assert_slices(const char *text, const struct read *read,
                          const char *start, const char *end)
{
    assert_true(read->feed.placed);
    for (size_t i = 0; i < read->feed.entry_count; i++) {
        const struct feed_entry *entry = &read->feed.entries[i];
        assert_memory_equal(text + entry->start, start, strlen(start));
        assert_memory_equal(text + entry->end - strlen(end), end, strlen(end));
    }
}

static void an_atom_feed_is_sliced_into_its_entries(void **state)
{
    (void)state;
    struct fixture file = fixture_read("atom-50.xml");
    struct read read = read_text(file.bytes, file.len);
    assert_int_equal(read.feed.format, DOCUMENT_ATOM10);
    assert_int_equal(read.feed.entry_count, 50);
    assert_slices(file.bytes, &read, "<entry>", "</entry>");
    assert_string_equal(string(&read, read.feed.title_at),
                        "The Lantern: notes from the harbour");
    assert_string_equal(read.links.self,
                        "https://lantern.example.org/feed.atom");
    assert_string_equal(read.links.hubs[0], "https://hub.example.org/");
    // A nested source's id is not the entry's.
    for (size_t i = 0; i < 50; i++) {
        char id[100];
        (void)snprintf(id, sizeof id, "tag:lantern.example.org,2026:note/%zu",
                       1200 - i);
        assert_string_equal(string(&read, read.feed.entries[i].id_at), id);
    }
    forget(&read);
    free(file.bytes);
}

static void every_format_is_known_by_its_root(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum document_format format;
        size_t entries;
        const char *start, *end, *title;
    } rows[] = {
        { "rss20.xml", DOCUMENT_RSS20, 20, "<item>", "</item>",
          "Kettle & Compass" },
        { "rss091.xml", DOCUMENT_RSS09X, 8, "<item>", "</item>",
          "Almanac of the Lower Quay" },
        { "rss10.rdf", DOCUMENT_RSS10, 6, "<item rdf:about", "</item>",
          "Strata: a field book" },
        { "atom03.xml", DOCUMENT_ATOM03, 5, "<entry>", "</entry>",
          "Paper boats" },
        { "rss20-crlf.xml", DOCUMENT_RSS20, 3, "<item>", "</item>",
          "Caf\xc3\xa9 Oc\xc3\xa9"
          "an" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture file = fixture_read(rows[i].name);
        struct read read = read_text(file.bytes, file.len);
        assert_int_equal(read.feed.format, rows[i].format);
        assert_int_equal(read.feed.entry_count, rows[i].entries);
        assert_slices(file.bytes, &read, rows[i].start, rows[i].end);
        assert_string_equal(string(&read, read.feed.title_at), rows[i].title);
        forget(&read);
        free(file.bytes);
    }
}

static void prefixes_comments_and_odd_tags_do_not_mislead(void **state)
{
    (void)state;
    struct fixture file = fixture_read("prefixed.xml");
    struct read read = read_text(file.bytes, file.len);
    assert_int_equal(read.feed.entry_count, 2);
    assert_string_equal(summary(&read, 0),
                        "urn:p:1 - A <b> title with a > sign -");
    assert_slices(file.bytes, &read, "<a:entry", ">");
    const struct feed_entry *last = &read.feed.entries[1];
    assert_int_equal(last->end - last->start, strlen("<a:entry x=\"a>b\"/>"));
    assert_string_equal(read.links.self, "https://prefixed.example.org/f");
    assert_string_equal(read.links.hubs[0], "https://hub.example.org/?a=1&b=2");
    forget(&read);
    free(file.bytes);
}

static void identity_is_id_then_link_then_title_then_content(void **state)
{
    (void)state;
    struct read read = read_string(
        "<rss version='2.0'><channel>"
        "<item><guid> g </guid><link>l</link><title>t</title></item>"
        "<item><guid/><link>\n l \n</link><title>t</title></item>"
        "<item><title>t<![CDATA[ &]]></title><description>x</description>"
        "<pubDate>d</pubDate></item>"
        "<item><description>x</description></item>"
        "<item><description>y</description></item>"
        "</channel></rss>");
    assert_int_equal(read.feed.entry_count, 5);
    assert_string_equal(summary(&read, 0), "g https://e.example/dir/l t -");
    assert_string_equal(summary(&read, 1), "- https://e.example/dir/l t -");
    assert_string_equal(summary(&read, 2), "- - t & d");
    assert_string_equal(summary(&read, 3), "- - - -");
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(read.feed.entries[i].id,
                                    read.feed.entries[j].id, 16);
    forget(&read);
}

static void only_elements_of_the_format_in_their_place_count(void **state)
{
    (void)state;
    struct read read =
        read_string("<rss version='2.0' xmlns:x='http://x.example/'><channel>"
                    "<title>T</title><image><title>I</title><item/></image>"
                    "<x:item><guid>no</guid></x:item>"
                    "<item><x:guid>no</x:guid><y:guid>no</y:guid>"
                    "<x:wrap><guid>no</guid><item/></x:wrap>"
                    "<guid>yes</guid><guid>late</guid></item>"
                    "</channel></rss>");
    assert_int_equal(read.feed.entry_count, 1);
    assert_string_equal(summary(&read, 0), "yes - - -");
    assert_string_equal(string(&read, read.feed.title_at), "T");
    forget(&read);
}

static void the_best_date_of_an_entry_is_told(void **state)
{
    (void)state;
    struct read read = read_string(
        "<feed xmlns='http://www.w3.org/2005/Atom'>"
        "<entry><published>p</published><updated>u</updated></entry>"
        "<entry><updated>u</updated><published>p</published></entry>"
        "<entry><published>p</published></entry></feed>");
    assert_string_equal(summary(&read, 0), "- - - u");
    assert_string_equal(summary(&read, 1), "- - - u");
    assert_string_equal(summary(&read, 2), "- - - p");
    forget(&read);
}

static void links_are_found_in_feeds_and_in_channels(void **state)
{
    (void)state;
    struct fixture file = fixture_read("rss20.xml");
    struct read read = read_text(file.bytes, file.len);
    assert_int_equal(read.links.hub_count, 2);
    assert_string_equal(read.links.hubs[1],
                        "https://other-hub.example.com/push");
    forget(&read);
    free(file.bytes);

    read = read_string("<feed xmlns='http://www.w3.org/2005/Atom' "
                       "xml:base='https://b.example/x/'>"
                       "<link rel='hub' href='h'/>"
                       "<link xml:base='y/' rel='self' href='s'/>"
                       "<entry><link rel='hub' href='no'/></entry></feed>");
    assert_int_equal(read.links.hub_count, 1);
    assert_string_equal(read.links.hubs[0], "https://b.example/x/h");
    assert_string_equal(read.links.self, "https://b.example/x/y/s");
    forget(&read);
}

static void what_is_no_feed_has_no_entries(void **state)
{
    (void)state;
    static const char *const names[] = { "broken-not-a-feed.xml", "page.html" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct fixture file = fixture_read(names[i]);
        struct read read = read_text(file.bytes, file.len);
        assert_int_equal(read.feed.format, DOCUMENT_OTHER);
        assert_int_equal(read.feed.entry_count, 0);
        assert_int_equal(read.feed.repairs, 0);
        forget(&read);
        free(file.bytes);
    }
}

static void a_broken_feed_is_mended_and_its_entries_keep_their_places(
    void **state)
{
    (void)state;
    static const struct {
        const char *name, *start, *end;
        size_t entries;
        unsigned repairs;
    } rows[] = {
        { "broken-truncated.xml", "<entry>", "</entry>", 14,
          DOCUMENT_REPAIR_TAIL },
        { "broken-entity.xml", "<item>", "</item>", 3,
          DOCUMENT_REPAIR_ENTITIES },
        { "broken-nesting.xml", "<item>", "</item>", 3, DOCUMENT_REPAIR_TAGS },
        { "bomb-entities.xml", "<item>", "</item>", 1,
          DOCUMENT_REPAIR_DOCTYPE | DOCUMENT_REPAIR_ENTITIES },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fixture file = fixture_read(rows[i].name);
        struct read read = read_text(file.bytes, file.len);
        assert_int_equal(read.feed.entry_count, rows[i].entries);
        assert_int_equal(read.feed.repairs, rows[i].repairs);
        assert_int_equal(read.feed.incomplete, i == 0);
        assert_slices(file.bytes, &read, rows[i].start, rows[i].end);
        forget(&read);
        free(file.bytes);
    }
}

static void an_entry_reads_the_same_whether_others_are_broken_or_not(
    void **state)
{
    (void)state;
    static const char sound[] =
        "<rss xmlns:a='u'><channel><item><guid>1</guid>\r\n<a:b c='&amp;&#x26;'"
        " d=\"'\"><![CDATA[ <x> ]]>\n&lt;p><!-- no --></a:b><dc:date>d"
        "</dc:date></item><item><guid>2</guid></item></channel></rss>";
    char *broken =
        replaced(sound, "<guid>2</guid>", "<guid>2</guid> & <p> &x;");
    struct read first = read_string(sound), second = read_string(broken);
    assert_int_equal(first.feed.repairs, DOCUMENT_REPAIR_PREFIX);
    assert_true(second.feed.repairs & DOCUMENT_REPAIR_TAGS);
    assert_int_equal(second.feed.entry_count, 2);
    assert_memory_equal(first.feed.entries[0].content,
                        second.feed.entries[0].content, 16);
    assert_memory_equal(first.feed.entries[1].id, second.feed.entries[1].id,
                        16);
    assert_memory_equal(first.feed.around, second.feed.around, 16);
    forget(&first);
    forget(&second);
    free(broken);
}

static void a_prefix_without_declaration_means_what_it_usually_does(
    void **state)
{
    (void)state;
    static const char with[] =
        "<rss xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><item>"
        "<dc:creator>a</dc:creator></item></channel></rss>";
    char *without =
        replaced(with, " xmlns:dc='http://purl.org/dc/elements/1.1/'", "");
    struct read first = read_string(with), second = read_string(without);
    assert_int_equal(first.feed.repairs, 0);
    assert_int_equal(second.feed.repairs, DOCUMENT_REPAIR_PREFIX);
    assert_memory_equal(first.feed.entries[0].content,
                        second.feed.entries[0].content, 16);
    forget(&first);
    forget(&second);
    free(without);

    struct read read = read_string(
        "<rss><channel><atom:link rel='hub' href='https://h.example/'/>"
        "</channel></rss>");
    assert_string_equal(read.links.hubs[0], "https://h.example/");
    forget(&read);
}

static void an_entity_of_a_file_we_do_not_load_is_its_character(void **state)
{
    (void)state;
    struct read read = read_string(
        "<!DOCTYPE rss SYSTEM 'rss-0.91.dtd'><rss><channel><item><title>"
        "caf&eacute; &nosuch;</title></item></channel></rss>");
    assert_string_equal(summary(&read, 0), "- - caf\xc3\xa9 &nosuch; -");
    assert_int_equal(read.feed.repairs, 0);
    forget(&read);
}

static void a_cut_off_entry_is_none_but_its_place_is_told(void **state)
{
    (void)state;
    static const char text[] = "<rss><channel><item><guid>1</guid></item>"
                               "<item><guid>2</guid><title>x";
    struct read read = read_string(text);
    assert_int_equal(read.feed.entry_count, 1);
    assert_true(read.feed.incomplete && read.feed.placed);
    assert_int_equal(read.feed.tail, strstr(text, "<item><guid>2") - text);
    forget(&read);
}

static void blanks_before_the_declaration_are_forgiven(void **state)
{
    (void)state;
    static const char text[] = "\n \n<?xml version='1.0'?><rss><channel><item/>"
                               "</channel></rss>";
    struct read read = read_string(text);
    assert_int_equal(read.feed.format, DOCUMENT_RSS20);
    assert_int_equal(read.feed.repairs, DOCUMENT_REPAIR_LEADING);
    assert_slices(text, &read, "<item/>", "<item/>");
    assert_int_equal(read.feed.entry_count, 1);
    forget(&read);
}

// `count` times `piece` between `head` and `tail`.
static char *repeated(const char *head, const char *piece, size_t count,
                      const char *tail)
{
    size_t len = strlen(head) + strlen(piece) * count + strlen(tail) + 1;
    char *out = malloc(len), *at = out;
    assert_non_null(out);
    at = stpcpy(at, head);
    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, piece);
    (void)stpcpy(at, tail);
    return out;
}

static void assert_read(char *text, enum document_format wanted,
                        unsigned repairs)
{
    struct read read = read_string(text);
    assert_int_equal(read.feed.format, wanted);
    assert_int_equal(read.feed.repairs, repairs);
    forget(&read);
    free(text);
}

static void assert_refused(char *text)
{
    assert_read(text, DOCUMENT_OTHER, 0);
}

static void limits_hold_where_libxml2_would_go_on(void **state)
{
    (void)state;
    static const char open[] = "<rss><channel>", close[] = "</channel></rss>";
    assert_read(repeated(open, "<item/>", FEED_ENTRIES_MAX, close),
                DOCUMENT_RSS20, 0);
    assert_refused(repeated(open, "<item/>", FEED_ENTRIES_MAX + 1, close));

    char head[20000], *at = stpcpy(head, open);
    for (int i = 0; i < 257; i++)
        at += snprintf(at, 40, "<x xmlns:n%d='u'/>", i);
    (void)stpcpy(at, close);
    assert_refused(strdup(head));

    char *names = malloc(400000), *name = stpcpy(names, open);
    assert_non_null(names);
    for (int i = 0; i < 20000; i++)
        name += snprintf(name, 20, "<n%d/>", i);
    // What is plain is read without libxml2's table of names; a CR is not.
    (void)stpcpy(stpcpy(name, close), "\r");
    assert_refused(names);
}

static void what_goes_beyond_a_limit_is_left_out_where_it_can_be(void **state)
{
    (void)state;
    char head[20000] = "<rss><channel", *at = head + strlen(head);
    for (int i = 0; i < 256; i++)
        at += snprintf(at, 20, " a%d=''", i);
    (void)stpcpy(at, "/></rss>");
    assert_read(strdup(head), DOCUMENT_RSS20, 0);
    (void)stpcpy(at, " b=''/></rss>");
    assert_read(strdup(head), DOCUMENT_RSS20, DOCUMENT_REPAIR_ATTRIBUTES);
    assert_read(repeated("<rss><channel a='", "xxxxxxxx", 8192, "'/></rss>"),
                DOCUMENT_RSS20, DOCUMENT_REPAIR_ATTRIBUTES);

    char *deep = repeated("<rss>", "<x>", 63, "</x>");
    char *rest = repeated("", "</x>", 62, "</rss>");
    char *all = malloc(strlen(deep) + strlen(rest) + 1);
    assert_non_null(all);
    (void)stpcpy(stpcpy(all, deep), rest);
    assert_read(all, DOCUMENT_RSS20, 0);
    free(deep);
    free(rest);
    assert_read(repeated("<rss>", "<x>", 100000, ""), DOCUMENT_RSS20,
                DOCUMENT_REPAIR_TAGS | DOCUMENT_REPAIR_TAIL);
}

int main(void)
{
    feed_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_atom_feed_is_sliced_into_its_entries),
        cmocka_unit_test(every_format_is_known_by_its_root),
        cmocka_unit_test(prefixes_comments_and_odd_tags_do_not_mislead),
        cmocka_unit_test(identity_is_id_then_link_then_title_then_content),
        cmocka_unit_test(only_elements_of_the_format_in_their_place_count),
        cmocka_unit_test(the_best_date_of_an_entry_is_told),
        cmocka_unit_test(links_are_found_in_feeds_and_in_channels),
        cmocka_unit_test(what_is_no_feed_has_no_entries),
        cmocka_unit_test(
            a_broken_feed_is_mended_and_its_entries_keep_their_places),
        cmocka_unit_test(
            an_entry_reads_the_same_whether_others_are_broken_or_not),
        cmocka_unit_test(
            a_prefix_without_declaration_means_what_it_usually_does),
        cmocka_unit_test(an_entity_of_a_file_we_do_not_load_is_its_character),
        cmocka_unit_test(a_cut_off_entry_is_none_but_its_place_is_told),
        cmocka_unit_test(blanks_before_the_declaration_are_forgiven),
        cmocka_unit_test(limits_hold_where_libxml2_would_go_on),
        cmocka_unit_test(what_goes_beyond_a_limit_is_left_out_where_it_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
