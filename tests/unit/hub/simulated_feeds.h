// SPDX-License-Identifier: MIT
//
// Publishers of all kinds, and what they publish in one month and before.
//
// Each has a true intensity, a table over the week in UTC, and its updates are
// drawn from that. Everything comes from one seed.

#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum {
    SIM_HOUR = 3600,
    SIM_DAY = 24 * SIM_HOUR,
    SIM_WEEK = 7 * SIM_DAY,
    SIM_SLOT = 300,
    SIM_SLOTS = SIM_WEEK / SIM_SLOT,
    SIM_DAYS = 30,
    SIM_PAST_DAYS = 280,
    SIM_LISTED = 32, // entries in a document, at most
};
// A Thursday, as weeks of unix time begin.
static const int64_t SIM_START = 1767225600;
static const int64_t SIM_END = 1767225600 + (int64_t)SIM_DAYS * SIM_DAY;

enum sim_kind {
    SIM_NEWS,    // 10 to 60 a day, in working hours
    SIM_BUSY,    // every three to ten minutes, day and night
    SIM_DAILY,   // at the same time each day, or each working day
    SIM_WEEKLY,  // a podcast: the same hour of the same day
    SIM_BLOG,    // between one a day and one a month, while awake
    SIM_BURSTS,  // some within an hour, then nothing for days
    SIM_DEAD,    // never again
    SIM_PINGING, // blogs and news that tell the hub at once
    SIM_FAILING, // blogs whose server is often not there
    SIM_KINDS
};

static const char *const SIM_NAMES[SIM_KINDS] = {
    "news",   "busy", "daily",   "weekly",  "blog",
    "bursts", "dead", "pinging", "failing",
};

// Of 100 feeds.
static const unsigned SIM_SHARES[SIM_KINDS] = { 8, 2, 8, 12, 34, 5, 18, 9, 4 };

struct sim_feed {
    enum sim_kind kind;
    unsigned origin;
    float rate[SIM_SLOTS]; // a second, in each slot of the week
    int64_t *times;        // of its updates, ascending
    size_t count;
    unsigned listed;  // entries in its document
    bool dated;       // they tell when
    uint32_t max_age; // of its answers; 0: none is told
    uint32_t ttl;
    uint32_t skip_hours;
};

struct sim_random {
    uint64_t state;
};

static inline uint32_t sim_next(struct sim_random *random)
{
    // splitmix64
    uint64_t z = random->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (uint32_t)(z >> 32);
}

static inline double sim_part(struct sim_random *random)
{
    return (double)sim_next(random) / 4294967296.0;
}

static inline unsigned sim_below(struct sim_random *random, unsigned limit)
{
    return sim_next(random) % limit;
}

static inline bool sim_chance(struct sim_random *random, double share)
{
    return sim_part(random) < share;
}

// Between two, all magnitudes as likely: by halving at random.
static inline double sim_between(struct sim_random *random, double low,
                                 double high)
{
    for (int i = 0; i < 24; i++) {
        double middle = low;
        // The geometric mean, by Newton.
        for (int j = 0; j < 12; j++)
            middle = (middle + low * high / middle) / 2;
        if (sim_chance(random, 0.5))
            low = middle;
        else
            high = middle;
    }
    return low;
}

static inline size_t sim_slot(int64_t at)
{
    return (size_t)(at % SIM_WEEK / SIM_SLOT);
}

// People: how much of it happens in each hour of their day.
static inline double sim_office(unsigned hour)
{
    static const double weights[24] = { 1,  1,  1,  1,  1,  2,  10, 20,
                                        25, 25, 25, 25, 22, 22, 22, 22,
                                        20, 18, 12, 9,  8,  6,  4,  2 };
    return weights[hour];
}

static inline double sim_awake(unsigned hour)
{
    return hour >= 8 && hour < 23 ? 10 : 1;
}

static inline void sim_people(struct sim_feed *feed, double per_week, int zone,
                              double (*weight)(unsigned), double weekend)
{
    double sum = 0;
    for (size_t i = 0; i < SIM_SLOTS; i++) {
        int64_t at =
            SIM_WEEK + (int64_t)i * SIM_SLOT + (int64_t)zone * SIM_HOUR;
        unsigned day = (unsigned)((at / SIM_DAY + 4) % 7);
        double w = weight((unsigned)(at % SIM_DAY / SIM_HOUR));
        if (day == 0 || day == 6)
            w *= weekend;
        feed->rate[i] = (float)w;
        sum += w;
    }
    for (size_t i = 0; i < SIM_SLOTS; i++)
        feed->rate[i] *= (float)(per_week / sum / SIM_SLOT);
}

// Within five or ten minutes after `second` of these days.
static inline void sim_schedule(struct sim_feed *feed, int64_t second,
                                unsigned days, unsigned slots)
{
    for (unsigned day = 0; day < 7; day++) {
        if ((days >> day & 1) == 0)
            continue;
        for (unsigned i = 0; i < slots; i++)
            feed->rate[sim_slot(day * SIM_DAY + second + i * SIM_SLOT)] =
                (float)(0.97 / (double)(slots * SIM_SLOT));
    }
}

static inline void sim_even(struct sim_feed *feed, double per_second)
{
    for (size_t i = 0; i < SIM_SLOTS; i++)
        feed->rate[i] = (float)per_second;
}

