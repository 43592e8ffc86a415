// SPDX-License-Identifier: MIT

#include "observe.h"

#include "backoff.h"
#include "config.h"
#include "echoes.h"
#include "fetcher/engine.h"
#include "log.h"
#include "metrics.h"
#include "observation.h"
#include "pace.h"
#include "places.h"
#include "policy.h"
#include "poll.h"
#include "pump.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

enum {
    GONE = 410, // HTTP
    HOLD_MS = 15 * 60 * 1000,
    AGAIN_MS = 10 * 1000, // when the store or memory failed us
    RETRY_AFTER_MAX_MS = 24 * 60 * 60 * 1000,
    LIMITED_MS = 60 * 1000,
    FIRST_TRIES = 4, // and one more
    DAY_MS = 24 * 60 * 60 * 1000,
};

struct observe {
    struct services services;
    struct observe_listener listener;
    struct pump pump;
    struct echoes echoes;
    struct pace *pace;
    struct places places;
};

static void drop(struct observation *observation)
{
    struct observe *observe = observation->owner;
    pace_end(observe->pace, observation->topic, observation->counts,
             observation->exchange.final_url, observation->end, loop_now());
    if (observation->doubtful)
        places_leave(&observe->places, observation->topic->url_normal.at);
    pump_ended(&observe->pump);
    observation_free(observation);
}

static void released(struct store_op *op)
{
    // If even this failed, the claim runs out by itself.
    struct observation *observation = op->context;
    struct observe *observe = observation->owner;
    pump_due(&observe->pump, observation->release.due);
    drop(observation);
}

// Give the topic back; the fetch counts for nothing.
static void give_back(struct observation *observation, int64_t due)
{
    struct observe *observe = observation->owner;
    observation->release = (struct store_release_claim){
        .op = { .verb = STORE_RELEASE,
                .done = released,
                .context = observation },
        .kind = STORE_DUE_FETCH,
        .id = observation->topic->id,
        .token = observation->token,
        .due = due,
    };
    store_submit(observe->services.store, &observation->release.op);
}

static bool finds_place(struct observation *observation)
{
    struct observe *observe = observation->owner;
    const struct store_topic *topic = observation->topic;
    if (topic->last_fetch > 0 && topic->failures == 0)
        return true;
    observation->doubtful = places_take(&observe->places, topic->url_normal.at,
                                        topic->failures > 0);
    return observation->doubtful;
}

// S7: whether its origin has to be spared. A pinged topic stays that.
static bool defer(struct observation *observation, struct moment now)
{
    struct observe *observe = observation->owner;
    const struct store_topic *topic = observation->topic;
    if (!finds_place(observation)) {
        give_back(observation,
                  now.unix
                      + places_wait(&observe->places, now.mono, arc4random()));
        return true;
    }
    bool echo = echoes_has(&observe->echoes, topic->id);
    enum pace_reason reason = observation->pinged ? PACE_PING
                              : echo              ? PACE_ECHO
                                                  : PACE_DUE;
    int64_t wait =
        pace_begin(observe->pace, topic, reason, now, &observation->counts);
    if (wait == 0) {
        observation->stranger =
            pace_is_stranger(topic, observation->counts, now.unix);
        return false;
    }
    metric_add(observe->services.metrics, METRIC_FETCHES_DELAYED, 1);
    // Not all of them at once.
    give_back(observation,
              now.unix + wait + arc4random_uniform((uint32_t)wait / 4 + 1));
    return true;
}

// How long until a silent topic is looked at again; 0: not for its silence.
static int64_t echo_delay(struct observation *observation)
{
    struct observe *observe = observation->owner;
    bool silent = observation->publish.verdict == STORE_FETCH_UNCHANGED;
    return echoes_next(&observe->echoes, observation->topic->id, silent,
                       observation->pinged);
}

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

static void unsettled(struct observation *observation,
                      const struct store_op *op);

static void settled(struct store_op *op)
{
    struct observation *observation = op->context;
    struct observe *observe = observation->owner;
    const struct store_publish *publish = &observation->publish;

    switch (op->status) {
    case STORE_OK:
    case STORE_DUPLICATE:
        count_settled(observation);
        log_settled(observation);
        if (publish->verdict != STORE_FETCH_UNCHANGED
            && publish->verdict != STORE_FETCH_FAILED)
            observation->end = PACE_NEWS;
        // A ping during the fetch has left the topic due.
        pump_due(&observe->pump, 0);
        if (publish->seq > 0)
            observe->listener.updated(observe->listener.context, publish->topic,
                                      publish->number);
        if (publish->walk_began)
            observe->listener.walk(observe->listener.context, &publish->walk);
        if (observe->listener.gone && publish->status == GONE)
            observe->listener.gone(observe->listener.context, publish->topic);
        drop(observation);
        return;
    case STORE_STALE:
    case STORE_NOT_FOUND:
        drop(observation);
        return;
    case STORE_CONFLICT:
        give_back(observation, 0); // the head moved: diff again (M6)
        return;
    default:
        unsettled(observation, op);
        return;
    }
}

