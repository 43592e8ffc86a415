// SPDX-License-Identifier: MIT

#include "farewell.h"

#include "allowance.h"
#include "callback_host.h"
#include "config.h"
#include "fetcher/engine.h"
#include "log.h"
#include "metrics.h"
#include "pump.h"
#include "question.h"
#include "services.h"
#include "storage/store.h"

#include <stdlib.h>
#include <string.h>

enum {
    TRIES = 2,
    SECOND_MS = 60 * 1000,
    OLD_MS = 60 * 60 * 1000,
    HOLD_MS = 5 * 60 * 1000,
    UNTRIED_MS = 1000,  // until one that could not be begun is due again
    LIMITED_MS = 30000, // the same where its address is asked too much
    TELL_AGAIN_MS = 1000,
};

// One that is claimed.
struct goodbye {
    struct exchange exchange;
    struct store_tell tell;
    struct store_release_claim release;
    struct farewell *farewell;
    struct goodbye *next; // of those under way, or that could not be stored
    enum allowance_rank rank;
    enum store_denial_reason reason;
    int64_t made; // unix ms
    uint32_t tries;
    char host[CALLBACK_HOST_MAX];
    char url[];
};

struct farewell {
    struct services services;
    struct allowance *allowance;
    struct pump pump;
    struct goodbye *flying;
    struct goodbye *untold; // the store could not; again at `tell_at`
    int64_t tell_at;        // monotonic
};

// For people: whoever runs the subscriber. Without addresses, and without
// what resolvers and the like have said (M20).
static const char *reason_text(enum store_denial_reason reason)
{
    switch (reason) {
    case STORE_DENIAL_OPERATOR:
        return "the operator of this hub has ended the subscription";
    case STORE_DENIAL_POLICY:
        return "this hub does not serve this topic or this callback";
    case STORE_DENIAL_TOPIC_GONE:
        return "the topic is gone: its server has answered 410 for days";
    case STORE_DENIAL_LIMIT:
        return "this hub has no room for more subscriptions";
    case STORE_DENIAL_EXPIRED:
        return "the lease is over; subscribe again to go on";
    case STORE_DENIAL_NONE:
        break;
    }
    return "this hub has ended the subscription";
}

static const char *reason_word(enum store_denial_reason reason)
{
    static const char *const words[] = {
        [STORE_DENIAL_NONE] = "none",     [STORE_DENIAL_OPERATOR] = "operator",
        [STORE_DENIAL_POLICY] = "policy", [STORE_DENIAL_TOPIC_GONE] = "gone",
        [STORE_DENIAL_LIMIT] = "limit",   [STORE_DENIAL_EXPIRED] = "expired",
    };
    size_t at = (size_t)reason;
    return at < sizeof words / sizeof *words ? words[at] : "?";
}

static void drop(struct goodbye *goodbye)
{
    pump_ended(&goodbye->farewell->pump);
    exchange_clear(&goodbye->exchange);
    free(goodbye);
}

// ---------------------------------------------------------------- the store

static void told(struct store_op *op)
{
    struct goodbye *goodbye = op->context;
    struct farewell *farewell = goodbye->farewell;
    if (op->status == STORE_FULL || op->status == STORE_AGAIN
        || op->status == STORE_UNKNOWN) {
        goodbye->next = farewell->untold;
        farewell->untold = goodbye;
        farewell->tell_at = loop_now().mono + TELL_AGAIN_MS;
        return;
    }
    if (op->status == STORE_OK && !goodbye->tell.over)
        pump_due(&farewell->pump, goodbye->tell.due);
    drop(goodbye);
}

static void tell(struct goodbye *goodbye)
{
    goodbye->tell.op = (struct store_op){
        .verb = STORE_TELL,
        .done = told,
        .context = goodbye,
    };
    store_submit(goodbye->farewell->services.store, &goodbye->tell.op);
}

