// SPDX-License-Identifier: MIT

#include "due.h"
#include "subscriptions.h"
#include "tables.h"

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

// The walk passes one who has no record and yet is owed something of it.
static void fall_behind(struct engine_context *context,
                        const struct scene *scene,
                        const struct subscription *subscription,
                        uint64_t cursor)
{
    struct lagging rest = {
        .next = first_owed(scene, subscription, cursor + 1),
        .due = context->now,
    };
    if (scene->passing && rest.next <= scene->walk.to)
        lagging_save(context, subscription->shown.topic, subscription->shown.id,
                     NULL, &rest);
}

static void deliver(struct engine_context *context, const struct scene *scene,
                    const struct store_outcome *outcome,
                    const struct lagging *old)
{
    uint64_t id = outcome->subscription;
    struct lagging rest = { .next = outcome->upto + 1, .due = context->now };
    if (outcome->upto >= implied_cursor(scene, id)) {
        lagging_remove(context, outcome->topic, id, old);
        return;
    }
    // An older attempt, overtaken by one that brought him further.
    if (rest.next < old->next)
        rest = *old;
    lagging_save(context, outcome->topic, id, old, &rest);
}

// Where a failure does not say what is owed, it is all that it carried.
static uint64_t owed_from(const struct scene *scene,
                          const struct store_outcome *outcome)
{
    if (outcome->next > 0)
        return outcome->next;
    return scene->passing ? scene->walk.from + 1 : outcome->upto;
}

static void owe(struct engine_context *context, const struct scene *scene,
                const struct subscription *subscription,
                const struct store_outcome *outcome, const struct lagging *old)
{
    struct lagging now = {
        .next = first_owed(scene, subscription, owed_from(scene, outcome)),
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
    if (!old && now.next > scene->topic.shown.head)
        return; // a baseline has overtaken what was owed
    // M4: while the attempt was under way, an update or a renewal had the
    // count begin anew, so this is not the last attempt; and what a renewal
    // has hurried, an older attempt does not delay.
    bool renewed = outcome->rev != subscription->shown.rev;
    bool anew =
        renewed || outcome->upto < reminded_of(scene, outcome->subscription);
    if (!scene->passing && anew) {
        now.attempts = 0;
        if (renewed && old)
            now.due = old->due;
        if (now.due == 0)
            now.due = context->now;
    }
    lagging_save(context, outcome->topic, outcome->subscription, old, &now);
}

static void remind(struct engine_context *context,
                   const struct store_outcome *outcome,
                   const struct lagging *old)
{
    struct lagging now = *old;
    now.attempts = 0;
    if (now.due == 0)
        now.due = context->now;
    if (now.attempts != old->attempts || now.due != old->due)
        lagging_save(context, outcome->topic, outcome->subscription, old, &now);
}

// Whether it counted.
static bool apply(struct engine_context *context, struct scene *scene,
                  const struct store_outcome *outcome)
{
    struct subscription subscription;
    struct lagging lagging;
    uint64_t id = outcome->subscription;
    if (outcome->kind == STORE_PASSED || !scene->there
        || !subscription_load(context->txn, &context->scratch, outcome->topic,
                              id, &subscription))
        return false;
    if (outcome->token != 0
        && !claims_settle(context->claims,
                          work_subscription(outcome->topic, id),
                          outcome->token))
        return false;
    bool lags = lagging_load(context->txn, outcome->topic, id, &lagging);
    if (!txn_ok(context->txn))
        return false;
    switch (outcome->kind) {
    case STORE_DELIVERED:
        if (lags)
            deliver(context, scene, outcome, &lagging);
        else
            fall_behind(context, scene, &subscription, outcome->upto);
        break;
    case STORE_GONE:
        if (outcome->rev == subscription.shown.rev) {
            subscription_end(context, &scene->topic, &subscription);
            scene->changed = true;
            break;
        }
        owe(context, scene, &subscription, outcome, lags ? &lagging : NULL);
        break;
    case STORE_OWED:
        owe(context, scene, &subscription, outcome, lags ? &lagging : NULL);
        break;
    case STORE_REMINDED:
        if (lags)
            remind(context, outcome, &lagging);
        else // he has caught up since the walk read that he lags
            fall_behind(context, scene, &subscription, scene->walk.from);
        break;
    case STORE_PASSED:
        break;
    }
    return true;
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
