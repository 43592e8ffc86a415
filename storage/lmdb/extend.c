// SPDX-License-Identifier: MIT

#include "activation.h"
#include "subscriptions.h"

enum store_status op_extend(struct engine_context *context,
                            struct store_extend *op)
{
    struct standing standing;
    if (op->lease_end <= context->now)
        return STORE_INVALID;
    if (!standing_load(context, &context->scratch, op->topic, op->subscription,
                       &standing))
        return STORE_NOT_FOUND;
    struct subscription *subscription = &standing.subscription;
    struct store_subscriber *shown = &subscription->shown;
    bool waited = shown->suspended;
    context->idle = !waited && shown->lease_end == op->lease_end;
    if (context->idle)
        return STORE_OK;
    shown->lease_end = op->lease_end;
    shown->suspended = false;
    subscription_lease(context, subscription, op->lease_end);
    subscription_save(context->txn, subscription);
    if (waited && standing.lags)
        activation_hurry(context, &standing, true);
    return STORE_OK;
}
