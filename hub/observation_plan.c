// SPDX-License-Identifier: MIT

#include "observation.h"

#include "poll.h"
#include "poll_hints.h"
#include "poll_plan.h"

#include <stdlib.h>

// What surrounds the entries, and what is gone, is no news to come early for.
static enum poll_finding finding_of(const struct observation *observation)
{
    const struct store_publish *publish = &observation->publish;
    switch (publish->verdict) {
    case STORE_FETCH_BASELINE:
        return POLL_BASELINE;
    case STORE_FETCH_UPDATE:
        return publish->kind == STORE_UPDATE_FEED_LEVEL
                       || publish->kind == STORE_UPDATE_REMOVAL_ONLY
                   ? POLL_SAME
                   : POLL_NEW;
    case STORE_FETCH_FAILED:
    case STORE_FETCH_UNCHANGED:
        break;
    }
    return POLL_SAME;
}

static int64_t fresh_for(const struct observation *observation,
                         int64_t now_unix)
{
    const struct poll_fields fields = {
        .cache_control = observation_field(observation, "cache-control"),
        .expires = observation_field(observation, "expires"),
        .date = observation_field(observation, "date"),
        .age = observation_field(observation, "age"),
    };
    return poll_hints_fresh(&fields, now_unix);
}

// When a redirect was last seen to be for good; not one that came over a
// connection that anybody could have written on, when the topic's own is safe.
static uint8_t moved_day(const struct observation *observation, uint8_t before,
                         int64_t now_unix)
{
    const struct exchange *x = &observation->exchange;
    if (observation->token == 0)
        return before; // given: nobody asked for it anywhere
    if (!observation->at_moved)
        return x->final_url && x->moved_for_good && !x->downgraded
                   ? observation_day(now_unix)
                   : 0;
    bool further = x->final_url && (!x->moved_for_good || x->downgraded);
    return further ? 0 : before;
}

static void write_plan(struct observation *observation,
                       const struct poll_plan *plan)
{
    struct store_publish *publish = &observation->publish;
    size_t len = poll_plan_write(plan, observation->plan);
    publish->new_plan = true;
    publish->plan = (struct bytes){ (const char *)observation->plan, len };
}

void observation_plan(struct observation *observation, int64_t now_unix,
                      int64_t poll_min, int64_t poll_max)
{
    struct poll_plan plan;
    const struct poll_look look = {
        .now = now_unix,
        .finding = finding_of(observation),
        .entries = observation->publish.changed_count,
        .pinged = observation->pinged || observation->echo,
        .fresh = fresh_for(observation, now_unix),
        .hints =
            observation->document_read ? &observation->document.hints : NULL,
    };
    const struct poll_bounds bounds = { poll_min, poll_max };
    poll_plan_read(observation->topic->plan, &plan);
    poll_plan_learn(&plan, &look);
    int64_t learnt = poll_plan_next(&plan, now_unix, &bounds, arc4random());
    observation->publish.due = poll_as_wanted(observation->topic->poll_every,
                                              now_unix, learnt, arc4random());
    plan.moved_day = moved_day(observation, plan.moved_day, now_unix);
    write_plan(observation, &plan);
}

void observation_unplan(struct observation *observation)
{
    struct poll_plan plan;
    if (!observation->fell_back)
        return;
    poll_plan_read(observation->topic->plan, &plan);
    plan.moved_day = 0;
    write_plan(observation, &plan);
}
