// SPDX-License-Identifier: MIT

#include "due.h"
#include "lagging.h"
#include "standing.h"
#include "storage/walk.h"
#include "subscriptions.h"

#include <string.h>

// A topic with its walk, kept while outcomes of one topic follow each other.
struct scene {
    struct topic topic;
    struct store_walk walk;
    bool there, walking;
    bool passing; // these outcomes are those of the walk itself
    bool changed; // the topic has to be saved
};

static void scene_load(struct engine_context *context, struct scene *scene,
                       uint64_t topic)
{
    *scene = (struct scene){ .there = false };
    scene->there =
        topic_load(context->txn, &context->scratch, topic, &scene->topic);
    scene->topic.shown.id = topic;
    scene->walking = walk_load(context->txn, topic, &scene->walk);
}

static void scene_save(struct engine_context *context,
                       const struct scene *scene)
{
    if (scene->there && scene->changed)
        topic_save(context->txn, &scene->topic);
}

// What one who does not lag is taken to have (M1): everything, unless a walk
// is still on its way to him. Up to there walks have told of updates to one
// who lags.
static uint64_t implied_cursor(const struct scene *scene, uint64_t subscription)
{
    return scene->walking ? store_walk_cursor(&scene->walk, subscription)
                          : scene->topic.shown.head;
}

// Seq n is owed iff start < n, and webhooks start after a baseline (M7).
static uint64_t first_owed(const struct scene *scene,
                           const struct subscription *subscription,
                           uint64_t next)
{
    uint64_t start = subscription->shown.start;
    if (start < scene->topic.shown.baseline)
        start = scene->topic.shown.baseline;
    return next > start ? next : start + 1;
}

// Where a failure does not say what is owed, it is all that it carried.
static uint64_t owed_from(const struct scene *scene,
                          const struct store_outcome *outcome)
{
    if (outcome->next > 0)
        return outcome->next;
    return scene->passing ? walk_before(&scene->walk, outcome->subscription) + 1
                          : outcome->upto;
}

// One to whom an outcome applies.
struct party {
    struct subscription subscription;
    bool lags;
    struct lagging lagging;
    // The attempt began before an operator set the cursor back.
    bool overtaken;
};

// ---------------------------------------------------------------- deciding

// Whether the walk passes one who has no record with something of it owed.
static bool passed_owing(const struct scene *scene, const struct party *party,
                         uint64_t cursor)
{
    return scene->passing
           && first_owed(scene, &party->subscription, cursor + 1)
                  <= scene->walk.to;
}

static unsigned facts_of_delivery(const struct scene *scene,
                                  const struct party *party,
                                  const struct store_outcome *outcome)
{
    uint64_t upto = outcome->upto;
    if (!party->lags)
        return passed_owing(scene, party, upto) ? 0 : LIFECYCLE_AT_HEAD;
    if (upto + 1 < party->lagging.next)
        return LIFECYCLE_OVERTAKEN;
    uint64_t implied = implied_cursor(scene, outcome->subscription);
    uint64_t head = scene->topic.shown.head;
    if (implied == head || upto <= implied)
        return upto >= implied ? LIFECYCLE_AT_HEAD : 0;
    // It has more than the walk, which is on its way, takes it to have.
    return LIFECYCLE_AWAITED | (upto >= head ? LIFECYCLE_AT_HEAD : 0);
}

static unsigned facts_of_failure(const struct scene *scene,
                                 const struct party *party,
                                 const struct store_outcome *outcome)
{
    const struct subscription *subscription = &party->subscription;
    unsigned facts = outcome->due != 0 ? LIFECYCLE_TRIES_LEFT : 0;
    bool renewed = outcome->rev != subscription->shown.rev;
    if (renewed)
        facts |= LIFECYCLE_OUTDATED;
    if (!scene->passing
        && (renewed
            || outcome->upto < implied_cursor(scene, outcome->subscription)))
        facts |= LIFECYCLE_ANEW;
    // A baseline may have overtaken what was owed, or it has arrived since.
    uint64_t next = party->lags ? party->lagging.next
                                : first_owed(scene, subscription,
                                             owed_from(scene, outcome));
    if (next > scene->topic.shown.head)
        facts |= LIFECYCLE_AT_HEAD;
    return facts;
}

