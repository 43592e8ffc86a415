// SPDX-License-Identifier: MIT

#include "document.h"
#include "reading.h"

#include <stdlib.h>
#include <string.h>

static void write_hex(const uint8_t bytes[16], char out[33])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[32] = '\0';
}

static bool list_items(struct reading *reading, struct document_outline *out)
{
    const struct feed *feed = &reading->feed;
    size_t count = reading_is_feed(reading) ? feed->entry_count : 0;
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

static bool outline(struct reading *reading, struct document_outline *out)
{
    struct link_set *links = &reading->links;
    out->format = reading->format;
    out->charset = reading->text.name;
    out->repairs = reading_repairs(reading);
    if (reading_is_feed(reading)) {
        out->incomplete = reading->feed.incomplete;
        out->hints = reading->feed.hints;
    }
    out->self = links->self;
    memcpy(out->hubs, links->hubs, sizeof links->hubs);
    out->hub_count = links->hub_count;
    *links = (struct link_set){ 0 };
    return list_items(reading, out);
}

bool document_outline(const char *bytes, size_t len, const char *content_type,
                      const char *url, struct document_outline *out)
{
    *out = (struct document_outline){ 0 };
    const struct reading_input input = {
        .bytes = bytes,
        .len = len,
        .content_type = content_type,
        .url = url,
    };
    struct reading reading;
    bool done = reading_make(&input, &reading) && outline(&reading, out);
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
