// SPDX-License-Identifier: MIT
//
// Moves that only read: the log, topics, counters.

#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BODY_MAX = 200 };

// Number of the last event of a topic at or below `number`; its seq.
static uint64_t seq_at(const struct model_topic *topic, uint64_t number)
{
    uint64_t seq = topic->head;
    while (seq > 0 && topic->updates[seq].number > number)
        seq--;
    return seq;
}

// The first body that a position asks for.
static uint64_t first_wanted(const struct model_topic *topic,
                             const struct store_position *position)
{
    uint64_t seq = topic->removed + 1;
    uint64_t value = position->value;
    switch (position->since) {
    case STORE_SINCE_NUMBER:
        value = seq_at(topic, value) + 1;
        break;
    case STORE_SINCE_LATEST:
        value = topic->head + 1;
        break;
    case STORE_SINCE_EARLIEST:
        value = 0;
        break;
    case STORE_SINCE_LAST:
        value = topic->head > value ? topic->head - value + 1 : 1;
        break;
    default:
        value = seq;
        while (value <= topic->head
               && topic->updates[value].time < (int64_t)position->value)
            value++;
    }
    return value > seq ? value : seq;
}

static void draw_position(struct model *model, const struct model_topic *topic,
                          struct store_position *position)
{
    position->topic = topic->id;
    position->since = (enum store_since)model_below(model, 5);
    if (position->since == STORE_SINCE_LAST)
        position->value = 1 + model_below(model, 10);
    if (position->since == STORE_SINCE_NUMBER)
        position->value =
            model->events - model_below(model, model->events % 200 + 1);
    if (position->since == STORE_SINCE_TIME)
        position->value =
            (uint64_t)(model_now(model) - model_length(model, HOUR));
}

static uint64_t last_number(const struct store_events *e)
{
    return e->event_count > 0 ? e->items[e->event_count - 1].number : 0;
}

// Of a topic that is not told of, a page that has no room for all tells what
// was lost up to its end.
static void expect_gap(const struct model_topic *topic,
                       const struct store_position *position,
                       const struct store_events *e)
{
    // Without its rows nobody can count (M9).
    if (position->since != STORE_SINCE_NUMBER || topic->fading)
        return;
    uint64_t seq = seq_at(topic, position->value);
    uint64_t to = topic->removed;
    bool told = !e->more;
    for (size_t i = 0; i < e->event_count; i++)
        told = told || e->items[i].topic == topic->id;
    uint64_t end = told ? to : seq_at(topic, last_number(e));
    if (end < to)
        to = end;
    uint64_t lost = to > seq ? to - seq : 0;
    assert_true(position->gap_count == lost);
    assert_true(position->gap_from == (lost ? seq + 1 : 0));
    assert_true(position->gap_to == (lost ? to : 0));
    // M7: what nobody followed for a while nobody can count.
    assert_true(position->gap_inexact
                == (position->gap_loss > STORE_LOST_OVERFLOW));
}

static bool cut(const struct model_topic *topic,
                const struct model_update *update, const struct store_events *e)
{
    enum store_content wish = e->content ? e->content : topic->content;
    if (!update->delta || update->baseline)
        return false;
    return wish == STORE_CONTENT_ENTRIES
           || (wish == STORE_CONTENT_DEFAULT && e->deltas
               && !update->on_request);
}

static void expect_event(const struct model_topic *topic, uint64_t seq,
                         const struct store_events *e,
                         const struct store_event *event)
{
    char body[BODY_MAX + 1];
    const struct model_update *update = &topic->updates[seq];
    assert_int_equal(event->on_request, update->on_request);
    assert_int_equal(event->delta, cut(topic, update, e));
    assert_true(event->seq == seq);
    assert_true(event->number == update->number);
    assert_true(event->time == update->time);
    assert_int_equal(event->kind, update->kind);
    if (event->delta) {
        assert_true(scene_same(event->body, "delta"));
        return;
    }
    model_body(topic->id, seq, update->size, body);
    assert_int_equal(event->body.len, update->size);
    assert_memory_equal(event->body.at, body, update->size);
}

// Walks through the answer; next[t] is the seq that must come next.
static void expect_events(struct model *model, const struct store_events *e,
                          uint64_t next[MODEL_TOPICS])
{
    uint64_t last = 0;
    for (size_t i = 0; i < e->event_count; i++) {
        const struct store_event *event = &e->items[i];
        struct model_topic *topic = model_topic(model, event->topic);
        assert_non_null(topic);
        assert_true(event->number > last);
        last = event->number;
        expect_event(topic, next[topic - model->topics]++, e, event);
    }
}

