// SPDX-License-Identifier: MIT
//
// bench-feed -- reading feeds into entries, against a bare pass of libxml2.

#include "figures.h"
#include "options.h"

#include "fetcher/document.h"
#include "fetcher/feed.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAIRS = 7, ENTRIES = 50 };
static const double REACH = 1.5;

enum kind { ATOM_HTML, ATOM_XHTML, RSS_CDATA, KINDS };
static const char *const kind_names[KINDS] = { "atom-html", "atom-xhtml",
                                               "rss-cdata" };
static const size_t sizes_kb[] = { 20, 60, 100, 200 };
enum { SIZES = sizeof sizes_kb / sizeof sizes_kb[0] };

struct text {
    char *bytes;
    size_t len, max;
};

static void add(struct text *text, const char *bytes)
{
    size_t len = strlen(bytes);
    if (len > text->max - text->len) {
        fprintf(stderr, "bench-feed: a feed came out too large\n");
        exit(1);
    }
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
}

// Markup as text, as Atom has it with type="html".
static void add_escaped(struct text *text, const char *bytes)
{
    for (; *bytes != '\0'; bytes++) {
        const char one[2] = { *bytes, '\0' };
        add(text, *bytes == '<'   ? "&lt;"
                  : *bytes == '>' ? "&gt;"
                  : *bytes == '&' ? "&amp;"
                                  : one);
    }
}

// Something like a blog's paragraph, another one for each number.
static const char *paragraph(unsigned number)
{
    static const char *const words[] = {
        "harbour", "ferry", "timetable", "winter",  "the",     "a",
        "of",      "naïve", "and",       "quietly", "lantern", "was",
    };
    static char out[1000];
    size_t len = 0;
    for (unsigned i = 0; i < 40; i++) {
        unsigned at = (number * 7 + i * i + i) % 12;
        len += (size_t)snprintf(out + len, sizeof out - len, "%s%s",
                                i == 0         ? "<p>"
                                : i % 13 == 12 ? ". "
                                               : " ",
                                words[at]);
        if (i == 17)
            len += (size_t)snprintf(
                out + len, sizeof out - len,
                " <a href=\"https://blog.example/2026/%u?p=%u&amp;q=1\">"
                "<em>there</em></a>",
                number, number);
        if (i == 29 && number % 4 == 0)
            len += (size_t)snprintf(
                out + len, sizeof out - len,
                " <img src=\"https://img.example/%u.jpg\" alt=\"\""
                " width=\"640\"/>",
                number);
    }
    (void)snprintf(out + len, sizeof out - len, ".</p>\n");
    return out;
}

static void add_content(struct text *text, enum kind kind, unsigned entry,
                        size_t until)
{
    static const char *const before[KINDS] = {
        "<content type=\"html\">",
        "<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">",
        "<content:encoded><![CDATA[",
    };
    static const char *const behind[KINDS] = {
        "</content>",
        "</div></content>",
        "]]></content:encoded>",
    };
    add(text, before[kind]);
    for (unsigned i = 0; text->len < until; i++) {
        const char *next = paragraph(entry * 31 + i);
        if (kind == ATOM_HTML)
            add_escaped(text, next);
        else
            add(text, next);
    }
    add(text, behind[kind]);
}

static void add_entry(struct text *text, enum kind kind, unsigned entry,
                      size_t until)
{
    char head[1000];
    (void)snprintf(
        head, sizeof head,
        kind == RSS_CDATA
            ? "\n    <item>\n      <title>Entry %u</title>\n      <link>"
              "https://blog.example/%u</link>\n      <dc:creator>Ada"
              "</dc:creator>\n      <pubDate>Mon, 02 Nov 2026 10:00:00 +0000"
              "</pubDate>\n      <category>Boats</category>\n      <guid "
              "isPermaLink=\"false\">https://blog.example/?p=%u</guid>\n"
              "      <slash:comments>3</slash:comments>\n      "
            : "\n  <entry>\n    <title>Entry %u</title>\n    <link "
              "rel=\"alternate\" type=\"text/html\" href=\""
              "https://blog.example/%u\"/>\n    <id>tag:blog.example,2026:%u"
              "</id>\n    <published>2026-11-02T10:00:00Z</published>\n    "
              "<updated>2026-11-02T10:00:00Z</updated>\n    <author><name>Ada"
              "</name></author>\n    <category term=\"boats\"/>\n    ",
        entry, entry, entry);
    add(text, head);
    add_content(text, kind, entry, until);
    add(text, kind == RSS_CDATA ? "\n    </item>" : "\n  </entry>");
}

