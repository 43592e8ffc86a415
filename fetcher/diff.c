// SPDX-License-Identifier: MIT

#include "diff.h"

#include <stdlib.h>
#include <string.h>

enum { SEEN_DAYS = 7 }; // a memory is as old as this without being rewritten

static const uint8_t own_id[16];

struct work {
    const struct diff_input *input;
    struct document *out;
    struct document_entry *known;     // sorted by id
    const struct diff_row **sorted;   // by id, then content
    const struct document_entry *own; // the document's row; NULL: none yet
    uint32_t day;
    bool removed, aged;
};

static int compare_known(const void *left, const void *right)
{
    const struct document_entry *a = left, *b = right;
    int order = memcmp(a->id, b->id, sizeof a->id);
    return order != 0 ? order
                      : memcmp(a->content, b->content, sizeof a->content);
}

static int compare_rows(const void *left, const void *right)
{
    const struct diff_row *a = *(const struct diff_row *const *)left;
    const struct diff_row *b = *(const struct diff_row *const *)right;
    int order = memcmp(a->id, b->id, sizeof a->id);
    return order != 0 ? order
                      : memcmp(a->content, b->content, sizeof a->content);
}

// Newest first; of equal days in any fixed order.
static int compare_seen(const void *left, const void *right)
{
    const struct document_entry *a = left, *b = right;
    if (a->seen != b->seen)
        return a->seen < b->seen ? 1 : -1;
    if (a->seq != b->seq)
        return a->seq < b->seq ? 1 : -1;
    return compare_known(left, right);
}

static int compare_ids(const void *id, const void *row)
{
    const struct document_entry *entry = row;
    return memcmp(id, entry->id, sizeof entry->id);
}

static const struct document_entry *find(const struct work *work,
                                         const struct diff_row *row)
{
    struct document_entry key = { 0 };
    memcpy(key.id, row->id, sizeof key.id);
    memcpy(key.content, row->content, sizeof key.content);
    size_t count = work->input->known_count;
    return count == 0
               ? NULL
               : bsearch(&key, work->known, count, sizeof key, compare_known);
}

static int compare_id_to_row(const void *id, const void *row)
{
    const struct diff_row *other = *(const struct diff_row *const *)row;
    return memcmp(id, other->id, sizeof other->id);
}

static bool is_current(const struct work *work, const uint8_t id[16])
{
    return work->input->count > 0
           && bsearch(id, work->sorted, work->input->count,
                      sizeof work->sorted[0], compare_id_to_row)
                  != NULL;
}

static bool prepare(struct work *work)
{
    const struct diff_input *input = work->input;
    struct document *out = work->out;
    work->known = calloc(input->known_count + 1, sizeof *work->known);
    work->sorted = calloc(input->count + 1, sizeof work->sorted[0]);
    out->changed = calloc(input->count + 1, sizeof out->changed[0]);
    out->entries =
        calloc(input->known_count + input->count + 1, sizeof *out->entries);
    if (work->known == NULL || work->sorted == NULL || out->changed == NULL
        || out->entries == NULL)
        return false;

    if (input->known_count > 0)
        memcpy(work->known, input->known,
               input->known_count * sizeof *work->known);
    for (size_t i = 0; i < input->count; i++)
        work->sorted[i] = &input->rows[i];
    qsort(work->known, input->known_count, sizeof *work->known, compare_known);
    qsort(work->sorted, input->count, sizeof work->sorted[0], compare_rows);
    if (input->known_count > 0)
        work->own = bsearch(own_id, work->known, input->known_count,
                            sizeof *work->known, compare_ids);
    work->day = input->today;
    if (work->own != NULL && work->own->seen > work->day)
        work->day = work->own->seen;
    return true;
}

static void remember(struct work *work, const struct document_entry *old,
                     const uint8_t id[16], const uint8_t content[16])
{
    struct document *out = work->out;
    struct document_entry *entry = &out->entries[out->memory_count++];
    memcpy(entry->id, id, sizeof entry->id);
    memcpy(entry->content, content, sizeof entry->content);
    entry->seq = old != NULL ? old->seq : work->input->seq;
    entry->seen = work->day;
    if (old != NULL && work->day - old->seen > SEEN_DAYS)
        work->aged = true;
}

