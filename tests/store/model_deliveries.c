// SPDX-License-Identifier: MIT
//
// Moves: walks, those who lag, and what becomes of them.

#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PAGE_MAX = 4 };

static void expect_subscriber(const struct model *model,
                              const struct model_topic *topic,
                              const struct model_subscriber *s,
                              const struct store_subscriber *got)
{
    struct store_profile profile = model_profile(s->profile);
    assert_true(got->id == s->id);
    assert_int_equal(got->rev, s->rev);
    // M7: a baseline may move it.
    assert_true(got->start == s->start || got->start == topic->baseline);
    assert_true(got->lease_end == s->lease_end);
    assert_int_equal(got->suspended, s->suspended);
    assert_int_equal(got->profile.secret.len, profile.secret.len);
    assert_int_equal(got->profile.old_client, profile.old_client);
    assert_int_equal(got->lagging, s->lagging);
    assert_int_equal(got->paused, s->paused);
    assert_true(got->request == s->request);
    if (!s->lagging)
        return;
    assert_int_equal(got->waits, s->waits);
    assert_true(got->next == s->next);
    if (s->history_known) {
        assert_true(got->first_failure == s->first_failure);
        assert_int_equal(got->last_status, s->status);
    }
    if (s->attempts_known) {
        assert_int_equal(got->attempts, s->attempts);
        assert_int_equal(got->step, s->step);
    }
    // In state G nothing is sent, whatever the due time.
    if (!model_held(model, &s->claim) && !s->claim.lapsed && !s->suspended
        && got->due != s->due)
        fail_msg("at %lld: due at %lld, not %lld", (long long)model_now(model),
                 (long long)got->due, (long long)s->due);
}

// The first of a topic by id, above `after`.
static struct model_subscriber *first_after(struct model_topic *topic,
                                            uint64_t after)
{
    struct model_subscriber *first = NULL;
    for (int i = 0; i < MODEL_CALLBACKS; i++) {
        struct model_subscriber *s = &topic->subscribers[i];
        if (s->id > after && (!first || s->id < first->id))
            first = s;
    }
    return first;
}

static void compare_page(struct model *model, struct model_topic *topic,
                         struct store_page_subscribers *page)
{
    uint64_t after = page->after;
    model_must(model, &page->op);
    for (size_t i = 0; i < page->count; i++) {
        struct model_subscriber *s = first_after(topic, after);
        assert_non_null(s);
        model_lapse(model, &s->claim);
        expect_subscriber(model, topic, s, &page->items[i]);
        after = s->id;
    }
    bool none_left = first_after(topic, after) == NULL;
    assert_true(page->count == page->max || none_left);
    assert_true(!page->end || none_left);
}

static struct model_topic *draw_topic(struct model *model)
{
    struct model_topic *topic =
        &model->topics[model_below(model, MODEL_TOPICS)];
    return topic->id == 0 ? NULL : topic;
}

void model_compare_subscribers(struct model *model)
{
    struct model_topic *topic = draw_topic(model);
    if (!topic)
        return;
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = topic->id,
        .max = 1 + model_below(model, MODEL_CALLBACKS + 1),
    };
    if (model_below(model, 2))
        page.after = model_below(model, topic->last_subscription + 2);
    compare_page(model, topic, &page);
    store_release(&page.op);
}

// ------------------------------------------------------------------ walks

static void fill_failure(struct model *model, struct store_outcome *outcome)
{
    outcome->attempts = (uint32_t)(1 + model_below(model, 20));
    outcome->step = (uint32_t)model_below(model, 20);
    outcome->due = model_now(model) + model_length(model, MINUTE);
    outcome->status = (int32_t)(400 + model_below(model, 200));
}

