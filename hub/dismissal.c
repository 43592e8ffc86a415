// SPDX-License-Identifier: MIT

#include "dismissal.h"

#include "config.h"
#include "log.h"
#include "pass.h"
#include "rules.h"
#include "services.h"

#include <stddef.h>
#include <stdlib.h>

enum {
    PAGE = 64,     // topics at a time
    GONE_MAX = 64, // topics; who does not fit is told of at his next 410
    GONE_FETCHES = 3,
    PAUSE_MS = 1000, // after a failure of the store
};

struct dismissal {
    struct services services;
    struct dismissal_listener listener;
    struct dismissal_order *first, **last; // of whole topics
    size_t singles;                        // orders under way for one
    uint64_t gone[GONE_MAX];
    size_t gone_count;

    bool sweeping; // topics after `swept` are still to be judged
    bool again;    // and then all of them once more
    bool stale;    // the page that is being read is of an earlier sweep
    uint64_t swept;
    uint64_t suspects[PAGE]; // topics that have to be gone through
    size_t suspect_count;
    struct store_page_topics topics;
    struct store_topics lookup;

    struct pass pass;

    bool asking; // a question of the sweep's, or about a dead topic
    bool paging; // the former
    bool draining;
    int64_t pause_until; // monotonic
};

bool dismissal_is_dead(const struct store_topic *topic, int64_t now_unix,
                       int64_t after)
{
    return topic->gone >= GONE_FETCHES && topic->gone_since > 0
           && now_unix - topic->gone_since >= after;
}

static void submit(struct dismissal *dismissal, struct store_op *op)
{
    store_submit(dismissal->services.store, op);
}

// ------------------------------------------------------------------- orders

static void single_done(struct store_op *op)
{
    struct dismissal_order *order = op->context;
    struct dismissal *dismissal = order->dismissal;
    dismissal->singles--;
    order->status = op->status;
    if (op->status == STORE_OK) {
        order->removed = 1;
        pass_note(&dismissal->pass, &order->remove, "-");
        dismissal->listener.owed(dismissal->listener.context);
    }
    order->done(order);
}

void dismissal_order(struct dismissal *dismissal, struct dismissal_order *order)
{
    order->dismissal = dismissal;
    order->removed = 0;
    order->next = NULL;
    if (order->subscription == 0) {
        *dismissal->last = order;
        dismissal->last = &order->next;
        return;
    }
    order->remove = (struct store_remove){
        .op = { .verb = STORE_REMOVE, .done = single_done, .context = order },
        .topic = order->topic,
        .subscription = order->subscription,
        .reason = order->reason,
    };
    dismissal->singles++;
    submit(dismissal, &order->remove.op);
}

static struct dismissal_order *next_order(struct dismissal *dismissal)
{
    struct dismissal_order *order = dismissal->first;
    dismissal->first = order->next;
    if (!dismissal->first)
        dismissal->last = &dismissal->first;
    return order;
}

static void begin_order(struct dismissal *dismissal)
{
    struct dismissal_order *order = next_order(dismissal);
    pass_begin(&dismissal->pass, order->topic, order->reason);
    dismissal->pass.order = order;
}

// -------------------------------------------------------------- dead topics

void dismissal_gone(struct dismissal *dismissal, uint64_t topic)
{
    for (size_t i = 0; i < dismissal->gone_count; i++)
        if (dismissal->gone[i] == topic)
            return;
    if (dismissal->gone_count < GONE_MAX)
        dismissal->gone[dismissal->gone_count++] = topic;
}

static void looked_up(struct store_op *op)
{
    struct dismissal *dismissal = op->context;
    const struct store_topics *lookup = &dismissal->lookup;
    dismissal->asking = false;
    if (op->status == STORE_OK) {
        const struct store_topic *topic = &lookup->items[0];
        int64_t after = dismissal->services.config->topic_gone_after;
        if (topic->id > 0 && dismissal_is_dead(topic, op->at, after)) {
            LOG(LOG_INFO, "topic.dead", LOG_N("topic", topic->id),
                LOG_N("subscriptions", topic->subscriptions));
            pass_begin(&dismissal->pass, topic->id, STORE_DENIAL_TOPIC_GONE);
        }
    }
    dismissal->gone[0] = dismissal->gone[--dismissal->gone_count];
    store_release(op);
}

static void look_up(struct dismissal *dismissal)
{
    dismissal->lookup = (struct store_topics){
        .op = { .verb = STORE_TOPICS, .done = looked_up, .context = dismissal },
        .ids = dismissal->gone,
        .count = 1,
    };
    dismissal->asking = true;
    submit(dismissal, &dismissal->lookup.op);
}

// ---------------------------------------------------------------- the sweep

static void end_round(struct dismissal *dismissal)
{
    dismissal->sweeping = dismissal->again;
    dismissal->again = false;
    if (dismissal->sweeping)
        dismissal->swept = 0;
    else
        LOG(LOG_INFO, "policy.swept", LOG_N("upto", dismissal->swept));
}

