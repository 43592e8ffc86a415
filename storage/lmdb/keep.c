// SPDX-License-Identifier: MIT

#include "due.h"
#include "lanes.h"

#include <string.h>

// What is to be written: how it stands, but for what only others change.
static struct store_lane wanted(const struct engine_context *context,
                                const struct store_lane *old,
                                const struct store_lane *told)
{
    struct store_lane lane = *told;
    lane.paused = old->paused;
    if (lane.name.len == 0)
        lane.name = old->name;
    if (lane.due == 0)
        lane.due = context->now;
    return lane;
}

static bool equal(const struct store_lane *a, const struct store_lane *b)
{
    return a->due == b->due && a->step == b->step && a->failures == b->failures
           && a->failing_since == b->failing_since
           && a->last_status == b->last_status && a->name.len == b->name.len
           && (a->name.len == 0
               || memcmp(a->name.at, b->name.at, a->name.len) == 0);
}

enum store_status op_keep_lane(struct engine_context *context,
                               struct store_keep_lane *op)
{
    struct store_lane old;
    const struct store_key *origin = &op->lane.origin;
    op->kept = false;
    if (op->lane.name.len > STORE_LANE_NAME_MAX || op->lane.due < 0
        || op->lane.failing_since < 0)
        return STORE_INVALID;
    struct work work = work_lane(origin);
    bool hurried = op->token != 0 && claims_overtaken(context->claims, work);
    if (op->token != 0 && !claims_settle(context->claims, work, op->token))
        return STORE_STALE;
    bool there = lane_load(context->txn, &context->scratch, origin, &old);
    op->kept = lane_occupied(context->txn, origin) || (there && old.paused);
    if (op->kept) {
        struct store_lane lane = wanted(context, &old, &op->lane);
        // What came meanwhile is not put off by who had not heard of it.
        if (there && hurried && old.due < lane.due)
            lane.due = old.due;
        op->lane.due = lane.due;
        op->lane.paused = lane.paused;
        context->idle = there && equal(&old, &lane);
        if (!context->idle)
            lane_save(context, there ? &old : NULL, &lane);
    } else if (there) {
        lane_remove(context, &old);
    } else {
        context->idle = true;
    }
    return STORE_OK;
}

enum store_status op_page_lanes(struct engine_context *context,
                                struct store_page_lanes *op)
{
    struct txn *txn = context->txn;
    struct key from;
    struct bytes key, record;
    op->count = 0;
    op->end = true;
    if (op->max == 0 || op->max > STORE_BATCH_MAX)
        return STORE_INVALID;
    op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    key_start(&from);
    if (!op->from_start) {
        key_hash(&from, &op->after);
        key_u8(&from, 0); // what comes first after it
    }
    bool more = txn_seek(txn, TABLE_LANES, &from, &key, &record);
    for (; more; more = txn_next(txn, TABLE_LANES, &key, &record)) {
        if (op->count == op->max) {
            op->end = false;
            break;
        }
        struct store_lane *lane = &op->items[op->count];
        struct bytes copy = arena_copy(&context->results, record);
        if (context->results.failed)
            return STORE_AGAIN;
        if (key.len != sizeof lane->origin.bytes || !lane_decode(copy, lane)) {
            txn_fail(txn, STORE_CORRUPT);
            return STORE_CORRUPT;
        }
        memcpy(lane->origin.bytes, key.at, key.len);
        op->count++;
    }
    return STORE_OK;
}