static void leave_unsaid(struct goodbye *goodbye, const char *why)
{
    LOG(LOG_INFO, "denial.unsaid", LOG_T("host", goodbye->host),
        LOG_T("reason", reason_word(goodbye->reason)), LOG_T("why", why));
    goodbye->tell.over = true;
    tell(goodbye);
}

static void released(struct store_op *op)
{
    // If even this failed, the claim runs out by itself.
    struct goodbye *goodbye = op->context;
    pump_due(&goodbye->farewell->pump, goodbye->release.due);
    drop(goodbye);
}

// It was not tried.
static void put_off(struct goodbye *goodbye, int64_t wait, struct moment now)
{
    if (now.unix + wait >= goodbye->made + OLD_MS) {
        leave_unsaid(goodbye, "its host is asked too much already");
        return;
    }
    goodbye->release = (struct store_release_claim){
        .op = { .verb = STORE_RELEASE, .done = released, .context = goodbye },
        .kind = STORE_DUE_DENY,
        .id = goodbye->tell.denial,
        .token = goodbye->tell.token,
        .due = now.unix + wait,
    };
    store_submit(goodbye->farewell->services.store, &goodbye->release.op);
}

// ------------------------------------------------------------------ answers

// NULL: it is not among those under way.
static struct goodbye *land(struct farewell *farewell,
                            const struct exchange *exchange)
{
    struct goodbye **at = &farewell->flying;
    while (*at && &(*at)->exchange != exchange)
        at = &(*at)->next;
    struct goodbye *goodbye = *at;
    if (goodbye)
        *at = goodbye->next;
    return goodbye;
}

static int64_t untried_wait(const struct goodbye *goodbye, struct moment now)
{
    if (goodbye->exchange.result != EXCHANGE_LIMITED)
        return UNTRIED_MS;
    // As long again as it has waited: many do not come back all the time.
    int64_t waited = now.unix - goodbye->made;
    return waited > LIMITED_MS ? waited : LIMITED_MS;
}

static void end(struct goodbye *goodbye, struct moment now)
{
    const struct exchange *exchange = &goodbye->exchange;
    bool again = exchange->status == 0 && exchange->result != EXCHANGE_REFUSED
                 && exchange->result != EXCHANGE_BAD_URL
                 && goodbye->tries + 1 < TRIES;
    metric_add(goodbye->farewell->services.metrics, METRIC_DENIALS, 1);
    LOG(LOG_INFO, "denial.said", LOG_T("host", goodbye->host),
        LOG_T("reason", reason_word(goodbye->reason)),
        LOG_N("status", exchange->status),
        LOG_T("result", exchange_result_name(exchange->result)));
    goodbye->tell.over = !again;
    goodbye->tell.due = again ? now.unix + SECOND_MS : 0;
    tell(goodbye);
}

bool farewell_answered(struct farewell *farewell, struct exchange *exchange)
{
    struct goodbye *goodbye = land(farewell, exchange);
    struct moment now = loop_now();
    if (!goodbye)
        return false;
    allowance_ended(farewell->allowance, goodbye->rank, goodbye->host);
    switch (exchange->result) {
    case EXCHANGE_BUSY:
    case EXCHANGE_CANCELLED:
    case EXCHANGE_LIMITED:
        put_off(goodbye, untried_wait(goodbye, now), now);
        break;
    case EXCHANGE_REFUSED:
    case EXCHANGE_BAD_URL:
        leave_unsaid(goodbye, exchange_result_name(exchange->result));
        break;
    default:
        end(goodbye, now);
    }
    return true;
}

// ------------------------------------------------------------------- saying

