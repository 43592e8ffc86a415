// SPDX-License-Identifier: MIT

#include "aliases.h"
#include "bodies.h"
#include "due.h"
#include "entries.h"
#include "sweep.h"
#include "topics.h"

#include <string.h>

enum {
    ENTRIES_MAX = 1000000,
    CHANGED_MAX = 1000000,
    // A topic that has grown beyond any usual retention is trimmed at once.
    MANY_BODIES = 1200,
    MANY_BYTES = 300 * 1024 * 1024,
    ROW_BYTES = 1024, // an update costs this much beside its bodies
    GONE = 410,
};

enum store_status op_put_chunk(struct engine_context *context,
                               struct store_put_chunk *op)
{
    struct topic topic;
    if (op->piece.len == 0 || op->piece.len > STORE_CHUNK || !op->piece.at
        || op->which > STORE_DELTA
        || (uint64_t)op->index * STORE_CHUNK > STORE_BODY_MAX)
        return STORE_INVALID;
    if (!topic_load(context->txn, &context->scratch, op->topic, &topic))
        return STORE_NOT_FOUND;
    if (op->seq != topic.shown.head + 1)
        return STORE_CONFLICT;
    if (!engine_admits(context, op->piece.len))
        return STORE_FULL;
    sweep_later(context->txn, op->topic);
    body_put(context->txn, op->topic, op->seq, op->which, op->index, op->piece);
    return STORE_OK;
}

static uint64_t body_size(const struct store_new_body *body)
{
    return body->chunked > 0 ? body->chunked : body->inlined.len;
}

static bool appends(const struct store_publish *op)
{
    return op->verdict == STORE_FETCH_BASELINE
           || op->verdict == STORE_FETCH_UPDATE;
}

static bool sound_body(const struct store_new_body *body)
{
    return body->chunked <= STORE_BODY_MAX && body->inlined.len <= STORE_CHUNK
           && (body->inlined.len == 0 || body->inlined.at)
           && (body->chunked == 0 || body->inlined.len == 0);
}

static bool sound(const struct store_publish *op)
{
    if (op->verdict < STORE_FETCH_FAILED || op->verdict > STORE_FETCH_UPDATE
        || op->due < 0 || (op->new_plan && op->plan.len > STORE_PLAN_MAX)
        || (op->token == 0 && op->verdict != STORE_FETCH_UPDATE)
        || op->reach > STORE_REACH_INSIDE)
        return false;
    if (op->new_validators
        && (op->etag.len > STORE_HEADER_MAX
            || op->modified.len > STORE_HEADER_MAX
            || op->moved.len > STORE_URL_MAX))
        return false;
    if (op->new_links
        && (op->self.len > STORE_URL_MAX || op->hubs.len > STORE_LINKS_MAX))
        return false;
    if (op->new_entries
        && (op->entry_count > ENTRIES_MAX
            || (op->entry_count > 0 && !op->entries)))
        return false;
    if (!appends(op))
        return true;
    return op->kind >= STORE_UPDATE_ENTRIES && op->kind <= STORE_UPDATE_WHOLE
           && op->content_type.len <= STORE_HEADER_MAX
           && op->changed_count <= CHANGED_MAX
           && (op->changed_count == 0 || op->changed) && sound_body(&op->whole)
           && sound_body(&op->delta);
}

static bool same_body(struct txn *txn, const struct topic *topic,
                      const struct store_new_body *body, uint64_t size)
{
    struct key key;
    struct bytes piece;
    if (body_size(body) != size)
        return false;
    if (body->chunked > 0 || size == 0)
        return true;
    key_two(&key, topic->shown.id, topic->shown.head);
    key_u8(&key, STORE_WHOLE);
    key_u32(&key, 0);
    return txn_get(txn, TABLE_BODIES, &key, &piece) && piece.len == size
           && memcmp(piece.at, body->inlined.at, (size_t)size) == 0;
}

