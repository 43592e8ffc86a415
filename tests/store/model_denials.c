// SPDX-License-Identifier: MIT
//
// Moves: who is told that he is not served, and what there is of one pair.

#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ENOUGH = MODEL_DENIALS / 2 };

static size_t waiting(const struct model *model)
{
    size_t count = 0;
    for (int i = 0; i < MODEL_DENIALS; i++)
        count += model->denials[i].id != 0;
    return count;
}

enum store_denial_reason model_reason(struct model *model)
{
    enum store_denial_reason reason =
        (enum store_denial_reason)model_below(model, STORE_DENIAL_EXPIRED + 1);
    return waiting(model) < ENOUGH ? reason : STORE_DENIAL_NONE;
}

void model_deny(struct model *model, int topic, int callback, bool verified,
                enum store_denial_reason reason)
{
    if (reason == STORE_DENIAL_NONE)
        return;
    int i = 0;
    while (i < MODEL_DENIALS && model->denials[i].id != 0)
        i++;
    assert_true(i < MODEL_DENIALS);
    model->denials[i] = (struct model_denial){
        .id = ++model->last_denial,
        .topic = topic,
        .callback = callback,
        .reason = reason,
        .verified = verified,
        .made = model_now(model),
        .due = model_now(model),
    };
}

static struct model_denial *denial(struct model *model, uint64_t id)
{
    for (int i = 0; i < MODEL_DENIALS; i++)
        if (model->denials[i].id == id)
            return &model->denials[i];
    fail_msg("a denial that nobody made");
    return NULL;
}

void model_claim_denials(struct model *model)
{
    struct model_due due[MODEL_DENIALS];
    size_t count = 0;
    for (int i = 0; i < MODEL_DENIALS; i++) {
        struct model_denial *d = &model->denials[i];
        if (d->id != 0)
            due[count++] =
                (struct model_due){ d->id, d->due, &d->claim, false };
    }
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_DENY,
        .max = model_below(model, 8),
        .hold_ms = model_length(model, MINUTE),
    };
    model_check_claim(model, &claim, due, count);
    for (size_t i = 0; i < claim.count; i++) {
        const struct store_denial *got = &claim.items[i].denial;
        const struct model_denial *d = denial(model, got->id);
        const struct model_topic *topic = &model->topics[d->topic];
        assert_int_equal(got->reason, d->reason);
        assert_int_equal(got->verified, d->verified);
        assert_int_equal(got->tries, d->tries);
        assert_true(got->made == d->made);
        assert_int_equal(got->moot, topic->subscribers[d->callback].id != 0);
        assert_true(scene_same(got->topic, model_topic_url(d->topic)));
        assert_true(scene_same(got->callback, model_callback_url(d->callback)));
    }
    store_release(&claim.op);
}

void model_tell(struct model *model)
{
    uint64_t first = model_below(model, MODEL_DENIALS);
    struct model_denial *d = NULL;
    for (uint64_t i = 0; i < MODEL_DENIALS && !d; i++) {
        d = &model->denials[(first + i) % MODEL_DENIALS];
        if (d->id == 0 || d->claim.token == 0 || !model_held(model, &d->claim))
            d = NULL;
    }
    if (!d)
        return;
    struct store_tell tell = {
        .op.verb = STORE_TELL,
        .denial = d->id,
        .token = d->claim.token,
        .over = model_below(model, 4) != 0,
        .due = model_now(model) + model_length(model, MINUTE),
    };
    model_must(model, &tell.op);
    // Sent again, as after an answer that was lost.
    assert_int_equal(model_run(model, &tell.op),
                     tell.over ? STORE_OK : STORE_STALE);
    if (tell.over) {
        *d = (struct model_denial){ .id = 0 };
        return;
    }
    d->tries++;
    d->due = tell.due;
    d->claim = (struct model_claim){ 0 };
}

void model_find(struct model *model)
{
    int t = (int)model_below(model, MODEL_TOPICS);
    int c = (int)model_below(model, MODEL_CALLBACKS);
    const struct model_subscriber *s = &model->topics[t].subscribers[c];
    struct store_find find = {
        .op.verb = STORE_FIND,
        .topic_key = scene_key(model_topic_url(t)),
        .callback_key = scene_key(model_callback_url(c)),
    };
    model_must(model, &find.op);
    assert_int_equal(find.subscribed, s->id != 0);
    if (find.subscribed) {
        assert_true(find.subscriber.id == s->id);
        assert_int_equal(find.subscriber.rev, s->rev);
        assert_int_equal(find.subscriber.suspended, s->suspended);
        assert_int_equal(find.subscriber.lagging, s->lagging);
    }
    size_t pending = 0;
    for (int i = 0; i < MODEL_REQUESTS; i++) {
        const struct model_request *r = &model->requests[i];
        pending += r->id != 0 && !r->idle && r->topic == t && r->callback == c;
    }
    assert_int_equal(find.pending_count, pending);
    for (size_t i = 0; i < find.pending_count; i++) {
        const struct model_request *r =
            model_request(model, find.pending[i].id);
        assert_true(r && r->topic == t && r->callback == c);
        assert_true(i == 0 || find.pending[i].id > find.pending[i - 1].id);
    }
    store_release(&find.op);
}
