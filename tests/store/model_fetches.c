// SPDX-License-Identifier: MIT
//
// Moves: pings, fetches, who pulls, and retention.

#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BODY_MAX = 200, ENTRIES_MAX = 40 };

static const int64_t KEEP_MS = 8 * (int64_t)HOUR + 1;

// Which topics a ping of this one means (M15).
static void mean(struct model *model, int t, bool meant[MODEL_TOPICS])
{
    const struct model_topic *topics = model->topics;
    int self = topics[t].id != 0 ? topics[t].self - 1 : -1;
    memset(meant, 0, MODEL_TOPICS * sizeof *meant);
    meant[t] = true;
    if (self >= 0 && (topics[t].self_near || topics[self].self - 1 == t))
        meant[self] = true;
    for (int i = 0; i < MODEL_TOPICS; i++)
        if (topics[i].id != 0 && topics[i].self - 1 == t && topics[i].self_near)
            meant[i] = true;
    for (int i = 0; i < MODEL_TOPICS; i++)
        if (topics[i].id == 0 || !model_followed(model, &topics[i]))
            meant[i] = false;
}

static void mark(struct model *model, struct model_topic *topic)
{
    topic->dirty++;
    // What was overdue stays as much overdue.
    if (topic->fetch_due == 0 || topic->fetch_due > model_now(model))
        topic->fetch_due = model_now(model);
    if (!model_held(model, &topic->fetch))
        topic->fetch.lapsed = false;
}

void model_ping(struct model *model)
{
    struct store_key keys[3];
    bool pinged[MODEL_TOPICS] = { false }, marked[MODEL_TOPICS] = { false };
    struct store_ping ping = {
        .op.verb = STORE_PING,
        .keys = keys,
        .count = 1 + model_below(model, 3),
    };
    size_t known = 0;
    for (size_t i = 0; i < ping.count; i++) {
        int t = (int)model_below(model, MODEL_TOPICS);
        bool meant[MODEL_TOPICS], any = false;
        keys[i] = scene_key(model_topic_url(t));
        if (pinged[t])
            continue;
        pinged[t] = true;
        mean(model, t, meant);
        for (int k = 0; k < MODEL_TOPICS; k++) {
            any = any || meant[k];
            if (meant[k] && !marked[k])
                mark(model, &model->topics[k]);
            marked[k] = marked[k] || meant[k];
        }
        known += any;
    }
    model_must(model, &ping.op);
    assert_int_equal(ping.known, known);
}

void model_claim_fetches(struct model *model)
{
    struct model_due due[MODEL_TOPICS];
    size_t count = 0;
    for (int i = 0; i < MODEL_TOPICS; i++) {
        struct model_topic *t = &model->topics[i];
        if (t->id != 0)
            due[count++] = (struct model_due){
                t->id,
                t->fetch_due,
                &t->fetch,
                !model_followed(model, t),
            };
    }
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_FETCH,
        .max = model_below(model, 4),
        .hold_ms = model_length(model, MINUTE),
    };
    model_check_claim(model, &claim, due, count);
    for (size_t i = 0; i < claim.count; i++) {
        const struct store_topic *got = &claim.items[i].topic;
        struct model_topic *topic = model_topic(model, got->id);
        assert_true(got->head == topic->head);
        assert_true(got->dirty == topic->dirty);
        topic->generation = got->dirty;
    }
    store_release(&claim.op);
}

