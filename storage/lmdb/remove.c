// SPDX-License-Identifier: MIT

#include "ops.h"
#include "requests.h"
#include "subscriptions.h"

// Table B: an operator's word ends all of it, also what waits to renew it.
static void drop_requests(struct engine_context *context,
                          const struct store_key *topic,
                          const struct store_key *callback)
{
    struct pending pending;
    pairs_find(context->pairs, topic, callback, &pending);
    for (size_t i = 0; i < pending.count; i++) {
        struct request request;
        if (request_load(context->txn, &context->scratch, pending.ids[i],
                         &request))
            request_drop(context, &request);
    }
}

enum store_status op_remove(struct engine_context *context,
                            struct store_remove *op)
{
    struct txn *txn = context->txn;
    struct topic topic;
    struct subscription subscription;
    if (!topic_load(txn, &context->scratch, op->topic, &topic)
        || !subscription_load(txn, &context->scratch, op->topic,
                              op->subscription, &subscription))
        return STORE_NOT_FOUND;
    drop_requests(context, &topic.key, &subscription.callback_key);
    subscription_end(context, &topic, &subscription);
    topic_save(txn, &topic);
    return STORE_OK;
}
