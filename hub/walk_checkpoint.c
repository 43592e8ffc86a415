// SPDX-License-Identifier: MIT

#include "walk_checkpoint.h"

#include "delivery.h"
#include "ledger.h"
#include "log.h"
#include "metrics.h"
#include "services.h"

enum {
    CHECKPOINT_VISITS = 256, // it is time when so many are settled
    TURN_MS = 2000, // least time between two turns: each stops it for a moment
    OUTCOMES_MAX =
        sizeof(((struct walk *)NULL)->outcomes) / sizeof(struct store_outcome),
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
    walk->means->visits -= walk->passing;
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

static void carry(struct walk *walk, const struct store_walk *record,
                  struct moment now)
{
    walk->record = *record;
    walk->turns = false;
    walk->turned_at = now.mono;
    if (walk->content)
        content_drop(walk->means->contents, walk->content);
    walk->content = NULL;
}

// Of what it has said: what the walk does next.
static void follow(struct walk *walk, const struct store_checkpoint *checkpoint,
                   struct moment now)
{
    if (checkpoint->finish && checkpoint->walk_began) {
        walk_pages_clear(walk);
        walk->visited = checkpoint->next.position;
        carry(walk, &checkpoint->next, now);
    } else if (checkpoint->finish) {
        walk->finished = walk->over = true;
    } else if (checkpoint->turn) {
        // If it may not turn, it goes on as before.
        carry(walk, checkpoint->turned ? &checkpoint->next : &walk->record,
              now);
    } else if (checkpoint->head > walk->record.to
               && now.mono - walk->turned_at >= TURN_MS) {
        walk->turns = true;
    }
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
    walk->means->visits -= window_count(&walk->window);
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
        ledger_settled(walk->means->ledger, checkpoint->outcomes,
                       checkpoint->ended, checkpoint->count);
        pass_visits(walk);
        tell_due(walk);
        flush_late(walk);
        follow(walk, checkpoint, now);
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
        // Meanwhile it visits on, as far as the window has room.
        walk->write_at = now.mono + WALK_PAUSE_MS;
        return;
    }
}

static bool complete(const struct walk *walk)
{
    return walk_is_done(walk) && walk_pages_quiet(walk)
           && !walk->means->draining;
}

// The visits at the front that one checkpoint takes. Returns how many.
static size_t collect(struct walk *walk, struct store_checkpoint *checkpoint)
{
    size_t count = 0, settled = window_settled(&walk->window, WINDOW_MAX);
    checkpoint->outcomes = walk->outcomes;
    checkpoint->ended = walk->ended;
    for (; count < settled; count++) {
        const struct visit *visit =
            window_at(&walk->window, walk->window.front + count);
        if (visit->state != VISIT_SETTLED) {
            if (checkpoint->count == OUTCOMES_MAX)
                break;
            walk->ended[checkpoint->count] = false;
            walk->outcomes[checkpoint->count++] =
                visit_outcome(visit, walk->record.topic);
        }
        checkpoint->walk.position = visit->subscription;
    }
    return count;
}

static bool timely(const struct walk *walk, struct moment now)
{
    size_t settled = window_settled(&walk->window, CHECKPOINT_VISITS);
    return settled > 0
           && (settled == CHECKPOINT_VISITS || walk->means->draining
               || walk->rests || walk->turns
               || now.mono - walk->checked_at >= WALK_CHECKPOINT_MS);
}

void walk_checkpoint(struct walk *walk, struct moment now)
{
    size_t waiting = window_count(&walk->window);
    bool whole =
        complete(walk) && window_settled(&walk->window, waiting) == waiting;
    bool turn = walk->turns && !walk->means->draining
                && window_settled(&walk->window, waiting) == waiting;
    if ((!whole && !turn && !timely(walk, now)) || walk->write_at > now.mono)
        return;
    walk->checkpoint = (struct store_checkpoint){
        .op = { .verb = STORE_CHECKPOINT,
                .done = checkpointed,
                .context = walk },
        .walk = walk->record,
    };
    walk->passing = collect(walk, &walk->checkpoint);
    walk->checkpoint.finish = whole && walk->passing == waiting;
    walk->checkpoint.turn =
        turn && walk->passing == waiting && !walk->checkpoint.finish;
    walk->writing = true;
    store_submit(walk->means->services->store, &walk->checkpoint.op);
}