// Is this the very update that is the newest one already? Then the answer to
// it got lost. One whose claim still stands was never settled: the same has
// come by another way, and the head has moved.
static bool repeated(struct engine_context *context, const struct topic *topic,
                     struct store_publish *op)
{
    struct update update;
    const struct store_topic *shown = &topic->shown;
    if (!appends(op) || shown->head != op->expected_head + 1
        || (op->token != 0
            && claims_current(context->claims, work_fetch(op->topic),
                              op->token))
        || !update_peek(context->txn, shown->id, shown->head, &update))
        return false;
    if (update.skeleton || update.kind != op->kind
        || update.baseline != (op->verdict == STORE_FETCH_BASELINE)
        || update.changed_count != op->changed_count
        || update.delta_size != body_size(&op->delta)
        || memcmp(update.digest, op->digest, sizeof update.digest) != 0)
        return false;
    op->seq = shown->head;
    op->number = update.number;
    return same_body(context->txn, topic, &op->whole, update.whole_size);
}

static struct bytes kept(struct bytes bytes)
{
    return bytes.at ? bytes : (struct bytes){ "", 0 };
}

// Nobody wants the next fetch of a topic that nobody follows any more.
static void plan_fetch(struct engine_context *context, struct topic *topic,
                       const struct store_publish *op)
{
    bool pinged = topic->shown.dirty != op->generation;
    int64_t due = pinged ? context->now : op->due;
    // The operator may have said how often while the fetch was under way.
    if (!pinged && op->verdict != STORE_FETCH_FAILED)
        due = topic_poll_due(topic, context->now, due);
    due_fetch(context, topic, topic->shown.unfollowed_at == 0 ? due : 0);
}

// Other failures say nothing of whether it is gone for good.
static void note_gone(struct store_topic *shown, int32_t status, int64_t now)
{
    if (status != GONE)
        return;
    if (shown->gone == 0)
        shown->gone_since = now;
    if (shown->gone < UINT32_MAX)
        shown->gone++;
}

static void note_failure(struct engine_context *context,
                         struct store_topic *shown, int32_t status)
{
    shown->failures++;
    if (shown->failing_since == 0)
        shown->failing_since = context->now;
    note_gone(shown, status, context->now);
}

static void note_fetch(struct engine_context *context, struct topic *topic,
                       const struct store_publish *op)
{
    struct store_topic *shown = &topic->shown;
    shown->last_status = op->status;
    plan_fetch(context, topic, op);
    if (op->verdict == STORE_FETCH_FAILED) {
        note_failure(context, shown, op->status);
        return;
    }
    shown->failures = 0;
    shown->failing_since = 0;
    shown->gone = 0;
    shown->gone_since = 0;
    shown->last_fetch = context->now;
    shown->fetched = op->generation;
    // As far as anybody can tell nothing has happened meanwhile (M7).
    if (op->verdict == STORE_FETCH_UNCHANGED)
        topic->resuming = false;
    if (op->new_validators) {
        shown->etag = kept(op->etag);
        shown->modified = kept(op->modified);
        shown->moved = kept(op->moved);
        shown->modified_seen = op->modified_seen;
    }
}

// What the document itself says, however it came.
static void note_document(struct engine_context *context, struct topic *topic,
                          const struct store_publish *op)
{
    struct store_topic *shown = &topic->shown;
    if (op->new_links) {
        shown->self = kept(op->self);
        shown->hubs = kept(op->hubs);
        alias_set(context, topic, &op->self_key, op->self_same_origin);
        topic_save_names(context->txn, topic);
    }
    if (op->new_entries)
        entries_save(context, shown->id, op->entries, op->entry_count);
}

static void put_inlined(struct engine_context *context, uint64_t topic,
                        uint64_t seq, enum store_body which,
                        const struct store_new_body *body)
{
    if (body->inlined.len > 0)
        body_put(context->txn, topic, seq, which, 0, body->inlined);
}

static void begin_walk(struct engine_context *context,
                       const struct topic *topic, struct store_publish *op)
{
    struct store_walk walk;
    if (op->verdict != STORE_FETCH_UPDATE || topic->shown.subscriptions == 0
        || walk_load(context->txn, topic->shown.id, &walk))
        return;
    op->walk = (struct store_walk){
        .topic = topic->shown.id,
        .from = op->expected_head,
        .to = op->seq,
    };
    op->walk_began = true;
    walk_save(context->txn, &op->walk);
}

