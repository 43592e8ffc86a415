// SPDX-License-Identifier: MIT

#include "why.h"

#include "diff.h"
#include "pool.h"
#include "reading.h"

#include <stdlib.h>
#include <string.h>

enum {
    ID_SIZE = 16,
    NAMES_MAX = 4096, // bytes of a list
};

// One piece of an entry, and a digest of what it says.
struct piece {
    const char *name;
    const uint8_t *says;
};

const char *why_turn_name(enum why_turn turn)
{
    static const char *const names[] = {
        [WHY_NEW] = "new",           [WHY_CHANGED] = "changed",
        [WHY_RETURNED] = "returned", [WHY_IGNORED] = "ignored",
        [WHY_SAME] = "unchanged",    [WHY_GONE] = "gone",
    };
    return names[turn];
}

bool why_add(struct why *why, const struct document_input *input)
{
    if (why->version_count == why->version_max) {
        size_t max = why->version_max * 2 + 4;
        struct reading *grown = realloc(why->versions, max * sizeof *grown);
        if (grown == NULL)
            return false;
        why->versions = grown;
        why->version_max = max;
    }
    const struct reading_input bytes = {
        .bytes = input->bytes,
        .len = input->len,
        .content_type = input->content_type,
        .url = input->url,
        .noise = input->noise,
        .parts = true,
    };
    // The text points into the bytes; what is asked for later does not.
    return reading_make(&bytes, &why->versions[why->version_count++]);
}

static bool is_same(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, ID_SIZE) == 0;
}

// The newest earlier version that has the id; of several there the one that
// says the same, else the first.
static const struct feed_entry *find_old(const struct why *why,
                                         const struct feed_entry *entry,
                                         size_t *version)
{
    for (*version = why->version_count - 1; (*version)-- > 0;) {
        const struct feed *feed = &why->versions[*version].feed;
        const struct feed_entry *found = NULL;
        for (size_t i = 0; i < feed->entry_count; i++) {
            const struct feed_entry *old = &feed->entries[i];
            if (!is_same(old->id, entry->id))
                continue;
            if (found == NULL || is_same(old->content, entry->content))
                found = old;
        }
        if (found != NULL)
            return found;
    }
    return NULL;
}

static int compare_pieces(const void *left, const void *right)
{
    const struct piece *a = left, *b = right;
    int order = strcmp(a->name, b->name);
    return order != 0 ? order : memcmp(a->says, b->says, ID_SIZE);
}

// What counts of an entry's pieces, or all. Returns how many there are.
static size_t list_pieces(const struct feed *feed,
                          const struct feed_entry *entry, bool all,
                          struct piece *out)
{
    size_t count = 0;
    for (size_t i = 0; i < entry->part_count; i++) {
        const struct feed_part *part = &feed->parts[entry->part_at + i];
        const char *name = feed_string(feed, part->name_at);
        if (name == NULL || (part->ignored && !all))
            continue;
        out[count++] =
            (struct piece){ strcmp(name, "@") == 0 ? "attributes" : name,
                            all ? part->all : part->content };
    }
    qsort(out, count, sizeof *out, compare_pieces);
    return count;
}

static size_t of_one_name(const struct piece *pieces, size_t count,
                          const char *name)
{
    size_t n = 0;
    while (n < count && strcmp(pieces[n].name, name) == 0)
        n++;
    return n;
}

static bool say_the_same(const struct piece *a, const struct piece *b,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_same(a[i].says, b[i].says))
            return false;
    return true;
}

static bool is_listed(const struct pool *list, const char *name)
{
    size_t len = strlen(name);
    for (size_t at = 0; list->len > 0 && at + len <= list->len;) {
        const char *end = memchr(list->bytes + at, ',', list->len - at);
        size_t to = end != NULL ? (size_t)(end - list->bytes) : list->len;
        if (to - at == len && memcmp(list->bytes + at, name, len) == 0)
            return true;
        at = to + 2;
    }
    return false;
}

static void add_name(struct pool *list, const char *name)
{
    pool_add(list, ", ", list->len > 0 ? 2 : 0);
    pool_add(list, name, strlen(name));
}

// Adds to `out` the names of which there are other pieces now; false: they are
// more than anybody reads.
static bool list_changes(const struct piece *old, size_t old_count,
                         const struct piece *now, size_t now_count,
                         const struct pool *but, struct pool *out)
{
    while (old_count > 0 || now_count > 0) {
        const char *name = old_count > 0 ? old->name : now->name;
        if (old_count > 0 && now_count > 0 && strcmp(now->name, name) < 0)
            name = now->name;
        size_t m = of_one_name(old, old_count, name);
        size_t n = of_one_name(now, now_count, name);
        bool differ = m != n || !say_the_same(old, now, n);
        if (differ && !is_listed(but, name)) {
            bool more = out->len > NAMES_MAX;
            add_name(out, more ? "..." : name);
            if (more)
                return false;
        }
        old += m;
        old_count -= m;
        now += n;
        now_count -= n;
    }
    return true;
}

// An empty list is NULL.
static bool take_text(struct pool *list, char **out)
{
    bool any = list->len > 0;
    pool_add(list, "", 1);
    bool done = !list->failed;
    *out = done && any ? strdup(list->bytes) : NULL;
    done = done && (!any || *out != NULL);
    pool_clear(list);
    return done;
}

