// SPDX-License-Identifier: MIT

#include "model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

uint64_t model_below(struct model *model, uint64_t limit)
{
    return chance_below(&model->chance, limit);
}

int64_t model_length(struct model *model, int64_t limit)
{
    return (int64_t)chance_below(&model->chance, (uint64_t)limit) | 1;
}

int64_t model_now(const struct model *model)
{
    return session_now(model->session);
}

enum store_status model_run(struct model *model, struct store_op *op)
{
    model->operations++;
    return session_run(model->session, op);
}

void model_must(struct model *model, struct store_op *op)
{
    model->operations++;
    session_must(model->session, op);
}

const char *model_topic_url(int topic)
{
    static const char *const urls[MODEL_TOPICS] = {
        "https://a.example/feed",
        "https://a.example/feed/2",
        "https://b.example/feed",
        "https://c.example/a/long/path/to/a/feed.xml?with=a&query",
    };
    return urls[topic];
}

const char *model_callback_url(int callback)
{
    static const char *const urls[MODEL_CALLBACKS] = {
        "https://one.example/callback",   "https://two.example/callback",
        "https://three.example/callback", "https://four.example/callback",
        "https://five.example/callback",
    };
    return urls[callback];
}

struct store_profile model_profile(int profile)
{
    static const char *const secrets[MODEL_PROFILES] = { "secret", "", "key" };
    return (struct store_profile){
        .secret = scene_bytes(secrets[profile]),
        .method = STORE_SHA256,
        .content = profile == 2 ? STORE_CONTENT_ENTRIES : 0,
        .old_client = profile == 1,
    };
}

uint64_t model_host(int callback)
{
    static const uint64_t hosts[MODEL_CALLBACKS] = { 11, 12, 11, 12, 0 };
    return hosts[callback];
}

int model_origin(int callback)
{
    uint64_t host = model_host(callback);
    return host == 0 ? 2 : (int)host - 11;
}

struct store_key model_origin_key(int origin)
{
    static const char *const names[MODEL_ORIGINS] = { "11", "12", "0" };
    return scene_key(names[origin]);
}

bool model_withdrawn(const struct model_subscriber *subscriber)
{
    return subscriber->paused || subscriber->waits;
}

void model_lane_expect(struct model *model, const struct model_topic *topic,
                       const struct model_subscriber *subscriber)
{
    int callback = (int)(subscriber - topic->subscribers);
    struct model_lane *lane = &model->lanes[model_origin(callback)];
    if (lane->there || subscriber->paused || !subscriber->waits)
        return;
    *lane = (struct model_lane){ .there = true, .due = model_now(model) };
}

void model_lane_hurry(struct model *model, const struct model_topic *topic,
                      const struct model_subscriber *subscriber)
{
    int callback = (int)(subscriber - topic->subscribers);
    struct model_lane *lane = &model->lanes[model_origin(callback)];
    if (lane->due > model_now(model))
        lane->due = model_now(model);
    lane->claim.lapsed = lane->claim.lapsed && model_held(model, &lane->claim);
    lane->hurried = true;
}

void model_ticket_end(struct model *model, uint64_t request)
{
    assert_true(request != 0 && request < MODEL_TICKETS);
    model->ended[request] = model_now(model) + DAY;
}

bool model_known(const struct model *model, int callback)
{
    for (int t = 0; t < MODEL_TOPICS; t++)
        for (int c = 0; c < MODEL_CALLBACKS; c++)
            if (model->topics[t].subscribers[c].id != 0
                && model_host(c) == model_host(callback))
                return true;
    return false;
}

struct model_topic *model_topic(struct model *model, uint64_t id)
{
    for (int i = 0; i < MODEL_TOPICS; i++)
        if (id != 0 && model->topics[i].id == id)
            return &model->topics[i];
    return NULL;
}

struct model_subscriber *model_subscriber(struct model_topic *topic,
                                          uint64_t id)
{
    for (int i = 0; i < MODEL_CALLBACKS; i++)
        if (id != 0 && topic->subscribers[i].id == id)
            return &topic->subscribers[i];
    return NULL;
}

struct model_request *model_request(struct model *model, uint64_t id)
{
    for (int i = 0; i < MODEL_REQUESTS; i++)
        if (id != 0 && model->requests[i].id == id)
            return &model->requests[i];
    return NULL;
}

size_t model_subscribers(const struct model_topic *topic)
{
    size_t count = 0;
    for (int i = 0; i < MODEL_CALLBACKS; i++)
        count += topic->subscribers[i].id != 0;
    return count;
}

size_t model_lagging(const struct model_topic *topic)
{
    size_t count = 0;
    for (int i = 0; i < MODEL_CALLBACKS; i++)
        count += topic->subscribers[i].id != 0 && topic->subscribers[i].lagging;
    return count;
}

bool model_followed(const struct model *model, const struct model_topic *topic)
{
    return model_subscribers(topic) > 0
           || topic->pulled_until > model_now(model);
}

