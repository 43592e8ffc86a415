// SPDX-License-Identifier: MIT
//
// Moves: requests, their verification, and the ends of subscriptions.

#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { IDLE = 15 * SECOND };

// The latest that is identical, if nothing else was asked for since.
static struct model_request *find_twin(struct model *model,
                                       const struct model_request *wanted,
                                       size_t *pending)
{
    struct model_request *twin = NULL;
    uint64_t other = 0;
    *pending = 0;
    for (int i = 0; i < MODEL_REQUESTS; i++) {
        struct model_request *r = &model->requests[i];
        if (r->id == 0 || r->topic != wanted->topic
            || r->callback != wanted->callback)
            continue;
        *pending += r->mode == wanted->mode;
        bool same = r->mode == wanted->mode && r->lease == wanted->lease
                    && r->profile == wanted->profile;
        if (same && (!twin || r->id > twin->id))
            twin = r;
        if (!same && r->id > other)
            other = r->id;
    }
    return twin && twin->id > other ? twin : NULL;
}

static void keep_request(struct model *model, struct model_request wanted,
                         const struct store_take *take)
{
    assert_true(take->id > model->last_request);
    model->last_request = take->id;
    wanted.id = take->id;
    wanted.due = model_now(model) + (wanted.idle ? IDLE : 0);
    wanted.renews = take->renews;
    for (int i = 0; i < MODEL_REQUESTS; i++) {
        if (model->requests[i].id == 0) {
            model->requests[i] = wanted;
            return;
        }
    }
    fail_msg("more requests than keys allow");
}

static bool crowded(const struct model *model,
                    const struct model_request *wanted)
{
    uint64_t host = model_host(wanted->callback), count = 0, own = 0;
    for (int i = 0; i < MODEL_REQUESTS; i++) {
        const struct model_request *r = &model->requests[i];
        bool counts = r->id != 0 && !r->renews && !r->idle
                      && model_host(r->callback) == host;
        count += counts;
        own += counts && r->asker != 0 && r->asker == wanted->asker;
    }
    uint64_t max =
        MODEL_PER_HOST * (model_known(model, wanted->callback) ? 20 : 1);
    return host != 0 && (count >= max || own >= max / 4);
}

void model_take(struct model *model)
{
    struct model_request wanted = {
        .mode = model_below(model, 4) ? STORE_SUBSCRIBE : STORE_UNSUBSCRIBE,
        .topic = (int)model_below(model, MODEL_TOPICS),
        .callback = (int)model_below(model, MODEL_CALLBACKS),
        .profile = (int)model_below(model, MODEL_PROFILES),
        .lease = ((int64_t)model_below(model, 3) + 1) * HOUR + 1,
        .asker = model_below(model, MODEL_ASKERS),
    };
    struct store_take take =
        scene_asks(wanted.mode, model_topic_url(wanted.topic),
                   model_callback_url(wanted.callback));
    take.request.lease = wanted.lease;
    take.request.deadline = 30 * (int64_t)DAY;
    take.request.profile = model_profile(wanted.profile);
    take.request.host = model_host(wanted.callback);
    take.request.asker = wanted.asker;
    take.request.origin = model_origin_key(model_origin(wanted.callback));
    const struct model_subscriber *subscriber =
        &model->topics[wanted.topic].subscribers[wanted.callback];
    size_t pending;
    struct model_request *twin = find_twin(model, &wanted, &pending);
    enum store_status status = model_run(model, &take.op);
    assert_int_equal(take.renews, subscriber->id != 0);
    wanted.idle =
        wanted.mode == STORE_UNSUBSCRIBE
        && (subscriber->id == 0 || subscriber->suspended)
        && !model_pending_subscribe(model, wanted.topic, wanted.callback, 0);
    if (twin) {
        assert_int_equal(status, STORE_OK);
        assert_int_equal(take.taken,
                         twin->idle ? STORE_TAKEN_IDLE : STORE_TAKEN_JOINED);
        assert_true(take.id == twin->id);
    } else if (pending >= STORE_PENDING_MAX
               && wanted.mode == STORE_UNSUBSCRIBE) {
        assert_int_equal(status, STORE_OK);
        assert_int_equal(take.taken, STORE_TAKEN_IDLE);
        assert_true(take.id == 0);
    } else if (pending >= STORE_PENDING_MAX) {
        assert_int_equal(status, STORE_CONFLICT);
        assert_int_equal(take.taken, STORE_TAKEN_NEW);
    } else if (subscriber->id == 0 && wanted.mode == STORE_SUBSCRIBE
               && crowded(model, &wanted)) {
        assert_int_equal(status, STORE_CONFLICT);
        assert_int_equal(take.taken, STORE_TAKEN_CROWDED);
    } else {
        assert_int_equal(status, STORE_OK);
        assert_int_equal(take.taken,
                         wanted.idle ? STORE_TAKEN_IDLE : STORE_TAKEN_NEW);
        keep_request(model, wanted, &take);
    }
}

