// SPDX-License-Identifier: MIT

#include "due.h"
#include "lanes.h"
#include "standing.h"

#include <assert.h>

// One pass over the front of a kind of `due`.
struct scan {
    struct engine_context *context;
    struct store_claim *op;
    size_t room;                // in op->items
    struct store_claimed spare; // to look at what there is no room for
    // Everything seen so far is claimed, so the next pass may skip it.
    bool unbroken;
};

static bool subscribed_again(struct txn *txn, const struct store_denial *denial)
{
    uint64_t topic = topic_find(txn, &denial->topic_key);
    return topic && subscription_find(txn, topic, &denial->callback_key) != 0;
}

static bool load_item(struct engine_context *context, enum store_due_kind kind,
                      struct due_place place, struct store_claimed *out)
{
    struct arena *results = &context->results;
    struct request request;
    struct topic topic;
    struct denial denial;
    switch (kind) {
    case STORE_DUE_VERIFY:
    case STORE_DUE_RENEW:
        if (!request_load(context->txn, results, place.id, &request))
            return false;
        out->request = request.shown;
        out->request.known =
            subscription_any_at(context->txn, &request.shown.origin);
        return true;
    case STORE_DUE_DELIVER:
        return standing_show(context, place.topic, place.id, &out->subscriber)
               && out->subscriber.lagging;
    case STORE_DUE_FETCH:
    case STORE_DUE_TRIM:
        if (!topic_load(context->txn, results, place.id, &topic))
            return false;
        out->topic = topic.shown;
        return true;
    case STORE_DUE_DENY:
        if (!denial_load(context->txn, results, place.id, &denial))
            return false;
        out->denial = denial.shown;
        out->denial.moot = subscribed_again(context->txn, &denial.shown);
        return true;
    case STORE_DUE_LANE:
        return lane_load_due(context->txn, results, place, &out->lane);
    }
    return false;
}

// Work that must not be done although it is due: a request past its deadline
// (Table B), a delivery while the lease is in doubt (state G), or that has no
// business in `due`.
static bool withheld(const struct engine_context *context,
                     enum store_due_kind kind, const struct store_claimed *item)
{
    if (kind == STORE_DUE_DELIVER)
        return item->subscriber.suspended || item->subscriber.paused
               || item->subscriber.waits;
    if (kind != STORE_DUE_VERIFY && kind != STORE_DUE_RENEW)
        return false;
    // Of any state.
    struct lifecycle_step step = lifecycle_step(
        LIFECYCLE_NONE, LIFECYCLE_ATTEMPT,
        lifecycle_deadline(item->request.deadline, context->now));
    return !(step.effects & LIFECYCLE_ASK);
}

static void note_due(struct store_claim *op, int64_t due)
{
    if (due < op->next_due)
        op->next_due = due;
}

static void break_here(struct scan *scan, struct due_place place)
{
    if (scan->unbroken)
        claims_set_hint(scan->context->claims, scan->op->kind, place);
    scan->unbroken = false;
}

// False: neither it nor anything after it can be claimed now.
static bool look(struct scan *scan, struct due_place place,
                 struct store_claimed **out)
{
    struct engine_context *context = scan->context;
    struct store_claim *op = scan->op;
    *out = op->count < scan->room ? &op->items[op->count] : &scan->spare;
    if (place.due > context->now) {
        break_here(scan, place);
        note_due(op, place.due);
        return false;
    }
    if (load_item(context, op->kind, place, *out))
        return true;
    // A key in `due` without its record.
    if (!context->results.failed && !context->scratch.failed)
        txn_fail(context->txn, STORE_CORRUPT);
    return false;
}

// False: there is no memory for another claim.
static bool make(struct scan *scan, struct due_place place,
                 struct store_claimed *item)
{
    struct engine_context *context = scan->context;
    struct store_claim *op = scan->op;
    struct work work = { op->kind, place.topic, place.id };
    int64_t until = op->hold_ms < INT64_MAX - context->now
                        ? context->now + op->hold_ms
                        : INT64_MAX;
    item->token = claims_make(context->claims, work, place.due, until);
    if (item->token == 0) {
        context->results.failed = true;
        return false;
    }
    op->count++;
    return true;
}

