// SPDX-License-Identifier: MIT

#include "poll_plan.h"

#include "fetcher/document.h"

#include <assert.h>

enum {
    HOUR = 60 * 60,
    DAY = 24 * HOUR,
    WEEK_HOURS = 7 * 24,
    THURSDAY = 4,     // the first day of unix time; 0 is Sunday
    TOGETHER = 60,    // what is dated within that is one event
    BEHIND = 15 * 60, // so late a ping is still in time (M12)
    TRUSTED = 3,      // updates that were announced, in a row
    MISSED_MAX = 3,   // each of these doubles that
    EVENTS_MAX = 32,
    FORGOTTEN = 32, // updates announced in a row until a miss is forgotten
    SKIP_SPREAD = 30 * 60,
};

// A fetch is worth so much delay, in shortest intervals between polls.
static const double PRICE = 2;

// Events that hardly stay away altogether.
static const double LIKELY = 2;

const char *poll_reason_name(enum poll_reason reason)
{
    static const char *const names[] = {
        [POLL_UNKNOWN] = "unknown",   [POLL_LEARNT] = "learnt",
        [POLL_SHORTEST] = "shortest", [POLL_LONGEST] = "longest",
        [POLL_FRESH] = "fresh",       [POLL_TTL] = "ttl",
        [POLL_SKIPPED] = "skipped",   [POLL_PINGS] = "pings",
    };
    assert(reason < POLL_REASONS);
    return names[reason];
}

// ---------------------------------------------------------------- learning

static bool is_first(const struct poll_plan *plan)
{
    return plan->last_look == 0;
}

// Can something new have come at that time? Others are not when it came, but
// what somebody wrote there.
static bool is_news(const struct poll_plan *plan, int64_t date, int64_t now)
{
    return date > plan->last_date && date <= now
           && (is_first(plan) || date > plan->last_look);
}

// Dates of midnight mean a day.
static void note(struct poll_plan *plan, int64_t at)
{
    poll_rhythm_note(&plan->rhythm, at, at % DAY != 0);
}

// The dates as a history that ends now. How many events those were.
static size_t learn_dates(struct poll_plan *plan,
                          const struct document_hints *hints, int64_t now)
{
    size_t count = 0;
    int64_t at = plan->last_look, newest = plan->last_date;
    for (size_t i = hints->date_count; i > 0; i--) {
        int64_t date = hints->dates[i - 1];
        if (!is_news(plan, date, now) || (count > 0 && date - at < TOGETHER))
            continue;
        // Where a history begins is no event in it.
        if (at > 0) {
            poll_rhythm_wait(&plan->rhythm, date - at);
            note(plan, date);
        }
        at = newest = date;
        count++;
    }
    if (count > 0)
        poll_rhythm_wait(&plan->rhythm, now - at);
    plan->last_date = newest;
    return count;
}

// How many of the entries came one by one: as many as one would expect. The
// others, as far as anybody can tell, came together.
static int64_t likely_events(const struct poll_plan *plan,
                             const struct poll_look *look, int64_t now)
{
    double expected =
        poll_rhythm_rate(&plan->rhythm, now) * (double)(now - plan->last_look);
    size_t most =
        expected < EVENTS_MAX ? 1 + (size_t)(2 * expected) : EVENTS_MAX;
    size_t events = look->entries < most ? look->entries : most;
    return events > 1 ? (int64_t)events : 1;
}

// Nobody says when; it was somewhere between two looks.
static void learn_update(struct poll_plan *plan, const struct poll_look *look,
                         int64_t now)
{
    int64_t since = is_first(plan) ? now : plan->last_look;
    int64_t events = is_first(plan) ? 1 : likely_events(plan, look, now);
    // A ping comes right behind.
    int64_t last = look->pinged ? now : now - (now - since) / (2 * events);
    int64_t at = since;
    for (int64_t i = 1; i <= events; i++) {
        int64_t next = since + (last - since) * i / events;
        poll_rhythm_wait(&plan->rhythm, next - at);
        poll_rhythm_note(&plan->rhythm, next, true);
        at = next;
    }
    poll_rhythm_wait(&plan->rhythm, now - at);
}

