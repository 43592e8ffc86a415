// SPDX-License-Identifier: MIT
//
// Moves: lanes, and what an operator does to those who lag.

#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int draw_origin(struct model *model)
{
    return (int)model_below(model, MODEL_ORIGINS);
}

static bool waits_at(const struct model_topic *topic, int callback, int origin)
{
    const struct model_subscriber *s = &topic->subscribers[callback];
    return s->id != 0 && s->lagging && s->waits && !s->paused
           && model_origin(callback) == origin;
}

size_t model_waiting(const struct model *model, int origin)
{
    size_t count = 0;
    for (int t = 0; t < MODEL_TOPICS; t++)
        for (int c = 0; c < MODEL_CALLBACKS; c++)
            count += waits_at(&model->topics[t], c, origin);
    return count;
}

struct place {
    uint64_t topic, id;
};

static bool before(struct place a, struct place b)
{
    return a.topic != b.topic ? a.topic < b.topic : a.id < b.id;
}

// The first in the lane behind `after`. NULL: there is none.
static struct model_subscriber *next_in_lane(struct model *model, int origin,
                                             struct place *after)
{
    struct model_subscriber *found = NULL;
    struct place first = { UINT64_MAX, UINT64_MAX };
    for (int t = 0; t < MODEL_TOPICS; t++) {
        struct model_topic *topic = &model->topics[t];
        for (int c = 0; c < MODEL_CALLBACKS; c++) {
            struct place place = { topic->id, topic->subscribers[c].id };
            if (!waits_at(topic, c, origin) || !before(*after, place)
                || !before(place, first))
                continue;
            first = place;
            found = &topic->subscribers[c];
        }
    }
    if (found)
        *after = first;
    return found;
}

static void check_claimed(struct model *model, int origin,
                          const struct store_claim_lane *claim,
                          struct place place)
{
    struct model_subscriber *s;
    struct place at = place;
    for (size_t i = 0; i < claim->count; i++) {
        const struct store_subscriber *got = &claim->items[i].subscriber;
        do {
            s = next_in_lane(model, origin, &at);
            assert_non_null(s);
            model_lapse(model, &s->claim);
        } while (model_held(model, &s->claim));
        assert_true(got->topic == at.topic && got->id == at.id);
        assert_true(got->next == s->next);
        assert_true(got->waits);
        s->claim = (struct model_claim){
            .token = claim->items[i].token,
            .until = model_now(model) + claim->hold_ms,
        };
        s->overtaken = false;
        place = at;
    }
    if (claim->count == claim->max)
        return;
    // All others are held.
    while ((s = next_in_lane(model, origin, &place)) != NULL) {
        model_lapse(model, &s->claim);
        assert_true(model_held(model, &s->claim));
    }
}

void model_claim_lane(struct model *model)
{
    int origin = draw_origin(model);
    const struct model_lane *lane = &model->lanes[origin];
    struct store_claim_lane claim = {
        .op.verb = STORE_CLAIM_LANE,
        .origin = model_origin_key(origin),
        .max = 1 + model_below(model, 4),
        .hold_ms = model_length(model, MINUTE),
    };
    if (model_below(model, 2)) {
        claim.after_topic = 1 + model_below(model, model->last_topic + 1);
        claim.after = model_below(model, 20);
    }
    struct place from = { claim.after_topic, claim.after };
    model_must(model, &claim.op);
    assert_int_equal(claim.empty, model_waiting(model, origin) == 0);
    if (lane->there && lane->paused) {
        assert_int_equal(claim.count, 0);
        assert_true(claim.end);
    } else {
        struct place to = { claim.after_topic, claim.after };
        check_claimed(model, origin, &claim, from);
        assert_int_equal(claim.end, next_in_lane(model, origin, &to) == NULL);
    }
    store_release(&claim.op);
}

void model_claim_lanes(struct model *model)
{
    struct model_due due[MODEL_ORIGINS];
    size_t count = 0;
    for (uint64_t i = 0; i < MODEL_ORIGINS; i++) {
        struct model_lane *lane = &model->lanes[i];
        if (lane->there)
            due[count++] = (struct model_due){
                i,
                lane->paused ? 0 : lane->due,
                &lane->claim,
                false,
            };
    }
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_LANE,
        .max = model_below(model, 3),
        .hold_ms = model_length(model, MINUTE),
    };
    model_check_claim(model, &claim, due, count);
    for (size_t i = 0; i < claim.count; i++) {
        const struct store_lane *got = &claim.items[i].lane;
        for (int k = 0; k < MODEL_ORIGINS; k++) {
            struct store_key key = model_origin_key(k);
            if (memcmp(&key, &got->origin, sizeof key) != 0)
                continue;
            assert_true(got->due == model->lanes[k].due);
            assert_int_equal(got->failures, model->lanes[k].failures);
            model->lanes[k].hurried = false;
        }
    }
    store_release(&claim.op);
}

