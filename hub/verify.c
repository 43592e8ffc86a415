// SPDX-License-Identifier: MIT

#include "verify.h"

#include "attempt.h"
#include "config.h"
#include "fetcher/engine.h"
#include "log.h"
#include "metrics.h"
#include "pump.h"
#include "rules.h"
#include "services.h"
#include "storage/store.h"

#include <stdlib.h>

enum {
    HOLD_MS = 5 * 60 * 1000,
    SETTLE_AGAIN_MS = 1000,
    UNTRIED_MS = 1000,   // until one that could not be begun is due again
    LIMITED_MS = 30000,  // the same where its address is asked too much
    EARNED_MS = 1000,    // the same where one good answer frees all others
    LAST_LOOK_MS = 5000, // before the deadline
};

// Requests of one kind, with slots of their own.
struct lane {
    struct pump pump;
    struct verify *verify;
};

struct verify {
    struct services services;
    struct allowance *allowance;
    struct lane fresh, renewals;
    // The store could not settle or release them; again at `settle_at`.
    struct attempt *unsettled;
    int64_t settle_at; // monotonic
    int64_t began;     // the same
    struct verify_listener listener;
};

static struct verify *verify_of(const struct attempt *attempt)
{
    return attempt->lane->verify;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void drop(struct attempt *attempt)
{
    pump_ended(&attempt->lane->pump);
    attempt_free(attempt);
}

// ----------------------------------------------------------------- settling

static void tell(const struct attempt *attempt)
{
    const struct verify *verify = verify_of(attempt);
    const struct verify_listener *listener = &verify->listener;
    const struct store_settle *settle = &attempt->settle;
    struct metrics *metrics = verify->services.metrics;

    switch (settle->effect) {
    case STORE_EFFECT_ACTIVE:
    case STORE_EFFECT_RENEWED:
        metric_add(metrics, METRIC_VERIFIED, 1);
        listener->granted(listener->context, settle->sent_at + settle->lease);
        break;
    case STORE_EFFECT_ENDED:
        metric_add(metrics, METRIC_VERIFIED, 1);
        listener->ended(listener->context, settle->topic, settle->subscription);
        break;
    case STORE_EFFECT_FAILED:
        metric_add(metrics, METRIC_VERIFY_FAILED, 1);
        break;
    case STORE_EFFECT_LATER:
        pump_due(&attempt->lane->pump, settle->due);
        break;
    case STORE_EFFECT_REFUSED:
    case STORE_EFFECT_DENIED:
        listener->denied(listener->context);
        break;
    case STORE_EFFECT_NONE:
        break;
    }
    if (settle->topic_new)
        listener->followed(listener->context);
}

// The store could not. True: it is tried again.
static bool comes_again(struct attempt *attempt, enum store_status status)
{
    struct verify *verify = verify_of(attempt);
    if (status != STORE_FULL && status != STORE_AGAIN
        && status != STORE_UNKNOWN)
        return false;
    attempt->next = verify->unsettled;
    verify->unsettled = attempt;
    verify->settle_at = loop_now().mono + SETTLE_AGAIN_MS;
    return true;
}

static void settled(struct store_op *op)
{
    struct attempt *attempt = op->context;
    if (comes_again(attempt, op->status))
        return;
    if (op->status == STORE_OK) {
        attempt_log(attempt);
        tell(attempt);
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
    store_submit(verify_of(attempt)->services.store, &attempt->settle.op);
}

// ---------------------------------------------------------------- not asked

static void fail_unasked(struct attempt *attempt, const char *why)
{
    attempt->unasked = why;
    attempt->settle.verdict = STORE_VERIFY_FAILED;
    settle(attempt);
}

static void released(struct store_op *op)
{
    struct attempt *attempt = op->context;
    if (comes_again(attempt, op->status))
        return;
    pump_due(&attempt->lane->pump, attempt->release.due);
    drop(attempt);
}

// Give the request back; it was not tried. One that has no turn before its
// deadline is looked at once more right before: others may have gone.
static void put_off(struct attempt *attempt, int64_t wait, struct moment now)
{
    int64_t left = attempt->deadline - now.unix;
    if (wait >= left && left <= LAST_LOOK_MS) {
        fail_unasked(attempt, "its host is asked too much already");
        return;
    }
    if (wait >= left)
        wait = left - 1 - arc4random_uniform(LAST_LOOK_MS - 1);
    metric_add(verify_of(attempt)->services.metrics, METRIC_VERIFY_LATER, 1);
    attempt->release = (struct store_release_claim){
        .op = { .verb = STORE_RELEASE, .done = released, .context = attempt },
        .kind = attempt->lane->pump.claim.kind,
        .id = attempt->settle.request,
        .token = attempt->settle.token,
        .due = now.unix + wait,
    };
    store_submit(verify_of(attempt)->services.store, &attempt->release.op);
}

// The engine did not try. Its ceiling for an address is not of this host
// alone, so that nobody has a place in a line there: who has waited long may
// wait longer, so that thousands do not come back all the time. Since we began,
// that is: then nobody has been asked anywhere yet.
static int64_t untried_wait(const struct attempt *attempt, struct moment now)
{
    if (attempt->exchange.result != EXCHANGE_LIMITED)
        return UNTRIED_MS;
    int64_t up = now.mono - verify_of(attempt)->began;
    int64_t waited = least(now.unix - attempt->accepted, up);
    int64_t wait = attempt->stranger ? LIMITED_MS : EARNED_MS;
    wait = waited > wait ? waited : wait;
    return wait + arc4random_uniform((uint32_t)wait / 4);
}

// ----------------------------------------------------------------- answers

void verify_answered(struct verify *verify, struct exchange *exchange)
{
    struct attempt *attempt = exchange->owner;
    struct moment now = loop_now();
    allowance_ended(verify->allowance, attempt->rank, attempt->host);
    if (exchange->result == EXCHANGE_BUSY
        || exchange->result == EXCHANGE_CANCELLED
        || exchange->result == EXCHANGE_LIMITED) {
        put_off(attempt, untried_wait(attempt, now), now);
        return;
    }
    metric_add(verify->services.metrics, METRIC_VERIFICATIONS, 1);
    allowance_heard(verify->allowance, attempt->rank, attempt->host,
                    exchange->status != 0);
    attempt_judge(attempt, verify->services.config, now);
    if (attempt->settle.verdict == STORE_VERIFIED)
        engine_vouch(verify->services.engine, exchange);
    else
        allowance_failed(verify->allowance, attempt->rank, attempt->host,
                         now.mono);
    settle(attempt);
}

// ------------------------------------------------------------------- asking

// By rules that may be newer than the request. An unsubscription from a topic
// that is denied meanwhile harms nobody.
static bool allowed(const struct verify *verify,
                    const struct store_request *request)
{
    const struct rules *rules = verify->services.rules;
    return rules_allow_callback(rules, request->callback.at,
                                request->callback.len)
           && (request->mode == STORE_UNSUBSCRIBE
               || rules_allow_topic(rules, request->topic.at,
                                    request->topic.len));
}

static void deny(struct attempt *attempt, enum store_mode mode)
{
    if (mode == STORE_UNSUBSCRIBE) {
        fail_unasked(attempt, "policy");
        return;
    }
    attempt->settle.verdict = STORE_VERIFY_DENIED;
    attempt->settle.reason = STORE_DENIAL_POLICY;
    settle(attempt);
}

static void take(void *self, const struct store_claimed *item,
                 struct moment now)
{
    struct lane *lane = self;
    struct verify *verify = lane->verify;
    const struct store_request *request = &item->request;
    struct attempt *attempt = attempt_new(item, verify->services.config);
    if (!attempt) {
        // Out of memory: the claim runs out by itself, and it is tried again.
        pump_ended(&lane->pump);
        return;
    }
    attempt->lane = lane;
    if (!allowed(verify, request)) {
        deny(attempt, request->mode);
        return;
    }
    int64_t wait = allowance_take(
        verify->allowance, attempt->rank, attempt->host, now.mono,
        now.unix - request->accepted, now.mono + request->deadline - now.unix);
    if (wait > 0) {
        put_off(attempt, wait, now);
        return;
    }
    if (attempt->rank == ALLOWANCE_STRANGER
        && allowance_crowded(verify->allowance))
        attempt_hurry(attempt, verify->services.config);
    engine_submit(verify->services.engine, &attempt->exchange);
}

// ------------------------------------------------------------------- verify

struct verify_slots verify_slots(int64_t verifications)
{
    size_t all = (size_t)verifications;
    size_t reserved = all / 4, farewells = all / 16;
    struct verify_slots slots = {
        .fresh = all - reserved - farewells,
        .renewals = all - reserved,
        .farewells = farewells > 0 ? farewells : 1,
    };
    slots.strangers = slots.fresh - slots.fresh / 4;
    return slots;
}

static void lane_init(struct lane *lane, struct verify *verify,
                      enum store_due_kind kind, size_t slots)
{
    lane->verify = verify;
    pump_init(&lane->pump, verify->services.store, kind, slots, HOLD_MS);
    lane->pump.take = take;
    lane->pump.self = lane;
}

struct verify *verify_new(const struct services *services,
                          struct allowance *allowance,
                          const struct verify_listener *listener)
{
    struct verify *verify = calloc(1, sizeof *verify);
    if (!verify)
        return NULL;
    struct verify_slots slots = verify_slots(services->config->verifications);
    verify->services = *services;
    verify->allowance = allowance;
    verify->listener = *listener;
    verify->began = loop_now().mono;
    lane_init(&verify->fresh, verify, STORE_DUE_VERIFY, slots.fresh);
    lane_init(&verify->renewals, verify, STORE_DUE_RENEW, slots.renewals);
    return verify;
}

void verify_free(struct verify *verify)
{
    free(verify);
}

void verify_poke(struct verify *verify)
{
    pump_due(&verify->fresh.pump, 0);
    pump_due(&verify->renewals.pump, 0);
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
            // One of the two was tried.
            if (attempt->release.op.done)
                store_submit(verify->services.store, &attempt->release.op);
            else
                settle(attempt);
        }
    }
    pump_step(&verify->renewals.pump, now);
    pump_step(&verify->fresh.pump, now);
    return false;
}

int64_t verify_patience(void *self, struct moment now)
{
    const struct verify *verify = self;
    int64_t patience = least(pump_patience(&verify->fresh.pump, now),
                             pump_patience(&verify->renewals.pump, now));
    if (!verify->unsettled)
        return patience;
    int64_t left = verify->settle_at - now.mono;
    return least(left > 0 ? left : 0, patience);
}

void verify_drain(struct verify *verify)
{
    verify->fresh.pump.closed = true;
    verify->renewals.pump.closed = true;
}

bool verify_idle(const struct verify *verify)
{
    return pump_idle(&verify->fresh.pump) && pump_idle(&verify->renewals.pump);
}

uint32_t verify_left(const struct verify *verify, enum allowance_rank rank,
                     const char *host, struct moment now)
{
    return allowance_left(verify->allowance, rank, host, now.mono);
}
