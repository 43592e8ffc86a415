// SPDX-License-Identifier: MIT

#include "observe_inside.h"

#include "backoff.h"
#include "config.h"
#include "log.h"
#include "metrics.h"
#include "poll.h"
#include "timeline.h"

#include <stdlib.h>

enum {
    GONE = 410, // HTTP
    RETRY_AFTER_MAX_MS = 24 * 60 * 60 * 1000,
    FIRST_TRIES = 4, // and one more
    MIXED_MS = 1000, // another one of this topic is being put down
};

static void log_settled(const struct observation *observation)
{
    const struct store_publish *publish = &observation->publish;
    if (publish->seq > 0)
        LOG(LOG_INFO, "update", LOG_N("topic", publish->topic),
            LOG_N("seq", publish->seq), LOG_N("number", publish->number),
            LOG_T("what", publish->verdict == STORE_FETCH_BASELINE ? "baseline"
                                                                   : "update"),
            LOG_N("entries", publish->changed_count));
    else if (publish->verdict == STORE_FETCH_FAILED)
        LOG(LOG_INFO, "fetch.failed", LOG_N("topic", publish->topic),
            LOG_N("status", observation->exchange.status),
            LOG_T("result",
                  exchange_result_name(observation->exchange.result)));
    else
        LOG(LOG_DEBUG, "fetch.done", LOG_N("topic", publish->topic),
            LOG_N("status", observation->exchange.status));
}

static void count_settled(const struct observation *observation)
{
    const struct observe *observe = observation->owner;
    static const enum metric metrics[] = {
        [STORE_FETCH_FAILED] = METRIC_FETCHES_FAILED,
        [STORE_FETCH_UNCHANGED] = METRIC_FETCHES_UNCHANGED,
        [STORE_FETCH_BASELINE] = METRIC_UPDATES,
        [STORE_FETCH_UPDATE] = METRIC_UPDATES,
    };
    metric_add(observe->services.metrics, metrics[observation->publish.verdict],
               1);
}

static void note_stored(struct timeline *timeline,
                        const struct observation *observation)
{
    const struct store_publish *publish = &observation->publish;
    const struct exchange *x = &observation->exchange;
    const struct store_new_body *whole = &publish->whole;
    const struct moment now = loop_now();
    bool baseline = publish->verdict == STORE_FETCH_BASELINE;
    struct timeline_row row = {
        .topic = publish->topic,
        .seq = publish->seq,
        .number = publish->number,
        .pinged = observation->pinged_at,
        .fetched = observation->pinged_at,
        .stored = publish->op.at,
        .bytes = whole->chunked > 0 ? whole->chunked : whole->inlined.len,
        .owed = baseline ? 0 : observation->topic->subscriptions,
        .kind = publish->kind,
        .baseline = baseline,
    };
    if (x->started_ms > 0) {
        row.fetch_began = now.unix - (now.mono - x->started_ms);
        row.fetched = now.unix - (now.mono - x->ended_ms);
    }
    timeline_stored(timeline, &row);
}

void observe_tell(struct observe *observe,
                  const struct observation *observation)
{
    const struct observe_listener *listener = &observe->listener;
    const struct store_publish *publish = &observation->publish;
    if (publish->seq > 0)
        note_stored(observe->services.timeline, observation);
    if (publish->seq > 0)
        listener->updated(listener->context, publish->topic, publish->number,
                          observation->topic->url_normal.at);
    if (publish->walk_began)
        listener->walk(listener->context, &publish->walk);
}

static void conclude(struct observation *observation)
{
    struct observe *observe = observation->owner;
    const struct observe_listener *listener = &observe->listener;
    const struct store_publish *publish = &observation->publish;
    count_settled(observation);
    log_settled(observation);
    // A ping whose fetch has failed is answered by a later one.
    if (publish->verdict != STORE_FETCH_FAILED)
        observation->pinged_at =
            timeline_settled(observe->services.timeline, publish->topic);
    if (publish->verdict != STORE_FETCH_UNCHANGED
        && publish->verdict != STORE_FETCH_FAILED)
        observation->end = PACE_NEWS;
    // A ping during the fetch has left the topic due.
    pump_due(&observe->pump, 0);
    observe_tell(observe, observation);
    if (listener->gone && publish->status == GONE)
        listener->gone(listener->context, publish->topic);
    observe_drop(observation);
}

