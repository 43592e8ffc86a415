// SPDX-License-Identifier: MIT

#include "cut.h"

#include <stdlib.h>
#include <string.h>

enum { ID_SIZE = 16 };

// Of the text, not of the bytes.
struct range {
    size_t start, end;
};

struct work {
    const struct cut_source *source;
    uint8_t (*wanted)[ID_SIZE]; // sorted
    size_t wanted_count;
    uint8_t (*present)[ID_SIZE]; // ids of all entries, sorted
    struct range *gone;
    size_t gone_count;
};

bool cut_can(const struct cut_source *source)
{
    return source->feed->format != DOCUMENT_OTHER && source->feed->placed
           && source->text->width[1] > 0;
}

static int compare_ids(const void *left, const void *right)
{
    return memcmp(left, right, ID_SIZE);
}

static int compare_ranges(const void *left, const void *right)
{
    const struct range *a = left, *b = right;
    return a->start < b->start ? -1 : a->start > b->start;
}

static bool has(uint8_t (*ids)[ID_SIZE], size_t count, const uint8_t *id)
{
    return count > 0 && bsearch(id, ids, count, ID_SIZE, compare_ids) != NULL;
}

static bool is_kept(const struct work *work, const struct feed_entry *entry)
{
    return has(work->wanted, work->wanted_count, entry->id);
}

static bool prepare(struct work *work, const uint8_t (*ids)[16],
                    size_t id_count)
{
    const struct feed *feed = work->source->feed;
    work->wanted = calloc(id_count + 1, ID_SIZE);
    work->present = calloc(feed->entry_count + 1, ID_SIZE);
    work->gone =
        calloc(feed->entry_count + feed->seat_count + 2, sizeof *work->gone);
    if (work->wanted == NULL || work->present == NULL || work->gone == NULL)
        return false;

    if (id_count > 0)
        memcpy(work->wanted, ids, id_count * ID_SIZE);
    work->wanted_count = id_count;
    for (size_t i = 0; i < feed->entry_count; i++)
        memcpy(work->present[i], feed->entries[i].id, ID_SIZE);
    qsort(work->wanted, id_count, ID_SIZE, compare_ids);
    qsort(work->present, feed->entry_count, ID_SIZE, compare_ids);
    return true;
}

static void drop(struct work *work, size_t start, size_t end)
{
    work->gone[work->gone_count++] = (struct range){ start, end };
}

static void drop_with_blanks(struct work *work, size_t start, size_t end)
{
    const char *text = work->source->text->text;
    while (start > 0 && memchr(" \t\r\n", text[start - 1], 4) != NULL)
        start--;
    drop(work, start, end);
}

static void drop_elements(struct work *work)
{
    const struct feed *feed = work->source->feed;
    for (size_t i = 0; i < feed->entry_count; i++)
        if (!is_kept(work, &feed->entries[i]))
            drop_with_blanks(work, feed->entries[i].start,
                             feed->entries[i].end);

    // A place in the list goes with its entry, and one that leads nowhere
    // stays as it was.
    for (size_t i = 0; i < feed->seat_count; i++) {
        const struct feed_seat *seat = &feed->seats[i];
        if (seat->end > seat->start
            && has(work->present, feed->entry_count, seat->id)
            && !has(work->wanted, work->wanted_count, seat->id))
            drop_with_blanks(work, seat->start, seat->end);
    }
    // What there is of an entry without an end is no entry.
    if (feed->tail != FEED_NONE)
        drop_with_blanks(work, feed->tail, work->source->text->len);
    qsort(work->gone, work->gone_count, sizeof *work->gone, compare_ranges);
}

// With the comma before it if anything stays before it, else with the one
// behind it.
static void drop_items(struct work *work)
{
    const struct feed *feed = work->source->feed;
    const struct feed_entry *items = feed->entries;
    bool any_kept = false;
    for (size_t i = 0; i < feed->entry_count; i++) {
        if (is_kept(work, &items[i]))
            any_kept = true;
        else if (any_kept)
            drop(work, items[i - 1].end, items[i].end);
        else if (i + 1 < feed->entry_count)
            drop(work, items[i].start, items[i + 1].start);
        else
            drop(work, items[i].start, items[i].end);
    }
}

// The end tags that a document without its end lacks; "": none, or it ends
// within a tag.
static const char *missing_ends(const struct cut_source *source)
{
    const struct feed *feed = source->feed;
    const char *text = source->text->text;
    size_t len = source->text->len;
    if (feed->ends == FEED_NONE)
        return "";
    while (len > 0 && memchr(" \t\r\n", text[len - 1], 4) != NULL)
        len--;
    bool torn = feed->tail == FEED_NONE && (len == 0 || text[len - 1] != '>');
    return torn ? "" : feed_string(feed, feed->ends);
}

// In the document's own charset; a name of anything but ASCII stays unwritten.
static size_t write_ends(const struct cut_source *source, char *out)
{
    const char *ends = missing_ends(source);
    size_t width = source->text->width[1], len = strlen(ends);
    const char *name = source->text->name;
    size_t name_len = strlen(name);
    bool big = name_len > 2 && strcmp(name + name_len - 2, "be") == 0;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)ends[i] >= 0x80)
            return 0;
    memset(out, 0, len * width);
    for (size_t i = 0; i < len; i++)
        out[i * width + (big ? width - 1 : 0)] = ends[i];
    return len * width;
}

static char *copy_rest(const struct work *work, size_t *out_len)
{
    const struct cut_source *source = work->source;
    size_t ends_max = strlen(missing_ends(source)) * source->text->width[1];
    char *out = malloc(source->len + ends_max + 1);
    if (out == NULL)
        return NULL;
    size_t len = 0, copied = 0, text_at = 0, at = source->text->before;
    for (size_t i = 0; i < work->gone_count; i++) {
        if (work->gone[i].end <= text_at)
            continue;
        if (work->gone[i].start > text_at)
            charset_seek(source->text, work->gone[i].start, &text_at, &at);
        memcpy(out + len, source->bytes + copied, at - copied);
        len += at - copied;
        charset_seek(source->text, work->gone[i].end, &text_at, &at);
        copied = at;
    }
    memcpy(out + len, source->bytes + copied, source->len - copied);
    len += source->len - copied;
    len += write_ends(source, out + len);
    out[len] = '\0';
    *out_len = len;
    return out;
}

static void tell_found(const struct work *work, const uint8_t (*ids)[16],
                       size_t id_count, bool *matched, size_t *found)
{
    *found = 0;
    for (size_t i = 0; i < id_count; i++) {
        bool there =
            has(work->present, work->source->feed->entry_count, ids[i]);
        *found += there;
        if (matched != NULL)
            matched[i] = there;
    }
}

char *cut_make(const struct cut_source *source, const uint8_t (*ids)[16],
               size_t id_count, bool *matched, size_t *found, size_t *out_len)
{
    struct work work = { .source = source };
    char *out = NULL;
    if (prepare(&work, ids, id_count)) {
        if (source->feed->format == DOCUMENT_JSONFEED)
            drop_items(&work);
        else
            drop_elements(&work);
        tell_found(&work, ids, id_count, matched, found);
        out = copy_rest(&work, out_len);
    }
    free(work.wanted);
    free(work.present);
    free(work.gone);
    return out;
}
