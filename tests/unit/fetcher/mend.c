// SPDX-License-Identifier: MIT

#include "fixture.h"

#include "fetcher/document.h"
#include "fetcher/mend.h"

static struct mended last;

// The mended text of this one; what else is known of it is in `last`.
static const char *mended(const char *text)
{
    static char out[4000];
    mend_clear(&last);
    assert_true(mend_make(text, strlen(text), &last));
    (void)snprintf(out, sizeof out, "%.*s", (int)last.text.len,
                   last.text.bytes != NULL ? last.text.bytes : "");
    return out;
}

static int forget(void **state)
{
    (void)state;
    mend_clear(&last);
    return 0;
}

struct row {
    const char *given, *wanted;
    unsigned repairs;
};

// What stands in <rss><channel>...</channel></rss>.
static void check_within(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char given[1000], wanted[1000];
        (void)snprintf(given, sizeof given, "<rss><channel>%s</channel></rss>",
                       rows[i].given);
        (void)snprintf(wanted, sizeof wanted,
                       "<rss><channel>%s</channel></rss>", rows[i].wanted);
        assert_string_equal(mended(given), wanted);
        assert_int_equal(last.repairs, rows[i].repairs);
        assert_false(last.incomplete);
    }
}

#define CHECK_WITHIN(rows) check_within((rows), sizeof(rows) / sizeof(rows)[0])

static void check_whole(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(mended(rows[i].given), rows[i].wanted);
        assert_int_equal(last.repairs, rows[i].repairs);
    }
}

#define CHECK_WHOLE(rows) check_whole((rows), sizeof(rows) / sizeof(rows)[0])

static void what_is_well_formed_stays_as_it_is(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "<item a='\"' b=\"'\">x &amp; &#38; &#x26; <![CDATA[ <&]] > ]]>\r\n"
        "<p>a<br></br>b<img/></p> ]] > </item>",
        "<x:y xmlns:x='u' x:z='1'/>\n <\xc3\xa9l\xc3\xa9ment/>",
        "<item><source><title>a</title><link/></source>"
        "<description><p><title>t</title></p></description></item>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct row row = { texts[i], texts[i], 0 };
        check_within(&row, 1);
    }
}

static void references_become_what_is_meant(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "a&nbsp;b&eacute;",
          "a\xc2\xa0"
          "b\xc3\xa9",
          DOCUMENT_REPAIR_ENTITIES },
        { "&foo; &Foo-1;", "&amp;foo; &amp;Foo-1;", DOCUMENT_REPAIR_ENTITIES },
        { "&#X41;", "&#x41;", DOCUMENT_REPAIR_ENTITIES },
        { "AT&T & &; &1; ?a=1&b=2&copy=3", //
          "AT&amp;T &amp; &amp;; &amp;1; ?a=1&amp;b=2&amp;copy=3",
          DOCUMENT_REPAIR_AMPERSAND },
        { "&#; &#x; &#12", "&amp;#; &amp;#x; &amp;#12",
          DOCUMENT_REPAIR_AMPERSAND },
        { "<link href='?a=1&b=&lt;&nbsp;'/>",
          "<link href='?a=1&amp;b=&lt;\xc2\xa0'/>",
          DOCUMENT_REPAIR_AMPERSAND | DOCUMENT_REPAIR_ENTITIES },
        { "&LT;&AMP;", "&lt;&amp;", DOCUMENT_REPAIR_ENTITIES },
    };
    CHECK_WITHIN(rows);
}

static void what_xml_cannot_hold_is_left_out(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "a\x01"
          "b\x0c\x1b\t",
          "ab\t", DOCUMENT_REPAIR_CONTROLS },
        { "a&#0;&#x1f;&#xfffe;&#x110000;&#99999999999;b", "ab",
          DOCUMENT_REPAIR_CONTROLS },
        { "<![CDATA[\x02<\xef\xbf\xbf]]>", "<![CDATA[<]]>",
          DOCUMENT_REPAIR_CONTROLS },
        { "<a b='\x03'/>", "<a b=''/>", DOCUMENT_REPAIR_CONTROLS },
        { "<![CDATA[]]\x01>]]>", "<![CDATA[]]]]><![CDATA[>]]>",
          DOCUMENT_REPAIR_CONTROLS },
    };
    CHECK_WITHIN(rows);
}

