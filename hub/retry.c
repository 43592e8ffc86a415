// SPDX-License-Identifier: MIT

#include "retry.h"

#include "config.h"
#include "content.h"
#include "delivery.h"
#include "departed.h"
#include "ledger.h"
#include "pump.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

enum {
    SHARE = 4, // one slot in so many is for retries
    HOLD_MS = 10 * 60 * 1000,
    AGAIN_MS = 5 * 1000, // when there was no content to be had
    PLACE_MS = 1000,     // least wait of one that hung, for a place
};

// A claimed subscriber, until its content is there.
struct debt {
    struct content_wait wait;
    struct retry *retry;
    uint64_t token;
    bool slow;
    struct store_subscriber subscriber; // bytes point into `text`
    char text[];
};

struct retry {
    struct services services;
    struct contents *contents;
    struct ledger *ledger;
    struct pump pump;
    struct delivery *flying;
    size_t slow; // of those claimed: did not answer in time the last time
    struct departed departed; // nothing is sent to these
};

// Bytes of the store's, copied to `at`; the place behind them.
static char *keep(struct bytes *bytes, char *at)
{
    if (bytes->len > 0)
        memcpy(at, bytes->at, bytes->len);
    bytes->at = at;
    return at + bytes->len;
}

static struct debt *debt_new(const struct store_claimed *item)
{
    const struct store_subscriber *s = &item->subscriber;
    struct debt *debt =
        calloc(1, sizeof *debt + s->callback.len + s->topic_url.len
                      + s->profile.secret.len);
    if (!debt)
        return NULL;
    debt->token = item->token;
    debt->subscriber = *s;
    char *end = keep(&debt->subscriber.callback, debt->text);
    end = keep(&debt->subscriber.topic_url, end);
    keep(&debt->subscriber.profile.secret, end);
    debt->subscriber.profile.verify_token = (struct bytes){ "", 0 };
    return debt;
}

static void end(struct retry *retry, bool slow,
                const struct store_outcome *outcome)
{
    if (slow)
        retry->slow--;
    ledger_add(retry->ledger, outcome);
    pump_ended(&retry->pump);
}

static struct store_outcome outcome_of(const struct debt *debt,
                                       enum store_outcome_kind kind)
{
    const struct store_subscriber *s = &debt->subscriber;
    return (struct store_outcome){
        .kind = kind,
        .subscription = s->id,
        .topic = s->topic,
        .rev = s->rev,
        .token = debt->token,
        .next = s->next,
        .attempts = s->attempts,
        .step = s->step,
        .status = s->last_status,
    };
}

static void postpone(const struct debt *debt, int64_t due)
{
    struct store_outcome outcome = outcome_of(debt, STORE_OWED);
    outcome.due = due;
    end(debt->retry, debt->slow, &outcome);
}

static void send(struct debt *debt, struct content *content)
{
    struct retry *retry = debt->retry;
    const struct store_subscriber *s = &debt->subscriber;
    if (departed_has(&retry->departed, s->topic, s->id)) {
        // It ended while its content was being read.
        content_drop(retry->contents, content);
        postpone(debt, loop_now().unix + AGAIN_MS);
        return;
    }
    if (content->nothing) {
        // Nothing in there for him: his cursor moves on.
        struct store_outcome outcome = outcome_of(debt, STORE_DELIVERED);
        outcome.upto = content->upto;
        content_drop(retry->contents, content);
        end(retry, debt->slow, &outcome);
        return;
    }
    struct delivery *delivery = delivery_new(
        s, content, s->next - 1, EXCHANGE_RETRY, retry->services.config);
    if (!delivery) {
        content_drop(retry->contents, content);
        postpone(debt, loop_now().unix + AGAIN_MS);
        return;
    }
    delivery->token = debt->token;
    delivery->slow = debt->slow;
    delivery->next = retry->flying;
    retry->flying = delivery;
    engine_submit(retry->services.engine, &delivery->exchange);
}

