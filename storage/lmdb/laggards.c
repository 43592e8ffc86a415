// SPDX-License-Identifier: MIT

#include "standing.h"

enum {
    LOOKS_MAX = 2048,
    KEY_ID = 8, // where the subscription is in a key
};

// 0: nothing is owed; the record only tells a walk so.
static unsigned class_of(const struct topic *topic,
                         const struct subscription *subscription,
                         const struct lagging *lagging)
{
    if (lagging->next > topic->shown.head)
        return 0;
    if (subscription->shown.paused)
        return STORE_LAGGING_PAUSED;
    if (lagging->due == 0)
        return STORE_LAGGING_STOPPED;
    return lagging->waits ? STORE_LAGGING_WAITING : STORE_LAGGING_TRIED;
}

// False: it could not be read, or there is no memory.
static bool look(struct engine_context *context, struct store_page_lagging *op,
                 struct bytes record, struct topic *topic)
{
    struct txn *txn = context->txn;
    struct subscription subscription = { .lease_key = 0 };
    struct lagging lagging;
    struct key key;
    struct bytes found;
    key_two(&key, op->after_topic, op->after);
    bool known = topic->shown.id == op->after_topic
                 || topic_load(txn, &context->scratch, op->after_topic, topic);
    if (context->scratch.failed)
        return false;
    if (!known || !lagging_decode(record, &lagging)
        || !txn_get(txn, TABLE_SUBSCRIPTIONS, &key, &found)
        || !subscription_decode(found, &subscription)) {
        txn_fail(txn, STORE_CORRUPT);
        return false;
    }
    if (!(class_of(topic, &subscription, &lagging) & op->set))
        return true;
    if (!standing_show(context, op->after_topic, op->after,
                       &op->items[op->count]))
        return false;
    op->count++;
    return true;
}

static bool seek(struct txn *txn, const struct store_page_lagging *op,
                 struct bytes *key, struct bytes *record)
{
    struct key from;
    bool last = op->after == UINT64_MAX;
    if (last && op->after_topic == UINT64_MAX)
        return false;
    key_two(&from, last ? op->after_topic + 1 : op->after_topic,
            last ? 0 : op->after + 1);
    return txn_seek(txn, TABLE_LAGGING, &from, key, record);
}

static enum store_status run_scan(struct engine_context *context,
                                  struct store_page_lagging *op)
{
    struct bytes key, record;
    struct topic at = { .shown = { .id = 0 } };
    bool more = seek(context->txn, op, &key, &record);
    for (int i = 0; more; i++) {
        uint64_t topic = key_part(key, 0);
        if (op->topic != 0 && topic != op->topic)
            break;
        if (op->count == op->max || i == LOOKS_MAX)
            return STORE_OK;
        op->after_topic = topic;
        op->after = key_part(key, KEY_ID);
        if (!look(context, op, record, &at))
            return STORE_AGAIN;
        more = txn_next(context->txn, TABLE_LAGGING, &key, &record);
    }
    op->end = true;
    return STORE_OK;
}

enum store_status op_page_lagging(struct engine_context *context,
                                  struct store_page_lagging *op)
{
    enum {
        ALL = STORE_LAGGING_TRIED | STORE_LAGGING_STOPPED
              | STORE_LAGGING_WAITING | STORE_LAGGING_PAUSED,
    };
    op->count = 0;
    op->end = false;
    if (op->max == 0 || op->max > STORE_BATCH_MAX || op->set == 0
        || (op->set & ~(unsigned)ALL) != 0)
        return STORE_INVALID;
    op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    // Of one topic: nothing before it is looked at.
    if (op->topic != 0 && op->after_topic != op->topic) {
        op->after_topic = op->topic;
        op->after = 0;
    }
    return run_scan(context, op);
}