// What lies at `place`. False: the scan is over.
static bool visit(struct scan *scan, struct due_place place)
{
    struct engine_context *context = scan->context;
    struct store_claim *op = scan->op;
    struct work work = { op->kind, place.topic, place.id };
    struct store_claimed *item;
    bool settling;
    if (claims_held(context->claims, work, &settling)) {
        // It may be due again as soon as the commit under way is done.
        if (settling)
            note_due(op, context->now + 1);
        return true;
    }
    if (!look(scan, place, &item))
        return false;
    if (withheld(context, op->kind, item)) {
        break_here(scan, place);
        return true;
    }
    if (op->count == scan->room) {
        break_here(scan, place);
        note_due(op, place.due);
        return false;
    }
    return make(scan, place, item);
}

static void run_scan(struct scan *scan)
{
    struct engine_context *context = scan->context;
    enum store_due_kind kind = scan->op->kind;
    struct due_place hint = claims_hint(context->claims, kind);
    struct key from;
    struct bytes key, nothing;
    due_key(&from, (struct work){ kind, hint.topic, hint.id }, hint.due);
    bool any = txn_seek(context->txn, TABLE_DUE, &from, &key, &nothing);
    while (any && key.len > 0 && (uint8_t)key.at[0] == (uint8_t)kind) {
        if (!visit(scan, due_place_of(key)))
            return;
        any = txn_next(context->txn, TABLE_DUE, &key, &nothing);
    }
    break_here(scan, (struct due_place){ INT64_MAX, UINT64_MAX, UINT64_MAX });
}

static struct work work_of(enum store_due_kind kind,
                           const struct store_claimed *item)
{
    struct work work = { .kind = kind };
    switch (kind) {
    case STORE_DUE_VERIFY:
    case STORE_DUE_RENEW:
        work.id = item->request.id;
        break;
    case STORE_DUE_DELIVER:
        work.topic = item->subscriber.topic;
        work.id = item->subscriber.id;
        break;
    case STORE_DUE_FETCH:
    case STORE_DUE_TRIM:
        work.id = item->topic.id;
        break;
    case STORE_DUE_DENY:
        work.id = item->denial.id;
        break;
    case STORE_DUE_LANE:
        work = work_lane(&item->lane.origin);
        break;
    }
    return work;
}

static void give_back(struct engine_context *context, struct store_claim *op)
{
    for (size_t i = 0; i < op->count; i++) {
        const struct store_claimed *item = &op->items[i];
        claims_release(context->claims, work_of(op->kind, item), item->token);
    }
    op->count = 0;
}

enum store_status op_claim(struct engine_context *context,
                           struct store_claim *op)
{
    op->count = 0;
    op->items = NULL;
    op->next_due = INT64_MAX;
    bool known = (op->kind >= STORE_DUE_VERIFY && op->kind <= STORE_DUE_DENY)
                 || op->kind == STORE_DUE_LANE;
    if (!known || op->max > STORE_BATCH_MAX
        || (op->max > 0 && op->hold_ms <= 0))
        return STORE_INVALID;
    if (op->max > 0)
        op->items = arena_array(&context->results, op->max, sizeof *op->items);
    if (op->max > 0 && !op->items)
        return STORE_AGAIN;

    struct scan scan = {
        .context = context,
        .op = op,
        .room = op->max,
        .unbroken = true,
    };
    claims_lock(context->claims);
    txn_begin_read(context->txn, context->txn->env);
    claims_expire(context->claims, op->kind, context->now);
    run_scan(&scan);
    note_due(op, claims_next_end(context->claims, op->kind));
    claims_unlock(context->claims);

    bool failed = !txn_ok(context->txn) || context->results.failed
                  || context->scratch.failed;
    if (failed)
        give_back(context, op);
    return failed ? STORE_AGAIN : STORE_OK;
}
