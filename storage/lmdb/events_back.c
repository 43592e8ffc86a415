// SPDX-License-Identifier: MIT

#include "events.h"
#include "since.h"

// Tracks go down here: `seq` is the next below; not above `removed`: done.
static bool locate(struct engine_context *context,
                   struct store_position *position, struct track *track)
{
    struct topic topic;
    *track = (struct track){ .topic = 0 };
    if (position->topic == 0
        || !topic_peek(context->txn, position->topic, &topic))
        return txn_ok(context->txn);
    track_of_topic(&topic, track);
    position->reach = topic.shown.reach;
    struct store_position below = {
        .since = STORE_SINCE_NUMBER,
        .value = position->value > 0 ? position->value - 1 : 0,
    };
    track->seq =
        since_search(context->txn, &topic, topic.shown.removed + 1, &below) - 1;
    if (track->seq > track->removed)
        track_peek(context->txn, track);
    return txn_ok(context->txn);
}

static struct track *highest(struct track *tracks, size_t count)
{
    struct track *next = NULL;
    for (struct track *t = tracks; t < tracks + count; t++)
        if (t->seq > t->removed && (!next || t->number > next->number))
            next = t;
    return next;
}

static void merge(struct engine_context *context, struct store_events *op,
                  struct track *tracks, uint64_t *reached)
{
    struct wish wish = events_wish(op);
    uint64_t bytes = 0;
    struct track *track;
    *reached = 1;
    while ((track = highest(tracks, op->count)) && txn_ok(context->txn)) {
        uint64_t size = track_size(context->txn, &wish, track);
        if (op->event_count == op->limit
            || (op->event_count > 0 && bytes + size > op->max_bytes)) {
            op->more = true;
            *reached = track->number + 1;
            return;
        }
        if (!track_tell(context, &wish, track, &op->items[op->event_count]))
            return;
        op->event_count++;
        bytes += size;
        track->seq--;
        if (track->seq > track->removed)
            track_peek(context->txn, track);
    }
}

enum store_status events_back(struct engine_context *context,
                              struct store_events *op)
{
    uint64_t reached;
    struct track *tracks =
        arena_array(&context->scratch, op->count, sizeof *tracks);
    op->items = arena_array(&context->results, op->limit, sizeof *op->items);
    if (!tracks || !op->items)
        return STORE_AGAIN;
    for (size_t i = 0; i < op->count; i++)
        if (!locate(context, &op->positions[i], &tracks[i]))
            return STORE_AGAIN;
    merge(context, op, tracks, &reached);
    for (size_t i = 0; i < op->count; i++)
        op->positions[i].reached = reached;
    op->reached = reached;
    return STORE_OK;
}
