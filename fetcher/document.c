// SPDX-License-Identifier: MIT

#include "document.h"

#include "diff.h"
#include "feed.h"
#include "jsonfeed.h"
#include "link.h"
#include "noise.h"
#include "reading.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)DOCUMENT_HUBS_MAX == (int)LINK_HUBS_MAX,
               "what is found must fit");

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

bool document_is_entry(const struct document_entry *row)
{
    return diff_is_entry(row);
}

bool document_was_feed(const struct document_entry *known, size_t count)
{
    return diff_was_feed(known, count);
}

static struct diff_row *list_rows(const struct feed *feed, size_t count)
{
    struct diff_row *rows = calloc(count + 1, sizeof *rows);
    for (size_t i = 0; rows != NULL && i < count; i++) {
        memcpy(rows[i].id, feed->entries[i].id, sizeof rows[i].id);
        memcpy(rows[i].content, feed->entries[i].content,
               sizeof rows[i].content);
    }
    return rows;
}

static bool compare(const struct document_input *input,
                    const struct reading *reading, struct document *out)
{
    uint8_t bytes[16];
    bool is_feed = reading_is_feed(reading);
    bool wants_bytes =
        !is_feed || diff_wants_bytes(input->known, input->known_count);
    if (wants_bytes && !reading_digest_bytes(reading, bytes))
        return false;
    size_t count = is_feed ? reading->feed.entry_count : 0;
    struct diff_row *rows = list_rows(&reading->feed, count);
    if (rows == NULL)
        return false;

    struct diff_input diff = {
        .format = reading->format,
        .feed = is_feed,
        .complete = !input->partial && !out->incomplete,
        .whole = is_feed ? reading->feed.around : bytes,
        .bytes = wants_bytes ? bytes : NULL,
        .rows = rows,
        .count = count,
        .deleted = (const uint8_t(*)[16])reading->feed.deleted,
        .deleted_count = is_feed ? reading->feed.deleted_count : 0,
        .known = input->known,
        .known_count = input->known_count,
        .seq = input->seq,
        .today = input->today,
        .entries_max = input->entries_max,
    };
    noise_recipe(input->noise != NULL ? input->noise : noise_default(),
                 diff.recipe);
    bool done = diff_make(&diff, out);
    free(rows);
    return done;
}

static bool make_delta(const struct reading *reading, struct document *out)
{
    if ((!out->cuttable && !out->on_request)
        || (out->change != DOCUMENT_ENTRIES
            && out->change != DOCUMENT_FEED_LEVEL))
        return true;
    struct reading_cut cut = {
        .ids = (const uint8_t(*)[16])out->changed,
        .id_count = out->changed_count,
    };
    bool done = reading_cut(reading, &cut);
    out->delta = cut.out;
    out->delta_len = cut.out_len;
    if (cut.out == NULL)
        out->cuttable = out->on_request = false;
    return done;
}

static bool make(const struct document_input *input,
                 const struct reading *reading, struct document *out)
{
    bool is_feed = reading_is_feed(reading);
    out->format = reading->format;
    out->entry_count = is_feed ? reading->feed.entry_count : 0;
    out->cuttable = reading_is_cuttable(reading);
    out->on_request = reading_is_on_request(reading);
    out->repairs = reading_repairs(reading);
    out->incomplete = is_feed && reading->feed.incomplete;
    if (is_feed)
        out->hints = reading->feed.hints;
    return reading_digest(reading, out->digest) && compare(input, reading, out)
           && make_delta(reading, out);
}

static void take_links(struct link_set *links, struct document *out)
{
    out->self = links->self;
    memcpy(out->hubs, links->hubs, sizeof links->hubs);
    out->hub_count = links->hub_count;
    *links = (struct link_set){ 0 };
}

bool document_read(const struct document_input *input, struct document *out)
{
    *out = (struct document){ 0 };
    struct link_set links = { 0 };
    const char *url = input->url != NULL ? input->url : "";
    for (size_t i = 0; i < input->link_field_count; i++)
        link_offer_field(&links, url, input->link_fields[i]);

    const struct reading_input bytes = {
        .bytes = input->bytes,
        .len = input->len,
        .content_type = input->content_type,
        .url = input->url,
        .noise = input->noise,
        .today = input->today,
    };
    struct reading reading;
    bool done = reading_make(&bytes, &reading) && make(input, &reading, out);
    link_merge(&links, &reading.links);
    done = done && !links.no_memory;
    take_links(&links, out);
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
    const struct reading_input input = {
        .bytes = bytes,
        .len = len,
        .content_type = content_type,
    };
    struct reading_cut cut = {
        .ids = ids,
        .id_count = id_count,
        .matched = matched,
    };
    struct reading reading;
    if (reading_make(&input, &reading))
        (void)reading_cut(&reading, &cut);
    reading_clear(&reading);
    *found = cut.found;
    *out_len = cut.out_len;
    return cut.out;
}

void document_setup(void)
{
    // Both seed or fill tables on first use, which threads must not race for.
    feed_setup();
    jsonfeed_setup();
}
