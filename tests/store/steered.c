// SPDX-License-Identifier: MIT
//
// Operators' hands among all that goes on, in many orders: whatever is done
// between two pages of it, the store agrees with itself (session_close() looks
// at all of it), and what was promised is there.

#include "chance.h"
#include "postbox.h"
#include "storage/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { TOPICS = 4, CALLBACKS = 5, BOXES = 3, STEPS = 400, ROUNDS = 12 };

struct world {
    struct session *s;
    struct chance *chance;
    char topics[TOPICS][40], callbacks[CALLBACKS][40];
    uint64_t boxes[BOXES];
    bool kept[TOPICS]; // as an operator wants it
};

static const char *any_topic(struct world *w, size_t *which)
{
    *which = chance_below(w->chance, TOPICS);
    return w->topics[*which];
}

static const char *any_callback(struct world *w)
{
    return w->callbacks[chance_below(w->chance, CALLBACKS)];
}

// Of the topic; id 0: there is none.
static struct scene_name any_subscriber(struct world *w, const char *topic)
{
    struct store_find find = {
        .op.verb = STORE_FIND,
        .topic_key = scene_key(topic),
        .callback_key = scene_key(any_callback(w)),
    };
    session_must(w->s, &find.op);
    struct scene_name name = { 0 };
    if (find.subscribed)
        name = (struct scene_name){ find.subscriber.topic, find.subscriber.id };
    store_release(&find.op);
    return name;
}

static void grant(struct world *w)
{
    size_t which;
    const char *topic = any_topic(w, &which);
    struct store_take take =
        scene_asks(STORE_SUBSCRIBE, topic, any_callback(w));
    struct store_grant op = {
        .op.verb = STORE_GRANT,
        .request = take.request,
    };
    session_must(w->s, &op.op);
    struct store_subscriber now;
    struct scene_name name = { op.topic, op.subscription };
    assert_true(scene_subscriber(w->s, name, &now));
    assert_true(now.lease_end == session_now(w->s) + LEASE);
    assert_false(now.suspended);
}

static void extend(struct world *w)
{
    size_t which;
    struct scene_name name = any_subscriber(w, any_topic(w, &which));
    struct store_extend op = {
        .op.verb = STORE_EXTEND,
        .topic = name.topic,
        .subscription = name.id,
        .lease_end =
            session_now(w->s) + 1 + (int64_t)chance_below(w->chance, 2 * LEASE),
    };
    assert_int_equal(session_run(w->s, &op.op),
                     name.id ? STORE_OK : STORE_NOT_FOUND);
}

static void keep(struct world *w)
{
    size_t which;
    const char *topic = any_topic(w, &which);
    struct store_keep_topic op = {
        .op.verb = STORE_KEEP_TOPIC,
        .key = scene_key(topic),
        .url = scene_bytes(topic),
        .url_normal = scene_bytes(topic),
        .set_keep = true,
        .keep = chance_below(w->chance, 2) == 0,
        .set_poll = true,
        .poll_every = (int64_t)chance_below(w->chance, 3) * HOUR - 1,
    };
    enum store_status status = session_run(w->s, &op.op);
    assert_true(status == STORE_OK || (status == STORE_NOT_FOUND && !op.keep));
    w->kept[which] = op.keep;
    if (op.keep)
        assert_int_equal(scene_topic(w->s, topic).unfollowed_at, 0);
}

// One page, or all; whoever has subscribed is in the way.
static void drop(struct world *w)
{
    size_t which;
    const char *url = any_topic(w, &which);
    struct store_topic topic = scene_topic(w->s, url);
    struct store_drop_topic op = {
        .op.verb = STORE_DROP_TOPIC,
        .topic = topic.id,
    };
    size_t pages = 1 + chance_below(w->chance, 3);
    enum store_status status = STORE_OK;
    for (size_t i = 0; i < pages && status == STORE_OK; i++) {
        status = session_run(w->s, &op.op);
        if (i == 0 && status == STORE_CONFLICT)
            assert_true(topic.subscriptions > 0);
        if (!op.more)
            break;
    }
    if (status == STORE_OK)
        w->kept[which] = scene_topic(w->s, url).kept;
}

static void leave(struct world *w)
{
    size_t which;
    struct scene_name name = any_subscriber(w, any_topic(w, &which));
    struct store_remove op = {
        .op.verb = STORE_REMOVE,
        .topic = name.topic,
        .subscription = name.id,
        .reason = STORE_DENIAL_OPERATOR,
    };
    if (name.id)
        session_must(w->s, &op.op);
}