static struct store_outcome visit(struct model *model,
                                  const struct model_topic *topic,
                                  const struct model_subscriber *s)
{
    struct store_outcome outcome = {
        .topic = topic->id,
        .subscription = s->id,
        .rev = s->rev,
        .upto = topic->walk.to,
        .next = (s->start > s->cursor ? s->start : s->cursor) + 1,
    };
    uint64_t chance = model_below(model, 20);
    fill_failure(model, &outcome);
    outcome.waits = model_below(model, 4) == 0;
    if (s->lagging)
        outcome.kind = STORE_REMINDED;
    else if (outcome.next > topic->walk.to || s->paused
             || (s->suspended && chance < 15))
        outcome.kind = STORE_PASSED;
    else if (chance == 0)
        outcome.kind = STORE_GONE;
    else if (chance < 8 || s->suspended)
        outcome.kind = STORE_OWED;
    else
        outcome.kind = STORE_DELIVERED;
    return outcome;
}

static void begin_lagging(struct model *model, const struct model_topic *topic,
                          struct model_subscriber *s,
                          const struct store_outcome *outcome)
{
    s->lagging = s->attempts_known = s->history_known = true;
    s->next = outcome->next;
    s->attempts = outcome->attempts;
    s->step = outcome->step;
    s->first_failure = model_now(model);
    s->due = outcome->due;
    s->status = outcome->status;
    s->waits = outcome->waits && !s->suspended;
    s->resent = false;
    s->claim = (struct model_claim){ 0 };
    model_lane_expect(model, topic, s);
}

static void remind(struct model *model, const struct model_topic *topic,
                   struct model_subscriber *s,
                   const struct store_outcome *outcome)
{
    // It has got already what the walk would bring.
    if (s->next > topic->head) {
        s->lagging = topic->walk.to < topic->head;
        return;
    }
    s->attempts = 0;
    // A claim that is open speaks of an attempt before this.
    s->attempts_known = s->attempts_known && !model_held(model, &s->claim);
    if (s->due != 0)
        return;
    s->due = model_now(model);
    s->waits = outcome->waits && !s->suspended;
    model_lane_expect(model, topic, s);
}

// Not called in state G, or while he is paused: it is kept for the renewal, or
// due as soon as he goes on.
static void keep(const struct model *model, struct model_subscriber *s,
                 uint64_t next)
{
    s->lagging = true;
    s->attempts_known = s->history_known = false;
    s->next = next;
    s->due = s->suspended ? 0 : model_now(model);
    s->waits = s->resent = false;
    s->claim = (struct model_claim){ 0 };
}

static void pass(struct model *model, struct model_topic *topic,
                 const struct store_outcome *outcome)
{
    struct model_subscriber *s = model_subscriber(topic, outcome->subscription);
    s->cursor = topic->walk.to;
    if (outcome->kind == STORE_REMINDED)
        remind(model, topic, s, outcome);
    else if (outcome->kind == STORE_OWED)
        begin_lagging(model, topic, s, outcome);
    else if (outcome->kind == STORE_GONE)
        model_end(model, topic, s);
    else if (outcome->kind == STORE_PASSED && outcome->next <= topic->walk.to)
        keep(model, s, outcome->next);
}

// M1: what the walk's record takes each to have is what he has been passed by.
static void check_cursors(const struct model_topic *topic)
{
    for (int c = 0; c < MODEL_CALLBACKS; c++) {
        const struct model_subscriber *s = &topic->subscribers[c];
        if (topic->walking && s->id != 0)
            assert_true(store_walk_cursor(&topic->walk, s->id) == s->cursor);
    }
}

static bool somebody_is_behind(const struct model_topic *topic)
{
    for (int c = 0; c < MODEL_CALLBACKS; c++) {
        const struct model_subscriber *s = &topic->subscribers[c];
        if (s->id != 0 && s->cursor < topic->head)
            return true;
    }
    return false;
}

static void finish(struct model_topic *topic,
                   const struct store_checkpoint *checkpoint)
{
    bool risen = topic->head > topic->walk.to;
    if (topic->walk.step_count == 0 && (model_subscribers(topic) > 0 || !risen))
        assert_int_equal(checkpoint->walk_began, risen);
    if (somebody_is_behind(topic))
        assert_true(checkpoint->walk_began);
    topic->walking = checkpoint->walk_began;
    if (!topic->walking)
        return;
    assert_true(checkpoint->next.from == topic->walk.to);
    topic->walk = checkpoint->next;
    assert_true(topic->walk.topic == topic->id);
    assert_true(topic->walk.to == topic->head);
    assert_true(topic->walk.start == 0 && topic->walk.position == 0);
}

