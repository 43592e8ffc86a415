// SPDX-License-Identifier: MIT

#include "fuzz.h"

#include "fetcher/builder.h"
#include "fetcher/feed.h"
#include "fetcher/scan.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool read_all(const char *text, size_t len, struct feed *out)
{
    struct link_set links = { 0 };
    const struct feed_input input = {
        .text = text,
        .len = len,
        .url = "https://e.example/feed",
        .today = 20760,
        .parts = true,
    };
    bool done = feed_read(&input, &links, out);
    link_clear(&links);
    if (!done)
        feed_clear(out);
    return done;
}

static bool is_plain(const char *text, size_t len)
{
    struct builder *builder = calloc(1, sizeof *builder);
    struct feed feed = { 0 };
    struct link_set links = { 0 };
    const struct feed_input input = { .text = text, .len = len, .url = "" };
    bool done = builder != NULL && builder_open(builder, &input, &feed, &links)
                && scan_read(text, len, builder);
    if (builder != NULL)
        builder_close(builder);
    free(builder);
    feed_clear(&feed);
    link_clear(&links);
    return done;
}

static void compare(const struct feed *a, const struct feed *b)
{
    assert(a->format == b->format && a->repairs == b->repairs);
    assert(a->placed == b->placed && a->entry_count == b->entry_count);
    assert(a->seat_count == b->seat_count && a->part_count == b->part_count);
    assert(a->deleted_count == b->deleted_count);
    assert(memcmp(a->around, b->around, 16) == 0);
    assert(a->strings.len == b->strings.len
           && (a->strings.len == 0
               || memcmp(a->strings.bytes, b->strings.bytes, a->strings.len)
                      == 0));
    for (size_t i = 0; i < a->entry_count; i++) {
        const struct feed_entry *one = &a->entries[i], *two = &b->entries[i];
        assert(one->start == two->start && one->end == two->end);
        assert(memcmp(one->id, two->id, 16) == 0);
        assert(memcmp(one->content, two->content, 16) == 0);
        assert(one->title_at == two->title_at && one->id_at == two->id_at
               && one->link_at == two->link_at
               && one->updated_at == two->updated_at);
    }
}

// What the quick pass reads, the parser reads as well, and the same. A CR
// behind the document sends it to the parser.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        document_setup();
    ready = true;
    const char *text = (const char *)data;
    if (!is_plain(text, size))
        return 0;
    char *other = malloc(size + 1);
    if (other == NULL)
        return 0;
    memcpy(other, text, size);
    other[size] = '\r';
    struct feed a, b;
    if (read_all(text, size, &a)) {
        if (read_all(other, size + 1, &b)) {
            // What is no feed is looked at again, as if it were broken.
            if (a.format != DOCUMENT_OTHER && a.repairs == 0)
                compare(&a, &b);
            feed_clear(&b);
        }
        feed_clear(&a);
    }
    free(other);
    return 0;
}
