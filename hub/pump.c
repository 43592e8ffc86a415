// SPDX-License-Identifier: MIT

#include "pump.h"

#include <assert.h>

// At most so many in one claim, so that no step grows long.
enum { BATCH = 64, PAUSE_MS = 1000 };

static void claimed(struct store_op *op)
{
    struct pump *pump = op->context;
    const struct store_claim *claim = &pump->claim;
    struct moment now = loop_now();

    pump->asking = false;
    if (op->status == STORE_OK) {
        // A ping or the like may have lowered it while the store answered.
        if (claim->next_due < pump->next_due)
            pump->next_due = claim->next_due;
        pump->in_flight += claim->count;
        for (size_t i = 0; i < claim->count; i++)
            pump->take(pump->self, &claim->items[i], now);
    } else {
        pump->next_due = now.unix + PAUSE_MS;
    }
    store_release(op);
}

void pump_init(struct pump *pump, struct store *store, enum store_due_kind kind,
               size_t cap, int64_t hold_ms)
{
    *pump = (struct pump){
        .claim = { .op = { .verb = STORE_CLAIM, .done = claimed },
                   .kind = kind,
                   .hold_ms = hold_ms },
        .store = store,
        .cap = cap,
    };
}

static bool wants(const struct pump *pump)
{
    return !pump->asking && !pump->closed && pump->in_flight < pump->cap;
}

void pump_step(struct pump *pump, struct moment now)
{
    if (!wants(pump) || pump->next_due > now.unix)
        return;
    size_t room = pump->cap - pump->in_flight;
    pump->claim.op.context = pump;
    pump->claim.max = room < BATCH ? room : BATCH;
    pump->next_due = INT64_MAX;
    pump->asking = true;
    store_submit(pump->store, &pump->claim.op);
}

int64_t pump_patience(const struct pump *pump, struct moment now)
{
    if (!wants(pump) || pump->next_due == INT64_MAX)
        return LOOP_FOR_EVER;
    int64_t left = pump->next_due - now.unix;
    return left > 0 ? left : 0;
}

void pump_due(struct pump *pump, int64_t unix_ms)
{
    if (unix_ms < pump->next_due)
        pump->next_due = unix_ms;
}

void pump_ended(struct pump *pump)
{
    assert(pump->in_flight > 0);
    pump->in_flight--;
}

bool pump_idle(const struct pump *pump)
{
    return !pump->asking && pump->in_flight == 0;
}