static inline void sim_add(struct sim_feed *feed, int64_t at, size_t *room)
{
    if (feed->count == *room) {
        *room = *room ? *room * 2 : 64;
        feed->times = realloc(feed->times, *room * sizeof *feed->times);
        assert(feed->times);
    }
    feed->times[feed->count++] = at;
}

static inline int sim_earlier(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

// So far back as its document reaches, more or less.
static inline int64_t sim_from(const struct sim_feed *feed)
{
    double week = 0;
    for (size_t i = 0; i < SIM_SLOTS; i++)
        week += (double)feed->rate[i] * SIM_SLOT;
    double weeks = week > 0 ? 1.5 * feed->listed / week : 40;
    int64_t back = weeks < 40 ? (int64_t)(weeks * SIM_WEEK) + SIM_WEEK
                              : 40 * (int64_t)SIM_WEEK;
    return SIM_START - back;
}

// One update, and in bursts some more within the next hours.
static inline void sim_happen(struct sim_feed *feed, struct sim_random *random,
                              int64_t at, size_t *room)
{
    unsigned more = feed->kind == SIM_BURSTS ? sim_below(random, 8) : 0;
    for (unsigned i = 0; i <= more && at < SIM_END; i++) {
        sim_add(feed, at, room);
        at += 60 + sim_below(random, 20 * 60);
    }
}

static inline void sim_publish(struct sim_feed *feed, struct sim_random *random)
{
    size_t room = 0;
    bool scheduled = feed->kind == SIM_DAILY || feed->kind == SIM_WEEKLY;
    int64_t end = feed->kind == SIM_DEAD ? SIM_START - 60 * SIM_DAY : SIM_END;
    int64_t from = sim_from(feed);
    for (int64_t at = from - from % SIM_SLOT; at < end; at += SIM_SLOT) {
        double expected = (double)feed->rate[sim_slot(at)] * SIM_SLOT;
        while (sim_part(random) < expected) {
            sim_happen(feed, random, at + sim_below(random, SIM_SLOT), &room);
            expected = scheduled ? 0 : expected - 1;
        }
    }
    if (feed->count > 0)
        qsort(feed->times, feed->count, sizeof *feed->times, sim_earlier);
}

static inline void sim_habits(struct sim_feed *feed, struct sim_random *random)
{
    int zone = (int)sim_below(random, 24) - 12;
    bool news = sim_chance(random, 0.2);
    switch (feed->kind) {
    case SIM_NEWS:
        sim_people(feed, 7 * sim_between(random, 10, 60), zone, sim_office,
                   0.4);
        break;
    case SIM_BUSY:
        sim_even(feed, 1 / sim_between(random, 180, 600));
        break;
    case SIM_DAILY:
        sim_schedule(feed,
                     (int64_t)sim_below(random, 24) * SIM_HOUR
                         + (sim_chance(random, 0.7) ? 0 : 1800),
                     sim_chance(random, 0.5) ? 0x7f : 0x73, 1);
        break;
    case SIM_WEEKLY:
        sim_schedule(feed, (int64_t)sim_below(random, 24) * SIM_HOUR,
                     1U << sim_below(random, 7), 2);
        break;
    case SIM_PINGING:
        sim_people(feed,
                   7
                       * (news ? sim_between(random, 5, 40)
                               : sim_between(random, 0.1, 2)),
                   zone, sim_awake, 0.7);
        break;
    case SIM_BURSTS:
        sim_people(feed, sim_between(random, 0.5, 5), zone, sim_awake, 0.7);
        break;
    default:
        sim_people(feed, sim_between(random, 0.25, 7), zone, sim_awake, 0.8);
        break;
    }
}

// 45 % are at six large hosts, the others at some thousands of small ones.
static inline unsigned sim_origin(struct sim_random *random)
{
    static const unsigned shares[] = { 18, 10, 7, 5, 3, 2 };
    unsigned drawn = sim_below(random, 100);
    for (unsigned i = 0; i < sizeof shares / sizeof *shares; i++) {
        if (drawn < shares[i])
            return i;
        drawn -= shares[i];
    }
    return 6 + sim_below(random, 3000);
}
enum { SIM_LARGE = 6, SIM_ORIGINS = 3006 };

static inline void sim_hints(struct sim_feed *feed, struct sim_random *random)
{
    static const uint32_t ages[] = { 60, 300, 600, 900, 3600 };
    feed->listed = 10 + sim_below(random, SIM_LISTED - 9);
    feed->dated = sim_chance(random, 0.93);
    if (sim_chance(random, 0.3))
        feed->max_age = ages[sim_below(random, 5)];
    if (sim_chance(random, 0.005))
        feed->max_age = 365 * SIM_DAY; // somebody's cache
    if (sim_chance(random, 0.12))
        feed->ttl = 60 * (sim_chance(random, 0.5) ? 60 : 15);
    if (sim_chance(random, 0.02))
        feed->skip_hours = 0x3f; // the night in London
}

static inline void sim_make(struct sim_feed *feed, struct sim_random *random)
{
    unsigned drawn = sim_below(random, 100);
    while (drawn >= SIM_SHARES[feed->kind])
        drawn -= SIM_SHARES[feed->kind++];
    feed->origin = sim_origin(random);
    sim_hints(feed, random);
    sim_habits(feed, random);
    sim_publish(feed, random);
}
