// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/charset.h"
#include "fetcher/cut.h"
#include "fetcher/feed.h"
#include "fetcher/jsonfeed.h"

struct opened {
    struct fixture file;
    struct charset_text text;
    struct feed feed;
    struct link_set links;
    struct cut_source source;
};

static void read_opened(struct opened *out)
{
    assert_true(charset_read(out->file.bytes, out->file.len, NULL, &out->text));
    bool json = out->text.text[0] == '{';
    const struct feed_input input = {
        .text = out->text.text,
        .len = out->text.len,
        .url = "",
    };
    assert_true(
        (json ? jsonfeed_read : feed_read)(&input, &out->links, &out->feed));
    out->source = (struct cut_source){ out->file.bytes, out->file.len,
                                       &out->text, &out->feed };
}

static struct opened *open_fixture(const char *name)
{
    struct opened *out = calloc(1, sizeof *out);
    assert_non_null(out);
    out->file = fixture_read(name);
    read_opened(out);
    return out;
}

static struct opened *open_text(const char *text)
{
    struct opened *out = calloc(1, sizeof *out);
    assert_non_null(out);
    out->file.bytes = strdup(text);
    out->file.len = strlen(text);
    read_opened(out);
    return out;
}

static void shut(struct opened *opened)
{
    feed_clear(&opened->feed);
    charset_clear(&opened->text);
    link_clear(&opened->links);
    free(opened->file.bytes);
    free(opened);
}

// Cut down to the entries whose indices are given as digits.
static char *cut_to(struct opened *opened, const char *indices, size_t *len)
{
    uint8_t ids[16][16];
    size_t count = strlen(indices), found;
    for (size_t i = 0; i < count; i++)
        memcpy(ids[i], opened->feed.entries[indices[i] - '0'].id, 16);
    char *out = cut_make(&opened->source, (const uint8_t(*)[16])ids, count,
                         NULL, &found, len);
    assert_non_null(out);
    assert_int_equal(found, count);
    return out;
}

static void assert_cut(const char *text, const char *indices,
                       const char *wanted)
{
    struct opened *opened = open_text(text);
    assert_true(cut_can(&opened->source));
    size_t len;
    char *out = cut_to(opened, indices, &len);
    assert_string_equal(out, wanted);
    assert_int_equal(len, strlen(wanted));
    free(out);
    shut(opened);
}

static void entries_go_with_the_blanks_before_them(void **state)
{
    (void)state;
    static const char text[] =
        "<?xml version='1.0'?>\r\n<!-- c --><rss><channel>\n"
        " <title>T</title>\n <item><guid>0</guid></item>\n"
        "\t<item><guid>1</guid></item>\n <ttl>5</ttl>"
        "<item>\n<guid>2</guid></item  >\n</channel>\n</rss>\n";
    assert_cut(text, "012", text);
    assert_cut(text, "1",
               "<?xml version='1.0'?>\r\n<!-- c --><rss><channel>\n"
               " <title>T</title>\n"
               "\t<item><guid>1</guid></item>\n <ttl>5</ttl>"
               "\n</channel>\n</rss>\n");
    assert_cut(text, "",
               "<?xml version='1.0'?>\r\n<!-- c --><rss><channel>\n"
               " <title>T</title>\n <ttl>5</ttl>\n</channel>\n</rss>\n");
    assert_cut(text, "20",
               "<?xml version='1.0'?>\r\n<!-- c --><rss><channel>\n"
               " <title>T</title>\n <item><guid>0</guid></item>\n <ttl>5</ttl>"
               "<item>\n<guid>2</guid></item  >\n</channel>\n</rss>\n");
}

static void of_equal_ids_all_stay(void **state)
{
    (void)state;
    assert_cut("<rss><channel><item><guid>0</guid></item><item><guid>1</guid>"
               "</item><item><guid>0</guid>x</item></channel></rss>",
               "0",
               "<rss><channel><item><guid>0</guid></item>"
               "<item><guid>0</guid>x</item></channel></rss>");
}