void model_claim_requests(struct model *model)
{
    struct model_due due[MODEL_REQUESTS];
    size_t count = 0;
    bool renews = model_below(model, 2);
    for (int i = 0; i < MODEL_REQUESTS; i++) {
        struct model_request *r = &model->requests[i];
        if (r->id != 0 && r->renews == renews && !r->idle)
            due[count++] =
                (struct model_due){ r->id, r->due, &r->claim, false };
    }
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = renews ? STORE_DUE_RENEW : STORE_DUE_VERIFY,
        .max = model_below(model, 4),
        .hold_ms = model_length(model, MINUTE),
    };
    model_check_claim(model, &claim, due, count);
    for (size_t i = 0; i < claim.count; i++) {
        const struct store_request *got = &claim.items[i].request;
        const struct model_request *r = model_request(model, got->id);
        assert_int_equal(got->mode, r->mode);
        assert_int_equal(got->tries, r->tries);
        assert_int_equal(got->renews, renews);
        assert_int_equal(got->known, model_known(model, r->callback));
        assert_true(got->host == model_host(r->callback));
        assert_true(got->lease == r->lease);
        assert_true(scene_same(got->topic, model_topic_url(r->topic)));
        assert_true(scene_same(got->callback, model_callback_url(r->callback)));
    }
    store_release(&claim.op);
}

static struct model_request *draw_claimed(struct model *model)
{
    uint64_t first = model_below(model, MODEL_REQUESTS);
    for (uint64_t i = 0; i < MODEL_REQUESTS; i++) {
        struct model_request *r =
            &model->requests[(first + i) % MODEL_REQUESTS];
        if (r->id != 0 && r->claim.token != 0 && model_held(model, &r->claim))
            return r;
    }
    return NULL;
}

static void drop_older(struct model *model, const struct model_request *than)
{
    struct model_request newest = *than;
    for (int i = 0; i < MODEL_REQUESTS; i++) {
        struct model_request *r = &model->requests[i];
        if (r->topic == newest.topic && r->callback == newest.callback
            && r->id <= newest.id)
            *r = (struct model_request){ .id = 0 };
    }
}

static void make_topic(struct model *model, int index, uint64_t id)
{
    struct model_topic *topic = &model->topics[index];
    assert_true(id > model->last_topic);
    model->last_topic = id;
    memset(topic, 0, sizeof *topic);
    topic->id = id;
    topic->incarnation =
        scene_topic(model->session, model_topic_url(index)).incarnation;
}

static void activate(struct model *model, const struct model_request *r,
                     const struct store_settle *settle)
{
    struct model_topic *topic = &model->topics[r->topic];
    bool fresh = topic->id == 0 || !model_followed(model, topic);
    assert_int_equal(settle->effect, STORE_EFFECT_ACTIVE);
    assert_int_equal(settle->topic_new, fresh);
    if (topic->id == 0)
        make_topic(model, r->topic, settle->topic);
    assert_true(settle->topic == topic->id);
    assert_true(settle->subscription > topic->last_subscription);
    topic->last_subscription = settle->subscription;
    topic->subscribers[r->callback] = (struct model_subscriber){
        .id = settle->subscription,
        .start = topic->head,
        .cursor = topic->walk.from,
        .lease_end = settle->sent_at + settle->lease,
        .profile = r->profile,
        .request = r->id,
    };
    struct store_subscriber now;
    struct scene_name name = { settle->topic, settle->subscription };
    assert_true(scene_subscriber(model->session, name, &now));
    topic->subscribers[r->callback].rev = now.rev;
    if (fresh)
        model_refetch(model, r->topic);
}

