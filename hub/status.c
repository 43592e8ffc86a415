// SPDX-License-Identifier: MIT

#include "status.h"

#include "budget.h"
#include "config.h"
#include "forwarded.h"
#include "metrics.h"
#include "page.h"
#include "request.h"
#include "services.h"
#include "sheet.h"
#include "status_link.h"
#include "status_token.h"
#include "storage/store.h"
#include "subscribe.h"
#include "subscriber_view.h"
#include "wording.h"

#include <stdlib.h>
#include <string.h>

enum {
    A_MINUTE = 30,
    RETRY_S = 60 / A_MINUTE,
    // An attempt that began within the deadline may end after it.
    GRACE_S = 60,
    SETTLED_S = SUBSCRIBE_DEADLINE_MS / 1000 + GRACE_S,
    // What ended or was superseded is told for a day; who then is not known
    // any more may have been either.
    KNOWN_S = 24 * 60 * 60,
};

struct status {
    const struct services *services;
    struct status_link *link;
    struct budget *budget;
    size_t asking;
};

// One request under way.
struct glance {
    struct status *status;
    struct request *request;
    struct status_token token;
    struct store_request_status find;
    struct store_topics topic;
};

static void refuse(struct status *status, struct request *request,
                   unsigned code)
{
    struct metrics *metrics = status->services->metrics;
    struct sheet_refusal refusal = {
        .kind = sheet_kind(request, SHEET_JSON),
        .status = code,
    };
    if (code == 429) {
        metric_add(metrics, METRIC_REQUESTS_LIMITED, 1);
        refusal.code = "client.rate";
        refusal.reason = "thirty questions a minute are answered";
        refusal.retry_s = RETRY_S;
    } else if (code == 503) {
        metric_add(metrics, METRIC_REQUESTS_FAILED, 1);
        refusal.code = "hub.busy";
        refusal.reason = "the hub cannot tell right now";
        refusal.retry_s = RETRY_S;
    } else {
        metric_add(metrics, METRIC_REQUESTS_REFUSED, 1);
        refusal.code = "status.unknown";
        refusal.reason = "nothing is known of such a request";
    }
    sheet_refuse(request, &refusal);
}

static void end(struct glance *glance)
{
    store_release(&glance->find.op);
    glance->status->asking--;
    free(glance);
}

// ------------------------------------------------------------------ telling

static const char *mode_of(const struct glance *glance)
{
    return glance->token.unsubscribes ? "unsubscribe" : "subscribe";
}

static struct subscriber_view view_of(const struct glance *glance,
                                      uint64_t head, int64_t now)
{
    return (struct subscriber_view){
        .subscriber = &glance->find.subscriber,
        .topic = glance->find.subscriber.topic_url,
        .head = head,
        .now = now,
    };
}

static json_t *root_of(const struct glance *glance, const char *what)
{
    return json_pack("{s:s, s:s, s:o}", "request", what, "mode",
                     mode_of(glance), "accepted",
                     sheet_time(glance->token.accepted * 1000));
}

// `subscription` is taken.
static void tell_json(struct glance *glance, json_t *subscription)
{
    json_t *root = root_of(glance, "verified");
    if (!root || !subscription
        || json_object_set_new(root, "subscription", subscription) != 0) {
        json_decref(root);
        root = NULL;
    }
    sheet_json(glance->request, 200, root);
}

static void begin(const struct glance *glance, struct page *page,
                  struct bytes topic)
{
    sheet_begin(page,
                glance->token.unsubscribes ? "A request to unsubscribe"
                                           : "A request to subscribe",
                topic.at, topic.len);
}

static void tell_verified(struct glance *glance, uint64_t head, int64_t now)
{
    struct subscriber_view view = view_of(glance, head, now);
    struct page page = { .at = NULL };
    if (sheet_kind(glance->request, SHEET_JSON) == SHEET_JSON) {
        tell_json(glance, subscriber_view_json(&view));
        return;
    }
    begin(glance, &page, view.topic);
    sheet_item(&page, "The callback has confirmed it.");
    subscriber_view_page(&page, &view);
    sheet_end(&page, glance->request, 200);
}