static void rdf_keeps_its_list_of_items_in_step(void **state)
{
    (void)state;
    struct opened *opened = open_fixture("rss10.rdf");
    size_t len;
    char *out = cut_to(opened, "14", &len);
    assert_null(strstr(out, "strata.example.org/70"));
    assert_non_null(strstr(out, "<rdf:li rdf:resource=\"https://strata.example"
                                ".org/69\"/>\n    <rdf:li rdf:resource=\"https"
                                "://strata.example.org/66\"/>\n   </rdf:Seq>"));
    struct opened *again = open_text(out);
    assert_int_equal(again->feed.entry_count, 2);
    assert_int_equal(again->feed.seat_count, 2);
    assert_memory_equal(again->feed.entries[1].content,
                        opened->feed.entries[4].content, 16);
    shut(again);
    free(out);
    shut(opened);
}

static void items_of_json_go_with_their_commas(void **state)
{
    (void)state;
#define HEAD "{\"version\":\"https://jsonfeed.org/version/1\",\n \"items\": [ "
    static const char text[] = HEAD "{\"id\":\"0\"} ,\n{\"id\":\"1,]\\\"\"}"
                                    " , {\"id\":2} ] , \"x\":[1]}";
    assert_cut(text, "012", text);
    assert_cut(text, "0", HEAD "{\"id\":\"0\"} ] , \"x\":[1]}");
    assert_cut(text, "1", HEAD "{\"id\":\"1,]\\\"\"} ] , \"x\":[1]}");
    assert_cut(text, "2", HEAD "{\"id\":2} ] , \"x\":[1]}");
    assert_cut(text, "02", HEAD "{\"id\":\"0\"} , {\"id\":2} ] , \"x\":[1]}");
    assert_cut(text, "", HEAD " ] , \"x\":[1]}");
}

static void the_charset_stays_what_it_was(void **state)
{
    (void)state;
    static const char *const names[] = { "rss20-latin1.xml",
                                         "rss20-utf16le.xml",
                                         "rss20-utf16be.xml",
                                         "rss20-utf8-bom.xml" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct opened *opened = open_fixture(names[i]);
        assert_true(cut_can(&opened->source));
        size_t len;
        char *out = cut_to(opened, "1", &len);
        assert_memory_equal(out, opened->file.bytes, 60);
        assert_true(len < opened->file.len);
        assert_memory_equal(out + len - 40,
                            opened->file.bytes + opened->file.len - 40, 40);

        struct opened *again = calloc(1, sizeof *again);
        assert_non_null(again);
        again->file = (struct fixture){ out, len };
        read_opened(again);
        assert_int_equal(again->feed.entry_count, 1);
        assert_memory_equal(again->feed.entries[0].content,
                            opened->feed.entries[1].content, 16);
        shut(again);
        shut(opened);
    }
}

// In characters of one and two bytes, whose second may be a '<' or a '|'.
static void charsets_of_several_bytes_are_cut(void **state)
{
    (void)state;
    struct opened *opened = open_fixture("rss20-sjis.xml");
    assert_int_equal(opened->feed.entry_count, 3);
    assert_true(cut_can(&opened->source));
    size_t len;
    char *out = cut_to(opened, "02", &len);
    const char *second = strstr(opened->file.bytes, "<item>") + 6;
    second = strstr(second, "<item>");
    const char *third = strstr(second + 6, "<item>");
    // The blanks before the second entry go with it.
    while (strchr(" \t\r\n", second[-1]) != NULL)
        second--;
    while (strchr(" \t\r\n", third[-1]) != NULL)
        third--;
    size_t head = (size_t)(second - opened->file.bytes);
    assert_memory_equal(out, opened->file.bytes, head);
    assert_string_equal(out + head, third);
    free(out);
    shut(opened);
}

