// SPDX-License-Identifier: MIT

#include "denials.h"
#include "requests.h"
#include "standing.h"
#include "subscriptions.h"

enum store_status op_remove(struct engine_context *context,
                            struct store_remove *op)
{
    struct standing standing;
    if (op->reason > STORE_DENIAL_EXPIRED)
        return STORE_INVALID;
    if (!standing_load(context, &context->scratch, op->topic, op->subscription,
                       &standing))
        return STORE_NOT_FOUND;
    const struct store_key *topic = &standing.topic.key;
    struct subscription *subscription = &standing.subscription;
    struct lifecycle_step step =
        lifecycle_step(standing.state, LIFECYCLE_REMOVED, 0);
    if (step.effects & LIFECYCLE_DROP_ALL)
        requests_drop_all(context, topic, &subscription->callback_key);
    if (step.effects & LIFECYCLE_DENY)
        denial_of_subscription(context, topic, subscription, op->reason);
    if (step.effects & LIFECYCLE_END) {
        subscription_end(context, &standing.topic, subscription);
        topic_save(context->txn, &standing.topic);
    }
    return STORE_OK;
}
