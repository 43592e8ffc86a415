// SPDX-License-Identifier: MIT

#include "document.h"

#include "charset.h"
#include "cut.h"
#include "diff.h"
#include "digest.h"
#include "feed.h"
#include "html.h"
#include "jsonfeed.h"
#include "link.h"
#include "markup.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

_Static_assert((int)DOCUMENT_HUBS_MAX == (int)LINK_HUBS_MAX,
               "what is found must fit");

// What the bytes say, before any memory comes into it.
struct reading {
    struct charset_text text;
    struct feed feed;
    struct link_set links;
    enum document_format format;
};

const char *document_format_name(enum document_format format)
{
    static const char *const names[] = {
        [DOCUMENT_OTHER] = "other",       [DOCUMENT_ATOM10] = "atom10",
        [DOCUMENT_ATOM03] = "atom03",     [DOCUMENT_RSS20] = "rss20",
        [DOCUMENT_RSS09X] = "rss09x",     [DOCUMENT_RSS10] = "rss10",
        [DOCUMENT_JSONFEED] = "jsonfeed", [DOCUMENT_HTML] = "html",
    };
    return names[format];
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

// Told from the root element; the Content-Type of feeds is often wrong.
static bool is_feed_root(const char *name, size_t len)
{
    const char *colon = memchr(name, ':', len);
    if (colon != NULL) {
        len -= (size_t)(colon + 1 - name);
        name = colon + 1;
    }
    return is_word(name, len, "feed") || is_word(name, len, "rss")
           || is_word(name, len, "RDF");
}

static bool is_page(const struct charset_text *text, const char *root,
                    size_t root_len, const char *content_type)
{
    static const char doctype[] = "<!doctype html";
    char type[64];
    charset_media_type(content_type, type, sizeof type);
    return is_word(root, root_len, "html") || strcmp(type, "text/html") == 0
           || strcmp(type, "application/xhtml+xml") == 0
           || (text->len >= sizeof doctype - 1
               && strncasecmp(text->text, doctype, sizeof doctype - 1) == 0);
}

static bool read_text(struct reading *reading, const char *content_type,
                      const char *url)
{
    const struct charset_text *text = &reading->text;
    size_t at = 0;
    while (at < text->len && memchr(" \t\r\n", text->text[at], 4) != NULL)
        at++;
    bool done = true;
    if (at < text->len && text->text[at] == '{') {
        done = jsonfeed_read(text->text, text->len, url, &reading->links,
                             &reading->feed);
        reading->format = reading->feed.format;
        return done;
    }

    const char *root = "";
    size_t root_len = 0;
    (void)markup_root(text->text, text->len, &root, &root_len);
    if (is_feed_root(root, root_len)) {
        done = feed_read(text->text, text->len, url, &reading->links,
                         &reading->feed);
        reading->format = reading->feed.format;
    } else if (is_page(text, root, root_len, content_type)) {
        html_links(text->text, text->len, url, &reading->links);
        reading->format = DOCUMENT_HTML;
        done = !reading->links.no_memory;
    }
    return done;
}

static void reading_clear(struct reading *reading)
{
    charset_clear(&reading->text);
    feed_clear(&reading->feed);
    link_clear(&reading->links);
}

// False: out of memory. Must be cleared either way.
static bool reading_make(const char *bytes, size_t len,
                         const char *content_type, const char *url,
                         struct reading *out)
{
    *out = (struct reading){ .feed.title_at = FEED_NONE };
    return charset_read(bytes, len, content_type, &out->text)
           && (!out->text.readable || read_text(out, content_type, url));
}

static bool is_feed(const struct reading *reading)
{
    return reading->format != DOCUMENT_OTHER
           && reading->format != DOCUMENT_HTML;
}

// M3: RDF and JSON Feed are cut only where somebody asks for it.
static bool is_cuttable(const struct cut_source *source)
{
    enum document_format format = source->feed->format;
    return cut_can(source)
           && (format == DOCUMENT_ATOM10 || format == DOCUMENT_ATOM03
               || format == DOCUMENT_RSS20 || format == DOCUMENT_RSS09X);
}

static bool digest_whole(const char *bytes, size_t len,
                         uint8_t out[DIGEST_SIZE])
{
    struct digest digest = { 0 };
    if (digest_open(&digest))
        digest_of(&digest, 'w', bytes, len, out);
    digest_close(&digest);
    return !digest.failed;
}

static bool compare(const struct document_input *input,
                    const struct reading *reading, struct document *out)
{
    uint8_t whole[DIGEST_SIZE];
    const struct feed *feed = &reading->feed;
    bool is_read = is_feed(reading);
    size_t count = is_read ? feed->entry_count : 0;
    struct diff_row *rows = calloc(count + 1, sizeof *rows);
    if (rows == NULL
        || (!is_read && !digest_whole(input->bytes, input->len, whole))) {
        free(rows);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(rows[i].id, feed->entries[i].id, sizeof rows[i].id);
        memcpy(rows[i].content, feed->entries[i].content,
               sizeof rows[i].content);
    }

    struct diff_input diff = {
        .feed = is_read,
        .whole = is_read ? feed->around : whole,
        .rows = rows,
        .count = count,
        .known = input->known,
        .known_count = input->known_count,
        .seq = input->seq,
        .today = input->today,
        .entries_max = input->entries_max,
    };
    bool done = diff_make(&diff, out);
    free(rows);
    return done;
}

static bool make_delta(const struct cut_source *source, struct document *out)
{
    if (!out->cuttable
        || (out->change != DOCUMENT_ENTRIES
            && out->change != DOCUMENT_FEED_LEVEL))
        return true;
    size_t found;
    out->delta = cut_make(source, (const uint8_t(*)[16])out->changed,
                          out->changed_count, NULL, &found, &out->delta_len);
    return out->delta != NULL;
}

static bool make(const struct document_input *input, struct reading *reading,
                 struct document *out)
{
    struct cut_source source = {
        .bytes = input->bytes,
        .len = input->len,
        .text = &reading->text,
        .feed = &reading->feed,
    };
    out->format = reading->format;
    out->entry_count = is_feed(reading) ? reading->feed.entry_count : 0;
    out->cuttable = is_cuttable(&source);
    return compare(input, reading, out) && make_delta(&source, out);
}

static void take_links(struct link_set *links, char **self, char **hubs,
                       size_t *hub_count)
{
    *self = links->self;
    memcpy(hubs, links->hubs, sizeof links->hubs);
    *hub_count = links->hub_count;
    *links = (struct link_set){ 0 };
}

bool document_read(const struct document_input *input, struct document *out)
{
    *out = (struct document){ 0 };
    const char *url = input->url != NULL ? input->url : "";
    struct link_set links = { 0 };
    for (size_t i = 0; i < input->link_field_count; i++)
        link_offer_field(&links, url, input->link_fields[i]);

    struct reading reading;
    bool done = reading_make(input->bytes, input->len, input->content_type, url,
                             &reading)
                && make(input, &reading, out);
    link_merge(&links, &reading.links);
    done = done && !links.no_memory;
    take_links(&links, &out->self, out->hubs, &out->hub_count);
    reading_clear(&reading);
    if (!done)
        document_clear(out);
    return done;
}

void document_clear(struct document *document)
{
    free(document->self);
    for (size_t i = 0; i < document->hub_count; i++)
        free(document->hubs[i]);
    free(document->entries);
    free(document->changed);
    free(document->delta);
    *document = (struct document){ 0 };
}

char *document_cut(const char *bytes, size_t len, const char *content_type,
                   const uint8_t (*ids)[16], size_t id_count, bool *matched,
                   size_t *found, size_t *out_len)
{
    struct reading reading;
    char *out = NULL;
    struct cut_source source = {
        .bytes = bytes,
        .len = len,
        .text = &reading.text,
        .feed = &reading.feed,
    };
    if (reading_make(bytes, len, content_type, "", &reading)
        && cut_can(&source))
        out = cut_make(&source, ids, id_count, matched, found, out_len);
    reading_clear(&reading);
    return out;
}

bool document_choose(struct document_choice *choice)
{
    bool *matched = calloc(choice->id_count + 1, sizeof *matched);
    if (matched == NULL)
        return false;
    choice->withdrawn = 0;
    choice->cut = document_cut(choice->bytes, choice->len, choice->content_type,
                               choice->ids, choice->id_count, matched,
                               &choice->listed, &choice->cut_len);
    if (choice->cut == NULL)
        choice->listed = 0;
    choice->rolled_off = choice->id_count - choice->listed;
    for (size_t i = 0; choice->fates != NULL && i < choice->id_count; i++)
        choice->fates[i] = matched[i] ? DOCUMENT_LISTED : DOCUMENT_ROLLED_OFF;
    free(matched);
    return true;
}

const char *document_repair_name(enum document_repair repair)
{
    static const char *const names[DOCUMENT_REPAIRS] = {
        "charset", "bytes",      "controls", "entities", "ampersand",
        "tags",    "attributes", "leading",  "trailing", "tail",
        "prefix",  "doctype",    "json",
    };
    for (unsigned i = 0; i < DOCUMENT_REPAIRS; i++)
        if ((unsigned)repair == 1U << i)
            return names[i];
    return "";
}

static void write_hex(const uint8_t bytes[16], char out[33])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[32] = '\0';
}