static void draw_update(struct model *model, const struct model_topic *topic,
                        struct store_publish *publish,
                        struct model_update *update)
{
    static char whole[BODY_MAX + 1];
    static uint8_t ids[16][16];
    bool entries = model_below(model, 3) != 0;
    *update = (struct model_update){
        .kind = entries ? STORE_UPDATE_ENTRIES : STORE_UPDATE_WHOLE,
        .size = 1 + model_below(model, BODY_MAX),
        .delta = entries && model_below(model, 4) != 0,
        .on_request = model_below(model, 4) == 0,
        .digest = (uint8_t)model_below(model, 256),
        .baseline = publish->verdict == STORE_FETCH_BASELINE,
    };
    if (entries && !update->baseline)
        update->ids = (uint32_t)model_below(model, 1 << 16);
    memset(ids, 0, sizeof ids);
    size_t count = 0;
    for (uint8_t bit = 0; bit < 16; bit++)
        if (update->ids >> bit & 1)
            ids[count++][0] = bit;
    model_body(topic->id, topic->head + 1, update->size, whole);
    publish->kind = update->kind;
    publish->content_type = scene_bytes("text/plain");
    publish->changed = (const uint8_t(*)[16])ids;
    publish->changed_count = count;
    publish->whole.inlined = (struct bytes){ whole, update->size };
    if (update->delta)
        publish->delta.inlined = (struct bytes){ "delta", 5 };
    publish->on_request = update->on_request;
    publish->digest[5] = update->digest;
}

static void draw_plan(struct model *model, struct model_topic *topic,
                      struct store_publish *publish)
{
    publish->new_plan = model_below(model, 2);
    if (!publish->new_plan)
        return;
    topic->plan = (uint8_t)(1 + model_below(model, 255));
    publish->plan = (struct bytes){ (const char *)&topic->plan, 1 };
}

static void draw_entries(struct model *model, struct model_topic *topic,
                         struct store_publish *publish)
{
    static struct store_entry entries[ENTRIES_MAX];
    publish->new_entries = model_below(model, 2);
    if (!publish->new_entries)
        return;
    topic->entry_count = model_below(model, ENTRIES_MAX);
    topic->entry_salt = (uint8_t)model_below(model, 256);
    memset(entries, 0, sizeof entries);
    for (size_t i = 0; i < topic->entry_count; i++) {
        entries[i].id[0] = (uint8_t)(topic->entry_salt + i);
        entries[i].seen = (uint32_t)i;
    }
    publish->entries = entries;
    publish->entry_count = topic->entry_count;
}

static void draw_self(struct model *model, struct model_topic *topic,
                      struct store_publish *publish)
{
    publish->new_links = model_below(model, 3) == 0;
    if (!publish->new_links)
        return;
    int self = (int)model_below(model, MODEL_TOPICS + 1);
    bool itself = self == topic - model->topics + 1;
    publish->self_same_origin = model_below(model, 2);
    if (self > 0)
        publish->self_key = scene_key(model_topic_url(self - 1));
    topic->self = itself ? 0 : self;
    topic->self_near = topic->self > 0 && publish->self_same_origin;
}

static void append(struct model *model, struct model_topic *topic,
                   const struct store_publish *publish,
                   struct model_update update)
{
    assert_true(publish->seq == topic->head + 1);
    assert_true(publish->number > model->events);
    assert_true(topic->head + 2 < MODEL_UPDATES);
    model->events = update.number = publish->number;
    update.time = publish->op.at;
    topic->updates[++topic->head] = update;
    if (update.baseline) {
        topic->baseline = topic->head;
        assert_false(publish->walk_began);
        return;
    }
    if (topic->walking || model_subscribers(topic) > 0)
        assert_int_equal(publish->walk_began, !topic->walking);
    if (!publish->walk_began)
        return;
    topic->walking = true;
    topic->walk = publish->walk;
    assert_true(topic->walk.topic == topic->id);
    assert_true(topic->walk.from == topic->head - 1);
    assert_true(topic->walk.to == topic->head);
    assert_true(topic->walk.position == 0);
    for (int c = 0; c < MODEL_CALLBACKS; c++)
        topic->subscribers[c].cursor = topic->head - 1;
}

static void settle_fetch(struct model *model, struct model_topic *topic,
                         const struct store_publish *publish)
{
    struct store_topic now = scene_topic(
        model->session, model_topic_url((int)(topic - model->topics)));
    topic->fetched = publish->generation;
    // Whether a failure leaves the mark is the engine's choice.
    if (publish->verdict == STORE_FETCH_FAILED)
        topic->fetched = now.fetched;
    topic->fetch_due = publish->due;
    if (topic->dirty != publish->generation) {
        assert_true(now.fetch_due != 0);
        assert_true(now.fetch_due <= model_now(model));
        topic->fetch_due = now.fetch_due;
    }
    topic->fetch = (struct model_claim){ 0 };
    topic->failures =
        publish->verdict == STORE_FETCH_FAILED ? topic->failures + 1 : 0;
}