static void a_sign_that_begins_no_tag_stands_for_itself(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "a < b <3 <", "a &lt; b &lt;3 &lt;", DOCUMENT_REPAIR_TAGS },
        { "<a@b.example> <http://x/>", "&lt;a@b.example> &lt;http://x/>",
          DOCUMENT_REPAIR_TAGS },
        { "if x <y and z <b>c</b>", "if x &lt;y and z <b>c</b>",
          DOCUMENT_REPAIR_TAGS | DOCUMENT_REPAIR_ATTRIBUTES },
        { "]]> ]]", "]]&gt; ]]", DOCUMENT_REPAIR_TAGS },
        { "]]</x>>", "]]&gt;", DOCUMENT_REPAIR_TAGS },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct row row = rows[i];
        row.repairs &= ~(unsigned)DOCUMENT_REPAIR_ATTRIBUTES;
        check_within(&row, 1);
    }
}

static void attributes_get_what_they_lack(void **state)
{
    (void)state;
    static const unsigned repaired = DOCUMENT_REPAIR_ATTRIBUTES;
    static const struct row rows[] = {
        { "<a href=x>y</a>", "<a href=\"x\">y</a>", repaired },
        { "<a b c='d'/>", "<a b=\"\" c='d'/>", repaired },
        { "<a b='1' B='2' b='3'/>", "<a b='1' B='2'/>", repaired },
        { "<a b='1'c='2'/>", "<a b='1' c='2'/>", repaired },
        { "<a b = \"<i>\"/>", "<a b=\"&lt;i>\"/>", repaired },
        { "<a href=\"x>y</a>", "<a href=\"x\">y</a>", repaired },
        { "<img src=\"x/>y \"z\"", "<img src=\"x\"/>y \"z\"", repaired },
        { "<a href=http://x/?a&b=\"c\">y</a>",
          "<a href=\"http://x/?a&amp;b=&quot;c&quot;\">y</a>",
          repaired | DOCUMENT_REPAIR_AMPERSAND },
        { "<a / \"b\" = =x c='d'/>", "<a b=\"\" x=\"\" c='d'/>", repaired },
    };
    CHECK_WITHIN(rows);
}

static void elements_are_closed_where_they_must_end(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "<a><b>x</a>", "<a><b>x</b></a>", DOCUMENT_REPAIR_TAGS },
        { "<p><b><i>x</b></i></p>", "<p><b><i>x</i></b></p>",
          DOCUMENT_REPAIR_TAGS },
        { "a</b>c", "ac", DOCUMENT_REPAIR_TAGS },
        { "<item><title>a<link>b</link></item>",
          "<item><title>a</title><link>b</link></item>", DOCUMENT_REPAIR_TAGS },
        { "<item><title>a</subtitle>\n<guid>b</giud></item>",
          "<item><title>a</title>\n<guid>b</guid></item>",
          DOCUMENT_REPAIR_TAGS },
        { "<item><description>a<br>b<img src='c'></p> d</description></item>",
          "<item><description>a<br/>b<img src='c'/> d</description></item>",
          DOCUMENT_REPAIR_TAGS },
        { "<item><description>a <title>b</title></item>",
          "<item><description>a <title>b</title></description></item>",
          DOCUMENT_REPAIR_TAGS },
        { "<item\n<title>a</title\n<guid>b</guid></item>",
          "<item><title>a</title><guid>b</guid></item>", DOCUMENT_REPAIR_TAGS },
        { "<Item></ITEM>", "<item></item>", DOCUMENT_REPAIR_TAGS },
    };
    CHECK_WITHIN(rows);
}

