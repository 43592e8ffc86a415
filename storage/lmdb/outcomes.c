// SPDX-License-Identifier: MIT

#include "due.h"
#include "standing.h"
#include "subscriptions.h"

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
// is still on its way to him.
static uint64_t implied_cursor(const struct scene *scene, uint64_t subscription)
{
    if (!scene->walking || subscription <= scene->walk.position)
        return scene->topic.shown.head;
    return scene->walk.from;
}

// Up to where walks have told of updates to one who lags.
static uint64_t reminded_of(const struct scene *scene, uint64_t subscription)
{
    if (!scene->walking)
        return scene->topic.shown.head;
    return subscription <= scene->walk.position ? scene->walk.to
                                                : scene->walk.from;
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
    return scene->passing ? scene->walk.from + 1 : outcome->upto;
}

// One to whom an outcome applies.
struct party {
    struct subscription subscription;
    bool lags;
    struct lagging lagging;
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
    if (upto >= implied_cursor(scene, outcome->subscription))
        return LIFECYCLE_AT_HEAD;
    return upto + 1 < party->lagging.next ? LIFECYCLE_OVERTAKEN : 0;
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
            || outcome->upto < reminded_of(scene, outcome->subscription)))
        facts |= LIFECYCLE_ANEW;
    // A baseline may have overtaken what was owed.
    if (!party->lags
        && first_owed(scene, subscription, owed_from(scene, outcome))
               > scene->topic.shown.head)
        facts |= LIFECYCLE_AT_HEAD;
    return facts;
}

static unsigned facts_of_update(const struct engine_context *context,
                                const struct scene *scene,
                                const struct party *party,
                                const struct store_outcome *outcome)
{
    unsigned facts = party->lags ? LIFECYCLE_LAGS : 0;
    // One may have caught up since the walk read that he lags.
    if (!party->lags && !passed_owing(scene, party, scene->walk.from))
        facts |= LIFECYCLE_AT_HEAD;
    if (outcome->kind == STORE_PASSED)
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
        return lifecycle_step(state, LIFECYCLE_POST_OK,
                              facts_of_delivery(scene, party, outcome));
    case STORE_GONE:
        return lifecycle_step(state, LIFECYCLE_POST_GONE,
                              facts_of_failure(scene, party, outcome));
    case STORE_OWED:
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
    const struct store_subscriber *shown = &party->subscription.shown;
    lagging_save(context, shown->topic, shown->id,
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
    save(context, party, &rest);
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
        .last_status = outcome->status,
        .first_failure = outcome->attempts > 0 ? context->now : 0,
    };
    if (old && old->next > now.next)
        now.next = old->next;
    if (old && old->first_failure > 0)
        now.first_failure = old->first_failure;
    if (effects & LIFECYCLE_RESET) {
        now.attempts = 0;
        // What a renewal has hurried, an older attempt does not delay.
        if (old && outcome->rev != party->subscription.shown.rev)
            now.due = old->due;
        if (now.due == 0)
            now.due = context->now;
    }
    if (effects & LIFECYCLE_STOP)
        now.due = 0;
    save(context, party, &now);
}

static void remind(struct engine_context *context, const struct party *party,
                   unsigned effects)
{
    struct lagging now = party->lagging;
    if (effects & LIFECYCLE_RESET)
        now.attempts = 0;
    if (effects & LIFECYCLE_HURRY)
        now.due = context->now;
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
            lagging_remove(context, outcome->topic, outcome->subscription,
                           &party->lagging);
    } else if (effects & LIFECYCLE_ADVANCE) {
        leave(context, scene, party, outcome->upto, effects);
    } else if (effects & LIFECYCLE_OWE) {
        if (update)
            leave(context, scene, party, scene->walk.from, effects);
        else
            fail(context, scene, party, outcome, effects);
    } else if (effects & (LIFECYCLE_RESET | LIFECYCLE_HURRY)) {
        remind(context, party, effects);
    }
}

// Whether it counted.
static bool apply(struct engine_context *context, struct scene *scene,
                  const struct store_outcome *outcome)
{
    struct party party;
    struct txn *txn = context->txn;
    uint64_t id = outcome->subscription;
    if (!scene->there
        || !subscription_load(txn, &context->scratch, outcome->topic, id,
                              &party.subscription))
        return false;
    if (outcome->token != 0
        && !claims_settle(context->claims,
                          work_subscription(outcome->topic, id),
                          outcome->token))
        return false;
    party.lags = lagging_load(txn, outcome->topic, id, &party.lagging);
    if (!txn_ok(txn))
        return false;
    struct lifecycle_step step = decide(context, scene, &party, outcome);
    carry_out(context, scene, &party, outcome, step.effects);
    return outcome->kind != STORE_PASSED;
}

static bool sound(const struct store_outcome *outcomes, size_t count)
{
    if (count > STORE_BATCH_MAX || (count > 0 && !outcomes))
        return false;
    for (size_t i = 0; i < count; i++)
        if (outcomes[i].kind > STORE_PASSED || outcomes[i].due < 0)
            return false;
    return true;
}

enum store_status op_record(struct engine_context *context,
                            struct store_record *op)
{
    struct scene scene = { .there = false };
    op->applied = 0;
    if (!sound(op->outcomes, op->count))
        return STORE_INVALID;
    for (size_t i = 0; i < op->count && txn_ok(context->txn); i++) {
        const struct store_outcome *outcome = &op->outcomes[i];
        if (i == 0 || scene.topic.shown.id != outcome->topic) {
            scene_save(context, &scene);
            scene_load(context, &scene, outcome->topic);
        }
        op->applied += apply(context, &scene, outcome);
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
    if (!scene->there || !owes_anybody(context, topic, op->walk.to))
        return;
    op->next = (struct store_walk){
        .topic = op->walk.topic,
        .from = op->walk.to,
        .to = topic->shown.head,
    };
    op->walk_began = true;
    walk_save(context->txn, &op->next);
}

// The answer to the last checkpoint of a walk got lost: the next one is it.
static bool repeated_end(const struct scene *scene, struct store_checkpoint *op)
{
    if (!op->finish || !scene->walking || scene->walk.from != op->walk.to)
        return false;
    op->next = scene->walk;
    op->walk_began = true;
    return true;
}

enum store_status op_checkpoint(struct engine_context *context,
                                struct store_checkpoint *op)
{
    struct scene scene;
    op->walk_began = false;
    if (!sound(op->outcomes, op->count))
        return STORE_INVALID;
    for (size_t i = 0; i < op->count; i++)
        if (op->outcomes[i].topic != op->walk.topic
            || op->outcomes[i].subscription > op->walk.position)
            return STORE_INVALID; // M1: beyond what it passes
    scene_load(context, &scene, op->walk.topic);
    if (repeated_end(&scene, op))
        return STORE_OK;
    if (!scene.walking || scene.walk.from != op->walk.from
        || scene.walk.to != op->walk.to)
        return STORE_STALE;
    if (op->walk.position > scene.walk.position) {
        scene.walk.position = op->walk.position;
        scene.passing = true;
        for (size_t i = 0; i < op->count && txn_ok(context->txn); i++)
            apply(context, &scene, &op->outcomes[i]);
        if (!op->finish)
            walk_save(context->txn, &scene.walk);
    }
    if (op->finish)
        end_walk(context, &scene, op);
    scene_save(context, &scene);
    return STORE_OK;
}