void model_events(struct model *model)
{
    struct store_position positions[MODEL_TOPICS];
    uint64_t next[MODEL_TOPICS] = { 0 };
    memset(positions, 0, sizeof positions);
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = positions,
        .limit = 1 + model_below(model, 30),
        .max_bytes = 1000000,
        .content = (enum store_content)model_below(model, 3),
        .deltas = model_below(model, 2),
        .bodies = true,
    };
    for (int t = 0; t < MODEL_TOPICS; t++) {
        const struct model_topic *topic = &model->topics[t];
        if (topic->id == 0 || model_below(model, 2))
            continue;
        draw_position(model, topic, &positions[events.count]);
        next[t] = first_wanted(topic, &positions[events.count++]);
    }
    if (events.count == 0)
        return;
    model_must(model, &events.op);
    assert_true(events.head == model->events);
    expect_events(model, &events, next);
    bool more = false;
    for (size_t i = 0; i < events.count; i++) {
        const struct store_position *position = &positions[i];
        struct model_topic *topic = model_topic(model, position->topic);
        uint64_t seq = next[topic - model->topics];
        more = more || seq <= topic->head;
        expect_gap(topic, position, &events);
        assert_true(position->reached <= model->events);
        uint64_t reached = seq_at(topic, position->reached);
        // What was lost or not asked for may be passed by, nothing else.
        assert_true(reached < topic->removed + 1 || reached == seq - 1);
    }
    assert_int_equal(events.more, more);
    assert_true(events.event_count == events.limit || !more);
    store_release(&events.op);
}

void model_missed(struct model *model)
{
    struct model_topic *topic =
        &model->topics[model_below(model, MODEL_TOPICS)];
    if (topic->id == 0 || topic->head == 0)
        return;
    uint64_t span = model_below(model, topic->head < 20 ? topic->head : 20);
    struct store_missed missed = {
        .op.verb = STORE_MISSED,
        .topic = topic->id,
        .from = topic->head - span - 1,
        .to = topic->head - model_below(model, span + 1),
    };
    uint32_t wanted = 0, found = 0;
    uint64_t updates = 0;
    bool cuttable = true, feed_level = false, baseline = false, lost = false;
    bool on_request = false;
    for (uint64_t seq = missed.from + 1; seq <= missed.to; seq++) {
        const struct model_update *update = &topic->updates[seq];
        wanted |= update->ids;
        updates += !update->baseline;
        baseline = baseline || update->baseline;
        lost = lost || (seq <= topic->removed && !update->baseline);
        cuttable = cuttable && update->delta && seq > topic->removed;
        feed_level = feed_level || update->kind != STORE_UPDATE_ENTRIES;
        on_request = on_request || (update->on_request && !update->baseline);
    }
    model_must(model, &missed.op);
    for (size_t i = 0; i < missed.count; i++)
        found |= 1U << missed.ids[i][0];
    store_release(&missed.op);
    if (lost) {
        assert_false(missed.complete && missed.all_cuttable);
        return;
    }
    assert_true(missed.complete);
    assert_int_equal(found, wanted);
    assert_int_equal(missed.updates, updates);
    assert_int_equal(missed.on_request, on_request);
    if (baseline)
        return;
    assert_int_equal(missed.all_cuttable, cuttable);
    assert_int_equal(missed.feed_level, feed_level);
}

void model_read_body(struct model *model)
{
    struct model_topic *topic =
        &model->topics[model_below(model, MODEL_TOPICS)];
    if (topic->id == 0)
        return;
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = topic->id,
        .seq = model_below(model, topic->head + 2),
    };
    char body[BODY_MAX + 1];
    bool there = read.seq > topic->removed && read.seq <= topic->head;
    enum store_status status = model_run(model, &read.op);
    assert_int_equal(status, there ? STORE_OK : STORE_NOT_FOUND);
    if (there) {
        model_body(topic->id, read.seq, topic->updates[read.seq].size, body);
        assert_int_equal(read.body.len, topic->updates[read.seq].size);
        assert_memory_equal(read.body.at, body, read.body.len);
    }
    store_release(&read.op);
}

