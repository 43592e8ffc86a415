// SPDX-License-Identifier: MIT
//
// What counts as a change of an entry, and what does not, read as feeds are.

#include "fixture.h"

#include "fetcher/feed.h"

#define ATOM  "xmlns='http://www.w3.org/2005/Atom'"
#define XHTML "http://www.w3.org/1999/xhtml"

// What a feed of this one entry says of it.
static void digest(const char *head, const char *entry, const char *tail,
                   uint8_t out[16])
{
    char text[4000];
    struct feed feed;
    struct link_set links = { 0 };
    int len = snprintf(text, sizeof text, "%s%s%s", head, entry, tail);
    assert_true(len > 0 && (size_t)len < sizeof text);
    const struct feed_input input = {
        .text = text,
        .len = (size_t)len,
        .url = "https://e.example/feed",
    };
    assert_true(feed_read(&input, &links, &feed));
    assert_int_equal(feed.entry_count, 1);
    assert_int_equal(feed.repairs, 0);
    memcpy(out, feed.entries[0].content, 16);
    feed_clear(&feed);
    link_clear(&links);
}

static bool is_same_in(const char *head, const char *one, const char *other,
                       const char *tail)
{
    uint8_t a[16], b[16];
    digest(head, one, tail, a);
    digest(head, other, tail, b);
    return memcmp(a, b, 16) == 0;
}

// Children of an Atom entry, and of an RSS item.
static bool is_same_atom(const char *one, const char *other)
{
    return is_same_in("<feed " ATOM " xmlns:x='http://x.example/' "
                      "xmlns:thr='http://purl.org/syndication/thread/1.0'>"
                      "<entry>",
                      one, other, "</entry></feed>");
}

static bool is_same_rss(const char *one, const char *other)
{
    return is_same_in(
        "<rss version='2.0' xmlns:slash='http://purl.org/rss/1.0/modules/"
        "slash/' xmlns:wfw='http://wellformedweb.org/CommentAPI/' "
        "xmlns:atom='http://www.w3.org/2005/Atom' "
        "xmlns:media='http://search.yahoo.com/mrss/'><channel><item>",
        one, other, "</item></channel></rss>");
}

static void meaning_makes_a_change(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "<title>a</title>", "<title>b</title>" },
        { "<title>a</title>", "<title>a b</title>" },
        { "<title>a  b</title>", "<title>a b</title>" },
        { "<title>a</title>", "<title type='html'>a</title>" },
        { "<title>a</title>", "<summary>a</summary>" },
        { "<title>a</title>", "<title>a</title><title>a</title>" },
        { "<title/>", "" },
        { "<content>a</content>", "<content>b</content>" },
        { "<updated>2026-01-01T00:00:00Z</updated>",
          "<updated>2026-01-02T00:00:00Z</updated>" },
        { "<published>2026-01-01T00:00:00Z</published>",
          "<published>2026-01-02T00:00:00Z</published>" },
        { "<link href='http://a/'/>", "<link href='http://b/'/>" },
        { "<link href='http://a/?p=1'/>", "<link href='http://a/?p=2'/>" },
        { "<link href='http://a/' rel='enclosure' length='1'/>",
          "<link href='http://a/' rel='enclosure' length='2'/>" },
        { "<author><name>a</name></author>",
          "<author><name>b</name></author>" },
        { "<author><name>a</name></author>",
          "<contributor><name>a</name></contributor>" },
        { "<category term='a'/>", "<category term='b'/>" },
        { "<category term='a'/>", "<category term='a'/><category term='b'/>" },
        { "<x:y>1</x:y>", "<x:y>2</x:y>" },
        { "<x:y>1</x:y>", "<y>1</y>" },
        { "<x:y a='1'/>", "<x:y x:a='1'/>" },
        { "<x:y><x:z/></x:y>", "<x:y/><x:z/>" },
        { "<x:y>a<x:z/>b</x:y>", "<x:y>ab<x:z/></x:y>" },
        { "<x:y><x:a/><x:b/></x:y>", "<x:y><x:b/><x:a/></x:y>" },
        { "<x:y>a b<x:z/></x:y>", "<x:y>a b <x:z/></x:y>" },
        { "<content xml:base='http://a/'/>",
          "<content xml:base='http://b/'/>" },
        { "<content xml:lang='en'/>", "<content xml:lang='de'/>" },
        { "<source><id>a</id></source>", "<source><id>b</id></source>" },
        { "<x:img src='http://x.example/1.png'/>",
          "<x:img src='http://x.example/2.png'/>" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_false(is_same_atom(pairs[i][0], pairs[i][1]));
    assert_false(is_same_rss("<pubDate>a</pubDate>", "<pubDate>b</pubDate>"));
    assert_false(is_same_rss("<guid>a</guid><wfw:commentRss>1"
                             "</wfw:commentRss>",
                             "<guid>a</guid><wfw:commentRss>2"
                             "</wfw:commentRss>"));
    assert_false(is_same_rss("<enclosure url='a' length='1'/>",
                             "<enclosure url='a' length='2'/>"));
}