static struct goodbye *goodbye_new(struct farewell *farewell,
                                   const struct store_claimed *item)
{
    const struct store_denial *denial = &item->denial;
    char url[QUESTION_URL_MAX];
    struct question question = {
        .mode = "denied",
        .callback = denial->callback.at,
        .callback_len = denial->callback.len,
        .topic = denial->topic.at,
        .topic_len = denial->topic.len,
    };
    // One that does not fit cannot have been verified, so it is nobody's.
    if (!question_denial_url(&question, reason_text(denial->reason), url))
        url[0] = '\0';
    size_t size = strlen(url) + 1;
    struct goodbye *goodbye = calloc(1, sizeof *goodbye + size);
    if (!goodbye)
        return NULL;
    memcpy(goodbye->url, url, size);
    callback_host(denial->callback.at, denial->callback.len, goodbye->host);
    goodbye->farewell = farewell;
    goodbye->rank = denial->verified ? ALLOWANCE_KNOWN : ALLOWANCE_STRANGER;
    goodbye->reason = denial->reason;
    goodbye->made = denial->made;
    goodbye->tries = denial->tries;
    goodbye->tell.denial = denial->id;
    goodbye->tell.token = item->token;
    return goodbye;
}

static void say(struct goodbye *goodbye)
{
    struct farewell *farewell = goodbye->farewell;
    uint32_t timeout = (uint32_t)farewell->services.config->verify_timeout;
    goodbye->exchange = (struct exchange){
        .class = EXCHANGE_VERIFY,
        .url = goodbye->url,
        .truncate = true,
        .timeout_ms = timeout,
        .connect_timeout_ms = timeout / 2,
        .stranger = goodbye->rank == ALLOWANCE_STRANGER,
        .cold = true,
        .owner = goodbye,
    };
    goodbye->next = farewell->flying;
    farewell->flying = goodbye;
    engine_submit(farewell->services.engine, &goodbye->exchange);
}

static void take(void *self, const struct store_claimed *item,
                 struct moment now)
{
    struct farewell *farewell = self;
    const struct store_denial *denial = &item->denial;
    struct goodbye *goodbye = goodbye_new(farewell, item);
    if (!goodbye) {
        // Out of memory: the claim runs out by itself.
        pump_ended(&farewell->pump);
        return;
    }
    int64_t left = denial->made + OLD_MS - now.unix;
    if (denial->moot) {
        leave_unsaid(goodbye, "subscribed again");
        return;
    }
    if (left <= 0 || denial->tries >= TRIES || goodbye->url[0] == '\0') {
        leave_unsaid(goodbye, "too late");
        return;
    }
    int64_t wait =
        allowance_take(farewell->allowance, goodbye->rank, goodbye->host,
                       now.mono, now.unix - denial->made, now.mono + left);
    if (wait > 0)
        put_off(goodbye, wait, now);
    else
        say(goodbye);
}

// ----------------------------------------------------------------- farewell

struct farewell *farewell_new(const struct services *services,
                              struct allowance *allowance, size_t slots)
{
    struct farewell *farewell = calloc(1, sizeof *farewell);
    if (!farewell)
        return NULL;
    farewell->services = *services;
    farewell->allowance = allowance;
    pump_init(&farewell->pump, services->store, STORE_DUE_DENY, slots, HOLD_MS);
    farewell->pump.take = take;
    farewell->pump.self = farewell;
    return farewell;
}

void farewell_free(struct farewell *farewell)
{
    free(farewell);
}

void farewell_poke(struct farewell *farewell)
{
    pump_due(&farewell->pump, 0);
}

bool farewell_step(void *self, struct moment now)
{
    struct farewell *farewell = self;
    if (farewell->untold && farewell->tell_at <= now.mono) {
        struct goodbye *list = farewell->untold;
        farewell->untold = NULL;
        while (list) {
            struct goodbye *goodbye = list;
            list = goodbye->next;
            tell(goodbye);
        }
    }
    pump_step(&farewell->pump, now);
    return false;
}

int64_t farewell_patience(void *self, struct moment now)
{
    const struct farewell *farewell = self;
    int64_t patience = pump_patience(&farewell->pump, now);
    if (!farewell->untold)
        return patience;
    int64_t left = farewell->tell_at - now.mono;
    left = left > 0 ? left : 0;
    return left < patience ? left : patience;
}

void farewell_drain(struct farewell *farewell)
{
    farewell->pump.closed = true;
}

bool farewell_idle(const struct farewell *farewell)
{
    return pump_idle(&farewell->pump);
}
