// SPDX-License-Identifier: MIT

#include "letterbox.h"

#include "since.h"

enum store_status letterbox_load(struct letterbox *box,
                                 struct engine_context *context,
                                 uint64_t mailbox)
{
    *box = (struct letterbox){ .context = context };
    struct arena *results = &context->results;
    if (!mailbox_load(context->txn, results, mailbox, &box->mailbox))
        return STORE_NOT_FOUND;
    if (!listens_load(context->txn, results, mailbox, &box->listens))
        return STORE_AGAIN;
    for (size_t i = 0; i < box->listens.count; i++)
        box->prefixes |= box->listens.items[i].shown.topic == 0;
    return STORE_OK;
}

// ------------------------------------------------------------------- moving

static bool move_one(struct letterbox *box, struct listen *listen,
                     struct move move)
{
    struct txn *txn = box->context->txn;
    struct store_listen *shown = &listen->shown;
    struct topic topic;
    uint64_t seq = move.number;
    if (move.old && move.number <= listen->added)
        return false;
    if (shown->topic != 0) {
        if (!topic_peek(txn, shown->topic, &topic)) {
            txn_fail(txn, STORE_CORRUPT);
            return false;
        }
        seq = since_upto(txn, &topic, shown->seq, move.number);
    }
    if (seq <= shown->seq || !txn_ok(txn))
        return false;
    if (!move.write)
        return true;
    shown->seq = seq;
    shown->fresh = false;
    listen->vague = false;
    listen_save(txn, box->mailbox.shown.id, listen);
    return true;
}

bool letterbox_move(struct letterbox *box, struct move move)
{
    struct store_mailbox *shown = &box->mailbox.shown;
    bool moves = move.number > shown->place;
    for (size_t i = 0; i < box->listens.count; i++) {
        moves |= move_one(box, &box->listens.items[i], move);
        if (moves && !move.write)
            return true;
    }
    if (move.number > shown->place && move.write) {
        shown->place = move.number;
        box->changed = true;
    }
    return moves;
}

void letterbox_save(struct letterbox *box)
{
    if (box->changed)
        mailbox_save(box->context, &box->mailbox);
    box->changed = false;
}

// ------------------------------------------------------------------ reading

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static bool begin_topic(struct letterbox *box, size_t which, uint64_t after)
{
    struct txn *txn = box->context->txn;
    const struct store_listen *listen = &box->listens.items[which].shown;
    struct track *track = &box->tracks[which];
    struct topic topic;
    if (!topic_peek(txn, listen->topic, &topic)) {
        txn_fail(txn, STORE_CORRUPT);
        return false;
    }
    uint64_t had = listen->seq;
    if (after > 0)
        had = since_upto(txn, &topic, had, after);
    uint64_t passed = larger(had, topic.shown.removed);
    if (box->cut > 0)
        passed = since_upto(txn, &topic, passed, box->cut);
    track_of_topic(&topic, track);
    track->first = had + 1;
    track->seq = box->starts[which] = passed + 1;
    track_peek(txn, track);
    return txn_ok(txn);
}

static bool begin_prefixes(struct letterbox *box, uint64_t after)
{
    struct engine_context *context = box->context;
    struct scan *scan = &box->scan;
    size_t count = box->listens.count;
    struct scan_prefix *prefixes =
        arena_array(&context->scratch, count, sizeof *prefixes);
    box->listen_of =
        arena_array(&context->scratch, count, sizeof *box->listen_of);
    if (!prefixes || !box->listen_of)
        return false;
    uint64_t place = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct store_listen *listen = &box->listens.items[i].shown;
        bool placed = box->listens.items[i].placed;
        if (listen->topic != 0)
            continue;
        if (listen->seq < place)
            place = listen->seq;
        box->listen_of[scan->prefix_count] = i;
        prefixes[scan->prefix_count++] = (struct scan_prefix){
            .text = listen->normal,
            .above = listen->seq,
            .placed = placed || listen->seq > 0,
        };
    }
    scan->prefixes = prefixes;
    scan->mailbox = &box->mailbox;
    scan->cut = box->cut;
    place = larger(place, after);
    return scan_begin(scan, context, place) && scan_forth(scan);
}

bool letterbox_begin(struct letterbox *box, uint64_t after)
{
    struct arena *scratch = &box->context->scratch;
    size_t count = box->listens.count;
    box->tracks = arena_array(scratch, count + 1, sizeof *box->tracks);
    box->starts = arena_array(scratch, count + 1, sizeof *box->starts);
    box->had = arena_array(scratch, count + 1, sizeof *box->had);
    box->skipped = arena_array(scratch, count + 1, sizeof *box->skipped);
    if (!box->tracks || !box->starts || !box->had || !box->skipped)
        return false;
    for (size_t i = 0; i < count; i++) {
        box->tracks[i].seq = 1; // of a prefix: done
        if (box->listens.items[i].shown.topic != 0
            && !begin_topic(box, i, after))
            return false;
    }
    return !box->prefixes || begin_prefixes(box, after);
}

