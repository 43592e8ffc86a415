// SPDX-License-Identifier: MIT

#include "diff.h"
#include "document.h"
#include "reading.h"

#include <stdlib.h>
#include <string.h>

enum { ID_SIZE = 16 };

// One of the ids that are asked about, sorted by id.
struct asked {
    const uint8_t *id;
    enum document_fate *fate;
};

struct work {
    const struct document_choice *choice;
    const struct reading *reading;
    struct asked *asked;
    enum document_fate *fates;
};

static int compare_asked(const void *left, const void *right)
{
    const struct asked *a = left, *b = right;
    return memcmp(a->id, b->id, ID_SIZE);
}

// The first one asked about of this id; past the last one: none is.
static size_t find(const struct work *work, const uint8_t *id)
{
    size_t low = 0, high = work->choice->id_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(work->asked[middle].id, id, ID_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void set(struct work *work, const uint8_t *id, enum document_fate fate)
{
    for (size_t i = find(work, id);
         i < work->choice->id_count
         && memcmp(work->asked[i].id, id, ID_SIZE) == 0;
         i++)
        *work->asked[i].fate = fate;
}

static uint32_t newest_day(const struct document_choice *choice)
{
    for (size_t i = 0; i < choice->known_count; i++)
        if (!diff_is_entry(&choice->known[i]))
            return choice->known[i].seen;
    return 0;
}

// memory.h: what was pushed out lies behind all that are there.
static void tell_withdrawn(struct work *work)
{
    const struct document_choice *choice = work->choice;
    uint32_t day = newest_day(choice);
    bool followed = false;
    for (size_t i = choice->known_count; i-- > 0;) {
        const struct document_entry *known = &choice->known[i];
        if (!diff_is_entry(known))
            continue;
        if (known->seen == day)
            followed = true;
        else if (followed)
            set(work, known->id, DOCUMENT_WITHDRAWN);
    }
}

static void tell_fates(struct work *work)
{
    const struct document_choice *choice = work->choice;
    const struct feed *feed = &work->reading->feed;
    for (size_t i = 0; i < choice->id_count; i++) {
        work->asked[i] = (struct asked){ choice->ids[i], &work->fates[i] };
        work->fates[i] = DOCUMENT_ROLLED_OFF;
    }
    qsort(work->asked, choice->id_count, sizeof *work->asked, compare_asked);
    if (!reading_is_feed(work->reading))
        return;
    // Of a document without its end the missing ones may be in the rest.
    if (!feed->incomplete)
        tell_withdrawn(work);
    for (size_t i = 0; i < feed->deleted_count; i++)
        set(work, feed->deleted[i], DOCUMENT_WITHDRAWN);
    for (size_t i = 0; i < feed->entry_count; i++)
        set(work, feed->entries[i].id, DOCUMENT_LISTED);
}

static void count_fates(struct document_choice *choice,
                        const enum document_fate *fates)
{
    choice->listed = choice->withdrawn = choice->rolled_off = 0;
    for (size_t i = 0; i < choice->id_count; i++) {
        choice->listed += fates[i] == DOCUMENT_LISTED;
        choice->withdrawn += fates[i] == DOCUMENT_WITHDRAWN;
        choice->rolled_off += fates[i] == DOCUMENT_ROLLED_OFF;
    }
    if (choice->fates != NULL && choice->id_count > 0)
        memcpy(choice->fates, fates, choice->id_count * sizeof *fates);
}

static bool choose(struct work *work, struct document_choice *choice)
{
    work->asked = calloc(choice->id_count + 1, sizeof *work->asked);
    work->fates = calloc(choice->id_count + 1, sizeof *work->fates);
    bool done = work->asked != NULL && work->fates != NULL;
    if (done) {
        tell_fates(work);
        count_fates(choice, work->fates);
    }
    struct reading_cut cut = {
        .ids = choice->ids,
        .id_count = choice->id_count,
    };
    done = done && reading_cut(work->reading, &cut);
    choice->cut = cut.out;
    choice->cut_len = cut.out_len;
    free(work->asked);
    free(work->fates);
    return done;
}

bool document_choose(struct document_choice *choice)
{
    choice->cut = NULL;
    choice->cut_len = 0;
    const struct reading_input input = {
        .bytes = choice->bytes,
        .len = choice->len,
        .content_type = choice->content_type,
    };
    struct reading reading;
    struct work work = { .choice = choice, .reading = &reading };
    bool done = reading_make(&input, &reading) && choose(&work, choice);
    reading_clear(&reading);
    return done;
}