void model_keep_lane(struct model *model)
{
    int origin = draw_origin(model);
    struct model_lane *lane = &model->lanes[origin];
    struct store_keep_lane keep = {
        .op.verb = STORE_KEEP_LANE,
        .lane = {
            .origin = model_origin_key(origin),
            .due = model_now(model) + model_length(model, MINUTE),
            .failures = (uint32_t)model_below(model, 9),
        },
    };
    model_lapse(model, &lane->claim);
    bool settles = lane->claim.token != 0 && model_held(model, &lane->claim);
    if (settles)
        keep.token = lane->claim.token;
    else if (model_below(model, 4) == 0)
        keep.token = 12345;
    enum store_status status = model_run(model, &keep.op);
    if (keep.token != 0 && !settles) {
        assert_int_equal(status, STORE_STALE);
        return;
    }
    assert_int_equal(status, STORE_OK);
    bool stays = model_waiting(model, origin) > 0 || lane->paused;
    assert_int_equal(keep.kept, stays);
    if (!stays) {
        *lane = (struct model_lane){ .there = false };
        return;
    }
    assert_true(lane->there);
    if (!settles || !lane->hurried || keep.lane.due < lane->due)
        lane->due = keep.lane.due;
    lane->failures = keep.lane.failures;
    if (settles)
        lane->claim = (struct model_claim){ 0 };
    lane->claim.lapsed = false;
}

// --------------------------------------------------------------- operators

static struct model_subscriber *draw_subscriber(struct model *model,
                                                struct model_topic **topic)
{
    *topic = &model->topics[model_below(model, MODEL_TOPICS)];
    struct model_subscriber *s =
        &(*topic)->subscribers[model_below(model, MODEL_CALLBACKS)];
    return s->id != 0 ? s : NULL;
}

static void expect_pause(struct model *model, struct store_pause *pause,
                         bool was)
{
    enum store_status status = model_run(model, &pause->op);
    assert_int_equal(status, was == pause->paused ? STORE_DUPLICATE : STORE_OK);
}

static void pause_one(struct model *model, bool paused)
{
    struct model_topic *topic;
    struct model_subscriber *s = draw_subscriber(model, &topic);
    if (!s)
        return;
    struct scene_name name = { topic->id, s->id };
    struct store_pause pause = scene_pause_one(name, paused);
    expect_pause(model, &pause, s->paused);
    bool goes_on = s->paused && !paused;
    s->paused = paused;
    if (!goes_on || !s->lagging || !s->waits)
        return;
    model_lane_expect(model, topic, s);
    model_lane_hurry(model, topic, s);
}

static void pause_origin(struct model *model, bool paused)
{
    int origin = draw_origin(model);
    struct model_lane *lane = &model->lanes[origin];
    struct store_pause pause =
        scene_pause_origin(model_origin_key(origin), paused);
    expect_pause(model, &pause, lane->paused);
    if (lane->paused == paused)
        return;
    if (!paused && model_waiting(model, origin) == 0) {
        *lane = (struct model_lane){ .there = false };
        return;
    }
    lane->there = true;
    lane->paused = paused;
    lane->due = model_now(model);
    lane->claim.lapsed = false;
}

void model_pause(struct model *model)
{
    bool paused = model_below(model, 2);
    uint64_t chance = model_below(model, 6);
    if (chance == 0) {
        struct store_pause pause = {
            .op.verb = STORE_PAUSE,
            .all = true,
            .paused = paused,
        };
        expect_pause(model, &pause, model->paused);
        model->paused = paused;
    } else if (chance == 1) {
        pause_origin(model, model_below(model, 3) == 0);
    } else {
        pause_one(model, model_below(model, 3) == 0);
    }
}

// Whether he is owed anything then.
static bool set_back(struct model *model, struct model_topic *topic,
                     struct model_subscriber *s, uint64_t first)
{
    uint64_t next = first;
    if (s->lagging && s->next < next)
        next = s->next;
    if (!s->lagging && topic->walking && s->cursor + 1 < next)
        next = s->cursor + 1;
    if (next <= s->start)
        next = s->start + 1;
    if (next <= topic->baseline)
        next = topic->baseline + 1;
    if (next > topic->head)
        return false;
    s->next = next;
    if (!s->lagging)
        s->waits = false;
    s->lagging = s->resent = true;
    s->attempts_known = s->history_known = false;
    s->overtaken = s->overtaken || model_held(model, &s->claim);
    s->claim.lapsed = false;
    s->due = model_now(model);
    if (s->waits && !s->paused)
        model_lane_hurry(model, topic, s);
    return true;
}