static void turn(struct model_topic *topic,
                 const struct store_checkpoint *checkpoint)
{
    bool may = topic->content != STORE_CONTENT_EACH
               && topic->head > topic->walk.to && model_subscribers(topic) > 0;
    if (topic->walk.step_count < STORE_STEPS_MAX - 1 || !may)
        assert_int_equal(checkpoint->turned, may);
    if (!checkpoint->turned)
        return;
    topic->walk = checkpoint->next;
    assert_true(topic->walk.to == topic->head);
    assert_true(topic->walk.start == topic->walk.position);
}

static void checkpoint(struct model *model, struct model_topic *topic,
                       const struct store_page_subscribers *page)
{
    struct store_outcome outcomes[PAGE_MAX];
    struct store_checkpoint checkpoint = {
        .op.verb = STORE_CHECKPOINT,
        .walk = topic->walk,
        .finish = page->end,
        .turn = model_below(model, 3) == 0,
        .outcomes = outcomes,
        .count = page->count,
    };
    for (size_t i = 0; i < page->count; i++) {
        const struct model_subscriber *s =
            model_subscriber(topic, page->items[i].id);
        outcomes[i] = visit(model, topic, s);
        checkpoint.walk.position = s->id;
    }
    if (checkpoint.walk.position >= store_walk_goal(&topic->walk))
        checkpoint.finish = true;
    if (model_below(model, 10) == 0) {
        struct store_checkpoint other = checkpoint;
        other.walk.to++;
        assert_int_equal(model_run(model, &other.op), STORE_STALE);
    }
    model_must(model, &checkpoint.op);
    topic->walk.position = checkpoint.walk.position;
    for (size_t i = 0; i < checkpoint.count; i++)
        pass(model, topic, &outcomes[i]);
    if (checkpoint.finish)
        finish(topic, &checkpoint);
    else if (checkpoint.turn)
        turn(topic, &checkpoint);
    check_cursors(topic);
}

void model_walk(struct model *model)
{
    struct model_topic *topic = draw_topic(model);
    if (!topic)
        return;
    struct store_walk walk;
    bool walking = scene_walk(model->session, topic->id, &walk);
    model->operations++;
    assert_int_equal(walking, topic->walking);
    if (!walking)
        return;
    assert_memory_equal(&walk, &topic->walk, sizeof walk);
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = topic->id,
        .after = walk.position,
        .max = 1 + model_below(model, PAGE_MAX),
    };
    compare_page(model, topic, &page);
    checkpoint(model, topic, &page);
    store_release(&page.op);
}

// ---------------------------------------------------------------- retries

void model_claim_deliveries(struct model *model)
{
    struct model_due due[MODEL_TOPICS * MODEL_CALLBACKS];
    size_t count = 0;
    for (int t = 0; t < MODEL_TOPICS; t++) {
        for (int c = 0; c < MODEL_CALLBACKS; c++) {
            struct model_topic *topic = &model->topics[t];
            struct model_subscriber *s = &topic->subscribers[c];
            if (s->id != 0 && s->lagging)
                due[count++] = (struct model_due){
                    topic->id << 32 | s->id,
                    model_withdrawn(s) ? 0 : s->due,
                    &s->claim,
                    s->suspended,
                };
        }
    }
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_DELIVER,
        .max = model_below(model, 4),
        .hold_ms = model_length(model, MINUTE),
    };
    model_check_claim(model, &claim, due, count);
    for (size_t i = 0; i < claim.count; i++) {
        const struct store_subscriber *got = &claim.items[i].subscriber;
        struct model_topic *topic = model_topic(model, got->topic);
        assert_true(scene_same(got->topic_url,
                               model_topic_url((int)(topic - model->topics))));
        struct model_subscriber *s = model_subscriber(topic, got->id);
        expect_subscriber(model, topic, s, got);
        s->overtaken = false;
    }
    store_release(&claim.op);
}

