// SPDX-License-Identifier: MIT

#include "verify.h"

#include "backoff.h"
#include "callback_host.h"
#include "config.h"
#include "fetcher/engine.h"
#include "log.h"
#include "metrics.h"
#include "outcome.h"
#include "pump.h"
#include "question.h"
#include "services.h"
#include "storage/store.h"

#include <stdlib.h>
#include <string.h>

enum {
    TRIES = 3, // R58; also what a callback that never verified anything gets
    LATER_MAX_MS = 2 * 60 * 1000,
    RETRY_AFTER_MAX_MS = 5 * 60 * 1000,
    HOLD_MS = 5 * 60 * 1000,
    SETTLE_AGAIN_MS = 1000,
    UNTRIED_MS = 1000, // until one that could not be begun is due again
};

struct attempt {
    struct exchange exchange;
    struct store_settle settle;
    struct store_release_claim release;
    struct verify *verify;
    struct attempt *next; // among those whose settlement is to be repeated
    uint32_t tries;       // before this one
    char challenge[QUESTION_CHALLENGE + 1];
    char host[CALLBACK_HOST_MAX];
    char url[];
};

struct verify {
    struct services services;
    struct pump pump;
    struct attempt *unsettled; // the store could not; again at `settle_at`
    int64_t settle_at;         // monotonic
    struct verify_listener listener;
};

static void drop(struct attempt *attempt)
{
    pump_ended(&attempt->verify->pump);
    exchange_clear(&attempt->exchange);
    free(attempt);
}

static void log_effect(const struct attempt *attempt)
{
    const struct store_settle *settle = &attempt->settle;
    static const char *const events[] = {
        [STORE_EFFECT_ACTIVE] = "subscription.active",
        [STORE_EFFECT_RENEWED] = "subscription.renewed",
        [STORE_EFFECT_ENDED] = "subscription.ended",
        [STORE_EFFECT_FAILED] = "verification.failed",
        [STORE_EFFECT_REFUSED] = "subscription.refused",
    };
    size_t effect = (size_t)settle->effect;
    if (effect >= sizeof events / sizeof *events || !events[effect])
        return;
    if (settle->effect == STORE_EFFECT_FAILED) {
        LOG(LOG_INFO, events[effect], LOG_T("host", attempt->host),
            LOG_N("status", attempt->exchange.status),
            LOG_T("result", exchange_result_name(attempt->exchange.result)));
        return;
    }
    LOG(LOG_INFO, events[effect], LOG_N("topic", settle->topic),
        LOG_N("id", settle->subscription), LOG_T("host", attempt->host),
        LOG_T("reason", settle->effect == STORE_EFFECT_ENDED ? "unsubscribed"
                        : settle->effect == STORE_EFFECT_REFUSED ? "limit"
                        : settle->profile_changed ? "profile-changed"
                                                  : "verified"));
}

static void settled(struct store_op *op)
{
    struct attempt *attempt = op->context;
    struct verify *verify = attempt->verify;
    const struct store_settle *settle = &attempt->settle;
    struct metrics *metrics = verify->services.metrics;

    if (op->status == STORE_FULL || op->status == STORE_AGAIN
        || op->status == STORE_UNKNOWN) {
        attempt->next = verify->unsettled;
        verify->unsettled = attempt;
        verify->settle_at = loop_now().mono + SETTLE_AGAIN_MS;
        return;
    }
    if (op->status == STORE_OK) {
        log_effect(attempt);
        if (settle->effect == STORE_EFFECT_ACTIVE
            || settle->effect == STORE_EFFECT_RENEWED
            || settle->effect == STORE_EFFECT_ENDED)
            metric_add(metrics, METRIC_VERIFIED, 1);
        if (settle->effect == STORE_EFFECT_FAILED)
            metric_add(metrics, METRIC_VERIFY_FAILED, 1);
        if (settle->effect == STORE_EFFECT_LATER)
            pump_due(&verify->pump, settle->due);
        if (settle->effect == STORE_EFFECT_ACTIVE
            || settle->effect == STORE_EFFECT_RENEWED)
            verify->listener.granted(verify->listener.context,
                                     settle->sent_at + settle->lease);
        if (settle->topic_new)
            verify->listener.followed(verify->listener.context);
    } else if (op->status != STORE_STALE) {
        LOG(LOG_WARN, "verification.unsettled",
            LOG_T("status", store_status_name(op->status)));
    }
    drop(attempt);
}

static void settle(struct attempt *attempt)
{
    attempt->settle.op = (struct store_op){
        .verb = STORE_SETTLE,
        .done = settled,
        .context = attempt,
    };
    store_submit(attempt->verify->services.store, &attempt->settle.op);
}

static bool echoed(const struct attempt *attempt)
{
    const struct exchange *x = &attempt->exchange;
    return x->result == EXCHANGE_ANSWERED && x->response
           && x->response_len == QUESTION_CHALLENGE
           && memcmp(x->response, attempt->challenge, QUESTION_CHALLENGE) == 0;
}

static int64_t later(const struct attempt *attempt, struct moment now)
{
    const struct config *config = attempt->verify->services.config;
    int64_t delay = backoff_delay(config->retry_first, LATER_MAX_MS,
                                  attempt->tries, arc4random());
    const struct exchange_field *field =
        exchange_field(&attempt->exchange, "retry-after", NULL);
    int64_t asked = backoff_retry_after(field ? field->value : NULL, now.unix,
                                        RETRY_AFTER_MAX_MS);
    return now.unix + (asked > delay ? asked : delay);
}

static void released(struct store_op *op)
{
    // If even this failed, the claim runs out by itself.
    struct attempt *attempt = op->context;
    pump_due(&attempt->verify->pump, attempt->release.due);
    drop(attempt);
}