static struct text make(enum kind kind, size_t size)
{
    struct text text = { .max = size * 2 + 100000 };
    text.bytes = malloc(text.max);
    if (text.bytes == NULL)
        exit(1);
    add(&text, kind == RSS_CDATA
                   ? "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss "
                     "version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/"
                     "modules/content/\" xmlns:dc=\"http://purl.org/dc/"
                     "elements/1.1/\" xmlns:slash=\"http://purl.org/rss/1.0/"
                     "modules/slash/\">\n  <channel>\n    <title>A blog"
                     "</title>\n    <link>https://blog.example/</link>"
                   : "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns="
                     "\"http://www.w3.org/2005/Atom\">\n  <title>A blog"
                     "</title>\n  <id>tag:blog.example,2026:feed</id>\n  "
                     "<updated>2026-11-02T10:00:00Z</updated>");
    size_t head = text.len;
    for (unsigned i = 0; i < ENTRIES; i++)
        add_entry(&text, kind, i, head + (size - head) * (i + 1) / ENTRIES);
    add(&text, kind == RSS_CDATA ? "\n  </channel>\n</rss>\n" : "\n</feed>\n");
    return text;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
                     const xmlChar *uri, int namespace_count,
                     const xmlChar **namespaces, int attribute_count,
                     int defaulted_count, const xmlChar **attributes)
{
    (void)context, (void)name, (void)prefix, (void)uri, (void)namespace_count;
    (void)namespaces, (void)attribute_count, (void)defaulted_count;
    (void)attributes;
}

static void on_stop(void *context, const xmlChar *name, const xmlChar *prefix,
                    const xmlChar *uri)
{
    (void)context, (void)name, (void)prefix, (void)uri;
}

static void on_text(void *context, const xmlChar *text, int len)
{
    (void)context, (void)text, (void)len;
}

// One pass over all of it, with handlers that do nothing.
static bool read_bare(const struct text *text)
{
    static const xmlSAXHandler handler = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_stop,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
    };
    xmlParserCtxtPtr parser =
        xmlCreateMemoryParserCtxt(text->bytes, (int)text->len);
    if (parser == NULL)
        return false;
    *parser->sax = handler;
    (void)xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    (void)xmlParseDocument(parser);
    bool done = parser->wellFormed == 1;
    xmlFreeParserCtxt(parser);
    return done;
}

static bool read_feed(const struct text *text)
{
    struct feed feed;
    struct link_set links = { 0 };
    const struct feed_input input = {
        .text = text->bytes,
        .len = text->len,
        .url = "https://blog.example/feed",
        .today = 20760,
    };
    bool done = feed_read(&input, &links, &feed) && feed.entry_count == ENTRIES
                && feed.placed;
    feed_clear(&feed);
    link_clear(&links);
    return done;
}

// With charset, comparison and delta: all that is done with an answer.
static bool read_document(const struct text *text)
{
    struct document document;
    const struct document_input input = {
        .bytes = text->bytes,
        .len = text->len,
        .content_type = "application/xml",
        .url = "https://blog.example/feed",
        .seq = 1,
        .today = 20760,
        .entries_max = 1000,
    };
    bool done = document_read(&input, &document)
                && document.entry_count == ENTRIES && document.delta != NULL;
    document_clear(&document);
    return done;
}

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

typedef bool reading(const struct text *);

static double time_of(reading *read, const struct text *text, long times)
{
    double before = cpu_us();
    for (long i = 0; i < times; i++) {
        if (!read(text)) {
            fprintf(stderr, "bench-feed: a feed was not read\n");
            exit(1);
        }
    }
    return (cpu_us() - before) / (double)times;
}

// The median ratio of feed_read() to the bare pass.
static double measure(enum kind kind, size_t size_kb, long megabytes)
{
    struct text text = make(kind, size_kb * 1000);
    long times = megabytes * 1000000 / (long)text.len + 1;
    double bare[PAIRS], feed[PAIRS], whole[PAIRS], ratio[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        bare[i] = time_of(read_bare, &text, times);
        feed[i] = time_of(read_feed, &text, times);
        whole[i] = time_of(read_document, &text, times);
        ratio[i] = feed[i] / bare[i];
    }
    double median = figures_median(ratio, PAIRS);
    printf("%-10s %5zu %9.0f %9.0f %9.0f %7.2f\n", kind_names[kind], size_kb,
           figures_median(bare, PAIRS), figures_median(feed, PAIRS),
           figures_median(whole, PAIRS), median);
    free(text.bytes);
    return median;
}

int main(int argc, char *argv[])
{
    long megabytes = 4;
    const struct option_row rows[] = {
        { "megabytes", OPTION_NUMBER, &megabytes, 1, 1000,
          "to read in each half of a pair" },
    };
    int exit_code = 0;
    if (!options_read(argc, argv, rows, sizeof rows / sizeof rows[0],
                      &exit_code))
        return exit_code;

    document_setup();
    double worst = 0;
    printf("%-10s %5s %9s %9s %9s %7s\n", "feed", "KB", "bare us", "feed us",
           "all us", "ratio");
    for (enum kind kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < SIZES; i++) {
            double ratio = measure(kind, sizes_kb[i], megabytes);
            worst = ratio > worst ? ratio : worst;
        }
    printf("bench=feed entries=%d pairs=%d worst_ratio=%.2f reached=%d\n",
           ENTRIES, PAIRS, worst, worst <= REACH);
    return 0;
}