static void renew(struct model *model, const struct model_request *r,
                  const struct store_settle *settle)
{
    struct model_topic *topic = &model->topics[r->topic];
    struct model_subscriber *subscriber = &topic->subscribers[r->callback];
    assert_int_equal(settle->effect, STORE_EFFECT_RENEWED);
    assert_false(settle->topic_new);
    assert_true(settle->topic == topic->id);
    assert_true(settle->subscription == subscriber->id);
    assert_int_equal(settle->profile_changed,
                     subscriber->profile != r->profile);
    subscriber->rev++;
    subscriber->profile = r->profile;
    subscriber->lease_end = settle->sent_at + settle->lease;
    subscriber->suspended = false;
    model_ticket_end(model, subscriber->request);
    subscriber->request = r->id;
    if (subscriber->lagging && subscriber->next <= topic->head) {
        if (subscriber->waits && !subscriber->paused)
            model_lane_hurry(model, topic, subscriber);
        subscriber->due = model_now(model);
        subscriber->attempts_known = false;
        subscriber->claim.lapsed = false;
    }
}

static void verified(struct model *model, const struct model_request *r,
                     const struct store_settle *settle)
{
    struct model_topic *topic = &model->topics[r->topic];
    struct model_subscriber *subscriber = &topic->subscribers[r->callback];
    if (r->mode == STORE_UNSUBSCRIBE) {
        model_ticket_end(model, r->id);
        assert_true(
            settle->effect == STORE_EFFECT_ENDED
            || (subscriber->id == 0 && settle->effect == STORE_EFFECT_NONE));
        if (subscriber->id != 0)
            model_end(model, topic, subscriber);
    } else if (subscriber->id == 0) {
        activate(model, r, settle);
    } else {
        renew(model, r, settle);
    }
    drop_older(model, r);
}

static void failed(struct model *model, struct model_request *r)
{
    struct model_topic *topic = &model->topics[r->topic];
    struct model_subscriber *subscriber = &topic->subscribers[r->callback];
    if (subscriber->id != 0 && subscriber->suspended
        && !model_pending_subscribe(model, r->topic, r->callback, r->id))
        model_end(model, topic, subscriber);
    *r = (struct model_request){ .id = 0 };
}

static void settle_as(struct model *model, struct model_request *r,
                      struct store_settle *settle, bool over)
{
    model_must(model, &settle->op);
    if (settle->verdict == STORE_VERIFY_LATER) {
        assert_int_equal(settle->effect, STORE_EFFECT_LATER);
        r->tries++;
        r->due = settle->due;
        r->claim = (struct model_claim){ 0 };
    } else if (settle->verdict == STORE_VERIFIED && !over) {
        verified(model, r, settle);
    } else if (settle->verdict == STORE_VERIFY_DENIED && settle->reason != 0) {
        assert_int_equal(settle->effect, STORE_EFFECT_DENIED);
        bool verified =
            model->topics[r->topic].subscribers[r->callback].id != 0;
        model_deny(model, r->topic, r->callback, verified, settle->reason);
        failed(model, r);
    } else {
        assert_int_equal(settle->effect, STORE_EFFECT_FAILED);
        failed(model, r);
    }
}