static struct model_topic *draw_fetch(struct model *model)
{
    struct model_topic *topic =
        &model->topics[model_below(model, MODEL_TOPICS)];
    if (topic->id == 0 || topic->fetch.token == 0
        || !model_held(model, &topic->fetch) || !model_followed(model, topic))
        return NULL;
    return topic;
}

static enum store_verdict draw_verdict(struct model *model,
                                       const struct model_topic *topic)
{
    static const enum store_verdict verdicts[] = {
        STORE_FETCH_UPDATE, STORE_FETCH_UPDATE,    STORE_FETCH_UPDATE,
        STORE_FETCH_UPDATE, STORE_FETCH_UNCHANGED, STORE_FETCH_FAILED,
    };
    if (!topic->walking && model_lagging(topic) == 0
        && model_below(model, 5) == 0)
        return STORE_FETCH_BASELINE;
    return verdicts[model_below(model, 6)];
}

void model_publish(struct model *model)
{
    struct model_topic *topic = draw_fetch(model);
    if (!topic)
        return;
    int64_t due = model_now(model) + model_length(model, HOUR);
    struct store_publish publish = {
        .op.verb = STORE_PUBLISH,
        .topic = topic->id,
        .token = topic->fetch.token,
        .generation = topic->generation,
        .expected_head = topic->head,
        .verdict = draw_verdict(model, topic),
        .status = 200,
        .due = model_below(model, 4) ? due : 0,
    };
    bool appends = publish.verdict == STORE_FETCH_UPDATE
                   || publish.verdict == STORE_FETCH_BASELINE;
    struct model_update update = { .number = 0 };
    if (appends)
        draw_update(model, topic, &publish, &update);
    if (appends && model_below(model, 8) == 0) {
        publish.expected_head += 1 + model_below(model, 3);
        assert_int_equal(model_run(model, &publish.op), STORE_CONFLICT);
        publish.expected_head = topic->head;
    }
    if (publish.verdict != STORE_FETCH_FAILED) {
        draw_entries(model, topic, &publish);
        draw_self(model, topic, &publish);
    }
    draw_plan(model, topic, &publish);
    model_must(model, &publish.op);
    settle_fetch(model, topic, &publish);
    if (!appends)
        return;
    append(model, topic, &publish, update);
    if (model_below(model, 8) == 0)
        assert_int_equal(model_run(model, &publish.op), STORE_DUPLICATE);
}

// M19: nothing of a fetch is touched by it.
void model_give(struct model *model)
{
    struct model_topic *topic =
        &model->topics[model_below(model, MODEL_TOPICS)];
    if (topic->id == 0)
        return;
    struct store_publish publish = {
        .op.verb = STORE_PUBLISH,
        .topic = topic->id,
        .expected_head = topic->head,
        .verdict = STORE_FETCH_UPDATE,
        .due = model_now(model) + model_length(model, HOUR),
    };
    struct model_update update;
    draw_update(model, topic, &publish, &update);
    if (!model_followed(model, topic)) {
        assert_int_equal(model_run(model, &publish.op), STORE_NOT_FOUND);
        return;
    }
    draw_entries(model, topic, &publish);
    draw_self(model, topic, &publish);
    draw_plan(model, topic, &publish);
    model_must(model, &publish.op);
    append(model, topic, &publish, update);
    if (model_below(model, 4) == 0)
        assert_int_equal(model_run(model, &publish.op), STORE_DUPLICATE);
}