static void publish(struct observation *observation)
{
    struct observe *observe = observation->owner;
    observation->publish.op = (struct store_op){
        .verb = STORE_PUBLISH,
        .done = settled,
        .context = observation,
    };
    store_submit(observe->services.store, &observation->publish.op);
}

static bool put_next(struct observation *observation);

static void chunk_put(struct store_op *op)
{
    struct observation *observation = op->context;
    if (op->status == STORE_CONFLICT)
        give_back(observation, 0); // the head moved: diff again (M6)
    else if (op->status != STORE_OK)
        unsettled(observation, op);
    else if (!put_next(observation))
        publish(observation);
}

static void put(struct observation *observation, enum store_body which,
                const char *body, size_t len)
{
    struct observe *observe = observation->owner;
    struct store_put_chunk *chunk = &observation->chunk;
    size_t at = (size_t)chunk->index * STORE_CHUNK;
    size_t left = len - at;
    chunk->op = (struct store_op){
        .verb = STORE_PUT_CHUNK,
        .done = chunk_put,
        .context = observation,
    };
    chunk->topic = observation->topic->id;
    chunk->seq = observation->topic->head + 1;
    chunk->which = which;
    chunk->piece =
        (struct bytes){ body + at, left < STORE_CHUNK ? left : STORE_CHUNK };
    store_submit(observe->services.store, &chunk->op);
}

// Large bodies go ahead in pieces, so that no commit grows long. The chunk
// last put says what is next: its body, its index. False: all are there.
static bool put_next(struct observation *observation)
{
    const struct store_publish *publish = &observation->publish;
    struct store_put_chunk *chunk = &observation->chunk;
    bool began = chunk->piece.len > 0;
    bool whole =
        began ? chunk->which == STORE_WHOLE : publish->whole.chunked > 0;
    if (began)
        chunk->index++;
    if (whole) {
        if ((uint64_t)chunk->index * STORE_CHUNK < publish->whole.chunked) {
            put(observation, STORE_WHOLE, observation->exchange.response,
                (size_t)publish->whole.chunked);
            return true;
        }
        chunk->index = 0;
    }
    if ((uint64_t)chunk->index * STORE_CHUNK >= publish->delta.chunked)
        return false;
    const char *delta = publish->delivers_baseline
                            ? observation->first_entry
                            : observation->document.delta;
    put(observation, STORE_DELTA, delta, (size_t)publish->delta.chunked);
    return true;
}

static void fail(struct observation *observation, struct moment now)
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
    const struct exchange_field *field =
        exchange_field(&observation->exchange, "retry-after", NULL);
    int64_t asked = backoff_retry_after(field ? field->value : NULL, now.unix,
                                        RETRY_AFTER_MAX_MS);
    observation_settle(observation, STORE_FETCH_FAILED);
    observation->publish.due = now.unix + (asked > delay ? asked : delay);
    publish(observation);
}

static bool is_denied(const struct observation *observation, const char *url)
{
    const struct observe *observe = observation->owner;
    return !policy_allows_topic(observe->services.config, url, strlen(url));
}

// What the operator does not want is a failed fetch.
static void refuse(struct observation *observation, struct moment now)
{
    observation->exchange.result = EXCHANGE_REFUSED;
    fail(observation, now);
}

// The store could not, so nothing of this fetch was kept: again soon, or, if
// there is no room for what it brought, like after any failed fetch.
static void unsettled(struct observation *observation,
                      const struct store_op *op)
{
    struct observe *observe = observation->owner;
    LOG(LOG_WARN, "fetch.unsettled", LOG_N("topic", observation->topic->id),
        LOG_T("status", store_status_name(op->status)));
    if (op->status != STORE_FULL) {
        give_back(observation, op->at + AGAIN_MS);
        return;
    }
    metric_add(observe->services.metrics, METRIC_STORE_FULL, 1);
    if (observation->publish.verdict == STORE_FETCH_FAILED)
        give_back(observation, op->at + AGAIN_MS);
    else
        fail(observation, loop_now());
}

static void succeed(struct observation *observation, struct moment now)
{
    struct observe *observe = observation->owner;
    int64_t delay = echo_delay(observation);
    if (delay == 0)
        delay = observe->services.config->poll_max;
    observation->publish.due = now.unix + delay;
    if (!put_next(observation))
        publish(observation);
}

