// SPDX-License-Identifier: MIT

#include "events.h"

#include "since.h"

enum { POSITIONS_MAX = 1024 };

static bool by_place(const struct store_position *position)
{
    return position->since == STORE_SINCE_NUMBER
           || position->since == STORE_SINCE_TIME;
}

// M9: a gap is what comes after the position and has lost its body. Exact, as
// long as the rows reach back to the position.
static uint64_t note_gap(const struct topic *topic, uint64_t wanted,
                         uint64_t first, struct store_position *position)
{
    uint64_t removed = topic->shown.removed;
    bool open = by_place(position) && wanted == first && first > 1;
    if (wanted > removed && !open)
        return wanted;
    position->gap_from = wanted <= removed ? wanted : first - 1;
    position->gap_to = removed;
    position->gap_inexact = wanted == first && first > 1;
    if (position->gap_inexact)
        position->gap_from = 1; // so far back it may reach
    position->gap_count = position->gap_to - position->gap_from + 1;
    position->gap_loss = STORE_LOST_EXPIRED;
    return removed + 1;
}

// M7: he has been somewhere before the topic was left alone for a while, or
// was another, and has gone on beyond that now.
static void note_change(const struct track *track,
                        struct store_position *position)
{
    uint64_t passed = position->gap_to;
    if (!by_place(position))
        return;
    if (track->seq > track->start)
        passed = track->seq - 1;
    if (track->first <= track->resumed && passed >= track->resumed)
        position->gap_loss = STORE_LOST_UNFOLLOWED;
    bool old = position->since == STORE_SINCE_NUMBER && position->value > 0
               && position->value <= track->earlier;
    if (old && track->first == 1 && passed > 0)
        position->gap_loss = STORE_LOST_RECREATED;
    if (position->gap_loss > STORE_LOST_OVERFLOW)
        position->gap_inexact = true;
}

static bool locate(struct engine_context *context,
                   struct store_position *position, struct track *track)
{
    struct topic topic;
    *track = (struct track){ .seq = 1 };
    if (position->topic == 0
        || !topic_peek(context->txn, position->topic, &topic))
        return txn_ok(context->txn);
    position->reach = topic.shown.reach;
    uint64_t first = since_first(context->txn, &topic);
    uint64_t wanted = since_wanted(context->txn, &topic, first, position);
    track_of_topic(&topic, track);
    track->first = wanted;
    track->seq = note_gap(&topic, wanted, first, position);
    track->start = track->seq;
    track_peek(context->txn, track);
    return txn_ok(context->txn);
}

struct wish events_wish(const struct store_events *op)
{
    return (struct wish){
        .content = op->content,
        .deltas = op->deltas,
        .bodies = op->bodies,
    };
}

static void merge(struct engine_context *context, struct store_events *op,
                  struct track *tracks)
{
    struct wish wish = events_wish(op);
    uint64_t bytes = 0;
    struct track *track;
    while ((track = track_next(tracks, op->count)) && txn_ok(context->txn)) {
        uint64_t size = track_size(context->txn, &wish, track);
        if (op->event_count == op->limit
            || (op->event_count > 0 && bytes + size > op->max_bytes)) {
            op->more = true;
            return;
        }
        if (!track_tell(context, &wish, track, &op->items[op->event_count]))
            return;
        op->event_count++;
        bytes += size;
        track->seq++;
        track_peek(context->txn, track);
    }
}

// Number of the last event before the position.
static uint64_t came_from(struct txn *txn, const struct track *track,
                          const struct store_position *position)
{
    struct update update;
    if (position->since == STORE_SINCE_NUMBER)
        return position->value;
    return update_peek(txn, track->topic, track->first, &update)
               ? update.number - 1
               : 0;
}