static unsigned facts_of_update(const struct engine_context *context,
                                const struct scene *scene,
                                const struct party *party,
                                const struct store_outcome *outcome)
{
    unsigned facts = party->lags ? LIFECYCLE_LAGS : 0;
    uint64_t head = scene->topic.shown.head;
    // One may have caught up since the walk read that he lags.
    if (party->lags
            ? party->lagging.next > head
            : !passed_owing(scene, party,
                            walk_before(&scene->walk, outcome->subscription)))
        facts |= LIFECYCLE_AT_HEAD;
    if (party->lags && scene->passing && scene->walk.to < head)
        facts |= LIFECYCLE_AWAITED; // the next one
    // Nobody calls one that is paused; that it has something new counts.
    if (outcome->kind == STORE_PASSED && !party->subscription.shown.paused)
        facts |= LIFECYCLE_UNCALLED;
    return facts
           | lifecycle_lease(party->subscription.shown.lease_end, 0,
                             context->now);
}

static struct lifecycle_step decide(const struct engine_context *context,
                                    const struct scene *scene,
                                    const struct party *party,
                                    const struct store_outcome *outcome)
{
    enum lifecycle_state state =
        standing_of(&party->subscription, party->lags ? &party->lagging : NULL);
    switch (outcome->kind) {
    case STORE_DELIVERED:
        if (party->overtaken)
            return (struct lifecycle_step){ .next = state };
        return lifecycle_step(state, LIFECYCLE_POST_OK,
                              facts_of_delivery(scene, party, outcome));
    case STORE_GONE:
        return lifecycle_step(state, LIFECYCLE_POST_GONE,
                              facts_of_failure(scene, party, outcome));
    case STORE_OWED:
        if (party->overtaken)
            return (struct lifecycle_step){ .next = state };
        return lifecycle_step(state, LIFECYCLE_POST_FAILED,
                              facts_of_failure(scene, party, outcome));
    case STORE_REMINDED:
    case STORE_PASSED:
        break;
    }
    return lifecycle_step(state, LIFECYCLE_UPDATE,
                          facts_of_update(context, scene, party, outcome));
}

// ------------------------------------------------------------ carrying out

static void save(struct engine_context *context, const struct party *party,
                 const struct lagging *now)
{
    lagging_save(context, &party->subscription.shown,
                 party->lags ? &party->lagging : NULL, now);
}

// What is left after a delivery, or what a walk has passed.
static void leave(struct engine_context *context, const struct scene *scene,
                  const struct party *party, uint64_t cursor, unsigned effects)
{
    struct lagging rest = {
        .next = party->lags
                    ? cursor + 1
                    : first_owed(scene, &party->subscription, cursor + 1),
        .due = effects & LIFECYCLE_STOP ? 0 : context->now,
    };
    if (party->lags) {
        rest.last_count = party->lagging.last_count;
        memcpy(rest.last, party->lagging.last, sizeof rest.last);
    }
    save(context, party, &rest);
}

// What an earlier record knows that an outcome does not say.
static void inherit(const struct lagging *old,
                    const struct store_outcome *outcome, struct lagging *now)
{
    if (old->next > now->next)
        now->next = old->next;
    if (old->first_failure > 0)
        now->first_failure = old->first_failure;
    // One that was not tried says nothing of how that went.
    if (!outcome->tried && outcome->status == 0)
        now->last_status = old->last_status;
    now->resent = old->resent;
    now->last_count = old->last_count;
    memcpy(now->last, old->last, sizeof now->last);
}

