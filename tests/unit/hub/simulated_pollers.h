// SPDX-License-Identifier: MIT
//
// Pollers of simulated feeds, and the books that are kept of them.
//
// All hear the same pings and meet the same failures, and none is told of an
// update in another way than by fetching after it.

#pragma once

#include "fetcher/document.h"
#include "hub/poll.h"
#include "hub/poll_plan.h"
#include "simulated_feeds.h"

#include <string.h>

enum {
    SIM_SOON = 7200, // delays up to here are counted by the second, then
    SIM_LATE = SIM_DAYS * 24 * 60, // by the minute
    SIM_DELAYS = SIM_SOON + SIM_LATE,
    SIM_HOURS = SIM_DAYS * 24,
    SIM_POLL_MIN = 300, // the options' defaults, in seconds
    SIM_POLL_MAX = SIM_DAY,
    SIM_PING_LATE = 5,
};

struct sim_books {
    uint64_t fetches[SIM_KINDS], pings[SIM_KINDS];
    uint64_t found[SIM_KINDS];
    double delay[SIM_KINDS];                // sum, seconds
    uint32_t delays[SIM_KINDS][SIM_DELAYS]; // how often each
    uint32_t load[SIM_ORIGINS][SIM_HOURS];  // polls, in each hour
    uint16_t minutes[SIM_LARGE][SIM_HOURS * 60];
    int64_t longest; // that a feed was not looked at, but for failures
    uint64_t early;  // polls before its publisher wanted one
};

struct sim_poller;
typedef int64_t sim_decide(struct sim_poller *poller, int64_t now, bool first,
                           enum poll_finding finding, bool pinged);

// One poller at one feed.
struct sim_poller {
    const struct sim_feed *feed;
    struct sim_random random;
    struct sim_books *books;
    sim_decide *decide; // when to look again, after a look
    double price;       // of those who know all
    uint8_t plan[STORE_PLAN_MAX];
    size_t plan_len;
    size_t seen, seen_before; // updates so far, and at the look before
    bool known;               // it has been fetched
    uint32_t failures;
    int64_t failing_since;
    int64_t out_until; // its server is away
};

static inline void sim_count_delay(struct sim_books *books, enum sim_kind kind,
                                   int64_t delay)
{
    int64_t bin = delay < SIM_SOON ? delay : SIM_SOON + delay / 60;
    books->delays[kind][bin < SIM_DELAYS ? bin : SIM_DELAYS - 1]++;
    books->delay[kind] += (double)delay;
    books->found[kind]++;
}

// The delay that so many of 100 updates do not exceed. SIM_KINDS: of all.
static inline int64_t sim_quantile(const struct sim_books *books, unsigned only,
                                   unsigned percent)
{
    uint64_t all = 0, so_far = 0;
    for (unsigned kind = 0; kind < SIM_KINDS; kind++)
        if (only == SIM_KINDS || only == kind)
            all += books->found[kind];
    for (size_t bin = 0; bin < SIM_DELAYS; bin++) {
        for (unsigned kind = 0; kind < SIM_KINDS; kind++)
            if (only == SIM_KINDS || only == kind)
                so_far += books->delays[kind][bin];
        if (so_far * 100 >= all * percent)
            return bin < SIM_SOON ? (int64_t)bin
                                  : (int64_t)(bin - SIM_SOON) * 60;
    }
    return 0;
}

static inline double sim_sum(const double *of)
{
    double sum = 0;
    for (unsigned kind = 0; kind < SIM_KINDS; kind++)
        sum += of[kind];
    return sum;
}

static inline uint64_t sim_total(const uint64_t *of)
{
    uint64_t sum = 0;
    for (unsigned kind = 0; kind < SIM_KINDS; kind++)
        sum += of[kind];
    return sum;
}

static inline double sim_mean(const struct sim_books *books)
{
    return sim_sum(books->delay) / (double)sim_total(books->found);
}

