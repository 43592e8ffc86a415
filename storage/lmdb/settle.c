// SPDX-License-Identifier: MIT

#include "activation.h"
#include "denials.h"
#include "due.h"
#include "requests.h"
#include "subscriptions.h"
#include "tickets.h"

#include <string.h>

static bool equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static void end(struct engine_context *context, struct standing *standing,
                struct store_settle *op)
{
    op->subscription = standing->subscription.shown.id;
    subscription_end(context, &standing->topic, &standing->subscription);
    topic_save(context->txn, &standing->topic);
}

static void activate(struct engine_context *context,
                     const struct request *request, struct standing *standing,
                     unsigned effects, struct store_settle *op)
{
    struct activation activation = {
        .request = request,
        .lease_end = op->sent_at + op->lease,
    };
    activation_carry_out(context, standing, effects, &activation);
    op->subscription = activation.subscription;
    op->topic_new = activation.topic_new;
    op->profile_changed = activation.profile_changed;
}

static void delay(struct engine_context *context, struct request *request,
                  int64_t due)
{
    due_move(context, work_request(request), request->due, due);
    request->due = due;
    request->shown.tries++;
    request_save(context->txn, request);
}

// ---------------------------------------------------------------- deciding

static enum lifecycle_event event_of(const struct store_settle *op,
                                     const struct request *request)
{
    switch (op->verdict) {
    case STORE_VERIFY_LATER:
        return LIFECYCLE_NOT_REACHED;
    case STORE_VERIFY_FAILED:
        return LIFECYCLE_NOT_CONFIRMED;
    case STORE_VERIFY_DENIED:
        return LIFECYCLE_DENIED;
    case STORE_VERIFIED:
        break;
    }
    return request->shown.mode == STORE_UNSUBSCRIBE
               ? LIFECYCLE_VERIFIED_UNSUBSCRIBE
               : LIFECYCLE_VERIFIED_SUBSCRIBE;
}

static int64_t due_of(const struct engine_context *context,
                      const struct store_settle *op)
{
    return op->due > 0 ? op->due : context->now;
}

static unsigned facts_of(struct engine_context *context,
                         const struct store_settle *op,
                         const struct request *request,
                         const struct standing *standing)
{
    unsigned facts = standing->lags ? LIFECYCLE_LAGS : 0;
    switch (op->verdict) {
    case STORE_VERIFIED:
        facts |= lifecycle_lease(op->sent_at, op->lease, context->now);
        if (subscriptions_full(context, standing->topic.shown.id != 0)
            || origin_full(context, &request->shown.origin))
            facts |= LIFECYCLE_NO_PLACE;
        if (op->keep_secret && standing->state != LIFECYCLE_NONE
            && !equal(request->shown.profile.secret,
                      standing->subscription.shown.profile.secret))
            facts |= LIFECYCLE_PINNED;
        break;
    case STORE_VERIFY_LATER:
        // Who sent it counts the tries, and gives up by another verdict.
        facts |= LIFECYCLE_TRIES_LEFT;
        facts |=
            lifecycle_deadline(request->shown.deadline, due_of(context, op));
        break;
    case STORE_VERIFY_FAILED:
    case STORE_VERIFY_DENIED:
        break;
    }
    return facts;
}

static void drop(struct engine_context *context, const struct request *request,
                 unsigned effects)
{
    if (effects & LIFECYCLE_DROP_OLDER)
        requests_drop_older(context, request);
    if (effects & LIFECYCLE_DROP)
        request_drop(context, request);
}

static enum store_effect effect_of(const struct store_settle *op,
                                   unsigned effects)
{
    if (effects & LIFECYCLE_CREATE)
        return STORE_EFFECT_ACTIVE;
    if (effects & LIFECYCLE_RENEW)
        return STORE_EFFECT_RENEWED;
    if (effects & LIFECYCLE_END)
        return STORE_EFFECT_ENDED;
    if (effects & LIFECYCLE_DELAY)
        return STORE_EFFECT_LATER;
    if (effects & LIFECYCLE_DENY && op->verdict == STORE_VERIFIED)
        return STORE_EFFECT_REFUSED;
    if (effects & LIFECYCLE_DENY && op->reason != STORE_DENIAL_NONE)
        return STORE_EFFECT_DENIED;
    bool without_effect =
        effects & LIFECYCLE_DROP && !(effects & LIFECYCLE_DROP_OLDER);
    return without_effect ? STORE_EFFECT_FAILED : STORE_EFFECT_NONE;
}

static void carry_out(struct engine_context *context, struct request *request,
                      struct standing *standing, unsigned effects,
                      struct store_settle *op)
{
    bool verified = op->verdict == STORE_VERIFIED;
    if (effects & LIFECYCLE_DENY)
        denial_of_request(context, &request->shown,
                          verified || standing->state != LIFECYCLE_NONE,
                          verified ? STORE_DENIAL_LIMIT : op->reason);
    if (effects & LIFECYCLE_DELAY)
        delay(context, request, due_of(context, op));
    drop(context, request, effects);
    if (effects & ACTIVATION_EFFECTS)
        activate(context, request, standing, effects, op);
    if (effects & LIFECYCLE_END)
        end(context, standing, op);
    if (op->verdict == STORE_VERIFIED && effects & LIFECYCLE_DROP_OLDER
        && request->shown.mode == STORE_UNSUBSCRIBE)
        ticket_end(context, request->shown.id);
    op->effect = effect_of(op, effects);
    op->topic = effects & LIFECYCLE_DROP_OLDER ? standing->topic.shown.id : 0;
    if (effects & LIFECYCLE_DROP && !(effects & LIFECYCLE_DROP_OLDER))
        request_failed(context, request);
}

static bool valid(const struct store_settle *op)
{
    bool times = op->sent_at >= 0 && op->lease >= 0
                 && op->lease <= INT64_MAX - op->sent_at;
    return op->verdict >= STORE_VERIFIED && op->verdict <= STORE_VERIFY_DENIED
           && op->reason <= STORE_DENIAL_EXPIRED
           && (op->verdict != STORE_VERIFIED || times);
}

enum store_status op_settle(struct engine_context *context,
                            struct store_settle *op)
{
    struct request request;
    struct standing standing = { .state = LIFECYCLE_NONE };
    op->effect = STORE_EFFECT_NONE;
    op->topic = op->subscription = 0;
    op->topic_new = op->profile_changed = false;
    if (!valid(op))
        return STORE_INVALID;
    memset(&request, 0, sizeof request);
    unsigned facts = LIFECYCLE_VANISHED;
    if (request_load(context->txn, &context->scratch, op->request, &request)) {
        if (!claims_settle(context->claims, work_request(&request), op->token))
            return STORE_STALE;
        standing_find(context, &context->scratch, &request.shown.topic_key,
                      &request.shown.callback_key, &standing);
        facts = facts_of(context, op, &request, &standing);
    }
    struct lifecycle_step step =
        lifecycle_step(standing.state, event_of(op, &request), facts);
    carry_out(context, &request, &standing, step.effects, op);
    return STORE_OK;
}