static void resend_to_all(struct model *model, struct model_topic *topic,
                          struct store_resend *resend, uint64_t first)
{
    size_t count = 0, wanted = 0;
    resend->max = 1 + model_below(model, 4);
    do {
        model_must(model, &resend->op);
        count += resend->count;
    } while (!resend->end);
    for (int c = 0; c < MODEL_CALLBACKS; c++)
        if (topic->subscribers[c].id != 0)
            wanted += set_back(model, topic, &topic->subscribers[c], first);
    assert_int_equal(count, wanted);
}

void model_resend(struct model *model)
{
    struct model_topic *topic;
    struct model_subscriber *s = draw_subscriber(model, &topic);
    if (!s || topic->head == 0)
        return;
    uint64_t first = topic->head;
    struct store_resend resend = {
        .op.verb = STORE_RESEND,
        .topic = topic->id,
    };
    if (topic->removed + 1 < topic->head && model_below(model, 2)) {
        first = topic->removed + 1
                + model_below(model, topic->head - topic->removed);
        resend.since = topic->updates[first].time;
        // The first of those stored at that moment.
        while (first > topic->removed + 1
               && topic->updates[first - 1].time == resend.since)
            first--;
        if (topic->updates[first - 1].time == resend.since)
            return;
    }
    if (model_below(model, 2)) {
        resend_to_all(model, topic, &resend, first);
        return;
    }
    resend.subscription = s->id;
    enum store_status status = model_run(model, &resend.op);
    bool owed = set_back(model, topic, s, first);
    assert_int_equal(status, owed ? STORE_OK : STORE_NOT_FOUND);
}

// ------------------------------------------------------------------ views

static uint64_t led_to(const struct model *model, uint64_t request)
{
    for (int t = 0; t < MODEL_TOPICS; t++)
        for (int c = 0; c < MODEL_CALLBACKS; c++) {
            const struct model_subscriber *s = &model->topics[t].subscribers[c];
            if (s->id != 0 && s->request == request)
                return s->id;
        }
    return 0;
}

void model_status(struct model *model)
{
    struct store_request_status status = {
        .op.verb = STORE_STATUS,
        .request = 1 + model_below(model, model->last_request + 1),
    };
    uint64_t id = led_to(model, status.request);
    enum store_request_state wanted = STORE_REQUEST_UNKNOWN;
    if (model_request(model, status.request))
        wanted = STORE_REQUEST_PENDING;
    else if (id != 0)
        wanted = STORE_REQUEST_VERIFIED;
    else if (model->ended[status.request] > model_now(model))
        wanted = STORE_REQUEST_ENDED;
    model_must(model, &status.op);
    assert_int_equal(status.state, wanted);
    if (id != 0)
        assert_true(status.subscriber.id == id);
    store_release(&status.op);
}

static unsigned class_of(const struct model_topic *topic,
                         const struct model_subscriber *s)
{
    if (s->next > topic->head)
        return 0;
    if (s->paused)
        return STORE_LAGGING_PAUSED;
    if (s->due == 0 || s->suspended)
        return STORE_LAGGING_STOPPED;
    return s->waits ? STORE_LAGGING_WAITING : STORE_LAGGING_TRIED;
}

void model_page_lagging(struct model *model)
{
    struct store_page_lagging page = {
        .op.verb = STORE_PAGE_LAGGING,
        .set = 1 + (unsigned)model_below(model, 15),
        .max = 1 + model_below(model, 4),
    };
    size_t seen = 0, wanted = 0;
    for (int t = 0; t < MODEL_TOPICS; t++)
        for (int c = 0; c < MODEL_CALLBACKS; c++) {
            const struct model_subscriber *s = &model->topics[t].subscribers[c];
            // When these are due is the engine's choice.
            if (s->id != 0 && s->lagging
                && (s->suspended || s->claim.lapsed || s->claim.until != 0)
                && !s->paused)
                return;
            wanted += s->id != 0 && s->lagging
                      && class_of(&model->topics[t], s) & page.set;
        }
    do {
        model_must(model, &page.op);
        for (size_t i = 0; i < page.count; i++) {
            const struct store_subscriber *got = &page.items[i];
            struct model_topic *topic = model_topic(model, got->topic);
            assert_non_null(topic);
            const struct model_subscriber *s = model_subscriber(topic, got->id);
            assert_non_null(s);
            assert_true(class_of(topic, s) & page.set);
            seen++;
        }
        store_release(&page.op);
    } while (!page.end);
    assert_int_equal(seen, wanted);
}
