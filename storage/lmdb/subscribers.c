// SPDX-License-Identifier: MIT

#include "tables.h"

#include <string.h>

enum {
    KEY_ID = 8,             // where the subscription is in a key
    ORIGIN_TOPIC = 32,      // where the topic is in a key of `origins`
    ORIGIN_ID = 40,         // and the subscription
    SUBSCRIBER_BYTES = 384, // of a usual record
};

// Records of those who lag, while they are read in the order of the
// subscriptions.
struct laggards {
    bool more;
    struct bytes key, record;
};

static void laggards_from(struct txn *txn, const struct key *from,
                          struct laggards *out)
{
    out->more = txn_seek(txn, TABLE_LAGGING, from, &out->key, &out->record);
}

static bool before(struct bytes key, uint64_t topic, uint64_t id)
{
    uint64_t first = key_part(key, 0);
    return first < topic || (first == topic && key_part(key, KEY_ID) < id);
}

// The one of this subscription, which comes after that of the last question.
// NULL: it does not lag.
static const struct bytes *lagging_of(struct txn *txn, uint64_t topic,
                                      uint64_t id, struct laggards *laggards)
{
    while (laggards->more && before(laggards->key, topic, id))
        laggards->more =
            txn_next(txn, TABLE_LAGGING, &laggards->key, &laggards->record);
    bool lags = laggards->more && key_part(laggards->key, 0) == topic
                && key_part(laggards->key, KEY_ID) == id;
    return lags ? &laggards->record : NULL;
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
    struct laggards laggards;
    struct key from;
    struct bytes key, record;
    if (!topic_load(txn, &context->scratch, op->topic, &topic))
        return STORE_NOT_FOUND;
    if (op->after == UINT64_MAX)
        return STORE_OK;
    key_two(&from, op->topic, op->after + 1);
    bool more = txn_seek(txn, TABLE_SUBSCRIPTIONS, &from, &key, &record);
    laggards_from(txn, &from, &laggards);
    while (more && key_part(key, 0) == op->topic) {
        if (op->count == op->max) {
            op->end = false;
            break;
        }
        struct store_subscriber *item = &op->items[op->count];
        item->topic = op->topic;
        item->id = key_part(key, KEY_ID);
        if (!show(context, record,
                  lagging_of(txn, op->topic, item->id, &laggards),
                  topic.shown.baseline, item))
            return STORE_AGAIN;
        op->count++;
        more = txn_next(txn, TABLE_SUBSCRIPTIONS, &key, &record);
    }
    return STORE_OK;
}

static enum store_status page_all(struct engine_context *context,
                                  struct store_page_subscribers *op)
{
    struct txn *txn = context->txn;
    struct topic topic = { .shown = { .id = 0 } };
    struct laggards laggards;
    struct key from;
    struct bytes key, record;
    bool last = op->after == UINT64_MAX;
    if (last && op->after_topic == UINT64_MAX)
        return STORE_OK;
    key_two(&from, last ? op->after_topic + 1 : op->after_topic,
            last ? 0 : op->after + 1);
    laggards_from(txn, &from, &laggards);
    bool more = txn_seek(txn, TABLE_SUBSCRIPTIONS, &from, &key, &record);
    for (; more && op->count < op->max;
         more = txn_next(txn, TABLE_SUBSCRIPTIONS, &key, &record)) {
        struct store_subscriber *item = &op->items[op->count];
        item->topic = key_part(key, 0);
        item->id = key_part(key, KEY_ID);
        if (topic.shown.id != item->topic
            && !topic_peek(txn, item->topic, &topic)) {
            txn_fail(txn, STORE_CORRUPT);
            return STORE_CORRUPT;
        }
        if (!show(context, record,
                  lagging_of(txn, item->topic, item->id, &laggards),
                  topic.shown.baseline, item))
            return STORE_AGAIN;
        op->count++;
    }
    op->end = !more;
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
    if (op->origin)
        return page_by_origin(context, op);
    return op->topic == 0 ? page_all(context, op) : page_by_topic(context, op);
}