void model_choose(struct model *model)
{
    struct model_topic *topic =
        &model->topics[model_below(model, MODEL_TOPICS)];
    struct store_choose choose = {
        .op.verb = STORE_CHOOSE,
        .topic = topic->id,
        .content = (enum store_content)model_below(model, 4),
    };
    enum store_status status = model_run(model, &choose.op);
    assert_int_equal(status, topic->id ? STORE_OK : STORE_NOT_FOUND);
    if (topic->id)
        topic->content = choose.content;
}

void model_follow(struct model *model)
{
    int t = (int)model_below(model, MODEL_TOPICS);
    struct model_topic *topic = &model->topics[t];
    bool create = model_below(model, 8) == 0;
    int64_t interest = 2 * (int64_t)HOUR + 1, now = model_now(model);
    bool fresh = topic->id == 0 || !model_followed(model, topic);
    struct store_follow follow =
        scene_follow(model->session, model_topic_url(t), create, interest);
    model->operations++;
    if (topic->id == 0 && !create) {
        assert_int_equal(follow.op.status, STORE_NOT_FOUND);
        return;
    }
    assert_int_equal(follow.op.status, STORE_OK);
    assert_int_equal(follow.topic_new, fresh);
    if (topic->id == 0) {
        assert_true(follow.topic > model->last_topic);
        model->last_topic = follow.topic;
        memset(topic, 0, sizeof *topic);
        topic->id = follow.topic;
        topic->incarnation =
            scene_topic(model->session, model_topic_url(t)).incarnation;
    }
    assert_true(follow.topic == topic->id);
    if (topic->pulled_until - now < interest / 2)
        topic->pulled_until = now + interest;
    if (fresh)
        model_refetch(model, t);
}

// How many of the oldest bodies are beyond a limit.
static uint64_t beyond(const struct model *model,
                       const struct model_topic *topic,
                       const struct store_trim *trim)
{
    uint64_t last = topic->removed;
    uint64_t count = topic->head - topic->removed, bytes = 0;
    for (uint64_t seq = last + 1; seq <= topic->head; seq++)
        bytes += topic->updates[seq].size + (topic->updates[seq].delta ? 5 : 0);
    while (last + 1 < topic->head) {
        const struct model_update *update = &topic->updates[last + 1];
        if (count <= trim->keep_updates && bytes <= trim->keep_bytes
            && update->time + trim->keep_ms > model_now(model))
            break;
        bytes -= update->size + (update->delta ? 5 : 0);
        count--;
        last++;
    }
    return last;
}

static void trim_one(struct model *model, struct model_topic *topic,
                     uint64_t token)
{
    static const uint64_t bytes[] = { 1000, 5000, 100000 };
    struct store_trim trim = {
        .op.verb = STORE_TRIM,
        .topic = topic->id,
        .token = token,
        .keep_ms = KEEP_MS,
        .keep_updates = 5 + model_below(model, 30),
        .keep_bytes = bytes[model_below(model, 3)],
    };
    int64_t since =
        topic->left > topic->pulled_until ? topic->left : topic->pulled_until;
    bool may_go =
        !model_followed(model, topic) && since + KEEP_MS <= model_now(model);
    uint64_t last = beyond(model, topic, &trim);
    model_must(model, &trim.op);
    assert_true(may_go || !trim.topic_removed);
    if (trim.topic_removed) {
        memset(topic, 0, sizeof *topic);
        return;
    }
    if (may_go) {
        int t = (int)(topic - model->topics);
        uint64_t removed =
            scene_topic(model->session, model_topic_url(t)).removed;
        assert_true(removed >= topic->removed);
        topic->removed = removed;
        topic->fading = true;
        return;
    }
    assert_int_equal(trim.removed, last - topic->removed);
    topic->removed = last;
}

void model_trim(struct model *model)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_TRIM,
        .max = 2,
        .hold_ms = SECOND,
    };
    model_must(model, &claim.op);
    for (size_t i = 0; i < claim.count; i++) {
        struct model_topic *topic = model_topic(model, claim.items[i].topic.id);
        if (topic)
            trim_one(model, topic, claim.items[i].token);
        else
            assert_int_equal(claim.items[i].topic.subscriptions, 0);
    }
    store_release(&claim.op);
}