static void compare_entries(struct model *model,
                            const struct model_topic *topic)
{
    struct store_read_entries read = {
        .op.verb = STORE_READ_ENTRIES,
        .topic = topic->id,
    };
    model_must(model, &read.op);
    for (size_t i = 0; i < read.recent_count; i++) {
        uint64_t seq = topic->head - i;
        const struct model_update *update = &topic->updates[seq];
        assert_true(read.recent[i].seq == seq);
        assert_true(read.recent[i].time == update->time);
        assert_int_equal(read.recent[i].digest[5],
                         seq > topic->removed ? update->digest : 0);
    }
    assert_int_equal(read.count, topic->entry_count);
    for (size_t i = 0; i < read.count; i++) {
        assert_int_equal(read.items[i].id[0], (topic->entry_salt + i) & 255);
        assert_int_equal(read.items[i].seen, i);
    }
    store_release(&read.op);
}

static void compare_topic(struct model *model, int t,
                          const struct store_topic *now)
{
    struct model_topic *topic = &model->topics[t];
    assert_true(now->id == topic->id);
    if (topic->id == 0)
        return;
    assert_true(scene_same(now->url, model_topic_url(t)));
    assert_true(now->incarnation == topic->incarnation);
    assert_true(now->head == topic->head);
    assert_true(now->baseline == topic->baseline);
    assert_true(now->removed == topic->removed);
    assert_int_equal(now->content, topic->content);
    assert_int_equal(now->plan.len, topic->plan != 0);
    assert_true(now->plan.len == 0 || (uint8_t)now->plan.at[0] == topic->plan);
    assert_int_equal(now->dirty, topic->dirty);
    assert_int_equal(now->fetched, topic->fetched);
    assert_int_equal(now->failures, topic->failures);
    assert_true(now->pulled_until == topic->pulled_until);
    assert_int_equal(now->subscriptions, model_subscribers(topic));
    model_lapse(model, &topic->fetch);
    if (model_followed(model, topic) && !model_held(model, &topic->fetch)
        && !topic->fetch.lapsed) {
        bool overdue =
            topic->fetch_due != 0 && topic->fetch_due <= model_now(model);
        assert_true(overdue ? now->fetch_due != 0
                                  && now->fetch_due <= model_now(model)
                            : now->fetch_due == topic->fetch_due);
    }
    compare_entries(model, topic);
}

void model_compare_topics(struct model *model)
{
    struct store_key keys[MODEL_TOPICS];
    for (int t = 0; t < MODEL_TOPICS; t++)
        keys[t] = scene_key(model_topic_url(t));
    struct store_topics topics = {
        .op.verb = STORE_TOPICS,
        .keys = keys,
        .count = MODEL_TOPICS,
    };
    model_must(model, &topics.op);
    for (int t = 0; t < MODEL_TOPICS; t++)
        compare_topic(model, t, &topics.items[t]);
    store_release(&topics.op);
}

void model_compare_stats(struct model *model)
{
    struct store_numbers wanted = { .events = model->events };
    for (int t = 0; t < MODEL_TOPICS; t++) {
        const struct model_topic *topic = &model->topics[t];
        if (topic->id == 0)
            continue;
        wanted.topics++;
        wanted.subscriptions += model_subscribers(topic);
        wanted.lagging += model_lagging(topic);
        wanted.walks += topic->walking;
    }
    for (int i = 0; i < MODEL_ORIGINS; i++) {
        wanted.waiting += model_waiting(model, i);
        wanted.lanes += model->lanes[i].there;
    }
    for (int i = 0; i < MODEL_REQUESTS; i++)
        wanted.requests +=
            model->requests[i].id != 0 && !model->requests[i].idle;
    for (int i = 0; i < MODEL_DENIALS; i++)
        wanted.denials += model->denials[i].id != 0;
    struct store_numbers now = scene_stats(model->session);
    model->operations++;
    assert_true(now.topics == wanted.topics);
    assert_true(now.subscriptions == wanted.subscriptions);
    assert_true(now.lagging == wanted.lagging);
    assert_true(now.walks == wanted.walks);
    assert_true(now.requests == wanted.requests);
    assert_true(now.denials == wanted.denials);
    assert_true(now.events == wanted.events);
    assert_true(now.waiting == wanted.waiting);
    assert_true(now.lanes == wanted.lanes);
    assert_true(now.paused == model->paused);
}