static void arrived(struct model *model, struct model_topic *topic,
                    struct model_subscriber *s, uint64_t upto)
{
    // Who has more than a walk on its way would bring has a record that says
    // so, and is not due.
    s->claim = (struct model_claim){ 0 };
    s->waits = s->resent = false;
    s->lagging = upto != (topic->walking ? s->cursor : topic->head);
    s->next = upto + 1;
    s->due = upto < topic->head ? model_now(model) : 0;
    s->attempts_known = s->history_known = false;
}

static void still_owed(struct model *model, struct model_topic *topic,
                       struct model_subscriber *s,
                       const struct store_outcome *outcome)
{
    s->claim = (struct model_claim){ 0 };
    s->attempts_known = outcome->upto == topic->head;
    s->attempts = outcome->attempts;
    s->step = outcome->step;
    s->due = outcome->due;
    s->status = outcome->status;
    s->waits = outcome->waits && !s->suspended;
    model_lane_expect(model, topic, s);
}

static void draw_outcome(struct model *model, const struct model_topic *topic,
                         const struct model_subscriber *s,
                         struct store_outcome *outcome)
{
    static const enum store_outcome_kind kinds[] = {
        STORE_DELIVERED, STORE_DELIVERED, STORE_OWED, STORE_OWED, STORE_GONE,
    };
    *outcome = (struct store_outcome){
        .kind = kinds[model_below(model, 5)],
        .topic = topic->id,
        .subscription = s->id,
        .rev = s->rev,
        .token = s->claim.token,
        .upto = topic->head,
        .next = s->next,
    };
    if (model_below(model, 3) == 0 && s->next <= topic->head)
        outcome->upto = s->next + model_below(model, topic->head - s->next + 1);
    fill_failure(model, outcome);
    // The last attempt of a series, if it carried everything there is.
    if (outcome->upto == topic->head && model_below(model, 3) == 0)
        outcome->due = 0;
    outcome->waits = outcome->due != 0 && model_below(model, 3) == 0;
}

static void carry_out(struct model *model, const struct store_outcome *outcome)
{
    struct model_topic *topic = model_topic(model, outcome->topic);
    struct model_subscriber *s = model_subscriber(topic, outcome->subscription);
    // What began before the cursor was set back says nothing.
    bool overtaken = s->resent && s->overtaken;
    if (overtaken && outcome->kind != STORE_GONE)
        s->claim = (struct model_claim){ 0 };
    else if (outcome->kind == STORE_DELIVERED)
        arrived(model, topic, s, outcome->upto);
    else if (outcome->kind == STORE_OWED)
        still_owed(model, topic, s, outcome);
    else
        model_end(model, topic, s);
}

void model_record(struct model *model)
{
    struct store_outcome outcomes[MODEL_TOPICS * MODEL_CALLBACKS + 1];
    size_t count = 0;
    for (int t = 0; t < MODEL_TOPICS; t++) {
        for (int c = 0; c < MODEL_CALLBACKS; c++) {
            const struct model_topic *topic = &model->topics[t];
            const struct model_subscriber *s = &topic->subscribers[c];
            if (s->id != 0 && s->lagging && s->claim.token != 0
                && model_held(model, &s->claim) && model_below(model, 2))
                draw_outcome(model, topic, s, &outcomes[count++]);
        }
    }
    size_t applied = count;
    // One that has left, or was never there.
    if (model_below(model, 4) == 0)
        outcomes[count++] = (struct store_outcome){
            .kind = STORE_OWED,
            .topic = model->last_topic,
            .subscription = 1000000,
        };
    if (count == 0)
        return;
    struct store_record record = {
        .op.verb = STORE_RECORD,
        .outcomes = outcomes,
        .count = count,
    };
    model_must(model, &record.op);
    assert_int_equal(record.applied, applied);
    for (size_t i = 0; i < applied; i++)
        carry_out(model, &outcomes[i]);
}
