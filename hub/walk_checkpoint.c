// SPDX-License-Identifier: MIT

#include "walk_checkpoint.h"

#include "delivery.h"
#include "ledger.h"
#include "log.h"
#include "metrics.h"
#include "services.h"

enum {
    CHECKPOINT_VISITS = 256,
    PAUSE_MS = 1000, // after a failure of the store
};

static void pass_visits(struct walk *walk)
{
    for (size_t i = 0; i < walk->passing; i++) {
        struct visit *visit = window_at(&walk->window, walk->window.front);
        // From here on its outcome goes into the ledger.
        if (visit->state == VISIT_LATE)
            visit->delivery->owner = NULL;
        window_pass(&walk->window, 1);
    }
    walk->passing = 0;
}

// Something may be due, also earlier than an outcome says: a renewal or an
// update may have come while the attempt was under way.
static void tell_due(struct walk *walk)
{
    if (walk->checkpoint.count > 0)
        walk->means->lagging(walk->means->context);
}

static void flush_late(struct walk *walk)
{
    for (size_t i = 0; i < walk->late_count; i++)
        ledger_add(walk->means->ledger, &walk->late[i]);
    walk->late_count = 0;
}

static void go_on(struct walk *walk, const struct store_walk *next)
{
    store_release(&walk->page.op);
    walk->record = *next;
    walk->visited = next->position;
    walk->page_there = walk->end = false;
    if (walk->content)
        content_drop(walk->means->contents, walk->content);
    walk->content = NULL;
}

// The topic is gone, or the walk is not ours: what is under way comes back
// without it.
static void leave(struct walk *walk)
{
    for (uint64_t n = walk->window.front; n < walk->window.back; n++) {
        struct visit *visit = window_at(&walk->window, n);
        if (visit->delivery)
            visit->delivery->owner = NULL;
    }
    window_pass(&walk->window, window_count(&walk->window));
    walk->passing = 0;
    flush_late(walk);
    walk->lost = true;
}

static void checkpointed(struct store_op *op)
{
    struct walk *walk = op->context;
    const struct store_checkpoint *checkpoint = &walk->checkpoint;
    struct moment now = loop_now();

    walk->writing = false;
    walk->checked_at = now.mono;
    switch (op->status) {
    case STORE_OK:
        metric_add(walk->means->services->metrics, METRIC_CHECKPOINTS, 1);
        walk->record.position = checkpoint->walk.position;
        pass_visits(walk);
        tell_due(walk);
        flush_late(walk);
        if (checkpoint->finish && checkpoint->walk_began)
            go_on(walk, &checkpoint->next);
        else if (checkpoint->finish)
            walk->over = true;
        return;
    case STORE_STALE:
    case STORE_NOT_FOUND:
        leave(walk);
        return;
    default:
        LOG(LOG_WARN, "checkpoint.unwritten",
            LOG_N("topic", walk->record.topic),
            LOG_T("status", store_status_name(op->status)));
        walk->passing = 0;
        walk->pause_until = now.mono + PAUSE_MS;
        return;
    }
}

static bool complete(const struct walk *walk)
{
    return walk->end && walk->page_at == walk->page.count
           && !walk->means->draining;
}

static void collect(struct walk *walk, size_t settled)
{
    struct store_checkpoint *checkpoint = &walk->checkpoint;
    checkpoint->count = 0;
    for (size_t i = 0; i < settled; i++) {
        const struct visit *visit =
            window_at(&walk->window, walk->window.front + i);
        if (visit->state != VISIT_SETTLED)
            walk->outcomes[checkpoint->count++] =
                visit_outcome(visit, walk->record.topic);
        checkpoint->walk.position = visit->subscription;
    }
    checkpoint->outcomes = walk->outcomes;
}

void walk_checkpoint(struct walk *walk, struct moment now)
{
    size_t waiting = window_count(&walk->window);
    size_t settled = window_settled(&walk->window, CHECKPOINT_VISITS);
    bool finish = complete(walk) && settled == waiting;
    bool timely = settled > 0
                  && (settled == CHECKPOINT_VISITS
                      || now.mono - walk->checked_at >= WALK_CHECKPOINT_MS
                      || walk->means->draining);
    if (!finish && !timely)
        return;
    walk->checkpoint = (struct store_checkpoint){
        .op = { .verb = STORE_CHECKPOINT,
                .done = checkpointed,
                .context = walk },
        .walk = walk->record,
        .finish = finish,
    };
    collect(walk, settled);
    walk->passing = settled;
    walk->writing = true;
    store_submit(walk->means->services->store, &walk->checkpoint.op);
}
