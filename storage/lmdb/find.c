// SPDX-License-Identifier: MIT

#include "ops.h"
#include "tables.h"

static void find_subscriber(struct engine_context *context,
                            struct store_find *op)
{
    struct txn *txn = context->txn;
    struct topic topic;
    struct subscription subscription;
    struct lagging lagging;
    uint64_t topic_id = topic_find(txn, &op->topic_key);
    uint64_t id =
        topic_id ? subscription_find(txn, topic_id, &op->callback_key) : 0;
    if (!id || !topic_load(txn, &context->scratch, topic_id, &topic)
        || !subscription_load(txn, &context->results, topic_id, id,
                              &subscription))
        return;
    bool lags = lagging_load(txn, topic_id, id, &lagging);
    subscription_show(&subscription, lags ? &lagging : NULL,
                      topic.shown.baseline, &op->subscriber);
    op->subscribed = true;
}

static void find_pending(struct engine_context *context, struct store_find *op)
{
    struct pending pending;
    pairs_find(context->pairs, &op->topic_key, &op->callback_key, &pending);
    for (size_t i = 0; i < pending.count; i++) {
        struct request request;
        if (!request_load(context->txn, &context->results, pending.ids[i],
                          &request)
            || request.idle || request.shown.deadline <= context->now)
            continue;
        request.shown.known =
            subscription_any_at(context->txn, &request.shown.origin);
        op->pending[op->pending_count++] = request.shown;
    }
}

enum store_status op_find(struct engine_context *context, struct store_find *op)
{
    op->subscribed = false;
    op->pending_count = 0;
    find_subscriber(context, op);
    find_pending(context, op);
    context->idle = true;
    return STORE_OK;
}