static void learn_rhythm(struct poll_plan *plan, const struct poll_look *look,
                         int64_t now)
{
    size_t events = 0;
    if (look->finding != POLL_SAME && look->hints)
        events = learn_dates(plan, look->hints, now);
    if (events > 0)
        return;
    if (look->finding == POLL_NEW)
        learn_update(plan, look, now);
    else if (!is_first(plan))
        poll_rhythm_wait(&plan->rhythm, now - plan->last_look);
}

static void add_one(uint8_t *counter, uint8_t max)
{
    if (*counter < max)
        ++*counter;
}

static uint8_t wanted(const struct poll_plan *plan)
{
    return (uint8_t)(TRUSTED << plan->missed);
}

static bool is_trusted(const struct poll_plan *plan)
{
    return plan->announced >= wanted(plan) && !plan->doubted;
}

static void announce(struct poll_plan *plan)
{
    add_one(&plan->announced, UINT8_MAX);
    if (plan->announced % FORGOTTEN == 0 && plan->missed > 0)
        plan->missed--;
}

static void learn_pings(struct poll_plan *plan, const struct poll_look *look,
                        int64_t now)
{
    if (plan->doubted) {
        plan->doubted = false;
        if (look->pinged && now - plan->last_look <= BEHIND) {
            announce(plan);
        } else {
            if (plan->announced >= wanted(plan))
                add_one(&plan->missed, MISSED_MAX);
            plan->announced = 0;
        }
    }
    if (look->finding != POLL_NEW)
        return;
    if (look->pinged)
        announce(plan);
    else
        plan->doubted = true;
}

static uint32_t seconds_of(int64_t ms)
{
    return ms / 1000 < UINT32_MAX ? (uint32_t)(ms / 1000) : UINT32_MAX;
}

static void learn_wishes(struct poll_plan *plan, const struct poll_look *look)
{
    // A 304 without a word leaves what was said before (RFC 9111 3.2).
    if (look->fresh >= 0)
        plan->fresh = seconds_of(look->fresh);
    else if (look->hints)
        plan->fresh = 0;
    const struct document_hints *hints = look->hints;
    if (!hints)
        return;
    plan->ttl = hints->ttl > hints->period ? hints->ttl : hints->period;
    plan->skip_hours = hints->skip_hours;
    plan->skip_days = hints->skip_days;
}

void poll_plan_learn(struct poll_plan *plan, const struct poll_look *look)
{
    int64_t now = look->now / 1000;
    if (now < plan->last_look)
        now = plan->last_look; // a clock that went back
    learn_rhythm(plan, look, now);
    learn_pings(plan, look, now);
    learn_wishes(plan, look);
    plan->last_look = now;
    add_one(&plan->looks, UINT8_MAX);
}

// ---------------------------------------------------------------- the next

// Of chance, 0 to 1. Another one for each `nth`.
static double part(uint32_t chance, uint32_t nth)
{
    chance ^= nth * 0x9e3779b9U;
    chance *= 0x85ebca6bU;
    chance ^= chance >> 13;
    chance *= 0xc2b2ae35U;
    chance ^= chance >> 16;
    return (double)chance / ((double)UINT32_MAX + 1);
}

static int64_t at_most(int64_t value, int64_t limit)
{
    return value < limit ? value : limit;
}

// Not a day each week, nor an hour each day: that cannot be meant.
static bool is_skipped(const struct poll_plan *plan, int64_t at)
{
    uint32_t hours = plan->skip_hours, days = plan->skip_days & 0x7fU;
    if ((hours & 0xffffffU) == 0xffffffU)
        hours = 0;
    if (days == 0x7f)
        days = 0;
    return (hours >> (at % DAY / HOUR) & 1) != 0
           || (days >> ((at / DAY + THURSDAY) % 7) & 1) != 0;
}

