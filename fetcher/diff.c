// SPDX-License-Identifier: MIT

#include "diff.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    SEEN_DAYS = 7, // a memory is as old as this without being rewritten
    ID_SIZE = 16,
};

static const uint8_t own_id[ID_SIZE];
static const uint8_t recipe_id[ID_SIZE] = { [ID_SIZE - 1] = 1 };
// Of a row that is known, but not what it says.
static const uint8_t unknown[ID_SIZE];
// Of the document, where only a part of it was sent.
static const uint8_t torn[ID_SIZE] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff };

// One content of one id, however often the document has it.
struct kept {
    const struct diff_row *row; // the first that says it
    size_t old;                 // in `known`, or MEMORY_NEW
};

// All contents of one id.
struct group {
    const uint8_t *id;
    size_t from, count; // in `kept`
    size_t old;         // one of those in `known`, or MEMORY_NEW
    size_t contents;    // how many the last version had
    bool unknown;       // what it said cannot be compared with
    bool changed;
};

struct work {
    const struct diff_input *input;
    struct document *out;
    struct kept *kept; // by id, then content
    size_t kept_count;
    struct group *groups; // by id
    size_t group_count;
    enum memory_fate *fates;
    struct memory_row *rows;
    size_t row_count;
    const struct document_entry *own, *recipe; // NULL: none yet
    struct document_entry heads[2];
    size_t head_count;
    uint32_t was, day;
    bool other_format, blank;
    bool nothing_new; // the same bytes, which were no feed to us
    bool removed, returned, learnt;
    uint8_t (*deleted)[ID_SIZE]; // sorted
    bool announced;              // the document says of one that it is gone
};

static bool is_same(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, ID_SIZE) == 0;
}

bool diff_is_entry(const struct document_entry *row)
{
    return !is_same(row->id, own_id) && !is_same(row->id, recipe_id);
}

// Formats whose digests can be compared with each other.
static uint8_t family(enum document_format format)
{
    return (uint8_t)(format == DOCUMENT_RSS09X ? DOCUMENT_RSS20 : format);
}

// The recipe's digest, but for its last byte: that is the format's.
static void write_recipe(const struct work *work, uint8_t out[ID_SIZE])
{
    memcpy(out, work->input->recipe, ID_SIZE - 1);
    out[ID_SIZE - 1] = family(work->input->format);
}

static const struct document_entry *find(const struct document_entry *known,
                                         size_t count, const uint8_t *id)
{
    for (size_t i = 0; i < count; i++)
        if (is_same(known[i].id, id))
            return &known[i];
    return NULL;
}

static bool had_entries(const struct document_entry *known, size_t count,
                        uint32_t day)
{
    for (size_t i = 0; i < count; i++)
        if (diff_is_entry(&known[i]) && known[i].seen == day)
            return true;
    return false;
}

bool diff_was_feed(const struct document_entry *known, size_t known_count)
{
    const struct document_entry *own = find(known, known_count, own_id);
    const struct document_entry *recipe = find(known, known_count, recipe_id);
    if (own == NULL)
        return false;
    return recipe != NULL ? recipe->seen == own->seen
                          : had_entries(known, known_count, own->seen);
}

bool diff_wants_bytes(const struct document_entry *known, size_t known_count)
{
    return find(known, known_count, own_id) != NULL
           && !diff_was_feed(known, known_count);
}

static void recall(struct work *work)
{
    const struct diff_input *input = work->input;
    uint8_t recipe[ID_SIZE];
    write_recipe(work, recipe);
    work->own = find(input->known, input->known_count, own_id);
    work->recipe = find(input->known, input->known_count, recipe_id);
    work->was = work->own != NULL ? work->own->seen : 0;
    work->day = input->today > 0 ? input->today : 1;
    if (work->was > work->day)
        work->day = work->was;
    if (!input->feed)
        return;
    work->blank =
        work->recipe == NULL || !is_same(work->recipe->content, recipe);
    work->other_format =
        work->recipe != NULL
        && work->recipe->content[ID_SIZE - 1] != recipe[ID_SIZE - 1];
    work->nothing_new = work->own != NULL && input->bytes != NULL
                        && is_same(work->own->content, input->bytes);
}