static struct track *lowest(struct letterbox *box, size_t *listen)
{
    struct scan *scan = &box->scan;
    struct track *track = track_next(box->tracks, box->listens.count);
    if (track)
        *listen = (size_t)(track - box->tracks);
    if (scan->found && (!track || scan->next.number < track->number)) {
        *listen = box->listen_of[scan->which];
        return &scan->next;
    }
    // Something of a prefix may come first.
    if (track && scan->spent && track->number > scan->place)
        return NULL;
    return track;
}

static void widen(struct span *span, uint64_t from, uint64_t to)
{
    if (from > to)
        return;
    if (span->count == 0)
        span->from = from;
    span->to = to;
    span->count += to - from + 1;
}

struct track *letterbox_next(struct letterbox *box, size_t *listen)
{
    struct track *track;
    while ((track = lowest(box, listen)) != NULL
           && mailbox_passed(&box->mailbox, track->number)) {
        widen(&box->skipped[*listen], track->seq, track->seq);
        box->passed = track->number;
        letterbox_step(box, track);
    }
    return txn_ok(box->context->txn) ? track : NULL;
}

void letterbox_step(struct letterbox *box, struct track *track)
{
    if (track == &box->scan.next) {
        scan_forth(&box->scan);
        return;
    }
    track->seq++;
    track_peek(box->context->txn, track);
}

void letterbox_told(struct letterbox *box, size_t listen)
{
    box->had[listen] = true;
    if (box->listens.items[listen].shown.topic != 0)
        return;
    scan_told(&box->scan);
    box->reached = box->scan.next.number;
}

// ------------------------------------------------------------------- losses

// M7: what it listens to was left alone for a while since its reader began, or
// is another topic; that is told with what came first since then.
static enum store_loss change_of(const struct listen *listen,
                                 const struct track *track)
{
    uint64_t from = listen->shown.from;
    if (!listen->placed)
        return STORE_LOST_NOTHING;
    if (track->first == 1 && track->seq > 1 && from > 0
        && from <= track->earlier)
        return STORE_LOST_RECREATED;
    return track->first <= track->resumed && track->seq > track->resumed
               ? STORE_LOST_UNFOLLOWED
               : STORE_LOST_NOTHING;
}

// False: nothing was lost.
static bool gap_of(struct letterbox *box, size_t which, uint64_t place,
                   struct store_gap *out)
{
    struct engine_context *context = box->context;
    const struct listen *listen = &box->listens.items[which];
    const struct track *track = &box->tracks[which];
    struct span lost = { 0 };
    struct topic topic;
    uint64_t to = box->starts[which] - 1;
    enum store_loss change = change_of(listen, track);
    bool whole = box->had[which] || box->skipped[which].count > 0;
    if (track->first > to && box->skipped[which].count == 0
        && change == STORE_LOST_NOTHING)
        return false;
    if (!topic_peek(context->txn, listen->shown.topic, &topic))
        return false;
    // A page may end in the midst of what was lost.
    if (!whole) {
        uint64_t upto =
            since_upto(context->txn, &topic, track->first - 1, place);
        to = upto < to ? upto : to;
    }
    widen(&lost, track->first, to);
    bool overflow = lost.to > track->removed;
    if (box->skipped[which].count > 0) {
        overflow = true;
        lost.from = lost.count > 0 ? lost.from : box->skipped[which].from;
        lost.to = box->skipped[which].to;
        lost.count += box->skipped[which].count;
    }
    *out = (struct store_gap){
        .topic = listen->shown.topic,
        .url = arena_copy(&context->results, topic.shown.url),
        .from = lost.from,
        .to = lost.to,
        .count = lost.count,
        .inexact = listen->vague || change != STORE_LOST_NOTHING,
        .loss = overflow ? STORE_LOST_OVERFLOW : STORE_LOST_EXPIRED,
    };
    if (change != STORE_LOST_NOTHING)
        out->loss = change;
    return lost.count > 0 || change != STORE_LOST_NOTHING;
}

bool letterbox_gaps(struct letterbox *box, uint64_t place,
                    struct store_gap **gaps, size_t *count)
{
    struct engine_context *context = box->context;
    size_t lossy =
        scan_losses(&box->scan, box->settled, larger(place, box->reached));
    size_t room = box->listens.count + lossy;
    struct store_gap *out =
        arena_array(&context->results, room + 1, sizeof *out);
    *gaps = out;
    *count = 0;
    for (size_t i = 0; out && i < box->listens.count; i++)
        if (box->listens.items[i].shown.topic != 0
            && gap_of(box, i, place, &out[*count]))
            (*count)++;
    if (!out || !scan_gaps(&box->scan, out + *count))
        return false;
    *count += lossy;
    return txn_ok(context->txn) && !context->results.failed;
}