// A page ended at this event, in the midst of what a topic has lost: the rest
// of that is for the page that passes it.
static void cut_gap(struct txn *txn, const struct track *track,
                    struct store_position *position, uint64_t number)
{
    struct topic topic = {
        .shown = { .id = track->topic, .head = track->head },
    };
    uint64_t to = since_upto(txn, &topic, position->gap_from - 1, number);
    if (to >= position->gap_to)
        return;
    uint64_t came = came_from(txn, track, position);
    position->reached = came > number ? came : number;
    position->gap_to = to;
    position->gap_count = to + 1 - position->gap_from;
    if (position->gap_count > 0)
        return;
    position->gap_from = position->gap_to = 0;
    position->gap_inexact = false;
    position->gap_loss = STORE_LOST_NOTHING;
}

// Where all of a topic is told. That others have gone on does not show in it
// (M17), once it has something itself.
static uint64_t end_of(struct txn *txn, const struct store_events *op,
                       const struct track *track,
                       const struct store_position *position)
{
    struct update update;
    uint64_t place = 0;
    if (track->head == 0
        || !update_peek(txn, track->topic, track->head, &update))
        return op->head;
    if (position->since == STORE_SINCE_NUMBER)
        place = position->value;
    if (op->event_count > 0 && place < op->items[op->event_count - 1].number)
        place = op->items[op->event_count - 1].number;
    if (place < update.number)
        place = update.number;
    return place < op->head ? place : op->head;
}

static void conclude(struct engine_context *context, struct store_events *op,
                     const struct track *track, struct store_position *position)
{
    bool done = track->seq > track->head;
    position->reached =
        done ? end_of(context->txn, op, track, position) : track->number - 1;
    if (op->more && position->gap_count > 0 && track->seq == track->start)
        cut_gap(context->txn, track, position,
                op->items[op->event_count - 1].number);
    note_change(track, position);
}

static enum store_status events_of(struct engine_context *context,
                                   struct store_events *op)
{
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
    size_t room = owed < op->limit ? (size_t)owed : op->limit;
    op->items = arena_array(&context->results, room + 1, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    merge(context, op, tracks);
    for (size_t i = 0; i < op->count; i++)
        conclude(context, op, &tracks[i], &op->positions[i]);
    return STORE_OK;
}

static bool sound_prefixes(const struct store_events *op)
{
    if (op->count != 0 || op->prefix_count > POSITIONS_MAX || !op->prefixes
        || op->since == STORE_SINCE_LAST || op->since > STORE_SINCE_TIME)
        return false;
    for (size_t i = 0; i < op->prefix_count; i++)
        if (op->prefixes[i].len > STORE_URL_MAX)
            return false;
    return !op->backwards || op->since == STORE_SINCE_NUMBER
           || op->since == STORE_SINCE_LATEST;
}

static bool sound(const struct store_events *op)
{
    if (op->limit == 0 || op->limit > STORE_BATCH_MAX
        || op->content > STORE_CONTENT_ENTRIES)
        return false;
    if (op->prefix_count > 0)
        return sound_prefixes(op);
    if (op->count == 0 || op->count > POSITIONS_MAX || !op->positions)
        return false;
    for (size_t i = 0; i < op->count; i++)
        if (op->positions[i].since > STORE_SINCE_TIME
            || (op->backwards && op->positions[i].since != STORE_SINCE_NUMBER))
            return false;
    return true;
}

static void clear(struct store_events *op)
{
    op->event_count = op->gap_count = 0;
    op->items = NULL;
    op->gaps = NULL;
    op->more = false;
    op->reached = 0;
}

enum store_status op_events(struct engine_context *context,
                            struct store_events *op)
{
    clear(op);
    if (!sound(op))
        return STORE_INVALID;
    op->head = context->counters.event;
    for (size_t i = 0; i < op->count; i++) {
        struct store_position *position = &op->positions[i];
        position->gap_from = position->gap_to = position->gap_count = 0;
        position->gap_inexact = false;
        position->reach = STORE_REACH_UNTOLD;
        position->gap_loss = STORE_LOST_NOTHING;
    }
    if (op->prefix_count > 0)
        return events_match(context, op);
    return op->backwards ? events_back(context, op) : events_of(context, op);
}