// The most that any origin got in an hour, from `hour` on.
static inline uint32_t sim_worst_hour(const struct sim_books *books,
                                      unsigned hour)
{
    uint32_t worst = 0;
    for (size_t origin = 0; origin < SIM_ORIGINS; origin++)
        for (size_t i = hour; i < SIM_HOURS; i++)
            if (books->load[origin][i] > worst)
                worst = books->load[origin][i];
    return worst;
}

static inline uint32_t sim_worst_minute(const struct sim_books *books,
                                        unsigned hour)
{
    uint32_t worst = 0;
    for (size_t origin = 0; origin < SIM_LARGE; origin++)
        for (size_t i = hour * 60; i < SIM_HOURS * 60; i++)
            if (books->minutes[origin][i] > worst)
                worst = books->minutes[origin][i];
    return worst;
}

// ------------------------------------------------------------------ fetches

static inline void sim_count_fetch(struct sim_poller *poller, int64_t now,
                                   bool pinged)
{
    const struct sim_feed *feed = poller->feed;
    struct sim_books *books = poller->books;
    if (pinged) {
        books->pings[feed->kind]++;
        return;
    }
    books->fetches[feed->kind]++;
    books->load[feed->origin][(now - SIM_START) / SIM_HOUR]++;
    if (feed->origin < SIM_LARGE)
        books->minutes[feed->origin][(now - SIM_START) / 60]++;
}

static inline void sim_judge(struct sim_poller *poller, int64_t now,
                             int64_t next)
{
    const struct sim_feed *feed = poller->feed;
    struct sim_books *books = poller->books;
    uint32_t asked = feed->max_age > feed->ttl ? feed->max_age : feed->ttl;
    if (next < SIM_END && next - now > books->longest)
        books->longest = next - now;
    if (asked <= SIM_HOUR && next - now < asked)
        books->early++;
    if ((feed->skip_hours >> (next % SIM_DAY / SIM_HOUR) & 1) != 0)
        books->early++;
}

static inline bool sim_fails(struct sim_poller *poller, int64_t now)
{
    if (poller->feed->kind != SIM_FAILING)
        return false;
    if (now < poller->out_until)
        return true;
    if (sim_chance(&poller->random, 0.01))
        poller->out_until =
            now + SIM_HOUR + (int64_t)(sim_part(&poller->random) * 2 * SIM_DAY);
    return sim_chance(&poller->random, 0.1);
}

static inline bool sim_discover(struct sim_poller *poller, int64_t now)
{
    const struct sim_feed *feed = poller->feed;
    size_t before = poller->seen;
    for (; poller->seen < feed->count && feed->times[poller->seen] <= now;
         poller->seen++)
        if (feed->times[poller->seen] >= SIM_START)
            sim_count_delay(poller->books, feed->kind,
                            now - feed->times[poller->seen]);
    return poller->seen > before;
}

static inline int64_t sim_look(struct sim_poller *poller, int64_t now,
                               bool pinged)
{
    sim_count_fetch(poller, now, pinged);
    if (sim_fails(poller, now)) {
        if (poller->failures++ == 0)
            poller->failing_since = now;
        return now
               + poll_after_failure(
                     poller->failures - 1, (now - poller->failing_since) * 1000,
                     pinged, SIM_POLL_MIN * 1000, SIM_POLL_MAX * 1000,
                     sim_next(&poller->random))
                     / 1000;
    }
    poller->failures = 0;
    poller->seen_before = poller->seen;
    bool news = sim_discover(poller, now), first = !poller->known;
    poller->known = true;
    int64_t next = poller->decide(poller, now, first,
                                  first  ? POLL_BASELINE
                                  : news ? POLL_NEW
                                         : POLL_SAME,
                                  pinged);
    sim_judge(poller, now, next);
    return next;
}

// When the next update is pinged, as nearly all are; SIM_END: none is.
static inline int64_t sim_ping(const struct sim_poller *poller)
{
    const struct sim_feed *feed = poller->feed;
    if (feed->kind != SIM_PINGING)
        return SIM_END;
    size_t next = poller->seen;
    while (next < feed->count && feed->times[next] % 50 == 0)
        next++;
    return next < feed->count ? feed->times[next] + SIM_PING_LATE : SIM_END;
}

