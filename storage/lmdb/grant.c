// SPDX-License-Identifier: MIT

#include "activation.h"
#include "requests.h"
#include "subscriptions.h"

static bool sound(const struct engine_context *context,
                  const struct store_request *request)
{
    return request_sound(request) && request->mode == STORE_SUBSCRIBE
           && request->lease > 0 && request->lease <= INT64_MAX - context->now;
}

static enum store_status admit(struct engine_context *context,
                               const struct store_request *request,
                               const struct standing *standing)
{
    bool exists = standing->state != LIFECYCLE_NONE;
    if (!exists && subscriptions_full(context, standing->topic.shown.id != 0))
        return STORE_FULL;
    return request_fits(context, request, exists) ? STORE_OK : STORE_FULL;
}

// What an operator says is as good as a verification, and of now.
enum store_status op_grant(struct engine_context *context,
                           struct store_grant *op)
{
    struct standing standing;
    op->topic = op->subscription = 0;
    op->topic_new = op->renewed = false;
    if (!sound(context, &op->request))
        return STORE_INVALID;
    standing_find(context, &context->scratch, &op->request.topic_key,
                  &op->request.callback_key, &standing);
    if (!txn_ok(context->txn))
        return STORE_CORRUPT;
    enum store_status status = admit(context, &op->request, &standing);
    if (status != STORE_OK)
        return status;
    struct request request = { .shown = op->request };
    request.shown.id = ++context->counters.request;
    struct lifecycle_step step =
        lifecycle_step(standing.state, LIFECYCLE_VERIFIED_SUBSCRIBE,
                       standing.lags ? LIFECYCLE_LAGS : 0);
    if (step.effects & LIFECYCLE_DROP_OLDER)
        requests_drop_older(context, &request);
    struct activation activation = {
        .request = &request,
        .lease_end = context->now + op->request.lease,
    };
    activation_carry_out(context, &standing, step.effects, &activation);
    op->topic = standing.topic.shown.id;
    op->subscription = activation.subscription;
    op->topic_new = activation.topic_new;
    op->renewed = step.effects & LIFECYCLE_RENEW;
    return STORE_OK;
}
