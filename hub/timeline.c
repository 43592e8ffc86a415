// SPDX-License-Identifier: MIT

#include "timeline.h"

#include <stdlib.h>

enum {
    BUCKETS = 16384,
    PINGS = 4096,
    // Of those that one delivery brings at once, counted one by one.
    MERGED_MAX = 64,
};

struct ping {
    uint64_t topic; // 0: none
    int64_t at;
};

struct timeline {
    struct timeline_row rows[TIMELINE_ROWS]; // in a ring
    uint32_t next[TIMELINE_ROWS];            // of the same bucket; 0: none
    uint32_t buckets[BUCKETS];               // place + 1; 0: none
    uint64_t count;                          // rows so far
    struct ping pings[PINGS];                // by topic; who comes takes
};

static uint64_t mix(uint64_t number)
{
    return number * 0x9e3779b97f4a7c15U >> 32;
}

static uint32_t *bucket_of(struct timeline *timeline, uint64_t topic,
                           uint64_t seq)
{
    return &timeline->buckets[(mix(topic) + seq) % BUCKETS];
}

struct timeline *timeline_new(void)
{
    return calloc(1, sizeof(struct timeline));
}

void timeline_free(struct timeline *timeline)
{
    free(timeline);
}

// -------------------------------------------------------------------- pings

static struct ping *ping_of(struct timeline *timeline, uint64_t topic)
{
    return &timeline->pings[mix(topic) % PINGS];
}

void timeline_pinged(struct timeline *timeline, uint64_t topic, int64_t at)
{
    if (!timeline)
        return;
    struct ping *ping = ping_of(timeline, topic);
    if (ping->topic == topic && ping->at <= at)
        return;
    *ping = (struct ping){ topic, at };
}

int64_t timeline_settled(struct timeline *timeline, uint64_t topic)
{
    struct ping *ping = timeline ? ping_of(timeline, topic) : NULL;
    if (!ping || ping->topic != topic)
        return 0;
    int64_t at = ping->at;
    *ping = (struct ping){ 0 };
    return at;
}

// --------------------------------------------------------------------- rows

// Noting how it goes on is no change of what the timeline knows.
static struct timeline_row *find(const struct timeline *timeline,
                                 uint64_t topic, uint64_t seq)
{
    struct timeline *all = (struct timeline *)(uintptr_t)timeline;
    if (!all)
        return NULL;
    for (uint32_t at = *bucket_of(all, topic, seq); at; at = all->next[at - 1])
        if (all->rows[at - 1].topic == topic && all->rows[at - 1].seq == seq)
            return &all->rows[at - 1];
    return NULL;
}

static void unlist(struct timeline *timeline, uint32_t place)
{
    const struct timeline_row *row = &timeline->rows[place];
    uint32_t *at = bucket_of(timeline, row->topic, row->seq);
    while (*at && *at != place + 1)
        at = &timeline->next[*at - 1];
    if (*at)
        *at = timeline->next[place];
}

void timeline_stored(struct timeline *timeline, const struct timeline_row *row)
{
    // A settlement that was repeated: what is known of it stays.
    if (!timeline || find(timeline, row->topic, row->seq))
        return;
    uint32_t place = (uint32_t)(timeline->count % TIMELINE_ROWS);
    uint32_t *bucket = bucket_of(timeline, row->topic, row->seq);
    if (timeline->count >= TIMELINE_ROWS)
        unlist(timeline, place);
    timeline->rows[place] = *row;
    timeline->next[place] = *bucket;
    *bucket = place + 1;
    timeline->count++;
}

int64_t timeline_published(const struct timeline_row *row)
{
    if (row->pinged > 0)
        return row->pinged;
    return row->fetch_began > 0 ? row->fetch_began : row->stored;
}

static void note_delivered(struct timeline_row *row, int64_t now)
{
    if (row->first_delivered == 0)
        row->first_delivered = now;
    row->last_delivered = now;
    row->delivered++;
}

int64_t timeline_delivered(struct timeline *timeline, uint64_t topic,
                           uint64_t from, uint64_t upto, int64_t now)
{
    struct timeline_row *row = find(timeline, topic, upto);
    if (row)
        note_delivered(row, now);
    uint64_t least = upto > MERGED_MAX ? upto - MERGED_MAX : 0;
    for (uint64_t seq = upto; seq > least && seq > from + 1; seq--) {
        struct timeline_row *before = find(timeline, topic, seq - 1);
        if (before && !before->baseline)
            note_delivered(before, now);
    }
    return row ? timeline_published(row) : 0;
}

void timeline_failed(struct timeline *timeline, uint64_t topic, uint64_t seq)
{
    struct timeline_row *row = find(timeline, topic, seq);
    if (row)
        row->failed++;
}

void timeline_pulled(struct timeline *timeline, uint64_t topic, uint64_t seq,
                     uint64_t readers, int64_t now)
{
    struct timeline_row *row = find(timeline, topic, seq);
    if (!row)
        return;
    row->pulls += readers;
    row->released = now;
}

const struct timeline_row *timeline_find(const struct timeline *timeline,
                                         uint64_t topic, uint64_t seq)
{
    return find(timeline, topic, seq);
}

const struct timeline_row *timeline_newest(const struct timeline *timeline,
                                           size_t n)
{
    if (!timeline || n >= timeline->count || n >= TIMELINE_ROWS)
        return NULL;
    return &timeline->rows[(timeline->count - 1 - n) % TIMELINE_ROWS];
}