static void tell_ended(struct glance *glance)
{
    struct page page = { .at = NULL };
    if (sheet_kind(glance->request, SHEET_JSON) == SHEET_JSON) {
        tell_json(glance,
                  json_pack("{s:s}", "state",
                            glance->token.unsubscribes ? "ended"
                                                       : "ended or replaced"));
        return;
    }
    begin(glance, &page, (struct bytes){ "", 0 });
    sheet_item(&page, "The callback has confirmed it.");
    sheet_item(&page, glance->token.unsubscribes
                          ? "The subscription has ended."
                          : "What it brought about is over: a later request "
                            "has replaced it (whose own link tells more), or "
                            "the subscription has ended: its callback has "
                            "left, its lease is over, or this hub's operator "
                            "has ended it.");
    sheet_end(&page, glance->request, 200);
}

static void tell_unverified(struct glance *glance, bool settled)
{
    const char *what = settled ? "failed" : "pending";
    struct page page = { .at = NULL };
    if (sheet_kind(glance->request, SHEET_JSON) == SHEET_JSON) {
        sheet_json(glance->request, 200, root_of(glance, what));
        return;
    }
    begin(glance, &page, (struct bytes){ "", 0 });
    sheet_item(&page, settled ? "The callback has not confirmed it in time."
                              : "The callback has not confirmed it yet. For "
                                "ten minutes it can.");
    sheet_end(&page, glance->request, 200);
}

// ------------------------------------------------------------------- asking

static void head_read(struct store_op *op)
{
    struct glance *glance = op->context;
    uint64_t head = op->status == STORE_OK ? glance->topic.items[0].head : 0;
    int64_t now = op->at;
    store_release(op);
    tell_verified(glance, head, now);
    end(glance);
}

static void ask_head(struct glance *glance)
{
    glance->topic = (struct store_topics){
        .op = { .verb = STORE_TOPICS, .done = head_read, .context = glance },
        .ids = &glance->find.subscriber.topic,
        .count = 1,
    };
    store_submit(glance->status->services->store, &glance->topic.op);
}

static void found(struct store_op *op)
{
    struct glance *glance = op->context;
    // The state of one that is not verified does not show: time alone counts.
    int64_t age_s = op->at / 1000 - glance->token.accepted;
    if (op->status != STORE_OK && op->status != STORE_NOT_FOUND) {
        refuse(glance->status, glance->request, 503);
    } else if (glance->find.state == STORE_REQUEST_VERIFIED) {
        ask_head(glance);
        return;
    } else if (glance->find.state == STORE_REQUEST_ENDED) {
        tell_ended(glance);
    } else if (age_s < KNOWN_S) {
        tell_unverified(glance, age_s >= SETTLED_S);
    } else {
        refuse(glance->status, glance->request, 404);
    }
    end(glance);
}

static bool affords(struct status *status, const struct request *request,
                    struct moment now)
{
    char from[FORWARDED_MAX];
    if (request->admin)
        return true;
    forwarded_from(request, &status->services->config->trusted_proxy, from);
    return budget_take(status->budget, from, 1, now.mono);
}

void status_show(void *self, struct request *request, struct moment now)
{
    struct status *status = self;
    struct status_token token;
    if (!affords(status, request, now)) {
        refuse(status, request, 429);
        return;
    }
    if (!status_link_read(status->link, request->path, &token)) {
        refuse(status, request, 404);
        return;
    }
    struct glance *glance = calloc(1, sizeof *glance);
    if (!glance) {
        refuse(status, request, 503);
        return;
    }
    glance->status = status;
    glance->request = request;
    glance->token = token;
    glance->find = (struct store_request_status){
        .op = { .verb = STORE_STATUS, .done = found, .context = glance },
        .request = token.request,
    };
    status->asking++;
    store_submit(status->services->store, &glance->find.op);
}

struct status *status_new(const struct services *services)
{
    struct status *status = calloc(1, sizeof *status);
    if (!status)
        return NULL;
    status->services = services;
    status->link = status_link_new(services);
    status->budget = budget_new_slow(A_MINUTE);
    if (status->link && status->budget)
        return status;
    status_free(status);
    return NULL;
}

void status_free(struct status *status)
{
    if (!status)
        return;
    status_link_free(status->link);
    budget_free(status->budget);
    free(status);
}

bool status_idle(const struct status *status)
{
    return status->asking == 0;
}