static bool is_own_change(struct work *work)
{
    bool same = work->own != NULL
                && memcmp(work->own->content, work->input->whole, 16) == 0;
    remember(work, same ? work->own : NULL, own_id, work->input->whole);
    return !same;
}

// Equal rows of a document are one row of its memory.
static void remember_current(struct work *work)
{
    for (size_t i = 0; i < work->input->count; i++) {
        const struct diff_row *row = work->sorted[i];
        if (i > 0 && memcmp(row, work->sorted[i - 1], sizeof *row) == 0)
            continue;
        remember(work, find(work, row), row->id, row->content);
    }
}

static bool is_same_id(const struct diff_row *a, const struct diff_row *b)
{
    return memcmp(a->id, b->id, sizeof a->id) == 0;
}

// Of each id that has changed, the first changed row of the document: rows
// lie in its order, so that is the one with the lowest address.
static void mark_changed(const struct work *work, bool *marks)
{
    const struct diff_input *input = work->input;
    const struct diff_row *first = NULL;
    for (size_t i = 0; i < input->count; i++) {
        const struct diff_row *row = work->sorted[i];
        if (find(work, row) == NULL && (first == NULL || row < first))
            first = row;
        bool last =
            i + 1 == input->count || !is_same_id(row, work->sorted[i + 1]);
        if (last && first != NULL)
            marks[first - input->rows] = true;
        if (last)
            first = NULL;
    }
}

static bool list_changed(struct work *work)
{
    const struct diff_input *input = work->input;
    struct document *out = work->out;
    bool *marks = calloc(input->count + 1, sizeof marks[0]);
    if (marks == NULL)
        return false;
    mark_changed(work, marks);
    for (size_t i = 0; i < input->count; i++)
        if (marks[i])
            memcpy(out->changed[out->changed_count++], input->rows[i].id, 16);
    free(marks);
    return true;
}

// What is known and no longer there follows what is there, newest first, as
// far as the ceiling lets it.
static void remember_gone(struct work *work)
{
    const struct diff_input *input = work->input;
    struct document *out = work->out;
    size_t present = out->memory_count;
    size_t max =
        input->entries_max > 2 * present ? input->entries_max : 2 * present;
    for (size_t i = 0; i < input->known_count; i++) {
        struct document_entry gone = work->known[i];
        if (memcmp(gone.id, own_id, sizeof gone.id) == 0
            || is_current(work, gone.id))
            continue;
        if (work->own != NULL && gone.seen == work->own->seen)
            work->removed = true;
        if (gone.seen >= work->day && work->day > 0)
            gone.seen = work->day - 1;
        out->entries[out->memory_count++] = gone;
    }
    qsort(out->entries + present, out->memory_count - present,
          sizeof *out->entries, compare_seen);
    if (out->memory_count > max)
        out->memory_count = max;
}

static enum document_change judge(const struct work *work, bool own_change)
{
    if (!work->input->feed)
        return own_change ? DOCUMENT_REPLACED : DOCUMENT_SAME;
    if (work->out->changed_count > 0)
        return DOCUMENT_ENTRIES;
    if (own_change)
        return DOCUMENT_FEED_LEVEL;
    return work->removed ? DOCUMENT_REMOVAL_ONLY : DOCUMENT_SAME;
}

bool diff_make(const struct diff_input *input, struct document *out)
{
    struct work work = { .input = input, .out = out };
    bool done = prepare(&work) && list_changed(&work);
    if (done) {
        bool own_change = is_own_change(&work);
        remember_current(&work);
        remember_gone(&work);
        out->change = judge(&work, own_change);
        out->remember = out->change != DOCUMENT_SAME || work.aged
                        || work.removed || input->known_count == 0;
    }
    free(work.known);
    free(work.sorted);
    return done;
}