// The store could not, so nothing of this fetch was kept: again soon, or, if
// there is no room for what it brought, like after any failed fetch.
static void unsettled(struct observation *observation,
                      const struct store_op *op)
{
    struct observe *observe = observation->owner;
    int64_t at = op->at;
    LOG(LOG_WARN, "fetch.unsettled", LOG_N("topic", observation->topic->id),
        LOG_T("status", store_status_name(op->status)));
    if (op->status != STORE_FULL) {
        observe_give_back(observation, at + OBSERVE_AGAIN_MS);
        return;
    }
    metric_add(observe->services.metrics, METRIC_STORE_FULL, 1);
    if (observation->publish.verdict == STORE_FETCH_FAILED)
        observe_give_back(observation, at + OBSERVE_AGAIN_MS);
    else
        observe_fail(observation, loop_now());
}

static void settled(struct observation *observation, const struct store_op *op)
{
    switch (op->status) {
    case STORE_OK:
    case STORE_DUPLICATE:
        conclude(observation);
        return;
    case STORE_STALE:
    case STORE_NOT_FOUND:
        observe_drop(observation);
        return;
    case STORE_CONFLICT:
        observe_give_back(observation, 0); // the head moved: anew (M6)
        return;
    default:
        unsettled(observation, op);
        return;
    }
}

static void settle(struct observation *observation, struct moment now)
{
    struct observe *observe = observation->owner;
    if (settlement_waits(&observe->settlements, observation))
        observe_give_back(observation, now.unix + MIXED_MS);
    else
        settlement_begin(&observe->settlements, observation, settled);
}

// How long until a silent topic is looked at again; 0: not for its silence.
static int64_t echo_delay(struct observation *observation)
{
    struct observe *observe = observation->owner;
    bool silent = observation->publish.verdict == STORE_FETCH_UNCHANGED;
    return echoes_next(&observe->echoes, observation->topic->id, silent,
                       observation->pinged);
}

void observe_succeed(struct observation *observation, struct moment now)
{
    struct observe *observe = observation->owner;
    const struct config *config = observe->services.config;
    int64_t echo = echo_delay(observation);
    observation_plan(observation, now.unix, config->poll_min, config->poll_max);
    if (echo > 0)
        observation->publish.due = now.unix + echo;
    settle(observation, now);
}

void observe_look_again(struct observation *observation, struct moment now,
                        int64_t delay)
{
    observation_settle(observation, STORE_FETCH_UNCHANGED);
    int64_t echo = echo_delay(observation);
    observation->publish.due =
        now.unix + (echo > 0 && echo < delay ? echo : delay);
    settle(observation, now);
}

// It says so of all of itself, not of this one document.
static bool is_overloaded(const struct observation *observation)
{
    const struct exchange *x = &observation->exchange;
    // Where redirects led, somebody else spoke.
    return x->result == EXCHANGE_ANSWERED && !x->final_url
           && !observation->at_moved && (x->status == 429 || x->status == 503);
}

void observe_fail(struct observation *observation, struct moment now)
{
    struct observe *observe = observation->owner;
    const struct store_topic *topic = observation->topic;
    int64_t failed_for =
        topic->failing_since > 0 ? now.unix - topic->failing_since : 0;
    const struct config *config = observe->services.config;
    // Until a topic has been fetched once, somebody waits for it; but one
    // subscription must not cost its origin more than a few tries.
    bool first = topic->last_fetch == 0 && topic->failures < FIRST_TRIES;
    bool awaited = observation->pinged || first;
    int64_t delay =
        poll_after_failure(topic->failures, failed_for, awaited,
                           config->poll_min, config->poll_max, arc4random());
    int64_t asked =
        backoff_retry_after(observation_field(observation, "retry-after"),
                            now.unix, RETRY_AFTER_MAX_MS);
    if (asked > 0 && is_overloaded(observation))
        pace_pause(observe->pace, topic, asked, now);
    observation_settle(observation, STORE_FETCH_FAILED);
    observation_unplan(observation);
    observation->publish.due = now.unix + (asked > delay ? asked : delay);
    // An operator wants it fetched for pings alone.
    if (topic->poll_every < 0 && !awaited)
        observation->publish.due = 0;
    settle(observation, now);
}

void observe_refuse(struct observation *observation, struct moment now)
{
    observation->exchange.result = EXCHANGE_REFUSED;
    observe_fail(observation, now);
}