static void read_work(void *context)
{
    // What went wrong shows in document_read.
    (void)observation_read(context);
}

static void read_done(void *context)
{
    struct observation *observation = context;
    struct moment now = loop_now();
    if (observation->document_read && observation_judge(observation, now.unix))
        succeed(observation, now);
    else
        give_back(observation, now.unix + AGAIN_MS);
}

static void ask(struct observation *observation, bool conditional)
{
    struct observe *observe = observation->owner;
    const struct config *config = observe->services.config;
    observation_ask(observation, conditional, (uint32_t)config->fetch_timeout,
                    (size_t)config->body_max);
    engine_submit(observe->services.engine, &observation->exchange);
}

void observe_answered(struct observe *observe, struct exchange *exchange)
{
    struct observation *observation = exchange->owner;
    struct moment now = loop_now();
    bool answered = exchange->result == EXCHANGE_ANSWERED;

    if (exchange->result == EXCHANGE_LIMITED) {
        metric_add(observe->services.metrics, METRIC_FETCHES_DELAYED, 1);
        give_back(observation,
                  now.unix + LIMITED_MS + arc4random_uniform(LIMITED_MS));
        return;
    }
    metric_add(observe->services.metrics, METRIC_FETCHES, 1);
    observation->end = PACE_NOTHING; // until it is known better
    if (answered && exchange->status == 304 && observation->conditional) {
        if (observation_misled(observation)) {
            exchange_clear(exchange);
            ask(observation, false);
            return;
        }
        observation_settle(observation, STORE_FETCH_UNCHANGED);
        succeed(observation, now);
        return;
    }
    // R19: nobody gets around a rule by a redirect; where it led is judged, not
    // what it passed through.
    if (answered && exchange->final_url
        && is_denied(observation, exchange->final_url)) {
        refuse(observation, now);
        return;
    }
    // R83: nothing but a whole 200 is ever distributed.
    if (!answered || exchange->status != 200) {
        fail(observation, now);
        return;
    }
    observation->today = (uint32_t)(now.unix / DAY_MS);
    if (!loop_job(observe->services.loop, read_work, read_done, observation))
        give_back(observation, now.unix + AGAIN_MS);
}

static void remembered(struct store_op *op)
{
    struct observation *observation = op->context;
    if (op->status == STORE_OK || op->status == STORE_NOT_FOUND)
        ask(observation, !observation_owes_baseline(observation, op->at));
    else
        give_back(observation, op->at + AGAIN_MS);
}

static void take(void *self, const struct store_claimed *item,
                 struct moment now)
{
    struct observe *observe = self;
    struct observation *observation = observation_new(item);
    if (!observation) {
        // Out of memory: the claim runs out by itself.
        pump_ended(&observe->pump);
        return;
    }
    observation->owner = observe;
    if (is_denied(observation, observation->topic->url.at)) {
        refuse(observation, now);
        return;
    }
    if (defer(observation, now))
        return;
    observation->memory = (struct store_read_entries){
        .op = { .verb = STORE_READ_ENTRIES,
                .done = remembered,
                .context = observation },
        .topic = observation->topic->id,
    };
    store_submit(observe->services.store, &observation->memory.op);
}

struct observe *observe_new(const struct services *services,
                            const struct observe_listener *listener)
{
    struct observe *observe = calloc(1, sizeof *observe);
    if (!observe)
        return NULL;
    observe->pace =
        pace_new(services->config->idle_pings, services->config->poll_min);
    if (!observe->pace) {
        free(observe);
        return NULL;
    }
    observe->services = *services;
    observe->listener = *listener;
    places_init(&observe->places, (size_t)services->config->fetches);
    pump_init(&observe->pump, services->store, STORE_DUE_FETCH,
              (size_t)services->config->fetches, HOLD_MS);
    observe->pump.take = take;
    observe->pump.self = observe;
    return observe;
}

void observe_free(struct observe *observe)
{
    if (!observe)
        return;
    pace_free(observe->pace);
    free(observe);
}

void observe_poke(struct observe *observe)
{
    pump_due(&observe->pump, 0);
}

bool observe_step(void *self, struct moment now)
{
    struct observe *observe = self;
    pump_step(&observe->pump, now);
    return false;
}

int64_t observe_patience(void *self, struct moment now)
{
    const struct observe *observe = self;
    return pump_patience(&observe->pump, now);
}

void observe_drain(struct observe *observe)
{
    observe->pump.closed = true;
}

bool observe_idle(const struct observe *observe)
{
    return pump_idle(&observe->pump);
}