static void an_entry_ends_where_the_next_begins(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "<item><title>a\n<item><title>b</title></item>",
          "<item><title>a\n</title></item><item><title>b</title></item>",
          DOCUMENT_REPAIR_TAGS },
        { "<title>T<item>a</item>", "<title>T</title><item>a</item>",
          DOCUMENT_REPAIR_TAGS },
        { "<item><p></div></item><item/>", "<item><p></p></item><item/>",
          DOCUMENT_REPAIR_TAGS },
        { "<item><sx:conflicts><item>a</item></sx:conflicts></item>",
          "<item><sx:conflicts><item>a</item></sx:conflicts></item>", 0 },
        { "<item><x:item><item/></x:item></item>",
          "<item><x:item><item/></x:item></item>", 0 },
        { "<item><d><item>a</d></item><item/>",
          "<item><d></d></item><item>a</item><item/>", DOCUMENT_REPAIR_TAGS },
        { "<item><d><item>a</item></d></item><item/>",
          "<item><d><item>a</item></d></item><item/>", 0 },
        { "<items><item/></items>", "<items><item/></items>", 0 },
        { "<items><item/>", "<items></items><item/>", DOCUMENT_REPAIR_TAGS },
    };
    CHECK_WITHIN(rows);
    static const struct row atom[] = {
        { "<feed><entry><id>1<entry><id>2</id></entry></feed>",
          "<feed><entry><id>1</id></entry><entry><id>2</id></entry></feed>",
          DOCUMENT_REPAIR_TAGS },
        { "<a:feed><a:entry><entry/><a:entry></a:feed>",
          "<a:feed><a:entry><entry/></a:entry><a:entry></a:entry></a:feed>",
          DOCUMENT_REPAIR_TAGS },
        { "<feed><entry><m:inline><feed><entry/></feed></m:inline></entry>"
          "</feed>",
          "<feed><entry><m:inline><feed><entry/></feed></m:inline></entry>"
          "</feed>",
          0 },
    };
    CHECK_WHOLE(atom);
}

static void what_is_not_closed_does_not_take_other_entries(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "<item><d><![CDATA[a</d></item><item><d><![CDATA[b]]></d></item>",
          "<item><d><![CDATA[a]]></d></item>"
          "<item><d><![CDATA[b]]></d></item>",
          DOCUMENT_REPAIR_TAGS },
        { "<item><d><![CDATA[a <![CDATA[ b ]]> c ]]></d></item>",
          "<item><d><![CDATA[a <![CDATA[ b ]]> c ]]&gt;</d></item>",
          DOCUMENT_REPAIR_TAGS },
        { "<item><!-- a</item><item><!-- b --></item>",
          "<item> a</item><item></item>", DOCUMENT_REPAIR_TAGS },
        { "<item><!-- a -- b --></item>", "<item></item>",
          DOCUMENT_REPAIR_TAGS },
        { "<item><?php a></item><item><?b ?></item>",
          "<item></item><item></item>", DOCUMENT_REPAIR_TAGS },
        { "<item><a b=\"c></item><item d=\"e\"/>",
          "<item><a b=\"c\"></a></item><item d=\"e\"/>",
          DOCUMENT_REPAIR_TAGS | DOCUMENT_REPAIR_ATTRIBUTES },
        { "<item><!FOO></item>", "<item></item>", DOCUMENT_REPAIR_TAGS },
    };
    CHECK_WITHIN(rows);
}

static void what_stands_around_a_feed_is_left_out(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "\n<?xml version='1.0'?><!-- c --><rss></rss>\n<!-- d --><?e?>",
          "<rss></rss>", DOCUMENT_REPAIR_LEADING },
        { "<br /><b>Warning</b>: x < y &\n<?xml version='1.0'?><rss></rss>",
          "<rss></rss>", DOCUMENT_REPAIR_LEADING },
        { "\xef\xbb\xbf<rss></rss>", "<rss></rss>", DOCUMENT_REPAIR_LEADING },
        { "<rss></rss><script>x</script>", "<rss></rss>",
          DOCUMENT_REPAIR_TRAILING },
        { "<rss></rss> x", "<rss></rss>", DOCUMENT_REPAIR_TRAILING },
        { "<html><body><feed></feed></body></html>", "<feed></feed>",
          DOCUMENT_REPAIR_LEADING | DOCUMENT_REPAIR_TRAILING },
        { "<!DOCTYPE rss SYSTEM 'x>y'><rss></rss>", "<rss></rss>", 0 },
    };
    CHECK_WHOLE(rows);
}

static void a_root_is_known_in_any_case(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "<RSS><CHANNEL><ITEM><TITLE>a</TITLE><PubDate/></ITEM></CHANNEL>"
          "</RSS>",
          "<rss><channel><item><title>a</title><pubDate/></item></channel>"
          "</rss>",
          DOCUMENT_REPAIR_TAGS },
        { "<rdf:rdf xmlns:rdf='u'><Item/></rdf:rdf>",
          "<rdf:rdf xmlns:rdf='u'><item/></rdf:rdf>", DOCUMENT_REPAIR_TAGS },
        { "<channel><item>a</channel>", "<channel><item>a</item></channel>",
          DOCUMENT_REPAIR_TAGS },
        { "<entry><id>a</entry>", "<entry><id>a</id></entry>",
          DOCUMENT_REPAIR_TAGS },
        { "no root <x>", "", DOCUMENT_REPAIR_LEADING },
    };
    CHECK_WHOLE(rows);
}

