// SPDX-License-Identifier: MIT

#include "bodies.h"
#include "due.h"
#include "raze.h"
#include "topics.h"

enum {
    PAGE = 256,          // updates touched in one operation
    SKELETON_LIVES = 10, // times as long as its body (M9)
    SOON_MS = 1000,
    LATEST_MS = 24 * 60 * 60 * 1000,
};

// ------------------------------------------------------------------ bodies

static bool too_much(const struct topic *topic, const struct update *oldest_one,
                     const struct store_trim *op, int64_t now)
{
    const struct store_topic *shown = &topic->shown;
    return oldest_one->time + op->keep_ms <= now
           || shown->head - shown->removed > op->keep_updates
           || shown->body_bytes > op->keep_bytes;
}

// The newest whole body is never among them (M10). Whether more is to go.
static bool trim_bodies(struct engine_context *context, struct topic *topic,
                        struct store_trim *op)
{
    struct store_topic *shown = &topic->shown;
    while (shown->removed + 1 < shown->head && txn_ok(context->txn)) {
        uint64_t seq = shown->removed + 1;
        struct update update;
        if (!update_peek(context->txn, shown->id, seq, &update)) {
            txn_fail(context->txn, STORE_CORRUPT);
            return false;
        }
        if (!too_much(topic, &update, op, context->now))
            return false;
        if (op->removed == PAGE)
            return true;
        uint64_t size = update.whole_size + update.delta_size;
        struct update skeleton = {
            .number = update.number,
            .time = update.time,
            .kind = update.kind,
            .baseline = update.baseline,
            .skeleton = true,
        };
        update_save(context, shown->id, seq, &skeleton);
        body_remove(context->txn, shown->id, seq, SIZE_MAX);
        shown->body_bytes -=
            size < shown->body_bytes ? size : shown->body_bytes;
        shown->removed = seq;
        op->removed++;
    }
    return false;
}

static int64_t skeleton_end(const struct update *update, int64_t keep_ms)
{
    if (keep_ms > INT64_MAX / 2 / SKELETON_LIVES)
        return INT64_MAX / 2;
    return update->time + keep_ms * SKELETON_LIVES;
}

static bool trim_skeletons(struct engine_context *context,
                           const struct topic *topic,
                           const struct store_trim *op)
{
    struct update update;
    uint64_t seq;
    for (int i = 0; i < PAGE; i++) {
        if (!update_oldest(context->txn, topic->shown.id, &seq, &update)
            || !update.skeleton
            || skeleton_end(&update, op->keep_ms) > context->now)
            return false;
        update_remove(context->txn, topic->shown.id, seq, update.number);
    }
    return true;
}

// ---------------------------------------------------------------- planning

static int64_t earlier(int64_t a, int64_t b)
{
    return b < a ? b : a;
}

static int64_t next_trim(struct engine_context *context,
                         const struct topic *topic, const struct store_trim *op)
{
    const struct store_topic *shown = &topic->shown;
    struct update update;
    uint64_t seq;
    int64_t next = INT64_MAX;
    if (shown->removed + 1 < shown->head
        && update_peek(context->txn, shown->id, shown->removed + 1, &update))
        next = earlier(next, update.time + op->keep_ms);
    if (update_oldest(context->txn, shown->id, &seq, &update)
        && update.skeleton)
        next = earlier(next, skeleton_end(&update, op->keep_ms));
    if (shown->unfollowed_at > 0)
        next = earlier(next, shown->unfollowed_at + op->keep_ms);
    else if (shown->subscriptions == 0 && shown->listeners == 0 && !shown->kept)
        next = earlier(next, shown->pulled_until + 1);
    if (next < context->now + SOON_MS)
        next = context->now + SOON_MS;
    return earlier(next, context->now + LATEST_MS);
}

enum store_status op_trim(struct engine_context *context, struct store_trim *op)
{
    struct topic topic;
    op->removed = 0;
    op->topic_removed = false;
    if (op->keep_ms < 0)
        return STORE_INVALID;
    if (!topic_load(context->txn, &context->scratch, op->topic, &topic))
        return STORE_NOT_FOUND;
    if (!claims_settle(context->claims, work_trim(op->topic), op->token))
        return STORE_STALE;
    topic_unfollow_check(context, &topic);
    int64_t unfollowed = topic.shown.unfollowed_at;
    bool more;
    if (unfollowed > 0 && unfollowed + op->keep_ms <= context->now) {
        more = topic_raze(context, &topic, &op->removed);
        if (!more) {
            op->topic_removed = true;
            return STORE_OK;
        }
    } else {
        more = trim_bodies(context, &topic, op);
        more |= trim_skeletons(context, &topic, op);
    }
    due_trim(context, &topic,
             more ? context->now : next_trim(context, &topic, op));
    topic_save(context->txn, &topic);
    return STORE_OK;
}
