// SPDX-License-Identifier: MIT

#include "tables.h"

enum store_status op_choose(struct engine_context *context,
                            struct store_choose *op)
{
    struct topic topic;
    if (op->content > STORE_CONTENT_EACH)
        return STORE_INVALID;
    if (!topic_load(context->txn, &context->scratch, op->topic, &topic))
        return STORE_NOT_FOUND;
    context->idle = topic.shown.content == op->content;
    if (context->idle)
        return STORE_OK;
    topic.shown.content = op->content;
    topic_save_names(context->txn, &topic);
    return STORE_OK;
}
