// SPDX-License-Identifier: MIT

#include "delivery.h"

#include "backoff.h"
#include "callback_host.h"
#include "config.h"
#include "links.h"
#include "log.h"
#include "metrics.h"
#include "outcome.h"
#include "signature.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ANSWER_MAX = 1024, // of a subscriber's answer is read (R97)
    RETRY_AFTER_MAX_MS = 24 * 60 * 60 * 1000,
    UNTRIED_MS = 1000, // until one that could not be started is due again
};

enum content_wish delivery_wish(const struct store_subscriber *subscriber,
                                uint64_t cursor)
{
    const struct store_profile *profile = &subscriber->profile;
    if (profile->content == STORE_CONTENT_ENTRIES)
        return CONTENT_NEWS;
    if (profile->content == STORE_CONTENT_FULL)
        return CONTENT_WHOLE;
    bool first = cursor == subscriber->start;
    return first && !profile->old_client ? CONTENT_FIRST : CONTENT_USUAL;
}

// On a network thread, right before it is sent: signed by the profile that is
// active now, over exactly the bytes that go out (R114).
static void prepare(const struct exchange *exchange,
                    char line[EXCHANGE_LINE_MAX])
{
    const struct delivery *delivery = exchange->owner;
    static_assert((int)SIGNATURE_LINE_MAX <= (int)EXCHANGE_LINE_MAX,
                  "a signature fits");
    // The two enumerations are the same numbers: they are stored so.
    signature_line((enum signature_method)delivery->method, delivery->secret,
                   delivery->secret_len, exchange->body, exchange->body_len,
                   line);
}

static void add_header(struct exchange *exchange, const char *line)
{
    assert(exchange->header_count < EXCHANGE_HEADERS_MAX);
    if (line[0] != '\0')
        exchange->headers[exchange->header_count++] = line;
}

static void fill(struct delivery *delivery, enum exchange_class class,
                 const struct config *config)
{
    const struct content *content = delivery->content;
    struct exchange *x = &delivery->exchange;
    uint32_t timeout = (uint32_t)config->delivery_timeout;
    *x = (struct exchange){
        .class = class,
        .url = delivery->text,
        .post = true,
        .body = content->body,
        .body_len = content->body_len,
        .prepare = delivery->secret_len > 0 ? prepare : NULL,
        .body_max = ANSWER_MAX,
        .truncate = true,
        .timeout_ms = timeout,
        .connect_timeout_ms = timeout / 2,
        .not_after = delivery->lease_end,
        .owner = delivery,
    };
    snprintf(delivery->previous_line, sizeof delivery->previous_line,
             "Hub-Previous: %016" PRIx64 ".%" PRIu64, content->incarnation,
             delivery->cursor);
    add_header(x, content->type_line);
    add_header(x,
               delivery->link_line ? delivery->link_line : content->link_line);
    add_header(x, content->sequence_line);
    add_header(x, delivery->previous_line);
    add_header(x, content->gap_line);
}

// M2: where the publisher names no self, it is what this one subscribed to, as
// he spelt it.
static char *own_link_line(const struct content *content,
                           const struct bytes *spelt)
{
    const struct bytes *told = &content->topic_url;
    if (told->len == 0 || spelt->len == 0
        || (told->len == spelt->len
            && memcmp(told->at, spelt->at, told->len) == 0))
        return NULL;
    return links_line_for(content->link_line, spelt->at, spelt->len);
}

struct delivery *delivery_new(const struct store_subscriber *subscriber,
                              struct content *content, uint64_t cursor,
                              enum exchange_class class,
                              const struct config *config)
{
    size_t url_len = subscriber->callback.len;
    size_t secret_len = subscriber->profile.secret.len;
    struct delivery *delivery =
        malloc(sizeof *delivery + url_len + 1 + secret_len);
    if (!delivery)
        return NULL;
    *delivery = (struct delivery){
        .content = content,
        .topic = subscriber->topic,
        .subscription = subscriber->id,
        .cursor = cursor,
        .rev = subscriber->rev,
        .lease_end = subscriber->lease_end,
        .attempts = subscriber->lagging ? subscriber->attempts : 0,
        .step = subscriber->lagging ? subscriber->step : 0,
        .method = subscriber->profile.method,
        .secret_len = secret_len,
        .secret = delivery->text + url_len + 1,
        .link_line = own_link_line(content, &subscriber->topic_url),
    };
    memcpy(delivery->text, subscriber->callback.at, url_len);
    delivery->text[url_len] = '\0';
    if (secret_len > 0)
        memcpy(delivery->text + url_len + 1, subscriber->profile.secret.at,
               secret_len);
    fill(delivery, class, config);
    return delivery;
}

void delivery_free(struct delivery *delivery, struct contents *contents)
{
    free(delivery->link_line);
    exchange_clear(&delivery->exchange);
    content_drop(contents, delivery->content);
    explicit_bzero(delivery->text + strlen(delivery->text) + 1,
                   delivery->secret_len);
    free(delivery);
}

static bool tried(const struct exchange *exchange)
{
    return exchange->result != EXCHANGE_BUSY
           && exchange->result != EXCHANGE_CANCELLED;
}

static void owe(const struct delivery *delivery, const struct config *config,
                struct moment now, struct store_outcome *outcome)
{
    const struct exchange *x = &delivery->exchange;
    outcome->kind = STORE_OWED;
    outcome->next = delivery->cursor + 1;
    outcome->attempts = delivery->attempts;
    outcome->step = delivery->step;
    if (!tried(x)) {
        outcome->due = now.unix + UNTRIED_MS;
        return;
    }
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

void delivery_note(const struct delivery *delivery,
                   const struct store_outcome *outcome, struct metrics *metrics)
{
    bool retried = delivery->exchange.class == EXCHANGE_RETRY;
    char host[CALLBACK_HOST_MAX];
    if (delivery->exchange.result == EXCHANGE_CANCELLED)
        return;
    metric_add(metrics, retried ? METRIC_RETRIES : METRIC_DELIVERIES, 1);
    if (outcome->kind == STORE_DELIVERED) {
        metric_add(metrics, METRIC_DELIVERED, 1);
        return;
    }
    metric_add(metrics, METRIC_DELIVERY_FAILED, 1);
    callback_host(delivery->text, strlen(delivery->text), host);
    LOG(LOG_DEBUG, "delivery.failed", LOG_N("topic", outcome->topic),
        LOG_N("id", outcome->subscription), LOG_T("host", host),
        LOG_N("status", outcome->status), LOG_N("attempts", outcome->attempts));
    if (outcome->kind == STORE_GONE) {
        metric_add(metrics, METRIC_GONE, 1);
        LOG(LOG_INFO, "subscription.ended", LOG_N("topic", outcome->topic),
            LOG_N("id", outcome->subscription), LOG_T("host", host),
            LOG_T("reason", "gone"));
    } else if (outcome->due == 0) {
        metric_add(metrics, METRIC_DELIVERY_STOPPED, 1);
        LOG(LOG_WARN, "delivery.stopped", LOG_N("topic", outcome->topic),
            LOG_N("id", outcome->subscription), LOG_T("host", host),
            LOG_N("attempts", outcome->attempts));
    }
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
