// SPDX-License-Identifier: MIT

#include "pass.h"

#include "log.h"
#include "metrics.h"
#include "rules.h"
#include "services.h"

#include <assert.h>

enum { PAUSE_MS = 1000 }; // after a failure of the store

static const char *reason_word(enum store_denial_reason reason)
{
    switch (reason) {
    case STORE_DENIAL_OPERATOR:
        return "operator";
    case STORE_DENIAL_POLICY:
        return "policy";
    case STORE_DENIAL_TOPIC_GONE:
        return "topic-gone";
    default:
        return "dismissed";
    }
}

void pass_note(const struct pass *pass, const struct store_remove *remove,
               const char *host)
{
    const struct dismissal_listener *listener = pass->listener;
    metric_add(pass->services->metrics, METRIC_DISMISSED, 1);
    LOG(LOG_INFO, "subscription.ended", LOG_N("topic", remove->topic),
        LOG_N("id", remove->subscription), LOG_T("host", host),
        LOG_T("reason", reason_word(remove->reason)));
    listener->ended(listener->context, remove->topic, remove->subscription);
}

void pass_begin(struct pass *pass, uint64_t topic,
                enum store_denial_reason reason)
{
    pass->active = true;
    pass->topic = topic;
    pass->reason = reason;
    pass->order = NULL;
    pass->after = 0;
    pass->removed = 0;
}

void pass_end(struct pass *pass, enum store_status status)
{
    struct dismissal_order *order = pass->order;
    pass->active = false;
    if (!order)
        return;
    order->status = status;
    order->done(order);
}

static bool by_rules(const struct pass *pass)
{
    return pass->reason == STORE_DENIAL_POLICY;
}

// Nothing is denied any more.
static bool is_pointless(const struct pass *pass)
{
    const struct rules *rules = pass->services->rules;
    return by_rules(pass) && !rules_judge_topics(rules)
           && !rules_judge_callbacks(rules);
}

// All of this page have come back.
static void turn_page(struct pass *pass)
{
    if (pass->removed > 0)
        pass->listener->owed(pass->listener->context);
    if (pass->order)
        pass->order->removed += pass->removed;
    pass->removed = 0;
    if (pass->trouble != STORE_OK && pass->order) {
        pass_end(pass, pass->trouble);
        return;
    }
    if (pass->trouble != STORE_OK) {
        // Who has been removed is not on this page any more: from its start.
        pass->pause_until = loop_now().mono + PAUSE_MS;
        return;
    }
    pass->after = pass->page.after;
    if (pass->end || is_pointless(pass))
        pass_end(pass, STORE_OK);
}

static void removed(struct store_op *op)
{
    struct removal *removal = op->context;
    struct pass *pass = removal->pass;
    if (op->status == STORE_OK) {
        pass->removed++;
        pass_note(pass, &removal->remove, removal->host);
    } else if (op->status != STORE_NOT_FOUND) {
        pass->trouble = op->status;
    }
    assert(pass->removing > 0);
    if (--pass->removing == 0)
        turn_page(pass);
}

static void remove_one(struct pass *pass,
                       const struct store_subscriber *subscriber)
{
    struct removal *removal = &pass->removals[pass->removing++];
    removal->pass = pass;
    callback_host(subscriber->callback.at, subscriber->callback.len,
                  removal->host);
    removal->remove = (struct store_remove){
        .op = { .verb = STORE_REMOVE, .done = removed, .context = removal },
        .topic = subscriber->topic,
        .subscription = subscriber->id,
        .reason = pass->reason,
    };
    store_submit(pass->services->store, &removal->remove.op);
}

static bool is_meant(const struct pass *pass,
                     const struct store_subscriber *subscriber)
{
    const struct rules *rules = pass->services->rules;
    const struct bytes *topic = &subscriber->topic_url;
    const struct bytes *callback = &subscriber->callback;
    return !by_rules(pass)
           || (rules_judge_topics(rules)
               && !rules_allow_topic(rules, topic->at, topic->len))
           || (rules_judge_callbacks(rules)
               && !rules_allow_callback(rules, callback->at, callback->len));
}

static void read_page(struct pass *pass)
{
    struct store_page_subscribers *page = &pass->page;
    pass->end = page->end;
    for (size_t i = 0; i < page->count; i++)
        if (is_meant(pass, &page->items[i]))
            remove_one(pass, &page->items[i]);
    if (page->count > 0)
        page->after = page->items[page->count - 1].id;
    if (pass->removing == 0)
        turn_page(pass);
}

static void paged(struct store_op *op)
{
    struct pass *pass = op->context;
    pass->asking = false;
    pass->trouble = op->status;
    if (op->status == STORE_OK)
        read_page(pass);
    else if (op->status == STORE_NOT_FOUND)
        pass_end(pass, STORE_NOT_FOUND);
    else
        turn_page(pass);
    store_release(op);
}

void pass_step(struct pass *pass, struct moment now)
{
    if (pass_busy(pass) || pass->pause_until > now.mono)
        return;
    pass->page = (struct store_page_subscribers){
        .op = { .verb = STORE_PAGE_SUBSCRIBERS,
                .done = paged,
                .context = pass },
        .topic = pass->topic,
        .after = pass->after,
        .max = PASS_PAGE,
    };
    pass->asking = true;
    store_submit(pass->services->store, &pass->page.op);
}

bool pass_busy(const struct pass *pass)
{
    return pass->asking || pass->removing > 0;
}