static void topics_paged(struct store_op *op)
{
    struct dismissal *dismissal = op->context;
    struct store_page_topics *topics = &dismissal->topics;
    const struct rules *rules = dismissal->services.rules;

    dismissal->asking = dismissal->paging = false;
    if (op->status != STORE_OK) {
        dismissal->pause_until = loop_now().mono + PAUSE_MS;
        store_release(op);
        return;
    }
    if (dismissal->stale) {
        dismissal->stale = false;
        store_release(op);
        return;
    }
    for (size_t i = 0; i < topics->count; i++) {
        const struct store_topic *topic = &topics->items[i];
        bool denied =
            rules_judge_topics(rules)
            && !rules_allow_topic(rules, topic->url.at, topic->url.len);
        if (topic->subscriptions > 0
            && (denied || rules_judge_callbacks(rules)))
            dismissal->suspects[dismissal->suspect_count++] = topic->id;
        dismissal->swept = topic->id;
    }
    bool end = topics->end;
    store_release(op);
    if (end)
        end_round(dismissal);
}

static void ask_topics(struct dismissal *dismissal)
{
    dismissal->topics = (struct store_page_topics){
        .op = { .verb = STORE_PAGE_TOPICS,
                .done = topics_paged,
                .context = dismissal },
        .after = dismissal->swept,
        .max = PAGE,
    };
    dismissal->asking = true;
    dismissal->paging = true;
    submit(dismissal, &dismissal->topics.op);
}

static void begin_suspect(struct dismissal *dismissal)
{
    uint64_t suspect = dismissal->suspects[--dismissal->suspect_count];
    pass_begin(&dismissal->pass, suspect, STORE_DENIAL_POLICY);
}

void dismissal_sweep(struct dismissal *dismissal)
{
    const struct rules *rules = dismissal->services.rules;
    bool judges = rules_judge_topics(rules) || rules_judge_callbacks(rules);
    // One that is under way goes on where it is, by the rules of now: where
    // they change all the time, it would never get any further.
    dismissal->again = judges && dismissal->sweeping;
    if (!dismissal->again) {
        dismissal->stale = dismissal->paging;
        dismissal->swept = 0;
    }
    if (!judges)
        dismissal->suspect_count = 0;
    dismissal->sweeping = judges;
}

// ---------------------------------------------------------------- dismissal

struct dismissal *dismissal_new(const struct services *services,
                                const struct dismissal_listener *listener)
{
    struct dismissal *dismissal = calloc(1, sizeof *dismissal);
    if (!dismissal)
        return NULL;
    dismissal->services = *services;
    dismissal->listener = *listener;
    dismissal->last = &dismissal->first;
    dismissal->pass.services = &dismissal->services;
    dismissal->pass.listener = &dismissal->listener;
    dismissal_sweep(dismissal);
    return dismissal;
}

void dismissal_free(struct dismissal *dismissal)
{
    free(dismissal);
}

static bool busy(const struct dismissal *dismissal)
{
    return dismissal->asking || pass_busy(&dismissal->pass);
}

// Whoever waits learns that it was not done.
static void turn_away(struct dismissal *dismissal)
{
    if (dismissal->pass.active)
        pass_end(&dismissal->pass, STORE_AGAIN);
    while (dismissal->first) {
        struct dismissal_order *order = next_order(dismissal);
        order->status = STORE_AGAIN;
        order->done(order);
    }
}

static bool has_work(const struct dismissal *dismissal)
{
    return dismissal->pass.active || dismissal->first
           || (!dismissal->draining
               && (dismissal->gone_count > 0 || dismissal->suspect_count > 0
                   || dismissal->sweeping));
}

static void begin_next(struct dismissal *dismissal, struct moment now)
{
    if (dismissal->first)
        begin_order(dismissal);
    else if (dismissal->gone_count > 0)
        look_up(dismissal);
    else if (dismissal->suspect_count > 0)
        begin_suspect(dismissal);
    else if (dismissal->pause_until <= now.mono)
        ask_topics(dismissal);
}

bool dismissal_step(void *self, struct moment now)
{
    struct dismissal *dismissal = self;
    if (busy(dismissal) || !has_work(dismissal))
        return false;
    if (dismissal->draining) {
        turn_away(dismissal);
        return false;
    }
    if (!dismissal->pass.active)
        begin_next(dismissal, now);
    if (dismissal->pass.active)
        pass_step(&dismissal->pass, now);
    return false;
}

int64_t dismissal_patience(void *self, struct moment now)
{
    const struct dismissal *dismissal = self;
    if (busy(dismissal) || !has_work(dismissal))
        return LOOP_FOR_EVER;
    int64_t until = 0;
    if (dismissal->pass.active)
        until = dismissal->pass.pause_until;
    else if (!dismissal->first && dismissal->gone_count == 0
             && dismissal->suspect_count == 0)
        until = dismissal->pause_until;
    int64_t left = until - now.mono;
    return left > 0 && !dismissal->draining ? left : 0;
}

void dismissal_drain(struct dismissal *dismissal)
{
    dismissal->draining = true;
}

bool dismissal_idle(const struct dismissal *dismissal)
{
    return !busy(dismissal) && dismissal->singles == 0 && !dismissal->first
           && !dismissal->pass.active;
}