static int compare_kept(const void *left, const void *right)
{
    const struct kept *a = left, *b = right;
    int order = memcmp(a->row, b->row, sizeof *a->row);
    if (order != 0)
        return order;
    return a->row < b->row ? -1 : a->row > b->row;
}

static int compare_content(const void *content, const void *kept)
{
    const struct kept *other = kept;
    return memcmp(content, other->row->content, ID_SIZE);
}

static int compare_group(const void *id, const void *group)
{
    const struct group *other = group;
    return memcmp(id, other->id, ID_SIZE);
}

static struct group *find_group(const struct work *work, const uint8_t *id)
{
    return bsearch(id, work->groups, work->group_count, sizeof *work->groups,
                   compare_group);
}

static struct kept *find_kept(const struct work *work,
                              const struct group *group, const uint8_t *content)
{
    return bsearch(content, work->kept + group->from, group->count,
                   sizeof *work->kept, compare_content);
}

// Equal rows of a document are one.
static void sort_rows(struct work *work)
{
    const struct diff_input *input = work->input;
    for (size_t i = 0; i < input->count; i++)
        work->kept[i] = (struct kept){ &input->rows[i], MEMORY_NEW };
    qsort(work->kept, input->count, sizeof *work->kept, compare_kept);
    for (size_t i = 0; i < input->count; i++) {
        const struct diff_row *row = work->kept[i].row;
        const struct diff_row *last =
            work->kept_count > 0 ? work->kept[work->kept_count - 1].row : NULL;
        if (last != NULL && memcmp(row, last, sizeof *row) == 0)
            continue;
        if (last == NULL || !is_same(row->id, last->id))
            work->groups[work->group_count++] = (struct group){
                .id = row->id, .from = work->kept_count, .old = MEMORY_NEW
            };
        work->kept[work->kept_count++] = work->kept[i];
        work->groups[work->group_count - 1].count++;
    }
}

static int compare_ids(const void *left, const void *right)
{
    return memcmp(left, right, ID_SIZE);
}

static void sort_deleted(struct work *work)
{
    size_t count = work->input->deleted_count;
    if (count > 0)
        memcpy(work->deleted, work->input->deleted, count * ID_SIZE);
    qsort(work->deleted, count, ID_SIZE, compare_ids);
}

static bool is_deleted(const struct work *work, const uint8_t *id)
{
    return bsearch(id, work->deleted, work->input->deleted_count, ID_SIZE,
                   compare_ids)
           != NULL;
}

static bool was_there(const struct work *work, size_t i)
{
    return work->input->known[i].seen == work->was;
}

static void match(struct work *work, size_t i)
{
    const struct document_entry *known = &work->input->known[i];
    struct group *group = find_group(work, known->id);
    work->fates[i] = MEMORY_REPLACED;
    if (!diff_is_entry(known))
        return;
    if (group == NULL) {
        bool absent = was_there(work, i) && !work->input->complete;
        work->fates[i] = absent ? MEMORY_ABSENT : MEMORY_GONE;
        return;
    }
    if (group->old == MEMORY_NEW
        || (was_there(work, i) && !was_there(work, group->old)))
        group->old = i;
    group->contents += was_there(work, i);
    if (work->blank || is_same(known->content, unknown)) {
        group->unknown = true;
        return;
    }
    struct kept *kept = find_kept(work, group, known->content);
    if (kept != NULL)
        kept->old = i;
    else
        work->fates[i] = MEMORY_GONE;
}

