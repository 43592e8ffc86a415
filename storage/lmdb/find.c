// SPDX-License-Identifier: MIT

#include "standing.h"

static void find_subscriber(struct engine_context *context,
                            struct store_find *op)
{
    uint64_t topic = topic_find(context->txn, &op->topic_key);
    uint64_t id =
        topic ? subscription_find(context->txn, topic, &op->callback_key) : 0;
    op->subscribed = id && standing_show(context, topic, id, &op->subscriber);
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