static void fail(struct engine_context *context, const struct scene *scene,
                 const struct party *party, const struct store_outcome *outcome,
                 unsigned effects)
{
    const struct lagging *old = party->lags ? &party->lagging : NULL;
    struct lagging now = {
        .next =
            first_owed(scene, &party->subscription, owed_from(scene, outcome)),
        .attempts = outcome->attempts,
        .step = outcome->step,
        .due = outcome->due,
        .waits = outcome->waits,
        .last_status = outcome->status,
        .first_failure = outcome->attempts > 0 ? context->now : 0,
    };
    if (old)
        inherit(old, outcome, &now);
    if (outcome->tried)
        lagging_note(&now, context->now, outcome->status, outcome->took_ms);
    if (effects & LIFECYCLE_RESET) {
        now.attempts = 0;
        // What a renewal has hurried, an older attempt does not delay.
        if (old && outcome->rev != party->subscription.shown.rev) {
            now.due = old->due;
            now.waits = outcome->waits || old->waits;
        }
        if (now.due == 0)
            now.due = context->now;
    }
    if (effects & LIFECYCLE_STOP)
        now.due = 0;
    now.waits = now.waits && now.due != 0;
    save(context, party, &now);
}

static void remind(struct engine_context *context, const struct party *party,
                   const struct store_outcome *outcome, unsigned effects)
{
    struct lagging now = party->lagging;
    if (effects & LIFECYCLE_RESET)
        now.attempts = 0;
    if (effects & LIFECYCLE_HURRY) {
        now.due = context->now;
        now.waits = outcome->waits;
    }
    if (now.attempts != party->lagging.attempts
        || now.due != party->lagging.due)
        save(context, party, &now);
}

static void carry_out(struct engine_context *context, struct scene *scene,
                      const struct party *party,
                      const struct store_outcome *outcome, unsigned effects)
{
    bool update =
        outcome->kind == STORE_REMINDED || outcome->kind == STORE_PASSED;
    if (effects & LIFECYCLE_END) {
        subscription_end(context, &scene->topic, &party->subscription);
        scene->changed = true;
    } else if (effects & LIFECYCLE_CATCH_UP) {
        if (party->lags)
            lagging_remove(context, &party->subscription.shown,
                           &party->lagging);
    } else if (effects & LIFECYCLE_ADVANCE) {
        leave(context, scene, party, outcome->upto, effects);
    } else if (effects & LIFECYCLE_OWE) {
        if (update)
            leave(context, scene, party,
                  walk_before(&scene->walk, outcome->subscription), effects);
        else
            fail(context, scene, party, outcome, effects);
    } else if (effects & (LIFECYCLE_RESET | LIFECYCLE_HURRY)) {
        remind(context, party, outcome, effects);
    }
}

// Whether it counted. *ended: the subscription has ended with it.
static bool apply(struct engine_context *context, struct scene *scene,
                  const struct store_outcome *outcome, bool *ended)
{
    struct party party = { .lags = false };
    struct txn *txn = context->txn;
    uint64_t id = outcome->subscription;
    if (!scene->there
        || !subscription_load(txn, &context->scratch, outcome->topic, id,
                              &party.subscription))
        return false;
    struct work work = work_subscription(outcome->topic, id);
    bool older = outcome->token == 0 || claims_overtaken(context->claims, work);
    if (outcome->token != 0
        && !claims_settle(context->claims, work, outcome->token))
        return false;
    party.lags = lagging_load(txn, outcome->topic, id, &party.lagging);
    if (!txn_ok(txn))
        return false;
    party.overtaken = older && party.lags && party.lagging.resent;
    struct lifecycle_step step = decide(context, scene, &party, outcome);
    carry_out(context, scene, &party, outcome, step.effects);
    *ended = step.effects & LIFECYCLE_END;
    return outcome->kind != STORE_PASSED;
}

static bool sound_one(const struct store_outcome *outcome)
{
    bool timed = outcome->due > 0 || outcome->kind != STORE_OWED;
    return outcome->kind <= STORE_PASSED && outcome->due >= 0
           && (timed || !outcome->waits);
}

static bool sound(const struct store_outcome *outcomes, size_t count)
{
    if (count > STORE_BATCH_MAX || (count > 0 && !outcomes))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!sound_one(&outcomes[i]))
            return false;
    return true;
}

static void nobody_ended(bool *ended, size_t count)
{
    for (size_t i = 0; ended && i < count; i++)
        ended[i] = false;
}

