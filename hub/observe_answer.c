// SPDX-License-Identifier: MIT

#include "observe_inside.h"

#include "config.h"
#include "log.h"
#include "metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIMITED_MS = 60 * 1000,
    DAY_MS = 24 * 60 * 60 * 1000,
    NAMES_MAX = 256,
};

static void log_repairs(const struct observation *observation)
{
    unsigned repairs = observation->document.repairs;
    char names[NAMES_MAX] = "";
    size_t len = 0;
    if (repairs == 0)
        return;
    for (unsigned i = 0; i < DOCUMENT_REPAIRS; i++) {
        if (!(repairs & 1U << i) || len >= sizeof names)
            continue;
        const char *name =
            document_repair_name((enum document_repair)(1U << i));
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s",
                                len > 0 ? " " : "", name);
    }
    LOG(LOG_DEBUG, "feed.mended", LOG_N("topic", observation->topic->id),
        LOG_T("repairs", names));
}

// M5: not the document, whatever it is. Validators and memory stay.
static bool is_lapse(const struct observation *observation, struct moment now)
{
    if (!observation_is_lapse(observation)
        || observation_is_believed(observation, now.unix))
        return false;
    LOG(LOG_INFO, "fetch.not-a-feed", LOG_N("topic", observation->topic->id),
        LOG_N("status", observation->exchange.status),
        LOG_T("what",
              observation_is_empty(observation)
                  ? "empty"
                  : document_format_name(observation->document.format)));
    return true;
}

// M6: how long until it may be believed; 0: now.
static int64_t doubt(struct observation *observation, struct moment now)
{
    struct observe *observe = observation->owner;
    uint64_t topic = observation->topic->id;
    if (!observation_is_stale(observation, now.unix)) {
        doubts_drop(&observe->doubts, topic);
        return 0;
    }
    int64_t wait = doubts_ask(&observe->doubts, topic,
                              observation->document.digest, now.mono);
    if (wait > 0)
        LOG(LOG_DEBUG, "fetch.doubted", LOG_N("topic", topic),
            LOG_N("wait_ms", wait));
    return wait;
}

static void ask_for_all(struct observation *observation)
{
    observation_forget(observation);
    observation->whole = true;
    observe_ask(observation, false);
}

static void judge(struct observation *observation, struct moment now)
{
    const struct document *document = &observation->document;
    bool nothing = observation_is_empty(observation);
    log_repairs(observation);
    if (is_lapse(observation, now)) {
        observe_fail(observation, now);
        return;
    }
    if (nothing && observation->memory.count == 0) {
        // There never was anything: nobody is told, and what comes is new.
        observation_settle(observation, STORE_FETCH_UNCHANGED);
        observe_succeed(observation, now);
        return;
    }
    // Only whole documents are passed on.
    if (observation->partial && !observation->whole
        && document->change != DOCUMENT_SAME) {
        ask_for_all(observation);
        return;
    }
    int64_t wait = doubt(observation, now);
    if (wait > 0)
        observe_look_again(observation, now, wait);
    else if (observation_judge(observation, now.unix))
        observe_succeed(observation, now);
    else
        observe_give_back(observation, now.unix + OBSERVE_AGAIN_MS);
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
    if (observation->document_read)
        judge(observation, now);
    else
        observe_give_back(observation, now.unix + OBSERVE_AGAIN_MS);
}

static void read(struct observation *observation)
{
    struct observe *observe = observation->owner;
    int64_t now = loop_now().unix;
    observation->today = (uint32_t)(now / DAY_MS);
    if (!loop_job(observe->services.loop, read_work, read_done, observation))
        observe_give_back(observation, now + OBSERVE_AGAIN_MS);
}

static void remembered(struct store_op *op)
{
    struct observation *observation = op->context;
    if (op->status == STORE_OK || op->status == STORE_NOT_FOUND)
        read(observation);
    else
        observe_give_back(observation, op->at + OBSERVE_AGAIN_MS);
}

// Most fetches end in a 304, so what is remembered is not read before.
static void remember(struct observation *observation)
{
    struct observe *observe = observation->owner;
    if (observation->known) {
        read(observation);
        return;
    }
    observation->memory = (struct store_read_entries){
        .op = { .verb = STORE_READ_ENTRIES,
                .done = remembered,
                .context = observation },
        .topic = observation->topic->id,
    };
    store_submit(observe->services.store, &observation->memory.op);
}

// M15: it is not there any more. What may be had there later, or is only
// busy, would be asked for in vain elsewhere.
static bool is_elsewhere(const struct observation *observation)
{
    const struct exchange *x = &observation->exchange;
    if (!observation->at_moved)
        return false;
    switch (x->result) {
    case EXCHANGE_ANSWERED:
        return x->status >= 400 && x->status < 500 && x->status != 408
               && x->status != 425 && x->status != 429;
    case EXCHANGE_BAD_URL:
    case EXCHANGE_REFUSED:
    case EXCHANGE_NO_NAME:
    case EXCHANGE_NO_CONNECT:
    case EXCHANGE_BAD_TLS:
    case EXCHANGE_REDIRECTS:
        return true;
    default:
        return false;
    }
}

static void ask_again(struct observation *observation)
{
    exchange_clear(&observation->exchange);
    observe_ask(observation, false);
}

static void unchanged(struct observation *observation, struct moment now)
{
    struct observe *observe = observation->owner;
    if (observation_misled(observation)) {
        ask_again(observation);
        return;
    }
    doubts_drop(&observe->doubts, observation->topic->id);
    observation_settle(observation, STORE_FETCH_UNCHANGED);
    observe_succeed(observation, now);
}

void observe_answered(struct observe *observe, struct exchange *exchange)
{
    struct observation *observation = exchange->owner;
    struct moment now = loop_now();
    bool answered = exchange->result == EXCHANGE_ANSWERED;

    if (exchange->result == EXCHANGE_LIMITED) {
        metric_add(observe->services.metrics, METRIC_FETCHES_DELAYED, 1);
        observe_give_back(observation, now.unix + LIMITED_MS
                                           + arc4random_uniform(LIMITED_MS));
        return;
    }
    metric_add(observe->services.metrics, METRIC_FETCHES, 1);
    if (exchange->started_ms > 0)
        metric_took(observe->services.metrics, SPAN_FETCH,
                    exchange->ended_ms - exchange->started_ms, 1);
    observation->end = PACE_NOTHING; // until it is known better
    if (is_elsewhere(observation)) {
        observation->at_moved = false;
        observation->fell_back = true;
        ask_again(observation);
    } else if (answered && exchange->status == 304
               && observation->conditional) {
        unchanged(observation, now);
    } else if (answered && exchange->final_url
               && observe_denies(observe, exchange->final_url)) {
        // R19: nobody gets around a rule by a redirect; where it led is judged,
        // not what it passed through.
        observe_refuse(observation, now);
    } else if (observation_answered(observation)) {
        remember(observation);
    } else {
        observe_fail(observation, now); // R83
    }
}
