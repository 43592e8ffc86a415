// SPDX-License-Identifier: MIT
//
// Looks at topics, for tests of their plans.

#pragma once

#include "fetcher/document.h"
#include "hub/poll_plan.h"

enum {
    MINUTE = 60 * 1000,
    HOUR = 60 * MINUTE,
    DAY = 24 * HOUR,
    CHANCES = 40,
};

static const struct poll_bounds BOUNDS = { 5 * MINUTE, DAY };

// A Thursday, 00:00.
static const int64_t START = INT64_C(2922) * 7 * DAY;

static inline void look(struct poll_plan *plan, int64_t now,
                        enum poll_finding finding, bool pinged)
{
    poll_plan_learn(plan, &(struct poll_look){ .now = now,
                                               .finding = finding,
                                               .pinged = pinged,
                                               .fresh = -1 });
}

static inline void read_document(struct poll_plan *plan, int64_t now,
                                 enum poll_finding finding,
                                 const struct document_hints *hints)
{
    poll_plan_learn(plan, &(struct poll_look){ .now = now,
                                               .finding = finding,
                                               .fresh = -1,
                                               .hints = hints });
}

// Polled each hour until `now`, and a day's worth of it in all.
static inline int64_t busy(struct poll_plan *plan)
{
    int64_t now = START + 1;
    look(plan, now, POLL_BASELINE, false);
    for (int i = 0; i < 200; i++) {
        now += HOUR + 7 * MINUTE;
        look(plan, now, POLL_NEW, false);
    }
    return now;
}

static inline int64_t ping_often(struct poll_plan *plan, int64_t now,
                                 int updates)
{
    for (int i = 0; i < updates; i++) {
        now += HOUR + 7 * MINUTE;
        look(plan, now, POLL_NEW, true);
    }
    return now;
}

// Shortest and longest delay for many chances.
static inline void range(const struct poll_plan *plan, int64_t now,
                         int64_t *least, int64_t *most)
{
    *least = INT64_MAX;
    *most = 0;
    for (uint32_t i = 0; i < CHANCES; i++) {
        struct poll_plan copy = *plan;
        int64_t delay =
            poll_plan_next(&copy, now, &BOUNDS, i * 0x9e3779b1U) - now;
        *least = delay < *least ? delay : *least;
        *most = delay > *most ? delay : *most;
    }
}

static inline int64_t soonest(const struct poll_plan *plan, int64_t now)
{
    int64_t least, most;
    range(plan, now, &least, &most);
    return least;
}

static inline int64_t latest(const struct poll_plan *plan, int64_t now)
{
    int64_t least, most;
    range(plan, now, &least, &most);
    return most;
}

static inline enum poll_reason reason_at(const struct poll_plan *plan,
                                         int64_t now)
{
    struct poll_plan copy = *plan;
    poll_plan_next(&copy, now, &BOUNDS, 12345);
    return copy.reason;
}