static void judge_group(struct work *work, struct group *group)
{
    group->changed = false;
    for (size_t i = 0; i < group->count; i++) {
        struct kept *kept = &work->kept[group->from + i];
        bool settled = kept->old != MEMORY_NEW;
        if (settled && !was_there(work, kept->old))
            work->returned = true;
        if (!settled && !group->unknown && !work->nothing_new)
            group->changed = true;
    }
    work->learnt = work->learnt || group->unknown;
}

// An id that is still there, but not with this content.
static enum memory_fate fate_of_content(const struct work *work, size_t i,
                                        const struct group *group)
{
    bool there = was_there(work, i);
    if (work->input->complete)
        return group->changed || group->unknown ? MEMORY_REPLACED : MEMORY_GONE;
    if (group->changed && group->contents <= 1)
        return MEMORY_REPLACED;
    return there ? MEMORY_ABSENT : MEMORY_GONE;
}

static void compare(struct work *work)
{
    const struct diff_input *input = work->input;
    for (size_t i = 0; i < input->known_count; i++)
        match(work, i);
    for (size_t i = 0; i < work->group_count; i++)
        judge_group(work, &work->groups[i]);
    for (size_t i = 0; i < input->known_count; i++) {
        if (work->fates[i] != MEMORY_GONE)
            continue;
        const struct group *group = find_group(work, input->known[i].id);
        if (group != NULL)
            work->fates[i] = fate_of_content(work, i, group);
        if (work->fates[i] != MEMORY_GONE || !was_there(work, i))
            continue;
        work->removed = true;
        if (group == NULL && is_deleted(work, input->known[i].id))
            work->announced = true;
    }
}

static struct memory_row row_of(const struct work *work,
                                const struct group *group,
                                const struct kept *kept)
{
    const struct diff_input *input = work->input;
    size_t source = kept->old != MEMORY_NEW ? kept->old : group->old;
    bool old = kept->old != MEMORY_NEW || group->unknown;
    uint64_t seq = work->nothing_new ? work->own->seq : input->seq;
    return (struct memory_row){
        .id = kept->row->id,
        .content = kept->row->content,
        .seq = old ? input->known[source].seq : seq,
        .old = source,
    };
}

// From the order of ids to that of the document, where rows lie as they stand
// in it. Of each id that has changed, the first changed one is told.
static bool order_rows(struct work *work)
{
    const struct diff_input *input = work->input;
    struct document *out = work->out;
    bool *marks = calloc(input->count + 1, sizeof *marks);
    if (marks == NULL)
        return false;
    for (size_t i = 0; i < work->group_count; i++) {
        const struct group *group = &work->groups[i];
        const struct diff_row *first = NULL;
        for (size_t j = 0; j < group->count; j++) {
            const struct kept *kept = &work->kept[group->from + j];
            work->rows[kept->row - input->rows] = row_of(work, group, kept);
            if (kept->old == MEMORY_NEW && group->changed
                && (first == NULL || kept->row < first))
                first = kept->row;
        }
        if (first != NULL)
            marks[first - input->rows] = true;
    }
    for (size_t i = 0; i < input->count; i++) {
        if (marks[i])
            memcpy(out->changed[out->changed_count++], input->rows[i].id,
                   ID_SIZE);
        if (work->rows[i].id != NULL)
            work->rows[work->row_count++] = work->rows[i];
    }
    free(marks);
    return true;
}

static bool is_own_change(const struct work *work)
{
    const struct diff_input *input = work->input;
    if (work->own == NULL)
        return true;
    if (!input->feed)
        return !is_same(work->own->content, input->whole);
    if (!input->complete || work->nothing_new)
        return false;
    if (work->other_format || is_same(work->own->content, torn))
        return true;
    if (work->blank)
        return !diff_was_feed(input->known, input->known_count);
    return !is_same(work->own->content, unknown)
           && !is_same(work->own->content, input->whole);
}

static void add_head(struct work *work, const uint8_t *id,
                     const uint8_t *content, uint64_t seq)
{
    struct document_entry *head = &work->heads[work->head_count++];
    memcpy(head->id, id, ID_SIZE);
    memcpy(head->content, content, ID_SIZE);
    head->seq = seq;
    head->seen = work->day;
}