bool model_pending_subscribe(const struct model *model, int topic, int callback,
                             uint64_t but)
{
    for (int i = 0; i < MODEL_REQUESTS; i++) {
        const struct model_request *r = &model->requests[i];
        if (r->id != 0 && r->id != but && r->mode == STORE_SUBSCRIBE
            && r->topic == topic && r->callback == callback)
            return true;
    }
    return false;
}

bool model_held(const struct model *model, const struct model_claim *claim)
{
    return claim->until > model_now(model);
}

void model_lapse(const struct model *model, struct model_claim *claim)
{
    if (claim->until == 0 || model_held(model, claim))
        return;
    *claim = (struct model_claim){ .lapsed = true };
}

void model_end(struct model *model, struct model_topic *topic,
               struct model_subscriber *subscriber)
{
    model_ticket_end(model, subscriber->request);
    *subscriber = (struct model_subscriber){ .id = 0 };
    if (model_subscribers(topic) == 0)
        topic->left = model_now(model);
}

void model_refetch(struct model *model, int topic)
{
    struct model_topic *t = &model->topics[topic];
    struct store_topic now =
        scene_topic(model->session, model_topic_url(topic));
    assert_true(now.id == t->id);
    assert_true(now.fetch_due != 0 && now.fetch_due <= model_now(model));
    t->fetch_due = now.fetch_due;
    t->dirty = now.dirty;
    t->fetched = now.fetched;
    t->failures = now.failures;
    t->fetch.token = 0;
}

void model_body(uint64_t topic, uint64_t seq, size_t size, char *out)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (char)('a' + (seq * 31 + topic * 7 + i * 11) % 26);
}

static bool is_free(const struct model *model, const struct model_due *due)
{
    return !model_held(model, due->claim);
}

// Who is left must not be more overdue than who was claimed.
static void check_order(struct model *model, const struct model_due *due,
                        size_t count, int64_t latest)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_free(model, &due[i]) || due[i].optional || due[i].due == 0
            || due[i].claim->lapsed)
            continue;
        if (due[i].due < latest)
            fail_msg("something more overdue was left");
    }
}

static void check_next(struct model *model, const struct store_claim *claim,
                       const struct model_due *due, size_t count)
{
    int64_t next = INT64_MAX, back = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (due[i].optional || (due[i].claim->lapsed && due[i].due != 0))
            return;
        if (is_free(model, &due[i]) && due[i].due != 0 && due[i].due < next)
            next = due[i].due;
        if (!is_free(model, &due[i]) && due[i].claim->until < back)
            back = due[i].claim->until;
    }
    // The engine may also tell when a claim comes back.
    if (claim->next_due != next && !(back < next && claim->next_due == back))
        fail_msg("kind %d at %lld: next due is %lld, not %lld or %lld",
                 (int)claim->kind, (long long)model_now(model),
                 (long long)claim->next_due, (long long)next, (long long)back);
}

static uint64_t id_of(const struct store_claim *claim, size_t i)
{
    switch (claim->kind) {
    case STORE_DUE_VERIFY:
    case STORE_DUE_RENEW:
        return claim->items[i].request.id;
    case STORE_DUE_DELIVER:
        return claim->items[i].subscriber.topic << 32
               | claim->items[i].subscriber.id;
    case STORE_DUE_DENY:
        return claim->items[i].denial.id;
    case STORE_DUE_LANE:
        for (uint64_t k = 0; k < MODEL_ORIGINS; k++) {
            struct store_key key = model_origin_key((int)k);
            if (memcmp(&key, &claim->items[i].lane.origin, sizeof key) == 0)
                return k;
        }
        return MODEL_ORIGINS;
    default:
        return claim->items[i].topic.id;
    }
}

void model_check_claim(struct model *model, struct store_claim *claim,
                       struct model_due *due, size_t count)
{
    size_t certain = 0;
    int64_t now = model_now(model), latest = 0;
    for (size_t i = 0; i < count; i++) {
        model_lapse(model, due[i].claim);
        certain += is_free(model, &due[i]) && !due[i].optional
                   && due[i].due != 0 && due[i].due <= now;
    }
    model_must(model, &claim->op);
    assert_true(claim->count <= claim->max);
    assert_true(claim->count >= certain || claim->count == claim->max);
    for (size_t i = 0; i < claim->count; i++) {
        size_t k = 0;
        while (k < count && due[k].id != id_of(claim, i))
            k++;
        if (k == count)
            fail_msg("something unknown was claimed");
        assert_true(is_free(model, &due[k]));
        assert_true(due[k].optional || due[k].due != 0);
        assert_true(due[k].optional || due[k].due <= now);
        assert_true(claim->items[i].token != 0);
        if (!due[k].optional && !due[k].claim->lapsed && due[k].due > latest)
            latest = due[k].due;
        *due[k].claim = (struct model_claim){
            .token = claim->items[i].token,
            .until = now + claim->hold_ms,
        };
    }
    check_order(model, due, count, latest);
    check_next(model, claim, due, count);
}
