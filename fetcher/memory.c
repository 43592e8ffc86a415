// SPDX-License-Identifier: MIT

#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    HELD_DAYS = 7,
    // What is kept in records of so many, counted from the end, is rewritten
    // least if so many are forgotten at once.
    RECORD = 64,
    LARGE = 16 * RECORD, // this many can spare some
};

struct work {
    const struct memory_input *input;
    // Of each known one: the row of the document that it lies before;
    // row_count: it lies behind them all.
    size_t *before;
    size_t tail; // first of the rows that stand as they stood
    size_t end;  // past the last known one that was in the last version
    size_t leaving, coming;
    struct document_entry *out;
    size_t count;
    size_t *others; // places in `out` of what is not in the document
    size_t other_count;
};

static bool was_there(const struct memory_input *input, size_t i)
{
    return input->known[i].seen == input->was;
}

static void find_tail(struct work *work)
{
    const struct memory_input *input = work->input;
    size_t next = MEMORY_NEW;
    work->tail = input->row_count;
    if (!input->ordered)
        return;
    while (work->tail > 0 && input->rows[work->tail - 1].old != MEMORY_NEW
           && input->rows[work->tail - 1].old <= next)
        next = input->rows[--work->tail].old;
}

static void count_changes(struct work *work)
{
    const struct memory_input *input = work->input;
    for (size_t i = 0; i < input->row_count; i++)
        work->coming += input->rows[i].old == MEMORY_NEW;
    for (size_t i = 0; i < input->known_count; i++) {
        if (!was_there(input, i))
            continue;
        work->end = i + 1;
        work->leaving += input->fates[i] == MEMORY_GONE;
    }
}

// `stayed` were behind it and still are; `vacant`: another has gone from there
// before.
static bool is_withdrawn(const struct work *work, size_t stayed, bool vacant)
{
    return stayed > 0 && (!vacant || work->leaving > work->coming);
}

static void place(struct work *work)
{
    const struct memory_input *input = work->input;
    size_t at = input->row_count, stayed = 0;
    bool vacant = false;
    for (size_t i = input->known_count; i-- > 0;) {
        while (at > work->tail && input->rows[at - 1].old > i) {
            stayed += was_there(input, input->rows[--at].old);
            vacant = false;
        }
        work->before[i] = input->row_count;
        if (input->fates[i] != MEMORY_GONE)
            continue;
        bool earlier = !was_there(input, i) && i < work->end;
        if (was_there(input, i) ? is_withdrawn(work, stayed, vacant)
                                : earlier && stayed > 0)
            work->before[i] = at;
        vacant = vacant || earlier;
    }
}

static void keep(struct work *work, size_t i)
{
    const struct memory_input *input = work->input;
    struct document_entry *entry = &work->out[work->count];
    work->others[work->other_count++] = work->count++;
    *entry = input->known[i];
    if (input->blank)
        memset(entry->content, 0, sizeof entry->content);
    bool there = was_there(input, i);
    if (there && input->fates[i] == MEMORY_ABSENT)
        entry->seen = input->day;
    else if (there || entry->seen >= input->day)
        entry->seen = input->day - 1;
}

static void keep_before(struct work *work, size_t row, size_t *from)
{
    const struct memory_input *input = work->input;
    for (; *from < input->known_count; (*from)++) {
        size_t before = work->before[*from];
        if (input->fates[*from] == MEMORY_REPLACED
            || before == input->row_count)
            continue;
        if (before > row)
            return;
        keep(work, *from);
    }
}

static void write_all(struct work *work)
{
    const struct memory_input *input = work->input;
    size_t from = 0;
    for (size_t i = 0; i < input->own_count; i++)
        work->out[work->count++] = input->own[i];
    for (size_t i = 0; i < input->row_count; i++) {
        const struct memory_row *row = &input->rows[i];
        keep_before(work, i, &from);
        struct document_entry *entry = &work->out[work->count++];
        memcpy(entry->id, row->id, sizeof entry->id);
        memcpy(entry->content, row->content, sizeof entry->content);
        entry->seq = row->seq;
        entry->seen = input->day;
    }
    for (size_t i = 0; i < input->known_count; i++)
        if (input->fates[i] != MEMORY_REPLACED
            && work->before[i] == input->row_count)
            keep(work, i);
}

// Longest gone first.
static int compare_age(const void *left, const void *right)
{
    const struct document_entry *a =
        *(const struct document_entry *const *)left;
    const struct document_entry *b =
        *(const struct document_entry *const *)right;
    if (a->seen != b->seen)
        return a->seen < b->seen ? -1 : 1;
    if (a->seq != b->seq)
        return a->seq < b->seq ? -1 : 1;
    // Of those that went together the last went first.
    return a > b ? -1 : a < b;
}

static size_t too_many(const struct work *work,
                       struct document_entry *const *oldest)
{
    const struct memory_input *input = work->input;
    size_t current = input->own_count + input->row_count;
    size_t max = input->max > 2 * current ? input->max : 2 * current;
    size_t n = 0;
    while (n < work->other_count && work->count - n > max
           && (work->count - n > input->known_count
               || input->day - oldest[n]->seen > HELD_DAYS))
        n++;
    while (input->max >= LARGE && n % RECORD != 0 && n < work->other_count
           && input->day - oldest[n]->seen > HELD_DAYS)
        n++;
    return n;
}

static bool forget(struct work *work)
{
    struct document_entry **oldest =
        calloc(work->other_count + 1, sizeof(struct document_entry *));
    bool *forgotten = calloc(work->count + 1, sizeof *forgotten);
    bool done = oldest != NULL && forgotten != NULL;
    if (done) {
        for (size_t i = 0; i < work->other_count; i++)
            oldest[i] = &work->out[work->others[i]];
        qsort(oldest, work->other_count, sizeof oldest[0], compare_age);
        size_t n = too_many(work, oldest), count = 0;
        for (size_t i = 0; i < n; i++)
            forgotten[oldest[i] - work->out] = true;
        for (size_t i = 0; i < work->count; i++)
            if (!forgotten[i])
                work->out[count++] = work->out[i];
        work->count = count;
    }
    free(oldest);
    free(forgotten);
    return done;
}

bool memory_make(const struct memory_input *input, struct document_entry **out,
                 size_t *out_count)
{
    struct work work = { .input = input };
    size_t max = input->own_count + input->row_count + input->known_count;
    work.before = calloc(input->known_count + 1, sizeof *work.before);
    work.others = calloc(input->known_count + 1, sizeof *work.others);
    work.out = calloc(max + 1, sizeof *work.out);
    bool done = work.before != NULL && work.others != NULL && work.out != NULL;
    if (done) {
        find_tail(&work);
        count_changes(&work);
        place(&work);
        write_all(&work);
        done = work.count <= input->max || forget(&work);
    }
    free(work.before);
    free(work.others);
    if (!done) {
        free(work.out);
        return false;
    }
    *out = work.out;
    *out_count = work.count;
    return true;
}
