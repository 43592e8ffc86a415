// SPDX-License-Identifier: MIT

#include "jsonfeed.h"

#include "item.h"
#include "jsoncanon.h"
#include "jsonmend.h"
#include "jsonplace.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Every value costs jansson up to 200 bytes, however short it is written.
enum { VALUES_MAX = 500000 };

// Resolving many links against a long URL takes seconds; past this, in bytes of
// URLs, they stay as they are.
enum { RESOLVED_MAX = 12 * 1024 * 1024 };

struct reader {
    const struct feed_input *input;
    struct feed *feed;
    size_t resolved; // how much work that has been
    struct item item;
    struct jsoncanon canon;
    size_t parts_max;
    bool no_memory;
};

static bool is_bounded(const char *text, size_t len)
{
    size_t values = 0;
    for (size_t i = 0; i < len; i++)
        values += text[i] == '{' || text[i] == '[' || text[i] == ',';
    return values <= VALUES_MAX;
}

static bool is_feed(const json_t *root)
{
    static const char *const versions[] = {
        "https://jsonfeed.org/version",
        "http://jsonfeed.org/version",
        "https://www.jsonfeed.org/version",
    };
    const char *version = json_string_value(json_object_get(root, "version"));
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (version != NULL
            && strncmp(version, versions[i], strlen(versions[i])) == 0)
            return true;
    return false;
}

// A string, or a number that should have been one (JSON Feed 1.1, "id").
static void offer(struct reader *reader, const json_t *item, const char *member,
                  enum vocabulary_field field, unsigned rank)
{
    const json_t *value = json_object_get(item, member);
    char number[40] = "";
    struct item_value out = {
        .field = field,
        .rank = rank,
        .bytes = number,
    };
    if (field == VOCABULARY_LINK
        && (reader->resolved += strlen(reader->input->url)) <= RESOLVED_MAX)
        out.base = reader->input->url;
    if (json_is_string(value)) {
        out.bytes = json_string_value(value);
        out.len = json_string_length(value);
    } else if (json_is_integer(value)) {
        out.len =
            (size_t)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT,
                             json_integer_value(value));
    } else if (json_is_real(value)) {
        out.len = (size_t)snprintf(number, sizeof number, "%.17g",
                                   json_real_value(value));
    }
    // "\u0000" is a character of JSON, but ends a string of ours.
    out.len = strnlen(out.bytes, out.len);
    item_offer(&reader->item, &out);
}

static void note_part(struct reader *reader, const char *name,
                      const json_t *value, struct feed_entry *entry)
{
    struct feed *feed = reader->feed;
    if (feed->part_count == FEED_PARTS_MAX)
        return;
    if (feed->part_count == reader->parts_max) {
        size_t max = reader->parts_max * 2 + 64;
        struct feed_part *grown = realloc(feed->parts, max * sizeof *grown);
        if (grown == NULL) {
            reader->no_memory = true;
            return;
        }
        feed->parts = grown;
        reader->parts_max = max;
    }
    struct feed_part *part = &feed->parts[feed->part_count++];
    *part = (struct feed_part){ .name_at = feed->strings.len };
    pool_add(&feed->strings, name, strlen(name) + 1);
    jsoncanon_digest(&reader->canon, value, true, part->content);
    jsoncanon_digest(&reader->canon, value, false, part->all);
    entry->part_count++;
}

static void note_parts(struct reader *reader, const json_t *item,
                       struct feed_entry *entry)
{
    // The iterators of jansson want what they do not change to be changeable.
    union {
        const json_t *given;
        json_t *wanted;
    } object = { item };
    const char *name;
    json_t *value;
    json_object_foreach(object.wanted, name, value)
        note_part(reader, name, value, entry);
}

static void read_item(struct reader *reader, const json_t *item,
                      struct feed_entry *entry)
{
    item_begin(&reader->item);
    offer(reader, item, "id", VOCABULARY_ID, 1);
    offer(reader, item, "url", VOCABULARY_LINK, 2);
    offer(reader, item, "external_url", VOCABULARY_LINK, 1);
    offer(reader, item, "title", VOCABULARY_TITLE, 1);
    offer(reader, item, "date_modified", VOCABULARY_UPDATED, 2);
    offer(reader, item, "date_published", VOCABULARY_UPDATED, 1);
    offer(reader, item, "content_html", VOCABULARY_BODY, 2);
    offer(reader, item, "content_text", VOCABULARY_BODY, 1);
    jsoncanon_digest(&reader->canon, item, true, entry->content);
    item_identify(&reader->item, &reader->canon.digest, entry);
    item_keep(&reader->item, reader->feed, entry, reader->input->today);
    entry->part_at = reader->feed->part_count;
    if (reader->input->parts)
        note_parts(reader, item, entry);
}

