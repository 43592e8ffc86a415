// SPDX-License-Identifier: MIT
//
// A topic that an operator drops goes at once, with its log and whoever
// listens to it.

#include "postbox.h"
#include "storage/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define OTHER    "https://example.org/other"
#define CALLBACK "https://callback.example/a"

enum { CALLS_MAX = 1000 };

// How many calls it took.
static size_t drop(struct session *s, uint64_t topic)
{
    struct store_drop_topic op = {
        .op.verb = STORE_DROP_TOPIC,
        .topic = topic,
    };
    size_t calls = 0;
    do {
        session_must(s, &op.op);
        assert_true(++calls < CALLS_MAX);
    } while (op.more);
    return calls;
}

static enum store_status try_to_drop(struct session *s, uint64_t topic)
{
    struct store_drop_topic op = {
        .op.verb = STORE_DROP_TOPIC,
        .topic = topic,
    };
    return session_run(s, &op.op);
}

static void what_is_dropped_leaves_nothing(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    for (int i = 0; i < 3; i++)
        scene_update(s, TOPIC, i % 2 ? "one" : "two");
    drop(s, topic);
    assert_int_equal(scene_topic(s, TOPIC).id, 0);
    assert_int_equal(scene_stats(s).topics, 0);
    assert_int_equal(try_to_drop(s, topic), STORE_NOT_FOUND);
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = topic,
        .seq = 3,
    };
    assert_int_equal(session_run(s, &read.op), STORE_NOT_FOUND);
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_FETCH,
        .max = 1,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    assert_int_equal(claim.count, 0);
    store_release(&claim.op);
    session_reopen(s);
}

static void subscriptions_have_to_end_before(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    assert_int_equal(try_to_drop(s, name.topic), STORE_CONFLICT);
    struct store_remove remove = {
        .op.verb = STORE_REMOVE,
        .topic = name.topic,
        .subscription = name.id,
        .reason = STORE_DENIAL_OPERATOR,
    };
    session_must(s, &remove.op);
    drop(s, name.topic);
    // Saying so outlives it.
    struct store_claim denials = scene_claim_denials(s);
    assert_int_equal(denials.count, 1);
    assert_true(scene_same(denials.items[0].denial.topic, TOPIC));
    store_release(&denials.op);
}

static void a_long_log_goes_in_pages(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    for (int i = 0; i < 600; i++) {
        char body[16];
        snprintf(body, sizeof body, "body %d", i);
        scene_update(s, TOPIC, body);
    }
    assert_in_range(drop(s, topic), 3, 4);
    assert_int_equal(scene_stats(s).topics, 0);
}

static void M9_one_that_is_followed_meanwhile_stays_whole(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    for (int i = 0; i < 256; i++)
        scene_update(s, TOPIC, i % 2 ? "odd" : "even");
    scene_update(s, TOPIC, "the last");
    struct store_drop_topic op = {
        .op.verb = STORE_DROP_TOPIC,
        .topic = topic,
    };
    session_must(s, &op.op);
    assert_true(op.more);
    struct store_follow follow = scene_follow(s, TOPIC, false, DAY);
    assert_true(follow.topic_new);
    assert_int_equal(follow.newest, 257);
    struct store_topic now = scene_topic(s, TOPIC);
    assert_int_equal(now.body_bytes, 8);
    assert_int_equal(now.removed, 256);
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    assert_int_equal(session_run(s, &op.op), STORE_CONFLICT);
    scene_update(s, TOPIC, "one more");
    scene_walk_all(s, name.topic, NULL);
}

static void who_listens_to_it_listens_no_longer(void **state)
{
    struct session *s = *state;
    enum { BOXES = 70 };
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    scene_follow(s, OTHER, true, DAY);
    uint64_t boxes[BOXES];
    for (size_t i = 0; i < BOXES; i++) {
        char name[16];
        snprintf(name, sizeof name, "box %zu", i);
        boxes[i] = postbox_make(s, name, STORE_ACK_CURSOR);
        postbox_listen(s, boxes[i], postbox_topic(OTHER));
        if (i != 5)
            postbox_listen(s, boxes[i], postbox_topic(TOPIC));
    }
    scene_update(s, TOPIC, "gone");
    scene_update(s, OTHER, "stays");
    assert_int_equal(drop(s, topic), 3);
    for (size_t i = 0; i < BOXES; i++) {
        struct store_read_mailbox look;
        assert_true(postbox_look(s, boxes[i], &look));
        assert_int_equal(look.count, 1);
        assert_true(scene_same(look.items[0].url, OTHER));
        store_release(&look.op);
    }
    postbox_expect(s, postbox_reads(boxes[0], 0), "stays");
    session_reopen(s);
}

static void letters_of_it_are_forgotten(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    scene_follow(s, OTHER, true, DAY);
    uint64_t box = postbox_make(s, "box", STORE_ACK_EXPLICIT);
    postbox_listen(s, box, postbox_topic(TOPIC));
    postbox_listen(s, box, postbox_topic(OTHER));
    scene_update(s, TOPIC, "gone");
    scene_update(s, OTHER, "stays");
    postbox_expect(s, postbox_reads(box, 0), "gone stays");
    drop(s, topic);
    session_advance(s, DAY);
    postbox_expect(s, postbox_reads(box, 0), "stays");
    session_reopen(s);
}

static void a_fetch_that_was_under_way_ends_in_nothing(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    scene_update(s, TOPIC, "one");
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.inlined = scene_bytes("two");
    drop(s, topic);
    assert_int_equal(session_run(s, &publish.op), STORE_NOT_FOUND);
    uint64_t again = scene_follow(s, TOPIC, true, DAY).topic;
    assert_true(again != topic);
    assert_int_equal(scene_topic(s, TOPIC).head, 0);
}

static void M7_who_comes_back_is_told_that_it_is_another(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    uint64_t number = scene_update(s, TOPIC, "one").number;
    drop(s, topic);
    topic = scene_follow(s, TOPIC, true, DAY).topic;
    scene_update(s, TOPIC, "two");
    struct store_position position = {
        .topic = topic,
        .since = STORE_SINCE_NUMBER,
        .value = number,
    };
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = &position,
        .count = 1,
        .limit = 10,
        .max_bytes = 1000,
    };
    session_must(s, &events.op);
    assert_int_equal(position.gap_loss, STORE_LOST_RECREATED);
    assert_int_equal(events.event_count, 1);
    store_release(&events.op);
}

static void what_is_kept_is_dropped_all_the_same(void **state)
{
    struct session *s = *state;
    struct store_keep_topic keep = {
        .op.verb = STORE_KEEP_TOPIC,
        .key = scene_key(TOPIC),
        .url = scene_bytes(TOPIC),
        .url_normal = scene_bytes(TOPIC),
        .set_keep = true,
        .keep = true,
    };
    session_must(s, &keep.op);
    drop(s, keep.topic);
    assert_int_equal(scene_stats(s).topics, 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_dropped_leaves_nothing),
        TEST(subscriptions_have_to_end_before),
        TEST(a_long_log_goes_in_pages),
        TEST(M9_one_that_is_followed_meanwhile_stays_whole),
        TEST(who_listens_to_it_listens_no_longer),
        TEST(letters_of_it_are_forgotten),
        TEST(a_fetch_that_was_under_way_ends_in_nothing),
        TEST(M7_who_comes_back_is_told_that_it_is_another),
        TEST(what_is_kept_is_dropped_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