static void ready(struct content_wait *wait, struct content *content, bool gone)
{
    struct debt *debt = (struct debt *)wait;
    (void)gone; // then the outcome is ignored by the store
    if (content)
        send(debt, content);
    else
        postpone(debt, loop_now().unix + AGAIN_MS);
    free(debt);
}

// Those who let us wait the last time have half of the slots at most, or one,
// so that a crowd of them does not keep out who only came when there was no
// room. One beyond that comes again, and blocks no claim meanwhile.
static bool finds_place(struct debt *debt)
{
    struct retry *retry = debt->retry;
    if (debt->subscriber.last_status != -(int32_t)EXCHANGE_TIMEOUT)
        return true;
    if (retry->slow > 0 && 2 * (retry->slow + 1) > retry->pump.cap)
        return false;
    debt->slow = true;
    retry->slow++;
    return true;
}

static void take(void *self, const struct store_claimed *item,
                 struct moment now)
{
    struct retry *retry = self;
    const struct store_subscriber *s = &item->subscriber;
    struct debt *debt = debt_new(item);
    if (!debt) {
        // Out of memory: the claim runs out by itself.
        pump_ended(&retry->pump);
        return;
    }
    debt->retry = retry;
    debt->wait.ready = ready;
    // R60: no POST once the lease is over, or while only a renewal under
    // verification keeps it. Whoever ends or renews it settles the rest.
    if (s->suspended || s->lease_end <= now.unix) {
        postpone(debt, now.unix + AGAIN_MS);
        free(debt);
        return;
    }
    if (!finds_place(debt)) {
        postpone(debt, now.unix + PLACE_MS + arc4random_uniform(14 * PLACE_MS));
        free(debt);
        return;
    }
    struct content_key key = {
        .topic = s->topic,
        .from = s->next - 1,
        .wish = delivery_wish(s, s->next - 1),
    };
    struct content *content = content_get(retry->contents, &key, &debt->wait);
    if (content)
        ready(&debt->wait, content, false);
}

static void land(struct retry *retry, const struct delivery *delivery)
{
    struct delivery **at = &retry->flying;
    while (*at != delivery)
        at = &(*at)->next;
    *at = delivery->next;
}

void retry_answered(struct retry *retry, struct exchange *exchange)
{
    struct delivery *delivery = exchange->owner;
    struct store_outcome outcome =
        delivery_outcome(delivery, retry->services.config, loop_now());
    land(retry, delivery);
    delivery_note(delivery, &outcome, retry->services.metrics);
    end(retry, delivery->slow, &outcome);
    delivery_free(delivery, retry->contents);
}

struct retry *retry_new(const struct services *services,
                        struct contents *contents)
{
    struct retry *retry = calloc(1, sizeof *retry);
    if (!retry)
        return NULL;
    size_t cap = (size_t)services->config->deliveries / SHARE;
    retry->services = *services;
    retry->contents = contents;
    pump_init(&retry->pump, services->store, STORE_DUE_DELIVER,
              cap > 0 ? cap : 1, HOLD_MS);
    retry->pump.take = take;
    retry->pump.self = retry;
    return retry;
}

void retry_free(struct retry *retry)
{
    free(retry);
}

void retry_use(struct retry *retry, struct ledger *ledger)
{
    retry->ledger = ledger;
}

void retry_poke(void *self)
{
    struct retry *retry = self;
    pump_due(&retry->pump, 0);
}

void retry_depart(struct retry *retry, uint64_t topic, uint64_t subscription)
{
    departed_add(&retry->departed, topic, subscription);
    for (struct delivery *d = retry->flying; d; d = d->next)
        if (d->topic == topic && d->subscription == subscription)
            engine_cancel(retry->services.engine, &d->exchange);
}

bool retry_step(void *self, struct moment now)
{
    struct retry *retry = self;
    pump_step(&retry->pump, now);
    return false;
}

int64_t retry_patience(void *self, struct moment now)
{
    const struct retry *retry = self;
    return pump_patience(&retry->pump, now);
}

void retry_drain(struct retry *retry)
{
    retry->pump.closed = true;
}

bool retry_idle(const struct retry *retry)
{
    return pump_idle(&retry->pump);
}
