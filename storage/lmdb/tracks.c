// SPDX-License-Identifier: MIT

#include "tracks.h"

#include "bodies.h"

void track_of_topic(const struct topic *topic, struct track *out)
{
    *out = (struct track){
        .topic = topic->shown.id,
        .incarnation = topic->shown.incarnation,
        .content = topic->shown.content,
        .removed = topic->shown.removed,
        .head = topic->shown.head,
        .resumed = topic->resumed,
        .earlier = topic->earlier,
    };
}

void track_peek(struct txn *txn, struct track *track)
{
    struct update update;
    if (track->seq > track->head)
        return;
    if (update_peek(txn, track->topic, track->seq, &update))
        track->number = update.number;
    else
        txn_fail(txn, STORE_CORRUPT);
}

struct track *track_next(struct track *tracks, size_t count)
{
    struct track *next = NULL;
    for (struct track *t = tracks; t < tracks + count; t++)
        if (t->seq <= t->head && (!next || t->number < next->number))
            next = t;
    return next;
}

// Whether it is told by its delta (M3). Who pulls has never seen what was
// there before a baseline.
static bool as_delta(const struct wish *wish, const struct track *track,
                     const struct update *update)
{
    enum store_content content = wish->content;
    if (content == STORE_CONTENT_DEFAULT)
        content = track->content;
    if (update->delta_size == 0 || update->baseline)
        return false;
    if (content == STORE_CONTENT_DEFAULT)
        return wish->deltas && !update->on_request;
    return content == STORE_CONTENT_ENTRIES;
}

uint64_t track_size(struct txn *txn, const struct wish *wish,
                    const struct track *track)
{
    struct update update;
    if (!wish->bodies || !update_peek(txn, track->topic, track->seq, &update))
        return 0;
    return as_delta(wish, track, &update) ? update.delta_size
                                          : update.whole_size;
}

static void tell_url(struct engine_context *context, uint64_t id,
                     struct store_event *out)
{
    struct topic topic;
    if (topic_peek(context->txn, id, &topic))
        out->url = arena_copy(&context->results, topic.shown.url);
    else
        txn_fail(context->txn, STORE_CORRUPT);
}

bool track_tell(struct engine_context *context, const struct wish *wish,
                const struct track *track, struct store_event *out)
{
    struct update update;
    if (!update_peek(context->txn, track->topic, track->seq, &update)
        || update.skeleton) {
        txn_fail(context->txn, STORE_CORRUPT);
        return false;
    }
    *out = (struct store_event){
        .number = update.number,
        .topic = track->topic,
        .seq = track->seq,
        .incarnation = track->incarnation,
        .previous = track->seq - 1,
        .time = update.time,
        .kind = update.kind,
        .content_type = arena_copy(&context->results, update.content_type),
        .self = arena_copy(&context->results, update.self),
        .hubs = arena_copy(&context->results, update.hubs),
        .delta = as_delta(wish, track, &update),
        .on_request = update.on_request,
        .body = { "", 0 },
        .url = { "", 0 },
    };
    out->size = out->delta ? update.delta_size : update.whole_size;
    if (wish->urls)
        tell_url(context, track->topic, out);
    return txn_ok(context->txn) && !context->results.failed
           && (!wish->bodies
               || body_read(context->txn, &context->results, track->topic,
                            track->seq, out->delta ? STORE_DELTA : STORE_WHOLE,
                            out->size, &out->body));
}
