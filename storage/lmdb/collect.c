// SPDX-License-Identifier: MIT

#include "collect.h"

#include "dead.h"
#include "leasing.h"
#include "letterbox.h"
#include "overflow.h"

enum { VAIN_MAX = 1024 };

// What a mailbox asks for of an event; the first of a subscription is whole,
// unless it wants cut ones alone (M3).
struct wish collect_wish(const struct letterbox *box,
                         const struct store_collect *op, size_t listen)
{
    enum store_content content = box->mailbox.shown.profile.content;
    bool first = box->listens.items[listen].shown.fresh && !box->had[listen];
    if (first && content != STORE_CONTENT_ENTRIES)
        content = STORE_CONTENT_FULL;
    return (struct wish){
        .content = content,
        .deltas = op->deltas,
        .bodies = op->bodies,
        .urls = true,
    };
}

// Everything that fits. Returns how far that is; *full: and the next does not.
static uint64_t tell_all(struct letterbox *box, struct store_collect *op,
                         bool *full)
{
    struct txn *txn = box->context->txn;
    uint64_t bytes = 0, place = 0;
    struct track *track;
    size_t listen;
    while ((track = letterbox_next(box, &listen)) != NULL) {
        struct wish wish = collect_wish(box, op, listen);
        uint64_t size = track_size(txn, &wish, track);
        struct store_letter *letter = &op->items[op->count];
        op->more = op->count == op->limit
                   || (op->count > 0 && bytes + size > op->max_bytes);
        *full = op->more;
        if (*full || !track_tell(box->context, &wish, track, &letter->event))
            return place;
        letter->sid = box->listens.items[listen].shown.sid;
        op->count++;
        bytes += size;
        place = track->number;
        letterbox_told(box, listen);
        letterbox_step(box, track);
    }
    op->more = box->scan.spent;
    return place;
}

// Up to where all was told. What other topics do does not show in it.
static uint64_t place_after(const struct letterbox *box,
                            const struct store_collect *op, uint64_t told,
                            bool full)
{
    uint64_t place = box->mailbox.shown.place;
    if (full)
        return told;
    // Nothing that its prefixes mean lies in between.
    if (op->more)
        return told > box->scan.place ? told : box->scan.place;
    if (box->prefixes)
        return op->head;
    if (box->passed > told)
        told = box->passed;
    if (op->after > place)
        place = op->after;
    return told > place ? told : place;
}

// The writer's work. It is only asked for where there is some.
static bool put_off(struct engine_context *context)
{
    context->deferred = !context->txn->writes;
    return context->deferred;
}

static enum store_status read_in_order(struct letterbox *box,
                                       struct store_collect *op)
{
    struct engine_context *context = box->context;
    size_t listen;
    if (!letterbox_begin(box, op->after))
        return STORE_AGAIN;
    bool none = box->mailbox.shown.ack == STORE_ACK_NONE;
    // Not only for what is told: what was looked at in vain need not be again.
    bool moves = none
                 && (letterbox_next(box, &listen) || box->passed > 0
                     || box->scan.rows > VAIN_MAX);
    if (moves && put_off(context))
        return STORE_AGAIN;
    bool full = false;
    uint64_t told = tell_all(box, op, &full);
    op->place = place_after(box, op, told, full);
    if (!letterbox_gaps(box, op->place, &op->gaps, &op->gap_count))
        return STORE_AGAIN;
    if (moves)
        letterbox_move(box,
                       (struct move){ .number = op->place, .write = true });
    return STORE_OK;
}

// CURSOR: what its reader says he has. False: that is the writer's.
static bool acknowledge(struct letterbox *box, const struct store_collect *op)
{
    struct move move = { .number = op->ack, .old = op->ack_is_old };
    if (box->mailbox.shown.ack != STORE_ACK_CURSOR || op->ack == 0
        || !letterbox_move(box, move))
        return true;
    if (put_off(box->context))
        return false;
    // What is too much by now stays so, however much is done with.
    overflow_look(box);
    move.write = true;
    letterbox_move(box, move);
    box->changed = true;
    return true;
}

static enum store_status end(struct letterbox *box)
{
    if (put_off(box->context))
        return STORE_AGAIN;
    mailbox_end(box->context, &box->mailbox);
    box->context->wrote = true;
    return STORE_CONFLICT;
}

static enum store_status read_on(struct letterbox *box,
                                 struct store_collect *op)
{
    struct engine_context *context = box->context;
    op->items = arena_array(&context->results, op->limit, sizeof *op->items);
    if (!op->items)
        return STORE_AGAIN;
    if (box->mailbox.shown.ack != STORE_ACK_EXPLICIT)
        return read_in_order(box, op);
    if (!letterbox_begin(box, 0))
        return STORE_AGAIN;
    return leasing_collect(box, op) && put_off(context) ? STORE_AGAIN
                                                        : STORE_OK;
}

static enum store_status collect(struct letterbox *box,
                                 struct store_collect *op)
{
    if (!acknowledge(box, op))
        return STORE_AGAIN;
    op->place = box->mailbox.shown.place;
    if (op->ack_only)
        return STORE_OK;
    if (overflow_look(box))
        return end(box);
    return read_on(box, op);
}

static void clear(struct store_collect *op)
{
    op->count = op->gap_count = op->listen_count = 0;
    op->items = NULL;
    op->gaps = NULL;
    op->listens = NULL;
    op->more = false;
    op->place = 0;
    op->again_at = INT64_MAX;
}

static enum store_status show(struct letterbox *box, struct store_collect *op)
{
    op->mailbox_now = box->mailbox.shown;
    op->listens = listens_show(&box->context->results, &box->listens);
    op->listen_count = op->listens ? box->listens.count : 0;
    return op->listens ? STORE_OK : STORE_AGAIN;
}

enum store_status op_collect(struct engine_context *context,
                             struct store_collect *op)
{
    struct letterbox box;
    clear(op);
    op->head = context->counters.event;
    if (!op->ack_only && (op->limit == 0 || op->limit > STORE_BATCH_MAX))
        return STORE_INVALID;
    enum store_status status = letterbox_load(&box, context, op->mailbox);
    if (status != STORE_OK)
        return status;
    if (op->dead)
        status = dead_collect(&box, op);
    else if (op->ack > op->head || op->after > op->head)
        return STORE_INVALID;
    else
        status = collect(&box, op);
    if (status != STORE_OK || context->deferred)
        return status;
    if (context->txn->writes)
        letterbox_save(&box);
    return show(&box, op);
}