static void spelling_makes_none(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "<title>a</title><id>i</id>",
          "\n  <title>a</title>\n  <id>i</id>\n" },
        { "<title>a</title>", "<title>\n    a\n  </title>" },
        { "<title>a</title><id>i</id>", "<id>i</id><title>a</title>" },
        { "<title>a &amp; b</title>", "<title><![CDATA[a & b]]></title>" },
        { "<title>a &lt;b></title>", "<title>a <![CDATA[<]]>b&#62;</title>" },
        { "<title>\xc3\xa9</title>", "<title>&#233;</title>" },
        { "<title>\xc3\xa9</title>", "<title>&#xE9;</title>" },
        { "<title>a</title>", "<title>a<!-- b --></title>" },
        { "<title>a</title>", "<?php b?><title>a<?b c?></title><!---->" },
        { "<title/>", "<title></title>" },
        { "<link rel='a' href='http://a/'/>",
          "<link  href=\"http://a/\"\nrel='a' />" },
        { "<link href='http://a/?a=1&amp;b=2'/>",
          "<link href='http://a/?a=1&#38;b=2'/>" },
        { "<x:y a='1'/>", "<z:y xmlns:z='http://x.example/' a='1'/>" },
        { "<x:y a='1'/>", "<y xmlns='http://x.example/' a='1'/>" },
        { "<x:y x:a='1'/>",
          "<z:y xmlns:z='http://x.example/' z:a='1' xmlns:q='urn:q'/>" },
        { "<content type='xhtml'><div xmlns='" XHTML "'><p>a</p></div>"
          "</content>",
          "<content type='xhtml'><h:div xmlns:h='" XHTML "'>\n<h:p>a</h:p>"
          "</h:div></content>" },
        { "<title>a\nb</title>", "<title>a\r\nb</title>" },
        { "<title>a\nb</title>", "<title><![CDATA[a\r\nb]]></title>" },
        { "<title>a\nb</title>", "<title>a&#13;&#10;b</title>" },
        { "<link href='https://e.example/1'/>",
          "<link xml:base='https://e.example/' href='1'/>" },
        { "<category term='a'/><category term='b'/>",
          "<category term='b'/><category term='a'/>" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_true(is_same_atom(pairs[i][0], pairs[i][1]));
}

static void noise_makes_none(void **state)
{
    (void)state;
    static const char *const rss[][2] = {
        { "<slash:comments>1</slash:comments>",
          "<slash:comments>2</slash:comments>" },
        { "<slash:comments>1</slash:comments>", "" },
        { "<comments>http://a/#respond</comments>",
          "<comments>http://a/#comments</comments>" },
        { "<media:group><media:community><media:statistics views='1'/>"
          "</media:community></media:group>",
          "<media:group><media:community><media:statistics views='2'/>"
          "<media:starRating count='3'/></media:community></media:group>" },
        { "<link>http://a/?utm_source=a</link>",
          "<link>http://a/?utm_source=b&amp;utm_medium=c</link>" },
        { "<enclosure url='http://a/1.mp3?utm_a=1'/>",
          "<enclosure url='http://a/1.mp3'/>" },
        { "<description>&lt;p&gt;a&lt;/p&gt;</description>",
          "<description>&lt;p&gt;a&lt;/p&gt;\n&lt;img "
          "src=\"https://pixel.wp.com/b.gif?1\"/&gt;</description>" },
        { "<description><![CDATA[<a href='http://a/?utm_a=1'>]]>"
          "</description>",
          "<description><![CDATA[<a href='http://a/'>]]></description>" },
        { "<description>&lt;a "
          "href='http://a/?b&amp;amp;utm_a=1'></description>",
          "<description>&lt;a href='http://a/?b'></description>" },
        { "<atom:source><atom:updated>1</atom:updated></atom:source>",
          "<atom:source><atom:updated>2</atom:updated></atom:source>" },
    };
    for (size_t i = 0; i < sizeof rss / sizeof rss[0]; i++)
        assert_true(is_same_rss(rss[i][0], rss[i][1]));
    static const char *const atom[][2] = {
        { "<link rel='replies' href='r' thr:count='1' thr:updated='a'/>",
          "<link rel='replies' href='r' thr:count='2' thr:updated='b'/>" },
        { "<thr:total>1</thr:total>", "<thr:total>2</thr:total>" },
        { "<source><id>s</id><updated>1</updated></source>",
          "<source><id>s</id><updated>2</updated><generator>g</generator>"
          "</source>" },
        { "<content type='xhtml'><div xmlns='" XHTML "'>a"
          "<img src='http://stats.wordpress.com/b.gif'/></div></content>",
          "<content type='xhtml'><div xmlns='" XHTML "'>a</div></content>" },
        { "<content type='xhtml'><div xmlns='" XHTML "'>a"
          "<img src='x' width='1' height='1'/></div></content>",
          "<content type='xhtml'><div xmlns='" XHTML "'>a</div></content>" },
        { "<content type='xhtml'><div xmlns='" XHTML "'>"
          "<a href='http://feeds.feedburner.com/~ff/a'/></div></content>",
          "<content type='xhtml'><div xmlns='" XHTML "'>"
          "<a href='http://feeds.feedburner.com/~ff/b'/></div></content>" },
    };
    for (size_t i = 0; i < sizeof atom / sizeof atom[0]; i++)
        assert_true(is_same_atom(atom[i][0], atom[i][1]));
}

// From the 65th child on their order counts, but never what they are.
static void many_children_are_compared_in_order(void **state)
{
    (void)state;
    char one[2000], other[2000];
    size_t len = 0;
    for (int i = 0; i < 70; i++)
        len += (size_t)snprintf(one + len, sizeof one - len, "<x:y>%d</x:y>",
                                i % 10);
    memcpy(other, one, sizeof other);
    assert_true(is_same_atom(one, other));
    memcpy(strrchr(other, '9'), "8", 1);
    assert_false(is_same_atom(one, other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meaning_makes_a_change),
        cmocka_unit_test(spelling_makes_none),
        cmocka_unit_test(noise_makes_none),
        cmocka_unit_test(many_children_are_compared_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
