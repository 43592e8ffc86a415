// SPDX-License-Identifier: MIT

#include "due.h"
#include "lagging.h"
#include "lanes.h"
#include "since.h"

enum {
    KEY_ID = 8,
    // A lagging record, its keys, and what pages waste.
    LAGGING_ROOM = 512,
};

// What is being sent again.
struct again {
    struct topic topic;
    struct store_walk walk;
    bool walking;
    uint64_t first; // seq
};

static bool begin(struct engine_context *context, const struct store_resend *op,
                  struct again *again)
{
    struct txn *txn = context->txn;
    struct topic *topic = &again->topic;
    if (!topic_load(txn, &context->scratch, op->topic, topic)
        || topic->shown.head == 0)
        return false;
    again->walking = walk_load(txn, op->topic, &again->walk);
    again->first = topic->shown.head;
    if (op->since > 0) {
        struct store_position position = {
            .since = STORE_SINCE_TIME,
            .value = (uint64_t)op->since,
        };
        again->first =
            since_search(txn, topic, since_first(txn, topic), &position);
    }
    return again->first <= topic->shown.head;
}

// First seq that this one is owed then; above the head: nothing. `old` NULL: he
// does not lag.
static uint64_t owed_from(const struct again *again,
                          const struct store_subscriber *shown,
                          const struct lagging *old)
{
    const struct store_topic *topic = &again->topic.shown;
    uint64_t next = again->first;
    if (old && old->next < next)
        next = old->next;
    // The walk under way is still on its way to him.
    if (!old && again->walking
        && store_walk_cursor(&again->walk, shown->id) + 1 < next)
        next = store_walk_cursor(&again->walk, shown->id) + 1;
    if (next <= shown->start)
        next = shown->start + 1;
    return next <= topic->baseline ? topic->baseline + 1 : next;
}

// False: he is owed nothing.
static bool set_back(struct engine_context *context, const struct again *again,
                     uint64_t id)
{
    struct txn *txn = context->txn;
    struct subscription subscription;
    struct lagging old;
    uint64_t topic = again->topic.shown.id;
    if (!subscription_load(txn, &context->scratch, topic, id, &subscription))
        return false;
    const struct store_subscriber *shown = &subscription.shown;
    bool lags = lagging_load(txn, topic, id, &old);
    struct lagging now = { .next = 0 };
    if (lags)
        now = old;
    now.next = owed_from(again, shown, lags ? &old : NULL);
    if (now.next > again->topic.shown.head)
        return false;
    now.attempts = 0;
    now.resent = true;
    // In state G the renewal makes it due.
    if (!shown->suspended)
        now.due = context->now;
    lagging_save(context, shown, lags ? &old : NULL, &now);
    if (now.waits && !shown->paused)
        lane_hurry(context, &shown->origin);
    claims_overtake(context->claims, work_subscription(topic, id));
    return true;
}

static void set_page_back(struct engine_context *context,
                          const struct again *again, struct store_resend *op)
{
    struct key from;
    struct bytes key, record;
    size_t looked = 0;
    bool more = op->after != UINT64_MAX;
    while (more && looked++ < op->max && txn_ok(context->txn)
           && !context->scratch.failed) {
        // Records are written on the way, so each is looked for anew.
        key_two(&from, op->topic, op->after + 1);
        more = txn_seek(context->txn, TABLE_SUBSCRIPTIONS, &from, &key, &record)
               && key_part(key, 0) == op->topic;
        if (!more)
            break;
        op->after = key_part(key, KEY_ID);
        op->count += set_back(context, again, op->after);
        more = op->after != UINT64_MAX;
        if (!context->scratch.failed)
            arena_reset(&context->scratch);
    }
    op->end = !more;
}

enum store_status op_resend(struct engine_context *context,
                            struct store_resend *op)
{
    struct again again;
    bool one = op->subscription != 0;
    op->count = 0;
    op->end = one;
    if (op->since < 0 || (!one && (op->max == 0 || op->max > STORE_BATCH_MAX)))
        return STORE_INVALID;
    if (!begin(context, op, &again))
        return STORE_NOT_FOUND;
    if (!engine_admits(context, LAGGING_ROOM * (one ? 1 : op->max)))
        return STORE_FULL;
    if (!one) {
        set_page_back(context, &again, op);
        context->idle = op->count == 0;
        return STORE_OK;
    }
    op->count = set_back(context, &again, op->subscription);
    return op->count == 1 ? STORE_OK : STORE_NOT_FOUND;
}
