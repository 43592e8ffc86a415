// SPDX-License-Identifier: MIT

#include "due.h"
#include "ops.h"
#include "topics.h"

#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

// One that nobody follows is not fetched for anybody. False: it is such.
static bool mark_dirty(struct engine_context *context, uint64_t id)
{
    struct topic topic;
    if (!topic_load(context->txn, &context->scratch, id, &topic)
        || !topic_followed(&topic, context->now))
        return false;
    topic.shown.dirty++;
    // One that is overdue keeps its place in the row.
    if (topic.shown.fetch_due == 0 || topic.shown.fetch_due > context->now)
        due_fetch(context, &topic, context->now);
    topic_save(context->txn, &topic);
    return true;
}

enum store_status op_ping(struct engine_context *context, struct store_ping *op)
{
    op->known = 0;
    if (op->count < 1 || op->count > STORE_BATCH_MAX || !op->keys)
        return STORE_INVALID;
    uint64_t *ids = arena_array(&context->scratch, op->count, sizeof *ids);
    if (!ids)
        return STORE_AGAIN;
    for (size_t i = 0; i < op->count; i++)
        ids[i] = topic_find(context->txn, &op->keys[i]);
    qsort(ids, op->count, sizeof *ids, ascending);
    for (size_t i = 0; i < op->count; i++) {
        bool twice = i > 0 && ids[i] == ids[i - 1];
        if (ids[i] != 0 && !twice && mark_dirty(context, ids[i]))
            op->known++;
    }
    return STORE_OK;
}
