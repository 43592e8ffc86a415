// SPDX-License-Identifier: MIT

#include "bodies.h"
#include "since.h"

#include <string.h>

enum { POSITIONS_MAX = 1024 };

// One topic of the answer while the topics are merged.
struct track {
    uint64_t topic;
    uint64_t incarnation;
    enum store_content content;
    uint64_t head;
    uint64_t seq;    // next one; above head: done
    uint64_t number; // of that
};

static uint64_t first_wanted(struct txn *txn, const struct topic *topic,
                             uint64_t first,
                             const struct store_position *position)
{
    uint64_t head = topic->shown.head;
    uint64_t kept = topic->shown.removed + 1;
    switch (position->since) {
    case STORE_SINCE_LATEST:
        return head + 1;
    case STORE_SINCE_EARLIEST:
        return kept;
    case STORE_SINCE_LAST:
        if (position->value >= head + 1 - kept)
            return kept;
        return head + 1 - position->value;
    case STORE_SINCE_NUMBER:
    case STORE_SINCE_TIME:
        break;
    }
    return since_search(txn, topic, first, position);
}

// M9: a gap is what comes after the position and has lost its body. Exact, as
// long as the rows reach back to the position.
static uint64_t note_gap(const struct topic *topic, uint64_t wanted,
                         uint64_t first, struct store_position *position)
{
    uint64_t removed = topic->shown.removed;
    bool by_place = position->since == STORE_SINCE_NUMBER
                    || position->since == STORE_SINCE_TIME;
    if (wanted > removed && !(by_place && wanted == first && first > 1))
        return wanted;
    position->gap_from = wanted <= removed ? wanted : first - 1;
    position->gap_to = removed;
    position->gap_inexact = wanted == first && first > 1;
    if (position->gap_inexact)
        position->gap_from = 1; // so far back it may reach
    position->gap_count = position->gap_to - position->gap_from + 1;
    return removed + 1;
}

static void peek_number(struct txn *txn, struct track *track)
{
    struct update update;
    if (track->seq > track->head)
        return;
    if (update_peek(txn, track->topic, track->seq, &update))
        track->number = update.number;
    else
        txn_fail(txn, STORE_CORRUPT);
}

static bool locate(struct engine_context *context,
                   struct store_position *position, struct track *track)
{
    struct topic topic;
    position->gap_from = position->gap_to = position->gap_count = 0;
    position->gap_inexact = false;
    *track = (struct track){ .seq = 1 };
    if (position->topic == 0
        || !topic_load(context->txn, &context->scratch, position->topic,
                       &topic))
        return txn_ok(context->txn);
    uint64_t first = since_first(context->txn, &topic);
    uint64_t wanted = first_wanted(context->txn, &topic, first, position);
    track->topic = position->topic;
    track->incarnation = topic.shown.incarnation;
    track->content = topic.shown.content;
    track->head = topic.shown.head;
    track->seq = note_gap(&topic, wanted, first, position);
    peek_number(context->txn, track);
    return txn_ok(context->txn);
}

static struct track *next_track(struct track *tracks, size_t count)
{
    struct track *next = NULL;
    for (struct track *t = tracks; t < tracks + count; t++)
        if (t->seq <= t->head && (!next || t->number < next->number))
            next = t;
    return next;
}

// Whether it is told by its delta (M3). Who pulls has never seen what was
// there before a baseline.
static bool as_delta(const struct store_events *op, const struct track *track,
                     const struct update *update)
{
    enum store_content wish = op->content;
    if (wish == STORE_CONTENT_DEFAULT)
        wish = track->content;
    if (update->delta_size == 0 || update->baseline)
        return false;
    if (wish == STORE_CONTENT_DEFAULT)
        return op->deltas && !update->on_request;
    return wish == STORE_CONTENT_ENTRIES;
}

static bool tell(struct engine_context *context, const struct store_events *op,
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
        .delta = as_delta(op, track, &update),
        .on_request = update.on_request,
        .body = { "", 0 },
    };
    out->size = out->delta ? update.delta_size : update.whole_size;
    return !context->results.failed
           && (!op->bodies
               || body_read(context->txn, &context->results, track->topic,
                            track->seq, out->delta ? STORE_DELTA : STORE_WHOLE,
                            out->size, &out->body));
}

static uint64_t size_of(struct engine_context *context,
                        const struct store_events *op,
                        const struct track *track)
{
    struct update update;
    if (!op->bodies
        || !update_peek(context->txn, track->topic, track->seq, &update))
        return 0;
    return as_delta(op, track, &update) ? update.delta_size : update.whole_size;
}

static void merge(struct engine_context *context, struct store_events *op,
                  struct track *tracks)
{
    uint64_t bytes = 0;
    struct track *track;
    while ((track = next_track(tracks, op->count)) && txn_ok(context->txn)) {
        uint64_t size = size_of(context, op, track);
        if (op->event_count == op->limit
            || (op->event_count > 0 && bytes + size > op->max_bytes)) {
            op->more = true;
            return;
        }
        if (!tell(context, op, track, &op->items[op->event_count]))
            return;
        op->event_count++;
        bytes += size;
        track->seq++;
        peek_number(context->txn, track);
    }
}

static bool sound(const struct store_events *op)
{
    if (op->count == 0 || op->count > POSITIONS_MAX || !op->positions
        || op->limit == 0 || op->limit > STORE_BATCH_MAX
        || op->content > STORE_CONTENT_ENTRIES)
        return false;
    for (size_t i = 0; i < op->count; i++)
        if (op->positions[i].since > STORE_SINCE_TIME)
            return false;
    return true;
}

enum store_status op_events(struct engine_context *context,
                            struct store_events *op)
{
    op->event_count = 0;
    op->items = NULL;
    op->more = false;
    if (!sound(op))
        return STORE_INVALID;
    struct track *tracks =
        arena_array(&context->scratch, op->count, sizeof *tracks);
    if (!tracks)
        return STORE_AGAIN;
    uint64_t owed = 0;
    for (size_t i = 0; i < op->count; i++) {
        if (!locate(context, &op->positions[i], &tracks[i]))
            return STORE_AGAIN;
        owed += tracks[i].seq <= tracks[i].head
                    ? tracks[i].head - tracks[i].seq + 1
                    : 0;
    }
    op->head = context->counters.event;
    size_t room = owed < op->limit ? (size_t)owed : op->limit;
    op->items = arena_array(&context->results, room + 1, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    merge(context, op, tracks);
    for (size_t i = 0; i < op->count; i++) {
        bool done = tracks[i].seq > tracks[i].head;
        op->positions[i].reached = done ? op->head : tracks[i].number - 1;
    }
    return STORE_OK;
}
