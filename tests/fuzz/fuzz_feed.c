// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/charset.h"
#include "fetcher/feed.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool read_feed(const char *text, size_t len, struct feed *out)
{
    struct link_set links = { 0 };
    struct feed_input input = {
        .text = text,
        .len = len,
        .url = "http://e.example/dir/",
        .today = 20000,
    };
    bool done = feed_read(&input, &links, out);
    link_clear(&links);
    return done;
}

// Entries stand in the text, one behind the other.
static void check_places(const struct feed *feed, const char *text, size_t len)
{
    size_t end = 0;
    for (size_t i = 0; i < feed->entry_count && feed->placed; i++) {
        const struct feed_entry *entry = &feed->entries[i];
        assert(entry->start >= end && entry->end > entry->start);
        assert(entry->end <= len && text[entry->start] == '<');
        end = entry->end;
    }
    assert(feed->tail == FEED_NONE
           || (feed->incomplete && feed->tail < len && text[feed->tail] == '<'
               && feed->tail >= end));
}

// The text without every other entry. Those that stay are what they were.
static void check_cut(const struct feed *feed, const char *text, size_t len)
{
    char *cut = malloc(len + 1);
    if (cut == NULL)
        return;
    size_t cut_len = 0, at = 0;
    for (size_t i = 1; i < feed->entry_count; i += 2) {
        memcpy(cut + cut_len, text + at, feed->entries[i].start - at);
        cut_len += feed->entries[i].start - at;
        at = feed->entries[i].end;
    }
    memcpy(cut + cut_len, text + at, len - at);
    cut_len += len - at;

    struct feed again;
    if (read_feed(cut, cut_len, &again)) {
        assert(again.format == feed->format && again.placed);
        assert(again.repairs == 0);
        assert(again.entry_count == (feed->entry_count + 1) / 2);
        for (size_t i = 0; i < again.entry_count; i++) {
            const struct feed_entry *was = &feed->entries[2 * i];
            assert(memcmp(again.entries[i].id, was->id, 16) == 0);
            assert(memcmp(again.entries[i].content, was->content, 16) == 0);
        }
    }
    feed_clear(&again);
    free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        feed_setup();
    ready = true;

    struct charset_text text;
    struct feed feed = { .title_at = FEED_NONE };
    if (!charset_read((const char *)data, size, NULL, &text))
        return 0;
    if (read_feed(text.text, text.len, &feed)) {
        check_places(&feed, text.text, text.len);
        if (feed.format != DOCUMENT_OTHER && feed.repairs == 0 && feed.placed)
            check_cut(&feed, text.text, text.len);
    }
    feed_clear(&feed);
    charset_clear(&text);
    return 0;
}