// Give the request back; it was not tried.
static void give_back(struct attempt *attempt, int64_t due)
{
    attempt->release = (struct store_release_claim){
        .op = { .verb = STORE_RELEASE, .done = released, .context = attempt },
        .kind = STORE_DUE_VERIFY,
        .id = attempt->settle.request,
        .token = attempt->settle.token,
        .due = due,
    };
    store_submit(attempt->verify->services.store, &attempt->release.op);
}

void verify_answered(struct verify *verify, struct exchange *exchange)
{
    struct attempt *attempt = exchange->owner;
    struct moment now = loop_now();
    if (exchange->result == EXCHANGE_BUSY
        || exchange->result == EXCHANGE_CANCELLED) {
        give_back(attempt, now.unix + UNTRIED_MS);
        return;
    }
    enum outcome_verification outcome =
        outcome_of_verification(exchange->status, echoed(attempt));
    // An address that may not be called does not become callable by waiting.
    if (exchange->result == EXCHANGE_REFUSED
        || exchange->result == EXCHANGE_BAD_URL)
        outcome = OUTCOME_REFUSED;

    metric_add(verify->services.metrics, METRIC_VERIFICATIONS, 1);
    // WebSub 5.3.1: the lease counts from the time the GET was made.
    attempt->settle.sent_at = exchange->started_ms > 0
                                  ? now.unix - (now.mono - exchange->started_ms)
                                  : now.unix;
    if (outcome == OUTCOME_VERIFIED) {
        attempt->settle.verdict = STORE_VERIFIED;
    } else if (outcome == OUTCOME_LATER && attempt->tries + 1 < TRIES) {
        attempt->settle.verdict = STORE_VERIFY_LATER;
        attempt->settle.due = later(attempt, now);
    } else {
        attempt->settle.verdict = STORE_VERIFY_FAILED;
    }
    settle(attempt);
}

static struct attempt *attempt_new(struct verify *verify,
                                   const struct store_claimed *item)
{
    const struct store_request *request = &item->request;
    char challenge[QUESTION_CHALLENGE + 1], url[QUESTION_URL_MAX];
    struct question question = {
        .mode = request->mode == STORE_SUBSCRIBE ? "subscribe" : "unsubscribe",
        .callback = request->callback.at,
        .callback_len = request->callback.len,
        .topic = request->topic.at,
        .topic_len = request->topic.len,
        .challenge = challenge,
        .lease_s = request->lease / 1000,
        .verify_token = request->profile.verify_token.at,
        .verify_token_len = request->profile.verify_token.len,
    };
    if (!question_challenge(challenge) || !question_url(&question, url))
        return NULL;
    size_t size = strlen(url) + 1;
    struct attempt *attempt = calloc(1, sizeof *attempt + size);
    if (!attempt)
        return NULL;
    memcpy(attempt->url, url, size);
    memcpy(attempt->challenge, challenge, sizeof challenge);
    callback_host(request->callback.at, request->callback.len, attempt->host);
    attempt->verify = verify;
    attempt->tries = request->tries;
    attempt->settle.request = request->id;
    attempt->settle.token = item->token;
    attempt->settle.lease = question.lease_s * 1000;
    return attempt;
}

static void take(void *self, const struct store_claimed *item,
                 struct moment now)
{
    struct verify *verify = self;
    (void)now;
    struct attempt *attempt = attempt_new(verify, item);
    if (!attempt) {
        // Out of memory: the claim runs out by itself, and it is tried again.
        pump_ended(&verify->pump);
        return;
    }
    uint32_t timeout = (uint32_t)verify->services.config->verify_timeout;
    attempt->exchange = (struct exchange){
        .class = EXCHANGE_VERIFY,
        .url = attempt->url,
        // One byte more than the challenge tells a longer body from it.
        .body_max = QUESTION_CHALLENGE + 1,
        .truncate = true,
        .timeout_ms = timeout,
        .connect_timeout_ms = timeout / 2,
        .owner = attempt,
    };
    engine_submit(verify->services.engine, &attempt->exchange);
}

struct verify *verify_new(const struct services *services,
                          const struct verify_listener *listener)
{
    struct verify *verify = calloc(1, sizeof *verify);
    if (!verify)
        return NULL;
    verify->services = *services;
    verify->listener = *listener;
    // Twice what may be under way, so that one host at its own limit does not
    // hold up all others.
    pump_init(&verify->pump, services->store, STORE_DUE_VERIFY,
              (size_t)services->config->verifications * 2, HOLD_MS);
    verify->pump.take = take;
    verify->pump.self = verify;
    return verify;
}

void verify_free(struct verify *verify)
{
    free(verify);
}

void verify_poke(struct verify *verify)
{
    pump_due(&verify->pump, 0);
}

bool verify_step(void *self, struct moment now)
{
    struct verify *verify = self;
    if (verify->unsettled && verify->settle_at <= now.mono) {
        struct attempt *list = verify->unsettled;
        verify->unsettled = NULL;
        while (list) {
            struct attempt *attempt = list;
            list = attempt->next;
            settle(attempt);
        }
    }
    pump_step(&verify->pump, now);
    return false;
}

int64_t verify_patience(void *self, struct moment now)
{
    const struct verify *verify = self;
    int64_t patience = pump_patience(&verify->pump, now);
    if (!verify->unsettled)
        return patience;
    int64_t left = verify->settle_at - now.mono;
    left = left > 0 ? left : 0;
    return left < patience ? left : patience;
}

void verify_drain(struct verify *verify)
{
    verify->pump.closed = true;
}

bool verify_idle(const struct verify *verify)
{
    return pump_idle(&verify->pump);
}