static void what_stands_between_entries_stays(void **state)
{
    (void)state;
    assert_cut("<rss><channel><item><guid>0</guid></item> <!-- a -->\n"
               "<item><guid>1</guid></item><?b c?>\t<item><guid>2</guid></item>"
               "<link/><item><guid>3</guid></item></channel></rss>",
               "2",
               "<rss><channel> <!-- a --><?b c?>\t<item><guid>2</guid></item>"
               "<link/></channel></rss>");
    assert_cut("<feed xmlns='http://www.w3.org/2005/Atom' "
               "xmlns:d='http://purl.org/atompub/tombstones/1.0'>"
               "<entry><id>0</id></entry><d:deleted-entry ref='9'/>"
               "<entry><id>1</id></entry></feed>",
               "1",
               "<feed xmlns='http://www.w3.org/2005/Atom' "
               "xmlns:d='http://purl.org/atompub/tombstones/1.0'>"
               "<d:deleted-entry ref='9'/>"
               "<entry><id>1</id></entry></feed>");
}

static void a_mended_document_is_cut_in_its_own_bytes(void **state)
{
    (void)state;
    assert_cut("<rss><channel>\n<item><guid>0</guid><t>a & b&nbsp;</t></item>"
               "\n<item><guid>1</guid><t>c & d</t></item>\n</channel></rss>",
               "1",
               "<rss><channel>\n<item><guid>1</guid><t>c & d</t></item>"
               "\n</channel></rss>");
}

static void what_there_is_of_a_last_entry_goes(void **state)
{
    (void)state;
    assert_cut("<rss><channel><item><guid>0</guid></item>\n"
               "<item><guid>1</guid></item>\n<item><guid>2</gui",
               "1",
               "<rss><channel>\n<item><guid>1</guid></item></channel></rss>");
}

static void missing_end_tags_are_written_behind_what_is_left(void **state)
{
    (void)state;
    assert_cut("<rss><channel><item><guid>0</guid></item>\n"
               "<item><guid>1</guid></item>\n",
               "1",
               "<rss><channel>\n<item><guid>1</guid></item>\n</channel></rss>");
    // But not behind a tag that is torn itself.
    assert_cut("<rss><channel><item><guid>0</guid></item>\n"
               "<item><guid>1</guid></item></chan",
               "1", "<rss><channel>\n<item><guid>1</guid></item></chan");
}

static void ids_that_are_not_in_it_are_told(void **state)
{
    (void)state;
    struct opened *opened = open_fixture("atom03.xml");
    uint8_t ids[3][16] = { { 1 }, { 0 }, { 2 } };
    memcpy(ids[1], opened->feed.entries[3].id, 16);
    bool matched[3];
    size_t found, len;
    char *out = cut_make(&opened->source, (const uint8_t(*)[16])ids, 3, matched,
                         &found, &len);
    assert_non_null(out);
    assert_int_equal(found, 1);
    assert_false(matched[0]);
    assert_true(matched[1]);
    assert_false(matched[2]);
    free(out);
    shut(opened);
}

int main(void)
{
    feed_setup();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_go_with_the_blanks_before_them),
        cmocka_unit_test(of_equal_ids_all_stay),
        cmocka_unit_test(rdf_keeps_its_list_of_items_in_step),
        cmocka_unit_test(items_of_json_go_with_their_commas),
        cmocka_unit_test(the_charset_stays_what_it_was),
        cmocka_unit_test(charsets_of_several_bytes_are_cut),
        cmocka_unit_test(what_stands_between_entries_stays),
        cmocka_unit_test(a_mended_document_is_cut_in_its_own_bytes),
        cmocka_unit_test(what_there_is_of_a_last_entry_goes),
        cmocka_unit_test(missing_end_tags_are_written_behind_what_is_left),
        cmocka_unit_test(ids_that_are_not_in_it_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