static void plain_entities_of_its_own_are_put_in_place_once(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "<!DOCTYPE rss [\n<!-- it's -->\n<!ENTITY id \"tag:e,\">\n"
          "<!ENTITY b 'x&id;'>\n<!ENTITY % p SYSTEM 'f'> %p; <?a ]>?>\n]>"
          "<rss a='&id;'>&id;1 &b;</rss>",
          "<rss a='tag:e,'>tag:e,1 &amp;b;</rss>",
          DOCUMENT_REPAIR_DOCTYPE | DOCUMENT_REPAIR_ENTITIES },
        { "<!DOCTYPE rss [<!ENTITY a 'b'><rss></rss>", "<rss></rss>",
          DOCUMENT_REPAIR_DOCTYPE },
    };
    mended(rows[0].given);
    CHECK_WHOLE(rows);
}

static void of_a_feed_without_its_end_whole_entries_count(void **state)
{
    (void)state;
    static const struct {
        const char *given, *wanted;
        size_t tail;
        bool incomplete;
    } rows[] = {
        { "<rss><channel><item>a</item> <item>b<b>c",
          "<rss><channel><item>a</item> </channel></rss>", 29, true },
        { "<rss><channel><item>a</item><item><![CDATA[b",
          "<rss><channel><item>a</item></channel></rss>", 28, true },
        { "<rss><channel><item>a</item><ite",
          "<rss><channel><item>a</item></channel></rss>", SIZE_MAX, true },
        { "<rss><channel><item>a</item></channel>",
          "<rss><channel><item>a</item></channel></rss>", SIZE_MAX, false },
        { "<feed><title>x", "<feed><title>x</title></feed>", SIZE_MAX, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(mended(rows[i].given), rows[i].wanted);
        assert_int_equal(last.repairs, DOCUMENT_REPAIR_TAIL);
        assert_int_equal(last.incomplete, rows[i].incomplete);
        assert_int_equal(last.tail, rows[i].tail);
    }
    (void)mended("<rss><channel><item>a</channel></rss>");
    assert_false(last.incomplete);
}

// Each of `mark` in the mended text is where one stands in the original.
static void assert_mapped(const char *given, const char *mark, size_t past)
{
    for (size_t at = 0; at + strlen(mark) <= last.text.len; at++) {
        if (memcmp(last.text.bytes + at, mark, strlen(mark)) != 0)
            continue;
        size_t place = places_find(&last.places, at + past, past == 0);
        assert_true(place != SIZE_MAX && place >= past);
        assert_memory_equal(given + place - past, mark, strlen(mark));
    }
}

static void the_places_of_entries_are_those_of_the_original(void **state)
{
    (void)state;
    static const char given[] =
        "\n\n<rdf:RDF><channel>&nbsp;<items><rdf:Seq><rdf:li a=x/>&<rdf:li/>"
        "</rdf:Seq></items></channel>\n<item>a &\x01& b</item>"
        "<x><item>b<p></item>&<item/></rdf:RDF>";
    mended(given);
    assert_false(last.places.failed);
    assert_mapped(given, "<item>", 0);
    assert_mapped(given, "<item/>", 0);
    assert_mapped(given, "</item>", strlen("</item>"));
    assert_mapped(given, "<item/>", strlen("<item/>"));
    assert_mapped(given, "<rdf:li", 0);
    assert_int_equal(places_find(&last.places, 1, false), SIZE_MAX);

    // One that is not closed ends before the blanks that end it.
    static const char open[] = "<feed><entry>a \n <entry>b</entry></feed>";
    mended(open);
    size_t end = strlen("<feed><entry>a \n </entry>");
    assert_int_equal(places_find(&last.places, end, false),
                     strlen("<feed><entry>a"));
    assert_int_equal(places_find(&last.places, end, true),
                     strlen("<feed><entry>a \n "));
}

// `piece` again and again, to a megabyte, between head and tail.
static char *megabyte(const char *head, const char *piece, const char *tail)
{
    enum { SIZE = 1 << 20 };
    char *out = malloc(SIZE + 1), *at = out;
    assert_non_null(out);
    at = stpcpy(at, head);
    while ((size_t)(at - out) + strlen(piece) + strlen(tail) <= SIZE)
        at = stpcpy(at, piece);
    (void)stpcpy(at, tail);
    return out;
}

// Each looks ahead for what is far off or never comes, again and again: if
// that cost more than a look at each byte, this would take minutes.
static void floods_take_linear_time_and_space(void **state)
{
    (void)state;
    static const char head[] = "<rss><channel><item>";
    static const char tail[] = "</item></channel></rss>";
    static const struct {
        const char *piece, *before_tail;
    } rows[] = {
        { "<", "" },
        { "<a ", "" },
        { "<a b=\"", "" },
        { "<a b=\"'", "" },
        { "<a b=\"<a c='", "" },
        { "<a b=c ", "" },
        { "</", "" },
        { "</x>", "" },
        { "<x>", "" },
        { "<title>", "" },
        { "<br>", "" },
        { "<item>", "" },
        { "<!", "" },
        { "<!--", "" },
        { "<!--", "-->" },
        { "<!--<item", "-->" },
        { "<!--a--b-->", "" },
        { "<a><![CDATA[</a>", "" },
        { "<a><![CDATA[</a>", "]]>" },
        { "<![CDATA[", "" },
        { "<![CDATA[", "]]>" },
        { "]]>", "" },
        { "<?", "" },
        { "<?a>", "?>" },
        { "<?a", "?>" },
        { "<!DOCTYPE [", "" },
        { "&", "" },
        { "&#", "" },
        { "&nbsp;", "" },
        { "&zzzzzzzzzzzzzzzzzzzzzzzzzz;", "" },
        { "\x01", "" },
        { "<rdf:li>", "" },
        { "<feed><entry>", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char end[100];
        (void)snprintf(end, sizeof end, "%s%s", rows[i].before_tail, tail);
        char *text = megabyte(head, rows[i].piece, end);
        struct mended out;
        assert_true(mend_make(text, strlen(text), &out));
        assert_true(out.text.len <= 3 * strlen(text) + 64 * 1024);
        assert_true(out.places.count <= PLACES_MAX);
        mend_clear(&out);
        free(text);
    }
}

static void a_document_type_without_end_is_looked_for_once(void **state)
{
    (void)state;
    char *text = megabyte("", "<!DOCTYPE rss [ '", "<rss></rss>");
    struct mended out;
    assert_true(mend_make(text, strlen(text), &out));
    assert_true(out.text.len <= strlen("<rss></rss>"));
    mend_clear(&out);
    free(text);
}

static void an_entity_of_its_own_is_no_lever_on_memory(void **state)
{
    (void)state;
    static const char start[] = "<!DOCTYPE rss [<!ENTITY a '";
    static const char *const places[] = { "'>]><rss><channel>",
                                          "'>]><rss><channel a='" };
    char head[400];
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        (void)snprintf(head, sizeof head, "%s%0250d%s", start, 7, places[i]);
        char *text = megabyte(head, "&a;", i == 0 ? "</channel></rss>" : "'/>");
        struct mended out;
        assert_true(mend_make(text, strlen(text), &out));
        assert_true(out.text.max <= 10 * strlen(text));
        mend_clear(&out);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_well_formed_stays_as_it_is),
        cmocka_unit_test(references_become_what_is_meant),
        cmocka_unit_test(what_xml_cannot_hold_is_left_out),
        cmocka_unit_test(a_sign_that_begins_no_tag_stands_for_itself),
        cmocka_unit_test(attributes_get_what_they_lack),
        cmocka_unit_test(elements_are_closed_where_they_must_end),
        cmocka_unit_test(an_entry_ends_where_the_next_begins),
        cmocka_unit_test(what_is_not_closed_does_not_take_other_entries),
        cmocka_unit_test(what_stands_around_a_feed_is_left_out),
        cmocka_unit_test(a_root_is_known_in_any_case),
        cmocka_unit_test(plain_entities_of_its_own_are_put_in_place_once),
        cmocka_unit_test(of_a_feed_without_its_end_whole_entries_count),
        cmocka_unit_test(the_places_of_entries_are_those_of_the_original),
        cmocka_unit_test(floods_take_linear_time_and_space),
        cmocka_unit_test(a_document_type_without_end_is_looked_for_once),
        cmocka_unit_test(an_entity_of_its_own_is_no_lever_on_memory),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
