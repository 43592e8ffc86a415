// SPDX-License-Identifier: MIT

#include "tables.h"

#include <string.h>

enum {
    KEY_ID = 8,             // where the subscription is in a key
    ORIGIN_TOPIC = 32,      // where the topic is in a key of `origins`
    ORIGIN_ID = 40,         // and the subscription
    SUBSCRIBER_BYTES = 384, // of a usual record
};

// The lagging record of `id`, while both tables are read in the same order.
static bool lags(struct txn *txn, uint64_t topic, uint64_t id,
                 struct bytes *key, struct bytes *record, bool *more)
{
    while (*more && key_part(*key, 0) == topic && key_part(*key, KEY_ID) < id)
        *more = txn_next(txn, TABLE_LAGGING, key, record);
    return *more && key_part(*key, 0) == topic && key_part(*key, KEY_ID) == id;
}

static bool show(struct engine_context *context, struct bytes record,
                 const struct bytes *lagging_record, uint64_t baseline,
                 struct store_subscriber *out)
{
    struct subscription subscription = { .shown = { .topic = out->topic,
                                                    .id = out->id } };
    struct lagging lagging;
    struct bytes copy = arena_copy(&context->results, record);
    if (context->results.failed)
        return false;
    if (!subscription_decode(copy, &subscription)
        || (lagging_record && !lagging_decode(*lagging_record, &lagging))) {
        txn_fail(context->txn, STORE_CORRUPT);
        return false;
    }
    subscription_show(&subscription, lagging_record ? &lagging : NULL, baseline,
                      out);
    return true;
}

static enum store_status page_by_topic(struct engine_context *context,
                                       struct store_page_subscribers *op)
{
    struct txn *txn = context->txn;
    struct topic topic;
    struct key from;
    struct bytes key, record, lag_key, lag_record;
    if (!topic_load(txn, &context->scratch, op->topic, &topic))
        return STORE_NOT_FOUND;
    if (op->after == UINT64_MAX)
        return STORE_OK;
    key_two(&from, op->topic, op->after + 1);
    bool more = txn_seek(txn, TABLE_SUBSCRIPTIONS, &from, &key, &record);
    bool lag_more = txn_seek(txn, TABLE_LAGGING, &from, &lag_key, &lag_record);
    while (more && key_part(key, 0) == op->topic) {
        if (op->count == op->max) {
            op->end = false;
            break;
        }
        struct store_subscriber *item = &op->items[op->count];
        item->topic = op->topic;
        item->id = key_part(key, KEY_ID);
        bool lagging =
            lags(txn, op->topic, item->id, &lag_key, &lag_record, &lag_more);
        if (!show(context, record, lagging ? &lag_record : NULL,
                  topic.shown.baseline, item))
            return STORE_AGAIN;
        op->count++;
        more = txn_next(txn, TABLE_SUBSCRIPTIONS, &key, &record);
    }
    return STORE_OK;
}

// A key in `origins` without its record fails the transaction.
static bool show_named(struct engine_context *context, uint64_t topic_id,
                       uint64_t id, struct topic *topic,
                       struct store_subscriber *out)
{
    struct txn *txn = context->txn;
    struct subscription subscription;
    struct lagging lagging;
    bool same = topic->shown.id == topic_id;
    if ((same || topic_load(txn, &context->scratch, topic_id, topic))
        && subscription_load(txn, &context->results, topic_id, id,
                             &subscription)) {
        bool behind = lagging_load(txn, topic_id, id, &lagging);
        subscription_show(&subscription, behind ? &lagging : NULL,
                          topic->shown.baseline, out);
        return true;
    }
    if (!context->results.failed && !context->scratch.failed)
        txn_fail(txn, STORE_CORRUPT);
    return false;
}

static enum store_status page_by_origin(struct engine_context *context,
                                        struct store_page_subscribers *op)
{
    struct txn *txn = context->txn;
    struct topic topic = { .shown = { .id = 0 } };
    struct key origin, from;
    struct bytes key, nothing;
    bool last = op->after == UINT64_MAX;
    if (last && op->after_topic == UINT64_MAX)
        return STORE_OK;
    key_start(&origin);
    key_hash(&origin, op->origin);
    from = origin;
    key_u64(&from, last ? op->after_topic + 1 : op->after_topic);
    key_u64(&from, last ? 0 : op->after + 1);
    bool more = txn_seek(txn, TABLE_ORIGINS, &from, &key, &nothing);
    while (more && key.len > origin.len
           && memcmp(key.at, origin.at, origin.len) == 0) {
        if (op->count == op->max) {
            op->end = false;
            break;
        }
        if (!show_named(context, key_part(key, ORIGIN_TOPIC),
                        key_part(key, ORIGIN_ID), &topic,
                        &op->items[op->count]))
            return STORE_AGAIN;
        op->count++;
        more = txn_next(txn, TABLE_ORIGINS, &key, &nothing);
    }
    return STORE_OK;
}

enum store_status op_page_subscribers(struct engine_context *context,
                                      struct store_page_subscribers *op)
{
    op->count = 0;
    op->end = true;
    if (op->max == 0 || op->max > STORE_BATCH_MAX)
        return STORE_INVALID;
    arena_expect(&context->results,
                 op->max * (sizeof *op->items + SUBSCRIBER_BYTES));
    op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    return op->origin ? page_by_origin(context, op)
                      : page_by_topic(context, op);
}