static void append(struct engine_context *context, struct topic *topic,
                   struct store_publish *op)
{
    struct store_topic *shown = &topic->shown;
    struct update update = {
        .number = ++context->counters.event,
        .time = context->now,
        .kind = op->kind,
        .baseline = op->verdict == STORE_FETCH_BASELINE,
        .on_request = op->on_request,
        .content_type = kept(op->content_type),
        .self = shown->self,
        .hubs = shown->hubs,
        .whole_size = body_size(&op->whole),
        .delta_size = body_size(&op->delta),
        .changed_count = op->changed_count,
        .changed = (const uint8_t *)op->changed,
    };
    memcpy(update.digest, op->digest, sizeof update.digest);
    op->number = update.number;
    op->seq = ++shown->head;
    if (topic->resuming)
        topic->resumed = op->seq;
    topic->resuming = false;
    update_save(context, shown->id, op->seq, &update);
    put_inlined(context, shown->id, op->seq, STORE_WHOLE, &op->whole);
    put_inlined(context, shown->id, op->seq, STORE_DELTA, &op->delta);
    shown->body_bytes += update.whole_size + update.delta_size;
    shown->last_update = context->now;
    if (update.baseline) {
        shown->baseline = op->seq;
        shown->baseline_at = context->now;
        shown->baseline_owed = true;
    } else if (op->delivers_baseline) {
        shown->baseline_owed = false;
    }
    if (op->whole.chunked > 0 || op->delta.chunked > 0)
        sweep_not(context->txn, shown->id);
    begin_walk(context, topic, op);
    bool many = shown->head - shown->removed > MANY_BODIES
                || shown->body_bytes > MANY_BYTES;
    if (many)
        due_trim(context, topic, context->now);
    else
        topic_plan_trim(context, topic);
}

// What chunks were put for it must be all of it.
static bool bodies_there(struct engine_context *context,
                         const struct store_publish *op)
{
    uint64_t seq = op->expected_head + 1;
    return (op->whole.chunked == 0
            || body_whole(context->txn, op->topic, seq, STORE_WHOLE,
                          op->whole.chunked))
           && (op->delta.chunked == 0
               || body_whole(context->txn, op->topic, seq, STORE_DELTA,
                             op->delta.chunked));
}

// A document that came without a fetch is for a topic that is followed; any
// other settles a claim.
static enum store_status may_settle(struct engine_context *context,
                                    const struct topic *topic,
                                    const struct store_publish *op)
{
    if (op->token == 0)
        return topic_followed(topic, context->now) ? STORE_OK : STORE_NOT_FOUND;
    bool current =
        claims_current(context->claims, work_fetch(op->topic), op->token);
    return current ? STORE_OK : STORE_STALE;
}

static void note(struct engine_context *context, struct topic *topic,
                 const struct store_publish *op)
{
    if (op->new_plan)
        topic->shown.plan = kept(op->plan);
    if (op->reach != STORE_REACH_UNTOLD)
        topic->shown.reach = op->reach;
    if (op->token != 0)
        note_fetch(context, topic, op);
    if (op->verdict != STORE_FETCH_FAILED)
        note_document(context, topic, op);
}

enum store_status op_publish(struct engine_context *context,
                             struct store_publish *op)
{
    struct topic topic;
    op->seq = op->number = 0;
    op->walk_began = false;
    if (!sound(op))
        return STORE_INVALID;
    if (!topic_load(context->txn, &context->scratch, op->topic, &topic))
        return STORE_NOT_FOUND;
    if (repeated(context, &topic, op))
        return STORE_DUPLICATE;
    op->seq = op->number = 0;
    if (op->verdict != STORE_FETCH_FAILED
        && topic.shown.head != op->expected_head)
        return STORE_CONFLICT;
    enum store_status settles = may_settle(context, &topic, op);
    if (settles != STORE_OK)
        return settles;
    if (appends(op)) {
        if (!bodies_there(context, op))
            return STORE_INVALID;
        if (!engine_admits(context, op->whole.inlined.len
                                        + op->delta.inlined.len + ROW_BYTES
                                        + 16 * op->changed_count))
            return STORE_FULL;
    }
    if (op->token != 0
        && !claims_settle(context->claims, work_fetch(op->topic), op->token))
        return STORE_STALE;
    note(context, &topic, op);
    if (appends(op))
        append(context, &topic, op);
    topic_save(context->txn, &topic);
    return STORE_OK;
}