enum store_status op_record(struct engine_context *context,
                            struct store_record *op)
{
    struct scene scene = { .there = false };
    op->applied = 0;
    if (!sound(op->outcomes, op->count))
        return STORE_INVALID;
    nobody_ended(op->ended, op->count);
    for (size_t i = 0; i < op->count && txn_ok(context->txn); i++) {
        const struct store_outcome *outcome = &op->outcomes[i];
        if (i == 0 || scene.topic.shown.id != outcome->topic) {
            scene_save(context, &scene);
            scene_load(context, &scene, outcome->topic);
        }
        bool over = false;
        op->applied += apply(context, &scene, outcome, &over);
        if (op->ended)
            op->ended[i] = over;
    }
    scene_save(context, &scene);
    return STORE_OK;
}

// Whether anything after `from` is for webhooks: a baseline is not.
static bool owes_anybody(struct engine_context *context,
                         const struct topic *topic, uint64_t from)
{
    struct update update;
    for (uint64_t seq = topic->shown.head; seq > from; seq--)
        if (!update_peek(context->txn, topic->shown.id, seq, &update)
            || !update.baseline)
            return topic->shown.subscriptions > 0;
    return false;
}

static void end_walk(struct engine_context *context, struct scene *scene,
                     struct store_checkpoint *op)
{
    const struct topic *topic = &scene->topic;
    walk_remove(context->txn, op->walk.topic);
    scene->walking = false;
    if (!scene->there
        || !owes_anybody(context, topic, walk_least(&scene->walk)))
        return;
    op->next = scene->walk;
    walk_again(&op->next, topic->shown.head);
    op->walk_began = true;
    walk_save(context->txn, &op->next);
}

// Of a topic that is EACH nobody would be served by that.
static void turn_walk(struct engine_context *context, struct scene *scene,
                      struct store_checkpoint *op)
{
    const struct store_topic *topic = &scene->topic.shown;
    if (!scene->there || topic->content == STORE_CONTENT_EACH
        || !owes_anybody(context, &scene->topic, op->walk.to)
        || !walk_turn(&scene->walk, topic->head))
        return;
    op->next = scene->walk;
    op->turned = true;
    walk_save(context->txn, &op->next);
}

static bool same_walk(const struct store_walk *one,
                      const struct store_walk *other)
{
    return one->from == other->from && one->to == other->to
           && one->start == other->start;
}

// The answer to the last checkpoint of a walk got lost: the next one is it.
static bool repeated_end(const struct scene *scene, struct store_checkpoint *op)
{
    if (!op->finish || !scene->walking || scene->walk.from != op->walk.to
        || scene->walk.start > 0 || same_walk(&scene->walk, &op->walk))
        return false;
    op->next = scene->walk;
    op->walk_began = true;
    return true;
}

static void pass(struct engine_context *context, struct scene *scene,
                 struct store_checkpoint *op)
{
    scene->walk.position = op->walk.position;
    scene->passing = true;
    for (size_t i = 0; i < op->count && txn_ok(context->txn); i++) {
        bool over = false;
        apply(context, scene, &op->outcomes[i], &over);
        if (op->ended)
            op->ended[i] = over;
    }
    if (!op->finish)
        walk_save(context->txn, &scene->walk);
}

enum store_status op_checkpoint(struct engine_context *context,
                                struct store_checkpoint *op)
{
    struct scene scene;
    op->walk_began = op->turned = false;
    if (!sound(op->outcomes, op->count))
        return STORE_INVALID;
    for (size_t i = 0; i < op->count; i++)
        if (op->outcomes[i].topic != op->walk.topic
            || op->outcomes[i].subscription > op->walk.position)
            return STORE_INVALID; // M1: beyond what it passes
    nobody_ended(op->ended, op->count);
    scene_load(context, &scene, op->walk.topic);
    op->head = scene.topic.shown.head;
    if (repeated_end(&scene, op))
        return STORE_OK;
    if (!scene.walking || !same_walk(&scene.walk, &op->walk))
        return STORE_STALE;
    if (op->walk.position > scene.walk.position)
        pass(context, &scene, op);
    if (op->finish)
        end_walk(context, &scene, op);
    else if (op->turn)
        turn_walk(context, &scene, op);
    scene_save(context, &scene);
    return STORE_OK;
}