static bool say_changes(const struct feed *before, const struct feed_entry *old,
                        const struct feed *feed, const struct feed_entry *entry,
                        struct why_entry *out)
{
    struct piece *was = calloc(old->part_count + 1, sizeof *was);
    struct piece *is = calloc(entry->part_count + 1, sizeof *is);
    struct pool changed = { 0 }, ignored = { 0 }, none = { 0 };
    bool done = was != NULL && is != NULL;
    if (done) {
        size_t m = list_pieces(before, old, false, was);
        size_t n = list_pieces(feed, entry, false, is);
        bool all = list_changes(was, m, is, n, &none, &changed);
        m = list_pieces(before, old, true, was);
        n = list_pieces(feed, entry, true, is);
        if (all)
            (void)list_changes(was, m, is, n, &changed, &ignored);
        // The same pieces in another order.
        if (changed.len == 0 && !is_same(old->content, entry->content))
            pool_add(&changed, "order", strlen("order"));
    }
    done = take_text(&changed, &out->changed) && done;
    done = take_text(&ignored, &out->ignored) && done;
    free(was);
    free(is);
    return done;
}

static struct why_entry *add_entry(struct why *why, const struct feed *feed,
                                   const struct feed_entry *entry)
{
    struct why_entry *out = &why->entries[why->entry_count++];
    const size_t names[] = { entry->id_at, entry->link_at, entry->title_at };
    for (size_t i = 0; i < 3 && out->id == NULL; i++)
        out->id = feed_string(feed, names[i]);
    out->title = feed_string(feed, entry->title_at);
    return out;
}

static bool is_changed(const struct document *last, const uint8_t *id)
{
    for (size_t i = 0; i < last->changed_count; i++)
        if (is_same(last->changed[i], id))
            return true;
    return false;
}

static bool tell_entry(struct why *why, const struct feed *feed,
                       const struct feed_entry *entry,
                       const struct document *last)
{
    size_t version;
    struct why_entry *out = add_entry(why, feed, entry);
    const struct feed_entry *old = find_old(why, entry, &version);
    bool changed = is_changed(last, entry->id);
    out->turn = WHY_SAME;
    if (old == NULL) {
        out->turn = changed ? WHY_NEW : WHY_SAME;
        return true;
    }
    const struct feed *before = &why->versions[version].feed;
    if (!say_changes(before, old, feed, entry, out))
        return false;
    if (changed && !is_same(old->content, entry->content))
        out->turn = WHY_CHANGED;
    else if (version + 2 < why->version_count)
        out->turn = WHY_RETURNED;
    else if (out->ignored != NULL || out->changed != NULL)
        out->turn = WHY_IGNORED;
    return true;
}

// memory.h: what was pushed out lies behind all that are there.
static bool is_withdrawn(const struct document *last, const uint8_t *id)
{
    bool behind = false;
    uint32_t day = last->memory_count > 0 ? last->entries[0].seen : 0;
    for (size_t i = 0; i < last->memory_count; i++) {
        const struct document_entry *row = &last->entries[i];
        if (is_same(row->id, id))
            behind = true;
        else if (behind && diff_is_entry(row) && row->seen == day)
            return true;
    }
    return false;
}

static bool is_in(const struct feed *feed, const uint8_t *id)
{
    for (size_t i = 0; i < feed->entry_count; i++)
        if (is_same(feed->entries[i].id, id))
            return true;
    return false;
}

static void tell_gone(struct why *why, const struct document *last)
{
    const struct feed *feed = &why->versions[why->version_count - 1].feed;
    const struct feed *before = &why->versions[why->version_count - 2].feed;
    for (size_t i = 0; i < before->entry_count && !last->incomplete; i++) {
        const struct feed_entry *entry = &before->entries[i];
        if (is_in(feed, entry->id))
            continue;
        struct why_entry *out = add_entry(why, before, entry);
        out->turn = WHY_GONE;
        out->withdrawn = is_withdrawn(last, entry->id);
        for (size_t j = 0; j < feed->deleted_count; j++)
            if (is_same(feed->deleted[j], entry->id))
                out->withdrawn = true;
    }
}

bool why_tell(struct why *why, const struct document *last)
{
    size_t count = why->version_count;
    if (count == 0)
        return true;
    const struct feed *feed = &why->versions[count - 1].feed;
    size_t max = feed->entry_count
                 + (count > 1 ? why->versions[count - 2].feed.entry_count : 0);
    why->entries = calloc(max + 1, sizeof *why->entries);
    if (why->entries == NULL)
        return false;
    for (size_t i = 0; i < feed->entry_count; i++)
        if (!tell_entry(why, feed, &feed->entries[i], last))
            return false;
    if (count > 1)
        tell_gone(why, last);
    return true;
}

void why_clear(struct why *why)
{
    for (size_t i = 0; i < why->version_count; i++)
        reading_clear(&why->versions[i]);
    for (size_t i = 0; i < why->entry_count; i++) {
        free(why->entries[i].changed);
        free(why->entries[i].ignored);
    }
    free(why->versions);
    free(why->entries);
    *why = (struct why){ 0 };
}