static bool outline_items(struct reading *reading, struct document_outline *out)
{
    const struct feed *feed = &reading->feed;
    size_t count = is_feed(reading) ? feed->entry_count : 0;
    const char *title = feed_string(feed, feed->title_at);
    out->title = title != NULL ? strdup(title) : NULL;
    out->items = calloc(count + 1, sizeof *out->items);
    if (out->items == NULL || (title != NULL && out->title == NULL))
        return false;

    for (size_t i = 0; i < count; i++) {
        const struct feed_entry *entry = &feed->entries[i];
        struct document_item *item = &out->items[i];
        item->id = feed_string(feed, entry->id_at);
        item->link = feed_string(feed, entry->link_at);
        item->title = feed_string(feed, entry->title_at);
        item->updated = feed_string(feed, entry->updated_at);
        write_hex(entry->content, item->hash);
    }
    out->item_count = count;
    // The items point into the feed's strings, which live on with them.
    out->memory = reading->feed.strings.bytes;
    reading->feed.strings = (struct pool){ 0 };
    return true;
}

bool document_outline(const char *bytes, size_t len, const char *content_type,
                      const char *url, struct document_outline *out)
{
    *out = (struct document_outline){ 0 };
    struct reading reading;
    bool done = reading_make(bytes, len, content_type, url != NULL ? url : "",
                             &reading);
    if (done) {
        out->format = reading.format;
        take_links(&reading.links, &out->self, out->hubs, &out->hub_count);
        done = outline_items(&reading, out);
    }
    reading_clear(&reading);
    if (!done)
        document_outline_clear(out);
    return done;
}

void document_outline_clear(struct document_outline *outline)
{
    free(outline->title);
    free(outline->self);
    for (size_t i = 0; i < outline->hub_count; i++)
        free(outline->hubs[i]);
    free(outline->items);
    free(outline->memory);
    *outline = (struct document_outline){ 0 };
}

void document_setup(void)
{
    // Both seed or fill tables on first use, which threads must not race for.
    feed_setup();
    json_object_seed(0);
}
