// SPDX-License-Identifier: MIT

#include "due.h"
#include "leases.h"
#include "ops.h"
#include "requests.h"
#include "subscriptions.h"

#include <string.h>

static bool equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static bool profile_equal(const struct store_profile *a,
                          const struct store_profile *b)
{
    return a->method == b->method && a->content == b->content
           && a->old_client == b->old_client && equal(a->secret, b->secret)
           && equal(a->verify_token, b->verify_token);
}

// This request and the older ones of its key; the later ones go on.
static void drop_with_older(struct engine_context *context,
                            const struct request *request)
{
    struct pending pending;
    pairs_find(context->pairs, &request->shown.topic_key,
               &request->shown.callback_key, &pending);
    for (size_t i = 0; i < pending.count; i++) {
        struct request older;
        if (pending.ids[i] < request->shown.id
            && request_load(context->txn, &context->scratch, pending.ids[i],
                            &older))
            request_drop(context, &older);
    }
    request_drop(context, request);
}

static bool ceiling_reached(uint64_t count, uint64_t max)
{
    return max != 0 && count >= max;
}

static enum store_status refuse(struct engine_context *context,
                                const struct request *request,
                                struct store_settle *op,
                                enum store_effect effect)
{
    request_fail(context, request);
    op->effect = effect;
    return STORE_OK;
}

static void activate(struct engine_context *context,
                     const struct request *request, struct topic *topic,
                     struct store_settle *op)
{
    const struct store_request *shown = &request->shown;
    struct subscription subscription = {
        .callback_key = shown->callback_key,
        .shown = {
            .topic = topic->shown.id,
            .id = ++context->counters.subscription,
            .rev = 1,
            .start = topic->shown.head,
            .lease_end = op->sent_at + op->lease,
            .topic_url = shown->topic,
            .callback = shown->callback,
            .origin = shown->origin,
            .profile = shown->profile,
        },
    };
    op->topic_new = !topic_followed(topic, context->now);
    if (op->topic_new)
        topic_follow(context, topic);
    subscription_add(context, topic, &subscription);
    topic_save(context->txn, topic);
    op->effect = STORE_EFFECT_ACTIVE;
    op->subscription = subscription.shown.id;
}

// Whoever can answer a verification can take deliveries again (M4).
static void hurry(struct engine_context *context, uint64_t topic, uint64_t id)
{
    struct lagging old;
    if (!lagging_load(context->txn, topic, id, &old))
        return;
    struct lagging lagging = old;
    if (old.due == 0)
        lagging.attempts = 0;
    lagging.due = context->now;
    lagging_save(context, topic, id, &old, &lagging);
}

static void renew(struct engine_context *context, const struct request *request,
                  struct subscription *subscription, struct store_settle *op)
{
    const struct store_request *shown = &request->shown;
    struct store_subscriber *mine = &subscription->shown;
    op->profile_changed = !profile_equal(&mine->profile, &shown->profile);
    mine->profile = shown->profile;
    mine->topic_url = shown->topic;
    mine->callback = shown->callback;
    mine->rev++;
    mine->suspended = false;
    mine->lease_end = op->sent_at + op->lease;
    subscription_lease(context, subscription, mine->lease_end);
    subscription_save(context->txn, subscription);
    hurry(context, mine->topic, mine->id);
    op->effect = STORE_EFFECT_RENEWED;
    op->subscription = mine->id;
}

// What of the key exists already.
struct existing {
    struct topic topic; // id 0: none
    bool subscribed;
    struct subscription subscription;
};

static void find_existing(struct engine_context *context,
                          const struct request *request, struct existing *out)
{
    struct txn *txn = context->txn;
    struct arena *scratch = &context->scratch;
    memset(out, 0, sizeof *out);
    uint64_t topic = topic_find(txn, &request->shown.topic_key);
    if (!topic || !topic_load(txn, scratch, topic, &out->topic))
        return;
    uint64_t id = subscription_find(txn, topic, &request->shown.callback_key);
    out->subscribed =
        id && subscription_load(txn, scratch, topic, id, &out->subscription);
}

static enum store_status subscribe(struct engine_context *context,
                                   const struct request *request,
                                   struct store_settle *op)
{
    const struct store_request *shown = &request->shown;
    const struct store_options *options = context->options;
    struct txn *txn = context->txn;
    struct existing existing;
    if (op->sent_at + op->lease <= context->now)
        return refuse(context, request, op, STORE_EFFECT_FAILED);
    find_existing(context, request, &existing);
    if (!existing.subscribed
        && (ceiling_reached(txn_count(txn, TABLE_SUBSCRIPTIONS),
                            options->max_subscriptions)
            || (existing.topic.shown.id == 0
                && ceiling_reached(txn_count(txn, TABLE_TOPICS),
                                   options->max_topics))))
        return refuse(context, request, op, STORE_EFFECT_REFUSED);

    drop_with_older(context, request);
    if (existing.topic.shown.id == 0)
        topic_make(context, &shown->topic_key, shown->topic,
                   shown->topic_normal, &existing.topic);
    op->topic = existing.topic.shown.id;
    if (existing.subscribed)
        renew(context, request, &existing.subscription, op);
    else
        activate(context, request, &existing.topic, op);
    return STORE_OK;
}

static enum store_status unsubscribe(struct engine_context *context,
                                     const struct request *request,
                                     struct store_settle *op)
{
    struct existing existing;
    find_existing(context, request, &existing);
    drop_with_older(context, request);
    op->topic = existing.topic.shown.id;
    if (!existing.subscribed)
        return STORE_OK;
    op->subscription = existing.subscription.shown.id;
    subscription_end(context, &existing.topic, &existing.subscription);
    topic_save(context->txn, &existing.topic);
    op->effect = STORE_EFFECT_ENDED;
    return STORE_OK;
}

static enum store_status later(struct engine_context *context,
                               struct request *request, struct store_settle *op)
{
    int64_t due = op->due > 0 ? op->due : context->now;
    due_move(context, work_request(request->shown.id), request->due, due);
    request->due = due;
    request->shown.tries++;
    request_save(context->txn, request);
    op->effect = STORE_EFFECT_LATER;
    return STORE_OK;
}

static bool valid(const struct store_settle *op)
{
    bool times = op->sent_at >= 0 && op->lease >= 0
                 && op->lease <= INT64_MAX - op->sent_at;
    return op->verdict >= STORE_VERIFIED && op->verdict <= STORE_VERIFY_FAILED
           && (op->verdict != STORE_VERIFIED || times);
}

enum store_status op_settle(struct engine_context *context,
                            struct store_settle *op)
{
    struct request request;
    op->effect = STORE_EFFECT_NONE;
    op->topic = op->subscription = 0;
    op->topic_new = op->profile_changed = false;
    if (!valid(op))
        return STORE_INVALID;
    if (!request_load(context->txn, &context->scratch, op->request, &request))
        return STORE_OK;
    struct work work = work_request(op->request);
    if (!claims_settle(context->claims, work, op->token))
        return STORE_STALE;
    if (op->verdict == STORE_VERIFY_FAILED)
        return refuse(context, &request, op, STORE_EFFECT_FAILED);
    if (op->verdict == STORE_VERIFY_LATER)
        return later(context, &request, op);
    return request.shown.mode == STORE_SUBSCRIBE
               ? subscribe(context, &request, op)
               : unsubscribe(context, &request, op);
}