static inline void sim_run(const struct sim_feed *feed, unsigned number,
                           sim_decide *decide, double price,
                           struct sim_books *books)
{
    struct sim_poller poller = {
        .feed = feed,
        .random = { number },
        .books = books,
        .decide = decide,
        .price = price,
    };
    // All are imported at once, and fetched first at 50 a second.
    int64_t now = SIM_START + number / 50;
    while (poller.seen < feed->count && feed->times[poller.seen] <= now)
        poller.seen++;
    int64_t next = sim_look(&poller, now, false);
    for (;;) {
        int64_t ping = sim_ping(&poller);
        bool pinged = ping <= next;
        now = pinged ? ping > now ? ping : now + 1 : next;
        if (now >= SIM_END)
            return;
        next = sim_look(&poller, now, pinged);
    }
}

// ------------------------------------------------------------------ pollers

static inline void sim_tell(const struct sim_poller *poller, int64_t now,
                            struct document_hints *out)
{
    const struct sim_feed *feed = poller->feed;
    memset(out, 0, sizeof *out);
    out->ttl = feed->ttl;
    out->skip_hours = feed->skip_hours;
    if (!feed->dated)
        return;
    for (size_t i = poller->seen;
         i > 0 && out->date_count < feed->listed && now > 0; i--)
        out->dates[out->date_count++] = feed->times[i - 1];
}

// The one that is tested, with its plan going through the store's bytes.
static inline int64_t sim_decide_planned(struct sim_poller *poller, int64_t now,
                                         bool first, enum poll_finding finding,
                                         bool pinged)
{
    (void)first;
    static const struct poll_bounds bounds = { SIM_POLL_MIN * 1000,
                                               SIM_POLL_MAX * 1000 };
    struct document_hints hints;
    struct poll_plan plan;
    poll_plan_read(
        (struct bytes){ (const char *)poller->plan, poller->plan_len }, &plan);
    bool read = finding != POLL_SAME;
    if (read)
        sim_tell(poller, now, &hints);
    poll_plan_learn(&plan,
                    &(struct poll_look){
                        .now = now * 1000,
                        .finding = finding,
                        .entries = poller->seen - poller->seen_before,
                        .pinged = pinged,
                        .fresh = poller->feed->max_age > 0
                                     ? poller->feed->max_age * (int64_t)1000
                                     : -1,
                        .hints = read ? &hints : NULL,
                    });
    int64_t next =
        poll_plan_next(&plan, now * 1000, &bounds, sim_next(&poller->random));
    poller->plan_len = poll_plan_write(&plan, poller->plan);
    assert(next / 1000 > now);
    return next / 1000;
}

static inline int64_t sim_decide_hourly(struct sim_poller *poller, int64_t now,
                                        bool first, enum poll_finding finding,
                                        bool pinged)
{
    (void)finding;
    (void)pinged;
    if (first) // spread as well as can be
        return now + 1 + sim_below(&poller->random, SIM_HOUR);
    return now + SIM_HOUR;
}

// Who knows the true intensity, and is bound by no hints: for a number of
// fetches nobody who does not know the future can do much better.
static inline int64_t sim_decide_knowing(struct sim_poller *poller, int64_t now,
                                         bool first, enum poll_finding finding,
                                         bool pinged)
{
    (void)first;
    (void)finding;
    (void)pinged;
    const struct sim_feed *feed = poller->feed;
    if (feed->kind == SIM_DEAD)
        return SIM_END;
    double events = 0, delay = 0;
    double missed = feed->kind == SIM_PINGING ? 0.02 : 1;
    for (int64_t at = now; at < SIM_END;) {
        int64_t next = at - at % SIM_SLOT + SIM_SLOT;
        double length = (double)(next - at);
        double more = missed * (double)feed->rate[sim_slot(at)] * length;
        double added = (events + more / 2) * length;
        if (delay + added >= poller->price) {
            at += (int64_t)(length * (poller->price - delay) / added);
            return at < now + SIM_POLL_MIN ? now + SIM_POLL_MIN : at;
        }
        events += more;
        delay += added;
        at = next;
    }
    return SIM_END;
}