// Who takes all of it has but a part once this is sent, so the next whole one
// is news for him.
static const uint8_t *content_of_part(const struct work *work)
{
    if (work->own == NULL || work->out->changed_count > 0
        || is_same(work->own->content, torn))
        return torn;
    return work->blank ? unknown : work->own->content;
}

static void add_own(struct work *work, bool own_change)
{
    const struct diff_input *input = work->input;
    const uint8_t *content = input->whole;
    if (input->feed && !input->complete)
        content = content_of_part(work);
    if (work->own != NULL && !is_same(work->own->content, content))
        work->learnt = true;
    add_head(work, own_id, content,
             own_change || work->own == NULL ? input->seq : work->own->seq);
}

// That of a document which is no feed is the last feed's, of an earlier day.
static void add_recipe(struct work *work)
{
    const struct document_entry *old = work->recipe;
    if (work->input->feed) {
        uint8_t recipe[ID_SIZE];
        write_recipe(work, recipe);
        work->learnt = work->learnt || work->blank;
        add_head(work, recipe_id, recipe,
                 work->blank ? work->input->seq : old->seq);
    } else if (old != NULL) {
        add_head(work, recipe_id, old->content, old->seq);
        work->heads[1].seen = old->seen < work->day ? old->seen : work->day - 1;
    }
}

static enum document_change judge(const struct work *work, bool own_change)
{
    if (!work->input->feed)
        return own_change ? DOCUMENT_REPLACED : DOCUMENT_SAME;
    if (work->out->changed_count > 0)
        return DOCUMENT_ENTRIES;
    if (own_change || work->announced)
        return DOCUMENT_FEED_LEVEL;
    return work->removed ? DOCUMENT_REMOVAL_ONLY : DOCUMENT_SAME;
}

static bool remember(struct work *work, bool own_change)
{
    const struct diff_input *input = work->input;
    struct document *out = work->out;
    add_own(work, own_change);
    add_recipe(work);
    out->change = judge(work, own_change);
    out->completes =
        own_change && work->own != NULL && is_same(work->own->content, torn);
    out->remember = out->change != DOCUMENT_SAME || work->removed
                    || work->returned || work->learnt
                    || work->day - work->was > SEEN_DAYS;
    struct memory_input memory = {
        .known = input->known,
        .fates = work->fates,
        .known_count = input->known_count,
        .rows = work->rows,
        .row_count = work->row_count,
        .own = work->heads,
        .own_count = work->head_count,
        .was = work->was,
        .day = work->day,
        .ordered = !work->blank,
        .blank = work->blank,
        .max = input->entries_max,
    };
    return memory_make(&memory, &out->entries, &out->memory_count);
}

static bool allocate(struct work *work)
{
    size_t count = work->input->count + 1;
    size_t known_count = work->input->known_count + 1;
    work->kept = calloc(count, sizeof *work->kept);
    work->groups = calloc(count, sizeof *work->groups);
    work->rows = calloc(count, sizeof *work->rows);
    work->fates = calloc(known_count, sizeof *work->fates);
    work->deleted = calloc(work->input->deleted_count + 1, ID_SIZE);
    work->out->changed = calloc(count, sizeof work->out->changed[0]);
    return work->kept != NULL && work->groups != NULL && work->rows != NULL
           && work->fates != NULL && work->deleted != NULL
           && work->out->changed != NULL;
}

bool diff_make(const struct diff_input *input, struct document *out)
{
    struct work work = { .input = input, .out = out };
    bool done = allocate(&work);
    if (done) {
        recall(&work);
        sort_rows(&work);
        sort_deleted(&work);
        compare(&work);
        done = order_rows(&work) && remember(&work, is_own_change(&work));
    }
    free(work.kept);
    free(work.groups);
    free(work.rows);
    free(work.fates);
    free(work.deleted);
    return done;
}
