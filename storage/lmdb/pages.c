// SPDX-License-Identifier: MIT

#include "bodies.h"
#include "tables.h"

#include <stdlib.h>
#include <string.h>

enum {
    KEY_SEQ = 8, // where the seq is in a key
    ID_SIZE = 16,
};

enum store_status op_read_body(struct engine_context *context,
                               struct store_read_body *op)
{
    struct update update;
    if (op->which > STORE_DELTA)
        return STORE_INVALID;
    if (!update_peek(context->txn, op->topic, op->seq, &update)
        || update.skeleton)
        return STORE_NOT_FOUND;
    uint64_t size =
        op->which == STORE_WHOLE ? update.whole_size : update.delta_size;
    if (op->which == STORE_DELTA && size == 0)
        return STORE_NOT_FOUND;
    op->content_type = arena_copy(&context->results, update.content_type);
    op->self = arena_copy(&context->results, update.self);
    op->hubs = arena_copy(&context->results, update.hubs);
    op->kind = update.kind;
    op->time = update.time;
    op->number = update.number;
    if (!body_read(context->txn, &context->results, op->topic, op->seq,
                   op->which, size, &op->body))
        return STORE_AGAIN;
    return STORE_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, ID_SIZE);
}

// Look at the updates of the span that webhooks are owed; copy their ids if
// there is somewhere to put them.
static size_t survey(struct engine_context *context, struct store_missed *op,
                     uint8_t (*ids)[ID_SIZE])
{
    size_t count = 0;
    op->updates = 0;
    op->complete = op->all_cuttable = true;
    op->feed_level = false;
    for (uint64_t seq = op->from + 1; seq <= op->to; seq++) {
        struct update update;
        if (!update_peek(context->txn, op->topic, seq, &update)) {
            op->complete = op->all_cuttable = false;
            // Rows are missing only at the old end: leap to the first.
            struct key from;
            struct bytes key, record;
            key_two(&from, op->topic, seq);
            if (!txn_seek(context->txn, TABLE_UPDATES, &from, &key, &record)
                || key_part(key, 0) != op->topic)
                break;
            seq = key_part(key, KEY_SEQ) - 1;
            continue;
        }
        if (update.baseline)
            continue;
        op->updates++;
        op->complete = op->complete && !update.skeleton;
        op->all_cuttable = op->all_cuttable && update.delta_size > 0;
        op->feed_level = op->feed_level || update.kind != STORE_UPDATE_ENTRIES;
        if (ids && update.changed_count > 0)
            memcpy(ids[count], update.changed, update.changed_count * ID_SIZE);
        count += update.changed_count;
    }
    return count;
}

enum store_status op_missed(struct engine_context *context,
                            struct store_missed *op)
{
    struct topic topic;
    op->count = 0;
    op->ids = NULL;
    if (op->from > op->to)
        return STORE_INVALID;
    if (!topic_load(context->txn, &context->scratch, op->topic, &topic))
        return STORE_NOT_FOUND;
    if (op->to > topic.shown.head)
        return STORE_INVALID;
    size_t count = survey(context, op, NULL);
    uint8_t(*ids)[ID_SIZE] =
        arena_array(&context->results, count + 1, sizeof *ids);
    if (!ids)
        return STORE_AGAIN;
    survey(context, op, ids);
    qsort(ids, count, sizeof *ids, by_bytes);
    size_t unique = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || memcmp(ids[i], ids[i - 1], ID_SIZE) != 0)
            memmove(ids[unique++], ids[i], ID_SIZE);
    op->count = unique;
    op->ids = (const uint8_t(*)[ID_SIZE])ids;
    return STORE_OK;
}

enum store_status op_walks(struct engine_context *context,
                           struct store_walks *op)
{
    struct key from;
    struct bytes key, record;
    op->count = 0;
    op->end = true;
    if (op->max == 0 || op->max > STORE_BATCH_MAX)
        return STORE_INVALID;
    op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    if (op->after == UINT64_MAX)
        return STORE_OK;
    key_one(&from, op->after + 1);
    bool more = txn_seek(context->txn, TABLE_WALKS, &from, &key, &record);
    for (; more; more = txn_next(context->txn, TABLE_WALKS, &key, &record)) {
        if (op->count == op->max) {
            op->end = false;
            break;
        }
        struct store_walk *walk = &op->items[op->count++];
        walk->topic = key_part(key, 0);
        if (!walk_decode(record, walk)) {
            txn_fail(context->txn, STORE_CORRUPT);
            return STORE_CORRUPT;
        }
    }
    return STORE_OK;
}
