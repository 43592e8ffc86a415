// SPDX-License-Identifier: MIT

#include "pull.h"

#include "cursor.h"
#include "metrics.h"
#include "pull_answer.h"
#include "pull_query.h"
#include "reading.h"
#include "refusal.h"
#include "request.h"
#include "services.h"
#include "waiters.h"

#include <stdlib.h>

enum { READS_A_STEP = 32 };

struct pull {
    struct reading_means means;
    struct reading *first, **last; // woken ones
};

void pull_handle(void *self, struct request *request, struct moment now)
{
    struct pull *pull = self;
    struct metrics *metrics = pull->means.services.metrics;
    metric_add(metrics, METRIC_PULLS, 1);
    struct pull_query *query = malloc(sizeof *query);
    if (!query) {
        refusal_say(metrics, request, STORE_AGAIN);
        return;
    }
    if (!pull_query_read(request, now.unix, query)) {
        pull_answer_problem(request, query->status, "bad-request",
                            query->reason);
        free(query);
        return;
    }
    struct reading *reading = reading_new(&pull->means, request, query);
    if (reading) {
        reading_begin(reading);
        return;
    }
    pull_query_clear(query);
    free(query);
    refusal_say(metrics, request, STORE_AGAIN);
}

// Give a held waiter a reading of its own, to be read in a later step.
static void wake(struct pull *pull, struct waiter *waiter)
{
    waiter->woken = true;
    if (waiter->work)
        return; // it is being read: log_read() looks at `woken`
    struct reading *reading = reading_again(&pull->means, waiter);
    if (!reading)
        return; // its deadline answers it
    *pull->last = reading;
    pull->last = &reading->next;
}

static void found(void *context, struct waiter *waiter)
{
    wake(context, waiter);
}

void pull_updated(void *self, uint64_t topic, uint64_t number)
{
    struct pull *pull = self;
    (void)number; // what it is shows in the log
    waiters_of(pull->means.waiters, topic, found, pull);
}

void pull_gone(struct pull *pull, const struct request *request)
{
    struct waiter *waiter = waiters_by_request(pull->means.waiters, request);
    if (!waiter)
        return;
    waiter->gone = true;
    wake(pull, waiter);
}

// What is held has nothing new: say so without reading anything.
static void answer_idle(struct pull *pull, struct waiter *waiter,
                        struct moment now)
{
    struct pull_answer answer = {
        .cursor = { .epoch = store_epoch(pull->means.services.store),
                    .number = waiter->number,
                    .tag = waiter->tag },
        .key = pull->means.key,
        .hub_url = pull->means.services.hub_url,
        .waited_ms = now.mono - waiter->since,
        .conditional = waiter->conditional,
        .preferred_s = waiter->preferred_s,
        .close = pull->means.draining,
    };
    pull_answer_say(&answer, waiter->request);
    if (waiter->listed)
        waiters_remove(pull->means.waiters, waiter);
    waiter_free(waiter);
}

static bool read_woken(struct pull *pull, struct moment now)
{
    for (int i = 0; i < READS_A_STEP && pull->first; i++) {
        struct reading *reading = pull->first;
        struct waiter *waiter = reading->waiter;
        pull->first = reading->next;
        if (!pull->first)
            pull->last = &pull->first;
        if (waiter->gone) {
            answer_idle(pull, waiter, now);
            free(reading);
            continue;
        }
        pull->means.under_way++;
        reading_read(reading);
    }
    return pull->first != NULL;
}

bool pull_step(void *self, struct moment now)
{
    struct pull *pull = self;
    reading_go_on(&pull->means);
    bool more = read_woken(pull, now);
    for (int i = 0; i < 4 * READS_A_STEP; i++) {
        struct waiter *waiter =
            pull->means.draining ? waiters_any(pull->means.waiters)
                                 : waiters_over(pull->means.waiters, now.mono);
        if (!waiter)
            return more;
        if (waiter->work) {
            // Its reading answers it; it only leaves the list of deadlines.
            waiters_remove(pull->means.waiters, waiter);
            continue;
        }
        answer_idle(pull, waiter, now);
    }
    return true;
}

int64_t pull_patience(void *self, struct moment now)
{
    const struct pull *pull = self;
    if (pull->first)
        return 0;
    int64_t patience = waiters_patience(pull->means.waiters, now.mono);
    return patience == INT64_MAX ? LOOP_FOR_EVER : patience;
}

size_t pull_held(const struct pull *pull)
{
    return waiters_count(pull->means.waiters);
}

struct pull *pull_new(const struct services *services,
                      void (*followed)(void *context), void *context)
{
    uint8_t secret[32];
    struct pull *pull = calloc(1, sizeof *pull);
    if (!pull)
        return NULL;
    pull->means.services = *services;
    pull->last = &pull->first;
    pull->means.later_last = &pull->means.later;
    pull->means.followed = followed;
    pull->means.context = context;
    store_secret_key(services->store, secret);
    pull->means.key = cursor_key_new(secret);
    pull->means.waiters = waiters_new();
    if (pull->means.key && pull->means.waiters)
        return pull;
    pull_free(pull);
    return NULL;
}

void pull_free(struct pull *pull)
{
    if (!pull)
        return;
    waiters_free(pull->means.waiters);
    cursor_key_free(pull->means.key);
    free(pull);
}

void pull_drain(struct pull *pull)
{
    pull->means.draining = true;
    loop_wake(pull->means.services.loop);
}

bool pull_idle(const struct pull *pull)
{
    return pull->means.under_way == 0 && !pull->first
           && waiters_count(pull->means.waiters) == 0;
}
