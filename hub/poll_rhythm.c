// SPDX-License-Identifier: MIT

#include "poll_rhythm.h"

#include <stddef.h>

enum {
    SLOT = 300,
    HOUR = 60 * 60,
    DAY = 24 * HOUR,
    WEEK = 7 * DAY,
    THURSDAY = 4, // the first day of unix time; 0 is Sunday
};

// All of these were chosen by the simulation of a month
// (tests/unit/hub/poll_simulation.c); none is a narrow optimum.

// So many of the last events count, or those of so long if these are more.
static const double MEMORY = 32, SPAN = 14 * DAY;
// Known in advance.
static const double GUESS_EVENTS = 0.5, GUESS_SECONDS = 0.5 * DAY;
// What each bin of a profile holds in advance, in events.
static const double DOUBT_HOURS = 0.15, DOUBT_DAYS = 1.0, DOUBT_SLOTS = 0.3;
static const double NEIGHBOUR = 0.08; // of an event, for either hour beside it
static const double UNTIMED = 0.1;    // the part that follows no profile
static const double SILENCE = 3;      // events that did not come after all

struct shape {
    double hours[POLL_HOURS], days[POLL_DAYS], slots[POLL_SLOTS];
};

static size_t hour_of(int64_t at)
{
    return (size_t)(at % DAY / HOUR);
}

static size_t day_of(int64_t at)
{
    return (size_t)((at / DAY + THURSDAY) % 7);
}

static size_t slot_of(int64_t at)
{
    return (size_t)(at % HOUR / SLOT);
}

static double rate_seen(const struct poll_rhythm *rhythm)
{
    return (rhythm->events + GUESS_EVENTS) / (rhythm->seconds + GUESS_SECONDS);
}

static void fade(double *bins, size_t count, double kept)
{
    for (size_t i = 0; i < count; i++)
        bins[i] *= kept;
}

void poll_rhythm_wait(struct poll_rhythm *rhythm, int64_t seconds)
{
    if (seconds > 0)
        rhythm->seconds += (double)seconds;
}

void poll_rhythm_note(struct poll_rhythm *rhythm, int64_t at, bool timed)
{
    if (at < 0)
        return;
    double memory = rate_seen(rhythm) * SPAN;
    double kept = 1 - 1 / (memory > MEMORY ? memory : MEMORY);
    rhythm->events = rhythm->events * kept + 1;
    rhythm->seconds *= kept;
    if (at > rhythm->last)
        rhythm->last = at;
    fade(rhythm->days, POLL_DAYS, kept);
    rhythm->days[day_of(at)] += 1;
    if (!timed)
        return;
    rhythm->timed = rhythm->timed * kept + 1;
    fade(rhythm->hours, POLL_HOURS, kept);
    fade(rhythm->slots, POLL_SLOTS, kept);
    size_t hour = hour_of(at);
    rhythm->hours[hour] += 1 - 2 * NEIGHBOUR;
    rhythm->hours[(hour + 1) % POLL_HOURS] += NEIGHBOUR;
    rhythm->hours[(hour + POLL_HOURS - 1) % POLL_HOURS] += NEIGHBOUR;
    rhythm->slots[slot_of(at)] += 1;
}

// How much more than evenly, in each bin. `unseen`: what was seen for less than
// a few turns of a profile says little of it.
static void weigh(const double *bins, size_t count, double doubt, double unseen,
                  double *out)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += bins[i];
    doubt += sum / (double)count * unseen;
    sum += doubt * (double)count;
    for (size_t i = 0; i < count; i++)
        out[i] = (bins[i] + doubt) * (double)count / sum;
}

static void shape_of(const struct poll_rhythm *rhythm, struct shape *out)
{
    double seen = rhythm->seconds + HOUR;
    weigh(rhythm->hours, POLL_HOURS, DOUBT_HOURS, DAY / seen, out->hours);
    weigh(rhythm->days, POLL_DAYS, DOUBT_DAYS, WEEK / seen, out->days);
    weigh(rhythm->slots, POLL_SLOTS, DOUBT_SLOTS, HOUR / seen, out->slots);
}

static double at_hour(const struct shape *shape, int64_t at)
{
    return UNTIMED
           + (1 - UNTIMED) * shape->hours[hour_of(at)]
                 * shape->days[day_of(at)];
}

static double at_slot(const struct shape *shape, int64_t at)
{
    return UNTIMED
           + (1 - UNTIMED) * shape->hours[hour_of(at)] * shape->days[day_of(at)]
                 * shape->slots[slot_of(at)];
}

// Seconds from one time to another, each as likely as its hour.
static double weighed_span(const struct shape *shape, int64_t from, int64_t to)
{
    double span = 0;
    int64_t weeks = (to - from) / WEEK;
    span = (double)(weeks * WEEK);
    for (int64_t at = from + weeks * WEEK; at < to;) {
        int64_t end = at - at % HOUR + HOUR;
        if (end > to)
            end = to;
        span += at_hour(shape, at) * (double)(end - at);
        at = end;
    }
    return span;
}

static double rate_of(const struct poll_rhythm *rhythm,
                      const struct shape *shape, int64_t now)
{
    double rate =
        (rhythm->events + GUESS_EVENTS) / (rhythm->seconds + GUESS_SECONDS);
    if (rhythm->last == 0 || now <= rhythm->last)
        return rate;
    double expected = rate * weighed_span(shape, rhythm->last, now);
    return expected > SILENCE ? rate * SILENCE / expected : rate;
}

double poll_rhythm_rate(const struct poll_rhythm *rhythm, int64_t now)
{
    struct shape shape;
    shape_of(rhythm, &shape);
    return rate_of(rhythm, &shape, now);
}

// The end of the step that begins at `at`: slots for a week, then days.
static int64_t step_end(int64_t at, int64_t now)
{
    int64_t length = at - now < WEEK ? SLOT : DAY;
    return at - at % length + length;
}

int64_t poll_rhythm_worth(const struct poll_rhythm *rhythm, int64_t now,
                          double price, int64_t longest)
{
    struct shape shape;
    shape_of(rhythm, &shape);
    double rate = rate_of(rhythm, &shape, now);
    double events = 0, delay = 0; // expected since now
    int64_t end = now + longest;
    for (int64_t at = now; at < end;) {
        int64_t next = step_end(at, now);
        double length = (double)(next - at);
        double weight = at - now < WEEK ? at_slot(&shape, at) : 1;
        double more = rate * weight * length;
        double added = (events + more / 2) * length;
        if (delay + added >= price) {
            at += (int64_t)(length * (price - delay) / added);
            return at < end ? at - now : longest;
        }
        events += more;
        delay += added;
        at = next;
    }
    return longest;
}
