// SPDX-License-Identifier: MIT

#include "reading.h"

#include "digest.h"
#include "html.h"
#include "jsonfeed.h"
#include "markup.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ID_SIZE = 16 };

static bool is_word(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(text, word, len) == 0;
}

static bool is_page(const struct charset_text *text, const char *content_type)
{
    static const char doctype[] = "<!doctype html";
    const char *root = "";
    size_t root_len = 0;
    char type[64];
    (void)markup_root(text->text, text->len, &root, &root_len);
    charset_media_type(content_type, type, sizeof type);
    return is_word(root, root_len, "html") || strcmp(type, "text/html") == 0
           || strcmp(type, "application/xhtml+xml") == 0
           || (text->len >= sizeof doctype - 1
               && strncasecmp(text->text, doctype, sizeof doctype - 1) == 0);
}

// A JSON Feed begins with its brace, or with something that is no markup.
static bool is_json(const struct charset_text *text, bool *surely)
{
    static const char needed[] = "jsonfeed.org";
    size_t at = 0;
    while (at < text->len && memchr(" \t\r\n", text->text[at], 4) != NULL)
        at++;
    *surely = at < text->len && text->text[at] == '{';
    return *surely
           || (at < text->len && text->text[at] != '<'
               && memmem(text->text, text->len, needed, strlen(needed))
                      != NULL);
}

static bool read_text(struct reading *reading,
                      const struct reading_input *input, const char *url)
{
    const struct charset_text *text = &reading->text;
    const struct feed_input feed = {
        .text = text->text,
        .len = text->len,
        .url = url,
        .noise = input->noise,
        .today = input->today,
        .parts = input->parts,
    };
    bool done = true, surely;
    if (is_json(text, &surely)) {
        done = jsonfeed_read(&feed, &reading->links, &reading->feed);
        reading->format = reading->feed.format;
        if (!done || surely || reading->format != DOCUMENT_OTHER)
            return done;
    }

    if (markup_is_feed(text->text, text->len)) {
        done = feed_read(&feed, &reading->links, &reading->feed);
        reading->format = reading->feed.format;
    }
    if (done && reading->format == DOCUMENT_OTHER
        && is_page(text, input->content_type)) {
        html_links(text->text, text->len, url, &reading->links);
        reading->format = DOCUMENT_HTML;
        done = !reading->links.no_memory;
    }
    return done;
}

bool reading_make(const struct reading_input *input, struct reading *out)
{
    *out = (struct reading){
        .feed = { .title_at = FEED_NONE, .tail = FEED_NONE, .ends = FEED_NONE }
    };
    out->bytes = input->bytes;
    out->len = input->len;
    out->content_type = input->content_type;
    const char *url = input->url != NULL ? input->url : "";
    return charset_read(input->bytes, input->len, input->content_type,
                        &out->text)
           && (!out->text.readable || read_text(out, input, url));
}

void reading_clear(struct reading *reading)
{
    charset_clear(&reading->text);
    feed_clear(&reading->feed);
    link_clear(&reading->links);
}

bool reading_is_feed(const struct reading *reading)
{
    return reading->format != DOCUMENT_OTHER
           && reading->format != DOCUMENT_HTML;
}

static struct cut_source source_of(const struct reading *reading)
{
    return (struct cut_source){
        .bytes = reading->bytes,
        .len = reading->len,
        .text = &reading->text,
        .feed = &reading->feed,
    };
}

unsigned reading_repairs(const struct reading *reading)
{
    // Of what is no text there is nothing to mend.
    return reading->format == DOCUMENT_OTHER
               ? 0
               : reading->text.repairs | reading->feed.repairs;
}

bool reading_is_cuttable(const struct reading *reading)
{
    enum document_format format = reading->feed.format;
    struct cut_source source = source_of(reading);
    return cut_can(&source)
           && (format == DOCUMENT_ATOM10 || format == DOCUMENT_ATOM03
               || format == DOCUMENT_RSS20 || format == DOCUMENT_RSS09X);
}

bool reading_is_on_request(const struct reading *reading)
{
    enum document_format format = reading->feed.format;
    struct cut_source source = source_of(reading);
    return cut_can(&source)
           && (format == DOCUMENT_RSS10 || format == DOCUMENT_JSONFEED);
}

static int compare_ids(const void *left, const void *right)
{
    return memcmp(left, right, ID_SIZE);
}

// False: out of memory.
static bool count_ids(const struct feed *feed, size_t *out)
{
    uint8_t(*ids)[ID_SIZE] = calloc(feed->entry_count + 1, ID_SIZE);
    if (ids == NULL)
        return false;
    for (size_t i = 0; i < feed->entry_count; i++)
        memcpy(ids[i], feed->entries[i].id, ID_SIZE);
    qsort(ids, feed->entry_count, ID_SIZE, compare_ids);
    *out = 0;
    for (size_t i = 0; i < feed->entry_count; i++)
        *out += i == 0 || memcmp(ids[i], ids[i - 1], ID_SIZE) != 0;
    free(ids);
    return true;
}

static bool is_part_of(const struct feed *part, const struct feed *whole)
{
    size_t at = 0;
    for (size_t i = 0; i < whole->entry_count && at < part->entry_count; i++)
        at += memcmp(part->entries[at].id, whole->entries[i].id, ID_SIZE) == 0
              && memcmp(part->entries[at].content, whole->entries[i].content,
                        ID_SIZE)
                     == 0;
    return part->format == whole->format && at == part->entry_count;
}

static bool check_cut(const struct reading *whole,
                      const struct reading_cut *cut, bool *good)
{
    const struct reading_input input = {
        .bytes = cut->out,
        .len = cut->out_len,
        .content_type = whole->content_type,
    };
    struct reading part;
    size_t count = 0;
    bool done = reading_make(&input, &part) && count_ids(&part.feed, &count);
    *good = done && count == cut->found && is_part_of(&part.feed, &whole->feed);
    reading_clear(&part);
    return done;
}

bool reading_cut(const struct reading *reading, struct reading_cut *cut)
{
    struct cut_source source = source_of(reading);
    cut->out = NULL;
    cut->out_len = cut->found = 0;
    if (!cut_can(&source))
        return true;
    cut->out = cut_make(&source, cut->ids, cut->id_count, cut->matched,
                        &cut->found, &cut->out_len);
    if (cut->out == NULL)
        return false;
    bool good = true, done = true;
    if (reading_repairs(reading) != 0)
        done = check_cut(reading, cut, &good);
    if (done && good)
        return true;
    free(cut->out);
    cut->out = NULL;
    return done;
}

bool reading_digest_bytes(const struct reading *reading,
                          uint8_t out[DIGEST_SIZE])
{
    struct digest digest = { 0 };
    if (digest_open(&digest))
        digest_of(&digest, 'w', reading->bytes, reading->len, out);
    digest_close(&digest);
    return !digest.failed;
}

bool reading_digest(const struct reading *reading, uint8_t out[DIGEST_SIZE])
{
    if (!reading_is_feed(reading))
        return reading_digest_bytes(reading, out);
    const struct feed *feed = &reading->feed;
    struct digest digest = { 0 };
    if (digest_open(&digest)) {
        digest_begin(&digest);
        digest_add(&digest, "f", 1);
        digest_add(&digest, feed->around, sizeof feed->around);
        for (size_t i = 0; i < feed->entry_count; i++) {
            digest_add(&digest, feed->entries[i].id, 16);
            digest_add(&digest, feed->entries[i].content, 16);
        }
        digest_end(&digest, out);
    }
    digest_close(&digest);
    return !digest.failed;
}