static int64_t unskipped(struct poll_plan *plan, int64_t at, double spread)
{
    int64_t moved = at;
    for (int i = 0; i <= WEEK_HOURS && is_skipped(plan, moved); i++)
        moved += HOUR - moved % HOUR;
    if (moved == at || is_skipped(plan, moved))
        return at;
    plan->reason = POLL_SKIPPED;
    return moved + (int64_t)(spread * SKIP_SPREAD);
}

static void put_off(struct poll_plan *plan, int64_t until,
                    enum poll_reason reason, int64_t *delay)
{
    if (*delay >= until)
        return;
    *delay = until;
    plan->reason = reason;
}

// Somewhat later, so that those who ask for the same drift apart; at first a
// lot, since they may all have come at once.
static int64_t later(const struct poll_plan *plan, int64_t delay, int64_t max,
                     double part)
{
    int64_t room = plan->looks <= 1 ? delay : delay / 8;
    return delay + (int64_t)((double)at_most(room, max - delay) * part);
}

// What a cache says is often a mistake. What it says beyond an hour is believed
// for as long as probably nearly nothing comes, and never beyond a day.
static int64_t believed(const struct poll_plan *plan, int64_t now)
{
    int64_t asked = plan->fresh > plan->ttl ? plan->fresh : plan->ttl;
    if (asked <= HOUR)
        return asked;
    double quiet = LIKELY / poll_rhythm_rate(&plan->rhythm, now);
    int64_t most = quiet < DAY ? (int64_t)quiet : DAY;
    return most > HOUR ? at_most(asked, most) : HOUR;
}

static int64_t worth(struct poll_plan *plan, int64_t now, double price,
                     int64_t max, uint32_t chance)
{
    plan->reason = plan->rhythm.last > 0 ? POLL_LEARNT : POLL_UNKNOWN;
    int64_t delay = poll_rhythm_worth(&plan->rhythm, now,
                                      price * (0.5 + part(chance, 0)), max);
    if (delay >= max)
        plan->reason = POLL_LONGEST;
    if (is_trusted(plan))
        put_off(plan, at_most(DAY, max), POLL_PINGS, &delay);
    // What follows no clock is spread.
    if (plan->reason == POLL_LONGEST || plan->reason == POLL_PINGS)
        delay -= (int64_t)((double)delay * part(chance, 1) / 8);
    return plan->looks > 1 ? delay : (int64_t)((double)delay * part(chance, 2));
}

// Seconds from now, without what is skipped.
static int64_t delay_of(struct poll_plan *plan, int64_t now, int64_t min,
                        int64_t max, uint32_t chance)
{
    int64_t asked = at_most(believed(plan, now), max - max / 8);
    int64_t delay = worth(plan, now, PRICE * (double)min, max, chance);
    put_off(plan, later(plan, min, max, part(chance, 3)), POLL_SHORTEST,
            &delay);
    put_off(plan, later(plan, asked, max, part(chance, 3)),
            plan->fresh >= plan->ttl ? POLL_FRESH : POLL_TTL, &delay);
    return delay;
}

int64_t poll_plan_next(struct poll_plan *plan, int64_t now,
                       const struct poll_bounds *bounds, uint32_t chance)
{
    int64_t seconds = now / 1000;
    int64_t min = (bounds->min + 999) / 1000, max = bounds->max / 1000;
    if (min < 1)
        min = 1;
    if (max < min)
        max = min;
    int64_t delay = delay_of(plan, seconds, min, max, chance);
    int64_t at = unskipped(plan, seconds + delay, part(chance, 4));
    // Not all of a second at once, either.
    uint32_t within = min < 8 ? (uint32_t)min * 125 : 1000;
    return now + (at - seconds) * 1000 + chance % within;
}

double poll_plan_rate(const struct poll_plan *plan, int64_t now)
{
    return poll_rhythm_rate(&plan->rhythm, now / 1000) * 7 * DAY;
}
