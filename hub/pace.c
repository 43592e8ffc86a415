// SPDX-License-Identifier: MIT

#include "pace.h"

#include "budget.h"
#include "courtesy.h"
#include "origin_budget.h"
#include "respite.h"
#include "storage/store.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MINUTE_MS = 60 * 1000,
    OVERDUE_MS = 60 * MINUTE_MS,
    BURSTS = 6, // in an hour
    ASKED = 10, // for each idle ping
    OVERDUE_AT_ONCE = 10,
    TOPIC_AT_ONCE = 10,
    TOPIC_PER_MINUTE = 6,
    TOPIC_WAIT_MS = 2000,
};

struct pace {
    int64_t idle_pings, poll_min;
    struct origin_budget *idle, *asked, *overdue;
    struct budget *topics;
    struct courtesy *courtesy;
    struct respite *respite;
};

struct pace *pace_new(int64_t idle_pings, int64_t poll_min)
{
    struct pace *pace = calloc(1, sizeof *pace);
    if (!pace)
        return NULL;
    int64_t asked = ASKED * idle_pings;
    pace->idle_pings = idle_pings;
    pace->poll_min = poll_min;
    pace->idle = origin_budget_new(idle_pings, idle_pings / BURSTS);
    pace->asked = origin_budget_new(asked, asked / BURSTS);
    pace->overdue = origin_budget_new(asked, OVERDUE_AT_ONCE);
    pace->topics = idle_pings > 0
                       ? budget_new_shaped(TOPIC_PER_MINUTE, TOPIC_AT_ONCE)
                       : budget_new(0);
    pace->courtesy = courtesy_new();
    pace->respite = respite_new();
    if (pace->idle && pace->asked && pace->overdue && pace->topics
        && pace->courtesy && pace->respite)
        return pace;
    pace_free(pace);
    return NULL;
}

void pace_set(struct pace *pace, int64_t idle_pings, int64_t poll_min)
{
    int64_t asked = ASKED * idle_pings;
    pace->poll_min = poll_min;
    if (idle_pings == pace->idle_pings)
        return;
    pace->idle_pings = idle_pings;
    origin_budget_set(pace->idle, idle_pings, idle_pings / BURSTS);
    origin_budget_set(pace->asked, asked, asked / BURSTS);
    origin_budget_set(pace->overdue, asked, OVERDUE_AT_ONCE);
    budget_set(pace->topics, idle_pings > 0 ? TOPIC_PER_MINUTE : 0,
               TOPIC_AT_ONCE);
}

void pace_free(struct pace *pace)
{
    if (!pace)
        return;
    origin_budget_free(pace->idle);
    origin_budget_free(pace->asked);
    origin_budget_free(pace->overdue);
    budget_free(pace->topics);
    courtesy_free(pace->courtesy);
    respite_free(pace->respite);
    free(pace);
}

static unsigned counts_of(const struct pace *pace,
                          const struct store_topic *topic,
                          enum pace_reason reason, int64_t now_unix)
{
    bool failing = topic->failures > 0;
    if (topic->last_fetch == 0)
        return failing ? PACE_ASKED | PACE_IDLE : PACE_ASKED;
    if (reason != PACE_DUE)
        return PACE_ASKED | PACE_IDLE;
    // Somebody follows it again.
    return !failing && 2 * (now_unix - topic->last_fetch) < pace->poll_min
               ? PACE_ASKED
               : PACE_FREE;
}

static bool allows_topic(struct pace *pace, const struct store_topic *topic,
                         int64_t now_ms)
{
    char name[24];
    (void)snprintf(name, sizeof name, "%llu", (unsigned long long)topic->id);
    return budget_take(pace->topics, name, 1, now_ms);
}

// What fails was fetched since, whenever it succeeded last.
static bool is_overdue(const struct store_topic *topic, int64_t now_unix)
{
    return topic->last_fetch > 0 && topic->failures == 0
           && now_unix - topic->last_fetch >= OVERDUE_MS;
}

static int64_t begin(struct origin_budget *budget, unsigned count,
                     const struct store_topic *topic, int64_t now_ms,
                     unsigned *counts)
{
    int64_t wait = origin_budget_begin(budget, topic->url_normal.at, now_ms);
    if (wait == 0)
        *counts |= count;
    return wait;
}

int64_t pace_begin(struct pace *pace, const struct store_topic *topic,
                   enum pace_reason reason, struct moment now, unsigned *counts)
{
    unsigned wanted = counts_of(pace, topic, reason, now.unix);
    int64_t wait = 0, asked = 0;

    *counts = PACE_FREE;
    if (wanted == PACE_FREE)
        return courtesy_wait(pace->courtesy, topic->url_normal.at, now.mono);
    int64_t left = respite_left(pace->respite, topic->id, now.mono);
    if (left > 0)
        return left;
    if (wanted & PACE_IDLE)
        wait = begin(pace->idle, PACE_IDLE, topic, now.mono, counts);
    if (wanted & PACE_ASKED)
        asked = begin(pace->asked, PACE_ASKED, topic, now.mono, counts);
    wait = asked > wait ? asked : wait;
    if (wait > 0 && is_overdue(topic, now.unix)
        && begin(pace->overdue, PACE_OVERDUE, topic, now.mono, counts) == 0)
        wait = 0;
    if (wait == 0 && reason == PACE_PING
        && !allows_topic(pace, topic, now.mono))
        wait = TOPIC_WAIT_MS;
    if (wait > 0) {
        pace_end(pace, topic, *counts, NULL, PACE_NOT_FETCHED, now);
        *counts = PACE_FREE;
    }
    return wait;
}

bool pace_is_stranger(const struct store_topic *topic, unsigned counts,
                      int64_t now_unix)
{
    bool doubtful = topic->last_fetch == 0 || topic->failures > 0;
    return counts != PACE_FREE
           && (doubtful || topic->last_update < topic->last_fetch
               || now_unix - topic->last_fetch < MINUTE_MS);
}

void pace_pause(struct pace *pace, const struct store_topic *topic,
                int64_t pause_ms, struct moment now)
{
    courtesy_pause(pace->courtesy, topic->url_normal.at, pause_ms, now.mono);
    respite_grant(pace->respite, topic->id, pause_ms, now.mono);
}

void pace_end(struct pace *pace, const struct store_topic *topic,
              unsigned counts, const char *final_url, enum pace_end end,
              struct moment now)
{
    const char *url = topic->url_normal.at;
    bool fetched = end != PACE_NOT_FETCHED;
    if (counts & PACE_IDLE)
        origin_budget_end(pace->idle, url, final_url, end == PACE_NOTHING,
                          now.mono);
    if (counts & PACE_ASKED)
        origin_budget_end(pace->asked, url, final_url, fetched, now.mono);
    if (counts & PACE_OVERDUE)
        origin_budget_end(pace->overdue, url, final_url, fetched, now.mono);
}
