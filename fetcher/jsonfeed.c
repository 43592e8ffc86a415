// SPDX-License-Identifier: MIT

#include "jsonfeed.h"

#include "digest.h"
#include "jsonplace.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Every value costs jansson up to 200 bytes, however short it is written.
enum { VALUES_MAX = 500000 };

struct reader {
    struct feed *feed;
    struct digest digest;
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
        "https://jsonfeed.org/version/",
        "http://jsonfeed.org/version/",
        "https://www.jsonfeed.org/version/",
    };
    const char *version = json_string_value(json_object_get(root, "version"));
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (version != NULL
            && strncmp(version, versions[i], strlen(versions[i])) == 0)
            return true;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// A string, or a number that should have been one (JSON Feed 1.1, "id").
static size_t keep(struct reader *reader, const json_t *value)
{
    struct pool *strings = &reader->feed->strings;
    char number[32] = "";
    if (json_is_integer(value))
        (void)snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT,
                       json_integer_value(value));
    const char *text =
        json_is_string(value) ? json_string_value(value) : number;
    while (is_blank(*text))
        text++;
    size_t len = strlen(text), at = strings->len;
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    if (len == 0)
        return FEED_NONE;
    pool_add(strings, text, len);
    pool_add(strings, "", 1);
    return strings->failed ? FEED_NONE : at;
}

static size_t keep_first(struct reader *reader, const json_t *item,
                         const char *one, const char *other)
{
    size_t at = keep(reader, json_object_get(item, one));
    return at != FEED_NONE ? at : keep(reader, json_object_get(item, other));
}

static void digest_value(struct reader *reader, const json_t *value,
                         uint8_t out[DIGEST_SIZE])
{
    char *text =
        json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (text == NULL) {
        reader->no_memory = true;
        return;
    }
    digest_of(&reader->digest, 'j', text, strlen(text), out);
    free(text);
}

static void identify(struct reader *reader, struct feed_entry *entry)
{
    static const char kinds[] = "ilt";
    const size_t names[] = { entry->id_at, entry->link_at, entry->title_at };
    for (size_t i = 0; i < 3; i++) {
        const char *name = feed_string(reader->feed, names[i]);
        if (name == NULL)
            continue;
        digest_of(&reader->digest, kinds[i], name, strlen(name), entry->id);
        return;
    }
    digest_of(&reader->digest, 'c', entry->content, sizeof entry->content,
              entry->id);
}

static void read_item(struct reader *reader, const json_t *item,
                      struct feed_entry *entry)
{
    entry->id_at = keep(reader, json_object_get(item, "id"));
    entry->link_at = keep_first(reader, item, "url", "external_url");
    entry->title_at = keep(reader, json_object_get(item, "title"));
    entry->updated_at =
        keep_first(reader, item, "date_modified", "date_published");
    digest_value(reader, item, entry->content);
    identify(reader, entry);
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
    for (size_t i = 0; i < count; i++)
        read_item(reader, json_array_get(items, i), &feed->entries[i]);
    feed->entry_count = count;
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

static void read_root(struct reader *reader, json_t *root, const char *url,
                      struct link_set *links)
{
    struct feed *feed = reader->feed;
    const json_t *items = json_object_get(root, "items");
    if (!is_feed(root) || json_array_size(items) > FEED_ENTRIES_MAX)
        return;
    feed->format = DOCUMENT_JSONFEED;
    feed->title_at = keep(reader, json_object_get(root, "title"));
    read_links(root, url, links);
    read_items(reader, items);
    (void)json_object_del(root, "items");
    digest_value(reader, root, feed->around);
}

bool jsonfeed_read(const char *text, size_t len, const char *url,
                   struct link_set *links, struct feed *out)
{
    *out = (struct feed){ .title_at = FEED_NONE };
    if (!is_bounded(text, len))
        return true;
    errno = 0;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    // jansson calls it bad syntax when it runs out of memory within a token.
    if (root == NULL)
        return errno != ENOMEM;

    struct reader reader = { .feed = out };
    reader.no_memory = !digest_open(&reader.digest);
    if (!reader.no_memory)
        read_root(&reader, root, url, links);
    json_decref(root);
    digest_close(&reader.digest);
    if (out->format == DOCUMENT_JSONFEED && !reader.no_memory)
        place_items(text, len, out);
    return !reader.no_memory && !reader.digest.failed && !out->strings.failed
           && !links->no_memory;
}