static void ask(struct world *w)
{
    size_t which;
    struct store_take take = scene_asks(
        chance_below(w->chance, 3) == 0 ? STORE_UNSUBSCRIBE : STORE_SUBSCRIBE,
        any_topic(w, &which), any_callback(w));
    enum store_status status = session_run(w->s, &take.op);
    assert_true(status == STORE_OK || status == STORE_CONFLICT);
    if (status == STORE_OK && take.taken == STORE_TAKEN_NEW
        && chance_below(w->chance, 2) == 0)
        scene_settle(w->s, take.id,
                     chance_below(w->chance, 4) == 0 ? STORE_VERIFY_FAILED
                                                     : STORE_VERIFIED);
}

static void publish(struct world *w)
{
    size_t which;
    const char *url = any_topic(w, &which);
    struct store_topic topic = scene_topic(w->s, url);
    if (topic.id == 0 || scene_ping(w->s, url) == 0)
        return;
    scene_update(w->s, url, "a body");
    if (chance_below(w->chance, 2) == 0)
        scene_walk_all(w->s, topic.id, NULL);
}

static void listen(struct world *w)
{
    size_t which;
    uint64_t box = w->boxes[chance_below(w->chance, BOXES)];
    struct store_listen_op op = {
        .op.verb = STORE_LISTEN,
        .mailbox = box,
        .listen = postbox_topic(any_topic(w, &which)),
    };
    enum store_status status = session_run(w->s, &op.op);
    assert_true(status == STORE_OK || status == STORE_DUPLICATE);
    store_release(&op.op);
    struct store_collect collect = postbox_reads(box, 0);
    session_must(w->s, &collect.op);
    store_release(&collect.op);
}

static void pass_time(struct world *w)
{
    session_advance(w->s, (int64_t)chance_below(w->chance, 3 * DAY));
    struct store_expire op = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(w->s, &op.op);
    store_release(&op.op);
    struct store_topic topic = scene_topic(w->s, w->topics[0]);
    struct store_claimed claimed;
    if (topic.id == 0
        || !scene_claim_topic(w->s, STORE_DUE_TRIM, topic.id, &claimed))
        return;
    struct store_trim trim = {
        .op.verb = STORE_TRIM,
        .topic = topic.id,
        .token = claimed.token,
        .keep_ms = DAY,
        .keep_updates = 3,
        .keep_bytes = 1 << 20,
    };
    session_must(w->s, &trim.op);
    assert_false(trim.topic_removed && w->kept[0]);
}

static void look_again(struct world *w)
{
    session_reopen(w->s);
    for (size_t i = 0; i < TOPICS; i++) {
        struct store_topic topic = scene_topic(w->s, w->topics[i]);
        assert_true(topic.kept == w->kept[i]);
        assert_true(!topic.kept || topic.unfollowed_at == 0);
    }
}

static void step(struct world *w)
{
    static void (*const steps[])(struct world *) = {
        grant,   extend, keep,    drop,      drop, leave, ask,
        publish, listen, publish, pass_time, ask,  ask,
    };
    enum { KINDS = sizeof steps / sizeof *steps };
    steps[chance_below(w->chance, KINDS)](w);
    if (chance_below(w->chance, 40) == 0)
        look_again(w);
}

static void play(uint64_t seed)
{
    struct chance chance = chance_from(seed);
    struct world w = { .s = session_new(true), .chance = &chance };
    session_open(w.s);
    for (size_t i = 0; i < TOPICS; i++)
        snprintf(w.topics[i], sizeof w.topics[i], "https://t%zu.example/", i);
    for (size_t i = 0; i < CALLBACKS; i++)
        snprintf(w.callbacks[i], sizeof w.callbacks[i],
                 "https://callback.example/%zu", i);
    for (size_t i = 0; i < BOXES; i++) {
        char name[8];
        snprintf(name, sizeof name, "box %zu", i);
        struct store_put_mailbox put =
            postbox_asks(name, i == 0 ? STORE_ACK_EXPLICIT : STORE_ACK_CURSOR);
        put.mailbox.lease = (int64_t)10000 * DAY;
        w.boxes[i] = postbox_put(w.s, &put);
    }
    for (int i = 0; i < STEPS; i++)
        step(&w);
    look_again(&w);
    session_free(w.s);
}

static void whatever_is_done_the_store_agrees_with_itself(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        print_message("           seed %d\n", (int)seed);
        play(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_done_the_store_agrees_with_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
