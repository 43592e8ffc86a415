// SPDX-License-Identifier: MIT

#include "subscribe.h"

#include "asker.h"
#include "config.h"
#include "fetcher/sha256.h"
#include "fetcher/url.h"
#include "forwarded.h"
#include "intent.h"
#include "lease.h"
#include "metrics.h"
#include "page.h"
#include "policy.h"
#include "refusal.h"
#include "request.h"
#include "rules.h"
#include "services.h"
#include "sheet.h"
#include "status_link.h"
#include "status_token.h"
#include "storage/store.h"

#include <stdlib.h>
#include <string.h>

enum { CROWDED_RETRY_S = 60 };

struct acceptance {
    struct store_take take;
    const struct subscribe_means *means;
    struct request *request;
    struct intent intent; // the operation borrows from it
};

// What a browser shows of it: headers are not for people. The same work
// whatever becomes of the request. False: there is no memory for it.
static bool answer_page(struct request *request, const char *link)
{
    struct page page = { .at = NULL };
    const char *url = strchr(link, '<') + 1;
    size_t len = strcspn(url, ">");
    page_begin(&page, "The request was accepted");
    page_markup(&page, "<p>Now the hub asks the callback whether it agrees. "
                       "How that goes, and how deliveries go then, is told "
                       "at <a href=\"");
    page_text(&page, url, len);
    page_markup(&page, "\">");
    page_text(&page, url, len);
    page_markup(&page, "</a>. Keep this address: nobody else knows it, and it "
                       "is not shown again.</p>\n"
                       "<p><a href=\"./\">Back to the hub</a></p>\n");
    if (page.failed) {
        page_drop(&page);
        return false;
    }
    page_end_with(&page, request, 202, link);
    return true;
}

// On the store's thread: the request is durable, so it may be answered. Each
// answer has a link, whatever the request is going to change (M18).
static void answer(struct store_op *op)
{
    struct acceptance *acceptance = op->context;
    const struct store_take *take = &acceptance->take;
    const struct status_token token = {
        .request = take->id,
        .accepted = op->at / 1000,
        .unsubscribes = take->request.mode == STORE_UNSUBSCRIBE,
    };
    char link[STATUS_LINK_MAX];
    struct reply accepted = {
        .status = 202,
        .headers = { "X-Content-Type-Options: nosniff" },
        .header_count = 1,
    };
    struct request *request = acceptance->request;
    bool linked = status_link_write(acceptance->means->link, &token, link);
    acceptance->request = NULL;
    if (linked && sheet_kind(request, SHEET_JSON) == SHEET_PAGE
        && answer_page(request, link))
        return;
    if (linked)
        accepted.headers[accepted.header_count++] = link;
    request_reply(request, &accepted);
}

static void finish(struct store_op *op)
{
    struct acceptance *acceptance = op->context;
    const struct subscribe_means *means = acceptance->means;
    struct metrics *metrics = means->services->metrics;
    bool subscribes = acceptance->intent.mode == INTENT_SUBSCRIBE;

    if (op->status == STORE_OK) {
        metric_add(metrics,
                   subscribes ? METRIC_SUBSCRIBES : METRIC_UNSUBSCRIBES, 1);
        if (acceptance->take.taken == STORE_TAKEN_NEW)
            means->accepted(means->context);
    } else if (op->status == STORE_CONFLICT
               && acceptance->take.taken == STORE_TAKEN_CROWDED) {
        refusal_limit(metrics, acceptance->request, "callback.crowded",
                      "too much for the host of hub.callback is waiting for "
                      "verification, or subscribed already",
                      CROWDED_RETRY_S);
    } else {
        refusal_say(metrics, acceptance->request, op->status);
    }
    intent_clear(&acceptance->intent);
    free(acceptance);
}

static struct bytes bytes_of(const struct url *url)
{
    return (struct bytes){ url->text, url->len };
}

// Counts what waits for one host, whatever its ports and schemes.
static uint64_t number_of(const char *host)
{
    uint8_t digest[SHA256_SIZE];
    uint64_t number;
    size_t len = strlen(host);
    if (len > 1 && host[len - 1] == '.')
        len--;
    sha256(host, len, digest);
    memcpy(&number, digest, sizeof number);
    return number ? number : 1;
}

// Counts what one client lets wait for one host. The operator is not counted.
static uint64_t asker_of(const struct services *services,
                         const struct request *request)
{
    uint8_t secret[ASKER_SECRET];
    char from[FORWARDED_MAX];
    if (request->admin)
        return 0;
    forwarded_from(request, &services->config->trusted_proxy, from);
    store_secret_key(services->store, secret);
    return asker_number(secret, from);
}

struct store_request subscribe_record(const struct intent *intent,
                                      const struct config *config)
{
    struct store_request record = {
        .mode = intent->mode == INTENT_SUBSCRIBE ? STORE_SUBSCRIBE
                                                 : STORE_UNSUBSCRIBE,
        .topic = bytes_of(intent->topic),
        .callback = bytes_of(intent->callback),
        .topic_normal = { intent->topic->normal, intent->topic->normal_len },
        .topic_key = intent->topic_key,
        .callback_key = intent->callback_key,
        .origin = intent->origin,
        .host = number_of(intent->callback->host),
        .lease = lease_granted(intent->lease_s, config->lease_min,
                               config->lease_default, config->lease_max),
        .profile = intent->profile,
        .deadline = SUBSCRIBE_DEADLINE_MS,
    };
    return record;
}

// What the operator does not want is refused at once: rules by name need no
// network (R19, R33). So are the hub's own addresses (S18).
const char *subscribe_refusal(const struct services *services,
                              const struct intent *intent, unsigned *status,
                              const char **code)
{
    const struct config *config = services->config;
    *status = 400;
    if (policy_is_own(config, intent->topic)) {
        *code = "topic.own";
        return "hub.topic is this hub itself";
    }
    if (policy_is_own(config, intent->callback)) {
        *code = "callback.own";
        return "hub.callback is this hub itself";
    }
    *status = 403;
    if (rules_topic(services->rules, intent->topic)) {
        *code = "topic.denied";
        return "this hub does not serve that hub.topic's domain";
    }
    if (rules_callback(services->rules, intent->callback)) {
        *code = "callback.denied";
        return "this hub does not deliver to that hub.callback's domain";
    }
    return NULL;
}

void subscribe_accept(const struct subscribe_means *means,
                      struct request *request, struct intent *intent)
{
    const struct services *services = means->services;
    unsigned status;
    const char *code;
    const char *reason = NULL;
    // Nobody is kept from leaving.
    if (intent->mode == INTENT_SUBSCRIBE)
        reason = subscribe_refusal(services, intent, &status, &code);
    if (reason) {
        intent_clear(intent);
        refusal_blame(services->metrics, request, status, code, reason);
        return;
    }
    struct acceptance *acceptance = calloc(1, sizeof *acceptance);
    if (!acceptance) {
        intent_clear(intent);
        refusal_say(services->metrics, request, STORE_AGAIN);
        return;
    }
    acceptance->means = means;
    acceptance->request = request;
    acceptance->intent = *intent;
    acceptance->take = (struct store_take){
        .op = { .verb = STORE_TAKE,
                .durable = answer,
                .done = finish,
                .context = acceptance },
        .request = subscribe_record(intent, services->config),
    };
    acceptance->take.request.asker = asker_of(services, request);
    store_submit(services->store, &acceptance->take.op);
}