// Places are found apart from values; only if both agree are they believed.
static void place_items(const char *text, size_t len, struct feed *feed)
{
    struct jsonplace place;
    size_t count = 0, start, end;
    if (!jsonplace_find(&place, text, len))
        return;
    while (jsonplace_next(&place, &start, &end)) {
        if (count == feed->entry_count)
            return;
        feed->entries[count].start = start;
        feed->entries[count].end = end;
        count++;
    }
    feed->placed = count == feed->entry_count;
}

static void read_items(struct reader *reader, const json_t *items)
{
    struct feed *feed = reader->feed;
    size_t count = json_array_size(items);
    feed->entries = calloc(count + 1, sizeof *feed->entries);
    if (feed->entries == NULL) {
        reader->no_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(items, i);
        if (json_is_object(item))
            read_item(reader, item, &feed->entries[feed->entry_count++]);
    }
}

static void read_links(const json_t *root, const char *url,
                       struct link_set *links)
{
    const char *self = json_string_value(json_object_get(root, "feed_url"));
    if (self != NULL)
        link_offer(links, url, "self", 4, self);

    const json_t *hubs = json_object_get(root, "hubs");
    for (size_t i = 0; i < json_array_size(hubs); i++) {
        const json_t *hub = json_array_get(hubs, i);
        const char *type = json_string_value(json_object_get(hub, "type"));
        const char *target = json_string_value(json_object_get(hub, "url"));
        if (type != NULL && target != NULL && strcasecmp(type, "websub") == 0)
            link_offer(links, url, "hub", 3, target);
    }
}

static void read_root(struct reader *reader, json_t *root,
                      struct link_set *links)
{
    struct feed *feed = reader->feed;
    const json_t *items = json_object_get(root, "items");
    if (!is_feed(root) || json_array_size(items) > FEED_ENTRIES_MAX)
        return;
    feed->format = DOCUMENT_JSONFEED;
    const json_t *title = json_object_get(root, "title");
    if (json_is_string(title))
        feed->title_at = item_string(&feed->strings, json_string_value(title),
                                     strlen(json_string_value(title)));
    read_links(root, reader->input->url, links);
    read_items(reader, items);
    (void)json_object_del(root, "items");
    // Where the next page is moves on with every item.
    (void)json_object_del(root, "next_url");
    jsoncanon_digest(&reader->canon, root, true, feed->around);
}

// jansson calls it bad syntax when it runs out of memory within a token, or
// leaves out letters of it.
static _Thread_local bool was_refused;

static void *take_memory(size_t size)
{
    void *memory = malloc(size);
    was_refused = was_refused || memory == NULL;
    return memory;
}

void jsonfeed_setup(void)
{
    json_object_seed(0);
    json_set_alloc_funcs(take_memory, free);
}

static json_t *load(const char *text, size_t len, bool *no_memory)
{
    if (!is_bounded(text, len))
        return NULL;
    was_refused = false;
    json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    *no_memory = was_refused;
    if (!was_refused)
        return root;
    json_decref(root);
    return NULL;
}

// What a strict reader refuses may be a feed all the same.
static json_t *load_mended(const struct feed_input *input, struct feed *feed,
                           bool *no_memory)
{
    static const char needed[] = "jsonfeed.org";
    struct jsonmend mended;
    if (memmem(input->text, input->len, needed, strlen(needed)) == NULL)
        return NULL;
    *no_memory = !jsonmend_make(input->text, input->len, &mended);
    json_t *root =
        mended.text != NULL ? load(mended.text, mended.len, no_memory) : NULL;
    feed->repairs = mended.repairs != 0 ? mended.repairs : DOCUMENT_REPAIR_JSON;
    feed->incomplete = mended.incomplete;
    jsonmend_clear(&mended);
    return root;
}

static bool read_feed(const struct feed_input *input, json_t *root,
                      struct link_set *links, struct feed *out)
{
    struct reader reader = { .input = input, .feed = out };
    reader.no_memory = !jsoncanon_open(
        &reader.canon, input->noise != NULL ? input->noise : noise_default());
    if (!reader.no_memory)
        read_root(&reader, root, links);
    reader.no_memory = reader.no_memory || jsoncanon_failed(&reader.canon)
                       || item_failed(&reader.item) || out->strings.failed
                       || links->no_memory;
    jsoncanon_close(&reader.canon);
    item_clear(&reader.item);
    return !reader.no_memory;
}

bool jsonfeed_read(const struct feed_input *input, struct link_set *links,
                   struct feed *out)
{
    *out = (struct feed){ .title_at = FEED_NONE,
                          .tail = FEED_NONE,
                          .ends = FEED_NONE };
    bool no_memory = false;
    json_t *root = load(input->text, input->len, &no_memory);
    bool strict = root != NULL;
    if (!strict && !no_memory)
        root = load_mended(input, out, &no_memory);
    bool done = !no_memory;
    if (root != NULL)
        done = read_feed(input, root, links, out);
    json_decref(root);
    if (out->format != DOCUMENT_JSONFEED) {
        out->repairs = 0;
        out->incomplete = false;
    } else if (done && strict) {
        place_items(input->text, input->len, out);
    }
    return done;
}
