// SPDX-License-Identifier: MIT
//
// A plan as bytes: a version, and fixed fields, all little-endian.

#include "poll_plan.h"

#include <assert.h>
#include <string.h>

enum {
    VERSION = 1,
    SCALE = 256, // of numbers of events
    SIZE = 5 + 9 * 4 + 2 * (POLL_HOURS + POLL_DAYS + POLL_SLOTS),
};
_Static_assert((int)SIZE <= (int)STORE_PLAN_MAX, "a plan has no room");

// Reads or writes a field at a time, so that both ways say the same.
struct cursor {
    const uint8_t *from; // NULL: writing
    uint8_t *to;
    size_t at;
};

static uint64_t field(struct cursor *cursor, uint64_t value, size_t size)
{
    uint64_t found = 0;
    for (size_t i = 0; i < size; i++, cursor->at++) {
        if (cursor->from)
            found |= (uint64_t)cursor->from[cursor->at] << (8 * i);
        else
            cursor->to[cursor->at] = (uint8_t)(value >> (8 * i));
    }
    return cursor->from ? found : value;
}

static void one(struct cursor *cursor, uint8_t *value)
{
    *value = (uint8_t)field(cursor, *value, 1);
}

static void four(struct cursor *cursor, uint32_t *value)
{
    *value = (uint32_t)field(cursor, *value, 4);
}

// Seconds until 2106.
static void when(struct cursor *cursor, int64_t *value)
{
    *value = (int64_t)field(cursor, (uint64_t)*value, 4);
}

static double amount(struct cursor *cursor, double value, double scale,
                     size_t size)
{
    double most = size == 2 ? UINT16_MAX : UINT32_MAX;
    double scaled = value * scale + 0.5;
    if (!(scaled >= 0))
        scaled = 0;
    if (scaled > most)
        scaled = most;
    return (double)field(cursor, (uint64_t)scaled, size) / scale;
}

// As shares of their sum, which is known beforehand.
static void bins(struct cursor *cursor, double *bins, size_t count, double sum)
{
    double scale = sum > 0 ? UINT16_MAX / sum : 1;
    for (size_t i = 0; i < count; i++)
        bins[i] = amount(cursor, bins[i], scale, 2);
}

enum { REASON = 7, MISSED = 3, MISSED_AT = 3, DOUBTED_AT = 5 };

// Three small ones in one byte.
static void judgement(struct cursor *cursor, struct poll_plan *plan)
{
    uint8_t packed = (uint8_t)(((unsigned)plan->reason & REASON)
                               | (plan->missed & (unsigned)MISSED) << MISSED_AT
                               | (unsigned)plan->doubted << DOUBTED_AT);
    one(cursor, &packed);
    plan->reason = packed & REASON;
    plan->missed = packed >> MISSED_AT & MISSED;
    plan->doubted = (packed >> DOUBTED_AT & 1) != 0;
}
_Static_assert((int)POLL_REASONS <= (int)REASON + 1, "no room for a reason");

static void wishes(struct cursor *cursor, struct poll_plan *plan)
{
    uint32_t skipped =
        (plan->skip_hours & 0xffffffU) | (uint32_t)plan->skip_days << 24;
    four(cursor, &skipped);
    plan->skip_hours = skipped & 0xffffffU;
    plan->skip_days = (uint8_t)(skipped >> 24);
    four(cursor, &plan->fresh);
    four(cursor, &plan->ttl);
}

static void fields(struct cursor *cursor, struct poll_plan *plan)
{
    struct poll_rhythm *rhythm = &plan->rhythm;
    judgement(cursor, plan);
    one(cursor, &plan->looks);
    one(cursor, &plan->announced);
    one(cursor, &plan->moved_day);
    wishes(cursor, plan);
    when(cursor, &plan->last_look);
    when(cursor, &plan->last_date);
    when(cursor, &rhythm->last);
    rhythm->seconds = amount(cursor, rhythm->seconds, 1, 4);
    rhythm->events = amount(cursor, rhythm->events, SCALE, 4);
    rhythm->timed = amount(cursor, rhythm->timed, SCALE, 4);
    bins(cursor, rhythm->hours, POLL_HOURS, rhythm->timed);
    bins(cursor, rhythm->days, POLL_DAYS, rhythm->events);
    bins(cursor, rhythm->slots, POLL_SLOTS, rhythm->timed);
}

size_t poll_plan_write(const struct poll_plan *plan,
                       uint8_t out[STORE_PLAN_MAX])
{
    struct poll_plan copy = *plan;
    struct cursor cursor = { .to = out, .at = 1 };
    out[0] = VERSION;
    fields(&cursor, &copy);
    assert(cursor.at == SIZE);
    return SIZE;
}

void poll_plan_read(struct bytes bytes, struct poll_plan *out)
{
    memset(out, 0, sizeof *out);
    if (bytes.len != SIZE || bytes.at[0] != VERSION)
        return;
    struct cursor cursor = { .from = (const uint8_t *)bytes.at, .at = 1 };
    fields(&cursor, out);
}
