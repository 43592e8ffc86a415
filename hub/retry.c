// SPDX-License-Identifier: MIT

#include "retry.h"

#include "config.h"
#include "content.h"
#include "delivery.h"
#include "ledger.h"
#include "pump.h"
#include "services.h"

#include <stdlib.h>
#include <string.h>

enum {
    SHARE = 4, // one slot in so many is for retries
    HOLD_MS = 10 * 60 * 1000,
    AGAIN_MS = 5 * 1000, // when there was no content to be had
};

// A claimed subscriber, until its content is there.
struct debt {
    struct content_wait wait;
    struct retry *retry;
    uint64_t token;
    struct store_subscriber subscriber; // bytes point into `text`
    char text[];
};

struct retry {
    struct services services;
    struct contents *contents;
    struct ledger *ledger;
    struct pump pump;
};

static struct debt *debt_new(const struct store_claimed *item)
{
    const struct store_subscriber *s = &item->subscriber;
    size_t callback = s->callback.len, secret = s->profile.secret.len;
    struct debt *debt = calloc(1, sizeof *debt + callback + secret + 2);
    if (!debt)
        return NULL;
    debt->token = item->token;
    debt->subscriber = *s;
    memcpy(debt->text, s->callback.at, callback);
    if (secret > 0)
        memcpy(debt->text + callback + 1, s->profile.secret.at, secret);
    debt->subscriber.callback.at = debt->text;
    debt->subscriber.profile.secret.at = debt->text + callback + 1;
    debt->subscriber.topic_url = (struct bytes){ "", 0 };
    debt->subscriber.profile.verify_token = (struct bytes){ "", 0 };
    return debt;
}

static void end(struct retry *retry, const struct store_outcome *outcome)
{
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
    end(debt->retry, &outcome);
}

static void send(struct debt *debt, struct content *content)
{
    struct retry *retry = debt->retry;
    const struct store_subscriber *s = &debt->subscriber;
    if (content->nothing) {
        // Nothing in there for him: his cursor moves on.
        struct store_outcome outcome = outcome_of(debt, STORE_DELIVERED);
        outcome.upto = content->upto;
        content_drop(retry->contents, content);
        end(retry, &outcome);
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
    struct content_key key = {
        .topic = s->topic,
        .from = s->next - 1,
        .wish = delivery_wish(s, s->next - 1, retry->services.config),
    };
    struct content *content = content_get(retry->contents, &key, &debt->wait);
    if (content)
        ready(&debt->wait, content, false);
}

void retry_answered(struct retry *retry, struct exchange *exchange)
{
    struct delivery *delivery = exchange->owner;
    struct store_outcome outcome =
        delivery_outcome(delivery, retry->services.config, loop_now());
    delivery_note(delivery, &outcome, retry->services.metrics);
    end(retry, &outcome);
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

void retry_due(void *self, int64_t due)
{
    struct retry *retry = self;
    pump_due(&retry->pump, due);
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
