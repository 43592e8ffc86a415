// SPDX-License-Identifier: MIT

#include "due.h"
#include "lanes.h"
#include "standing.h"

#include <string.h>

enum {
    KEY_TOPIC = 32, // where they are in a key of `waiting`
    KEY_ID = 40,
    // Claimed ones are passed over; so many of all.
    LOOKS_MAX = 4096,
};

// The first key of the lane after the position. False: there are none.
static bool seek(struct txn *txn, const struct store_claim_lane *op,
                 struct bytes *key)
{
    struct key from;
    struct bytes nothing;
    bool last = op->after == UINT64_MAX;
    if (last && op->after_topic == UINT64_MAX)
        return false;
    lane_waiting_key(&from, &op->origin,
                     last ? op->after_topic + 1 : op->after_topic,
                     last ? 0 : op->after + 1);
    return txn_seek(txn, TABLE_WAITING, &from, key, &nothing);
}

static bool within(const struct store_claim_lane *op, struct bytes key)
{
    return key.len == KEY_ID + sizeof(uint64_t)
           && memcmp(key.at, op->origin.bytes, sizeof op->origin.bytes) == 0;
}

// False: it could not be read, or there is no memory.
static bool make(struct engine_context *context, struct store_claim_lane *op,
                 struct work work)
{
    struct store_claimed *item = &op->items[op->count];
    int64_t until = op->hold_ms < INT64_MAX - context->now
                        ? context->now + op->hold_ms
                        : INT64_MAX;
    if (!standing_show(context, work.topic, work.id, &item->subscriber)) {
        // A key in `waiting` without its record.
        if (!context->results.failed && !context->scratch.failed)
            txn_fail(context->txn, STORE_CORRUPT);
        return false;
    }
    if (item->subscriber.suspended || item->subscriber.paused)
        return true;
    item->token = claims_make(context->claims, work, INT64_MAX, until);
    if (item->token == 0) {
        context->results.failed = true;
        return false;
    }
    op->count++;
    return true;
}

static void run_scan(struct engine_context *context,
                     struct store_claim_lane *op)
{
    struct bytes key, nothing;
    struct store_lane lane;
    bool paused = lane_load(context->txn, &context->scratch, &op->origin, &lane)
                  && lane.paused;
    bool more = !paused && seek(context->txn, op, &key);
    for (int i = 0; more && within(op, key); i++) {
        if (op->count == op->max || i == LOOKS_MAX)
            return;
        struct work work =
            work_subscription(key_part(key, KEY_TOPIC), key_part(key, KEY_ID));
        bool settling;
        if (!claims_held(context->claims, work, &settling)
            && !make(context, op, work))
            return;
        op->after_topic = work.topic;
        op->after = work.id;
        more = txn_next(context->txn, TABLE_WAITING, &key, &nothing);
    }
    op->end = true;
}

static void give_back(struct engine_context *context,
                      struct store_claim_lane *op)
{
    for (size_t i = 0; i < op->count; i++) {
        const struct store_subscriber *one = &op->items[i].subscriber;
        claims_release(context->claims, work_subscription(one->topic, one->id),
                       op->items[i].token);
    }
    op->count = 0;
}

enum store_status op_claim_lane(struct engine_context *context,
                                struct store_claim_lane *op)
{
    op->count = 0;
    op->end = op->empty = false;
    if (op->max == 0 || op->max > STORE_BATCH_MAX || op->hold_ms <= 0)
        return STORE_INVALID;
    op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;

    claims_lock(context->claims);
    txn_begin_read(context->txn, context->txn->env);
    claims_expire(context->claims, STORE_DUE_DELIVER, context->now);
    run_scan(context, op);
    op->empty = !lane_occupied(context->txn, &op->origin);
    claims_unlock(context->claims);

    bool failed = !txn_ok(context->txn) || context->results.failed
                  || context->scratch.failed;
    if (failed)
        give_back(context, op);
    return failed ? STORE_AGAIN : STORE_OK;
}
