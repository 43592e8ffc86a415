// SPDX-License-Identifier: MIT

#include "filling.h"

static const unsigned percents[] = {
    [FILLING_NO] = 0,
    [FILLING_SOON] = 80,
    [FILLING_NOW] = 90,
    [FILLING_OVER] = 95,
};

enum { SLACK = 5 }; // percent below its beginning a level ends

#define MIB          ((uint64_t)1024 * 1024)
#define DISK_LITTLE  (256 * MIB)
#define DISK_NOTHING (64 * MIB)
#define DISK_MUCH    (16 * 1024 * MIB)

const char *filling_what_name(enum filling_what what)
{
    static const char *const names[FILLING_COUNT] = {
        [FILLING_STORE] = "store",
        [FILLING_DISK] = "disk",
        [FILLING_TOPICS] = "topics",
        [FILLING_SUBSCRIPTIONS] = "subscriptions",
        [FILLING_MAILBOXES] = "mailboxes",
    };
    return names[what];
}

const char *filling_level_name(enum filling_level level)
{
    static const char *const names[] = {
        [FILLING_NO] = "no",
        [FILLING_SOON] = "soon",
        [FILLING_NOW] = "now",
        [FILLING_OVER] = "over",
    };
    return names[level];
}

unsigned filling_level_percent(enum filling_level level)
{
    return percents[level];
}

// Without the overflow that bytes times a hundred would have.
static bool reaches(uint64_t used, uint64_t limit, unsigned percent)
{
    return used >= limit / 100 * percent + limit % 100 * percent / 100;
}

enum filling_level filling_judge(enum filling_level before, uint64_t used,
                                 uint64_t limit)
{
    enum filling_level level = FILLING_OVER;
    if (limit == 0)
        return FILLING_NO;
    while (level > FILLING_NO) {
        unsigned from = percents[level];
        if (reaches(used, limit, level <= before ? from - SLACK : from))
            return level;
        level--;
    }
    return FILLING_NO;
}

void filling_of_disk(uint64_t used, uint64_t free, struct filling *filling)
{
    filling->used = used;
    filling->limit = used + free;
    if (free >= DISK_MUCH) {
        filling->level = FILLING_NO;
        return;
    }
    enum filling_level level =
        filling_judge(filling->level, used, filling->limit);
    if (free < DISK_NOTHING)
        level = FILLING_OVER;
    else if (free < DISK_LITTLE && level < FILLING_NOW)
        level = FILLING_NOW;
    filling->level = level;
}

// As storage/lmdb/room.c keeps it.
uint64_t filling_room(uint64_t map_bytes)
{
    uint64_t reserve = map_bytes / 20;
    if (reserve > 64 * MIB)
        reserve = 64 * MIB;
    return map_bytes - reserve;
}
