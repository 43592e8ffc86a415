// SPDX-License-Identifier: MIT

#include "lagging.h"
#include "lanes.h"
#include "meta.h"

static enum store_status pause_all(struct engine_context *context, bool paused)
{
    if (meta_paused(context->txn) == paused)
        return STORE_DUPLICATE;
    meta_pause(context->txn, paused);
    return STORE_OK;
}

static enum store_status pause_lane(struct engine_context *context,
                                    const struct store_pause *op)
{
    struct store_lane old;
    bool there = lane_load(context->txn, &context->scratch, &op->origin, &old);
    if ((there && old.paused) == op->paused)
        return STORE_DUPLICATE;
    if (!op->paused && !lane_occupied(context->txn, &op->origin)) {
        lane_remove(context, &old);
        return STORE_OK;
    }
    struct store_lane lane = old;
    lane.name = op->origin_name;
    lane.paused = op->paused;
    // It is looked at as soon as it goes on.
    lane.due = context->now;
    lane_save(context, there ? &old : NULL, &lane);
    return STORE_OK;
}

static enum store_status pause_one(struct engine_context *context,
                                   const struct store_pause *op)
{
    struct txn *txn = context->txn;
    struct subscription subscription;
    struct lagging lagging;
    if (!subscription_load(txn, &context->scratch, op->topic, op->subscription,
                           &subscription))
        return STORE_NOT_FOUND;
    struct store_subscriber *shown = &subscription.shown;
    if (shown->paused == op->paused)
        return STORE_DUPLICATE;
    if (lagging_load(txn, shown->topic, shown->id, &lagging)) {
        lagging_pause(context, shown, &lagging, op->paused);
        if (!op->paused && lagging.waits)
            lane_hurry(context, &shown->origin);
    }
    shown->paused = op->paused;
    subscription_save(txn, &subscription);
    return STORE_OK;
}

enum store_status op_pause(struct engine_context *context,
                           struct store_pause *op)
{
    bool one = op->subscription != 0, lane = op->origin_name.len != 0;
    if (one + lane + op->all != 1 || op->origin_name.len > STORE_LANE_NAME_MAX)
        return STORE_INVALID;
    if (op->all)
        return pause_all(context, op->paused);
    return lane ? pause_lane(context, op) : pause_one(context, op);
}
