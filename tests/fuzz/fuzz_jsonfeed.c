// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/feed.h"
#include "fetcher/jsonfeed.h"

#include <assert.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool read_all(const char *text, size_t len, bool parts, struct feed *out)
{
    struct link_set links = { 0 };
    const struct feed_input input = {
        .text = text,
        .len = len,
        .url = "https://e.example/feed.json",
        .today = 20760,
        .parts = parts,
    };
    bool done = jsonfeed_read(&input, &links, out);
    link_clear(&links);
    if (!done)
        feed_clear(out);
    return done;
}

// Items lie one behind the other, and are values of JSON.
static void check_places(const struct feed *feed, const char *text, size_t len)
{
    size_t end = 0;
    for (size_t i = 0; feed->placed && i < feed->entry_count; i++) {
        const struct feed_entry *entry = &feed->entries[i];
        assert(entry->start >= end && entry->end > entry->start
               && entry->end <= len);
        json_t *value =
            json_loadb(text + entry->start, entry->end - entry->start,
                       JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert(value != NULL);
        json_decref(value);
        end = entry->end;
    }
}

static void check_strings(const struct feed *feed)
{
    for (size_t i = 0; i < feed->entry_count; i++) {
        const struct feed_entry *entry = &feed->entries[i];
        const size_t all[] = { entry->id_at, entry->link_at, entry->title_at,
                               entry->updated_at };
        for (size_t j = 0; j < 4; j++)
            assert(all[j] == FEED_NONE
                   || strlen(feed_string(feed, all[j])) > 0);
        assert(entry->part_at + entry->part_count <= feed->part_count);
    }
}

// The same text without white space, with its members sorted, says the same.
static void check_again(const struct feed *feed, const char *text, size_t len)
{
    json_t *root = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    if (root == NULL)
        return;
    char *other =
        json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII
                             | JSON_REAL_PRECISION(17));
    struct feed again;
    json_decref(root);
    if (other == NULL)
        return;
    if (read_all(other, strlen(other), false, &again)) {
        assert(again.format == feed->format);
        assert(again.entry_count == feed->entry_count);
        assert(memcmp(again.around, feed->around, 16) == 0);
        for (size_t i = 0; i < feed->entry_count; i++)
            assert(memcmp(again.entries[i].id, feed->entries[i].id, 16) == 0
                   && memcmp(again.entries[i].content, feed->entries[i].content,
                             16)
                          == 0);
        feed_clear(&again);
    }
    free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        document_setup();
    ready = true;
    const char *text = (const char *)data;
    struct feed feed;
    if (!read_all(text, size, true, &feed))
        return 0;
    if (feed.format == DOCUMENT_JSONFEED) {
        check_places(&feed, text, size);
        check_strings(&feed);
        check_again(&feed, text, size);
    } else {
        assert(feed.format == DOCUMENT_OTHER && feed.entry_count == 0);
    }
    feed_clear(&feed);
    return 0;
}