void model_settle(struct model *model)
{
    struct model_request *r = draw_claimed(model);
    if (!r)
        return;
    const struct model_subscriber *subscriber =
        &model->topics[r->topic].subscribers[r->callback];
    // What a renewal does to a delivery that is claimed is left open.
    if (model_held(model, &subscriber->claim))
        return;
    static const enum store_verification verdicts[] = {
        STORE_VERIFIED,     STORE_VERIFIED,      STORE_VERIFIED,
        STORE_VERIFY_LATER, STORE_VERIFY_FAILED, STORE_VERIFY_DENIED,
    };
    struct store_settle settle = {
        .op.verb = STORE_SETTLE,
        .request = r->id,
        .token = r->claim.token,
        .verdict = verdicts[model_below(model, 6)],
        .reason = model_reason(model),
        .sent_at = model_now(model) - 2,
        .lease = r->lease,
        .due = model_now(model) + model_length(model, MINUTE),
    };
    bool over = r->mode == STORE_SUBSCRIBE && model_below(model, 20) == 0;
    if (over)
        settle.lease = 1;
    uint64_t id = r->id;
    settle_as(model, r, &settle, over);
    if (settle.verdict == STORE_VERIFY_LATER)
        return;
    // Sent again, as after an answer that was lost.
    settle.effect = STORE_EFFECT_NONE;
    model_run(model, &settle.op);
    assert_int_equal(settle.effect, STORE_EFFECT_NONE);
    assert_null(model_request(model, id));
}

void model_remove(struct model *model)
{
    int t = (int)model_below(model, MODEL_TOPICS);
    int c = (int)model_below(model, MODEL_CALLBACKS);
    struct model_subscriber *subscriber = &model->topics[t].subscribers[c];
    if (subscriber->id == 0)
        return;
    struct store_remove remove = {
        .op.verb = STORE_REMOVE,
        .topic = model->topics[t].id,
        .subscription = subscriber->id,
        .reason = model_reason(model),
    };
    model_must(model, &remove.op);
    model_deny(model, t, c, true, remove.reason);
    model_end(model, &model->topics[t], subscriber);
    for (int i = 0; i < MODEL_REQUESTS; i++) {
        struct model_request *r = &model->requests[i];
        if (r->topic == t && r->callback == c)
            *r = (struct model_request){ .id = 0 };
    }
    assert_int_equal(model_run(model, &remove.op), STORE_NOT_FOUND);
}

// Suspends or marks who is over; returns how many must end.
static size_t mark_over(struct model *model,
                        bool over[MODEL_TOPICS][MODEL_CALLBACKS])
{
    size_t count = 0;
    for (int t = 0; t < MODEL_TOPICS; t++) {
        for (int c = 0; c < MODEL_CALLBACKS; c++) {
            struct model_subscriber *s = &model->topics[t].subscribers[c];
            over[t][c] = false;
            if (s->id == 0 || s->suspended || s->lease_end > model_now(model))
                continue;
            if (model_pending_subscribe(model, t, c, 0)) {
                s->suspended = true;
                s->waits = false;
                continue;
            }
            over[t][c] = true;
            count++;
        }
    }
    return count;
}

static void end_one(struct model *model, const struct store_subscriber *gone,
                    bool goodbye, bool over[MODEL_TOPICS][MODEL_CALLBACKS])
{
    struct model_topic *topic = model_topic(model, gone->topic);
    assert_non_null(topic);
    struct model_subscriber *subscriber = model_subscriber(topic, gone->id);
    assert_non_null(subscriber);
    bool *marked =
        &over[topic - model->topics][subscriber - topic->subscribers];
    assert_true(*marked);
    *marked = false;
    if (goodbye)
        model_deny(model, (int)(topic - model->topics),
                   (int)(subscriber - topic->subscribers), true,
                   STORE_DENIAL_EXPIRED);
    model_end(model, topic, subscriber);
}

void model_expire(struct model *model)
{
    bool over[MODEL_TOPICS][MODEL_CALLBACKS];
    size_t wanted = mark_over(model, over);
    bool goodbye = model_reason(model) > STORE_DENIAL_POLICY;
    struct store_expire expire;
    do {
        expire = (struct store_expire){
            .op.verb = STORE_EXPIRE,
            .max = 1 + model_below(model, 5),
            .goodbye = goodbye,
        };
        model_must(model, &expire.op);
        assert_true(expire.count <= expire.max && expire.count <= wanted);
        for (size_t i = 0; i < expire.count; i++)
            end_one(model, &expire.items[i], goodbye, over);
        wanted -= expire.count;
        store_release(&expire.op);
    } while (expire.more);
    assert_int_equal(wanted, 0);
    for (int i = 0; i < MODEL_REQUESTS; i++) {
        struct model_request *r = &model->requests[i];
        if (r->idle && r->due <= model_now(model))
            *r = (struct model_request){ .id = 0 };
    }
}
