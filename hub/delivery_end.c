// SPDX-License-Identifier: MIT

#include "delivery_end.h"

#include "backoff.h"
#include "callback_host.h"
#include "config.h"
#include "delivery.h"
#include "endings.h"
#include "ledger.h"
#include "log.h"
#include "metrics.h"
#include "outcome.h"
#include "services.h"
#include "timeline.h"
#include "warning.h"
#include "wording.h"

#include <stdlib.h>
#include <string.h>

enum {
    RETRY_AFTER_MAX_MS = 24 * 60 * 60 * 1000,
    UNTRIED_MS = 1000, // until one that could not be started is due again
};

static bool tried(const struct exchange *exchange)
{
    return exchange->result != EXCHANGE_BUSY
           && exchange->result != EXCHANGE_CANCELLED
           && exchange->result != EXCHANGE_LIMITED;
}

static uint32_t took(const struct exchange *exchange)
{
    int64_t ms = exchange->ended_ms - exchange->started_ms;
    if (exchange->started_ms == 0 || ms < 0)
        return 0;
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

static void owe(const struct delivery *delivery, const struct config *config,
                struct moment now, struct store_outcome *outcome)
{
    const struct exchange *x = &delivery->exchange;
    outcome->kind = STORE_OWED;
    outcome->next = delivery->cursor + 1;
    outcome->attempts = delivery->attempts;
    outcome->step = delivery->step;
    outcome->tried = tried(x);
    if (!outcome->tried) {
        outcome->due = now.unix + UNTRIED_MS;
        return;
    }
    outcome->took_ms = took(x);
    outcome->attempts++;
    outcome->step++;
    if (outcome->attempts >= config->retry_attempts)
        return; // due 0: stopped until there is something new (M4)
    int64_t delay = backoff_delay(config->retry_first, config->retry_max,
                                  delivery->step, arc4random());
    const struct exchange_field *field = exchange_field(x, "retry-after", NULL);
    int64_t asked = backoff_retry_after(field ? field->value : NULL, now.unix,
                                        RETRY_AFTER_MAX_MS);
    outcome->due = now.unix + (asked > delay ? asked : delay);
}

struct store_outcome delivery_outcome(const struct delivery *delivery,
                                      const struct config *config,
                                      struct moment now)
{
    const struct exchange *x = &delivery->exchange;
    // R97: a status is an answer, whatever became of the body behind it: it
    // may break off, or never end.
    bool answered = x->status >= 200;
    struct store_outcome outcome = {
        .subscription = delivery->subscription,
        .topic = delivery->topic,
        .rev = delivery->rev,
        .token = delivery->token,
        .upto = delivery->content->upto,
        .status = answered ? (int32_t)x->status : -(int32_t)x->result,
    };
    switch (outcome_of_delivery(answered ? x->status : 0)) {
    case OUTCOME_DELIVERED:
        outcome.kind = STORE_DELIVERED;
        break;
    case OUTCOME_GONE:
        // Should the subscription have been renewed meanwhile, it counts as
        // a failure: then the rest of this is what applies.
        owe(delivery, config, now, &outcome);
        outcome.kind = STORE_GONE;
        break;
    case OUTCOME_RETRY:
        owe(delivery, config, now, &outcome);
        break;
    }
    return outcome;
}

static void warn(const struct store_outcome *outcome, const char *host,
                 const struct services *services, int64_t kept)
{
    uint32_t most = (uint32_t)services->config->retry_attempts;
    char words[WORDING_MAX];
    if (outcome->due == 0) {
        metric_add(services->metrics, METRIC_DELIVERY_STOPPED, 1);
        LOG(LOG_WARN, "delivery.stopped", LOG_N("topic", outcome->topic),
            LOG_N("id", outcome->subscription), LOG_T("host", host),
            LOG_N("attempts", outcome->attempts),
            LOG_N("status", outcome->status),
            LOG_T("outcome", wording_status(outcome->status, words)),
            LOG_N("kept_ms", kept));
    } else if (warning_share(outcome->attempts, most) > 0) {
        metric_add(services->metrics, METRIC_DELIVERY_WARNED, 1);
        LOG(LOG_WARN, "delivery.failing", LOG_N("topic", outcome->topic),
            LOG_N("id", outcome->subscription), LOG_T("host", host),
            LOG_N("percent", warning_share(outcome->attempts, most)),
            LOG_N("attempts", outcome->attempts), LOG_N("of", most),
            LOG_N("status", outcome->status),
            LOG_T("outcome", wording_status(outcome->status, words)),
            LOG_N("kept_ms", kept));
    }
}

// From when its update was published until now.
static void note_delivered(const struct delivery *delivery,
                           const struct services *services, bool retried,
                           struct moment now)
{
    const struct content *content = delivery->content;
    int64_t published =
        timeline_delivered(services->timeline, delivery->topic,
                           delivery->cursor, content->upto, now.unix);
    if (published == 0)
        published = content->stored;
    metric_add(services->metrics, METRIC_DELIVERED, 1);
    if (published > 0)
        metric_took(services->metrics,
                    retried ? SPAN_DELIVERY_AGAIN : SPAN_DELIVERY,
                    now.unix - published, 1);
}

void delivery_note(const struct delivery *delivery,
                   const struct store_outcome *outcome,
                   const struct services *services, struct ledger *ledger,
                   struct moment now)
{
    bool retried = delivery->exchange.class == EXCHANGE_RETRY;
    struct metrics *metrics = services->metrics;
    char host[CALLBACK_HOST_MAX], words[WORDING_MAX];
    if (delivery->exchange.result == EXCHANGE_BUSY)
        ledger_short(ledger);
    if (!tried(&delivery->exchange))
        return;
    metric_add(metrics, retried ? METRIC_RETRIES : METRIC_DELIVERIES, 1);
    if (outcome->kind == STORE_DELIVERED) {
        note_delivered(delivery, services, retried, now);
        return;
    }
    metric_add(metrics, METRIC_DELIVERY_FAILED, 1);
    timeline_failed(services->timeline, delivery->topic,
                    delivery->content->upto);
    callback_host(delivery->text, strlen(delivery->text), host);
    LOG(LOG_DEBUG, "delivery.failed", LOG_N("topic", outcome->topic),
        LOG_N("id", outcome->subscription), LOG_T("host", host),
        LOG_N("status", outcome->status),
        LOG_T("outcome", wording_status(outcome->status, words)),
        LOG_N("attempts", outcome->attempts));
    if (outcome->kind == STORE_GONE)
        endings_add(ledger_endings(ledger), outcome->topic,
                    outcome->subscription, host);
    else
        warn(outcome, host, services,
             warning_kept(delivery->first_failure, now.unix,
                          services->config->retention));
}
