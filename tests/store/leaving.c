// SPDX-License-Identifier: MIT
//
// M7: a reader from before a topic was left alone, or was another, is told so.

#include "postbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC "https://example.org/feed"

static const uint64_t MANY = 1000000;

static struct store_position read_on(struct session *s, uint64_t number,
                                     size_t limit, size_t expected)
{
    struct store_position position = {
        .topic = scene_topic(s, TOPIC).id,
        .since = STORE_SINCE_NUMBER,
        .value = number,
    };
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = &position,
        .count = 1,
        .limit = limit,
        .max_bytes = 1000,
    };
    session_must(s, &events.op);
    assert_int_equal(events.event_count, expected);
    store_release(&events.op);
    return position;
}

static enum store_loss prefix_loss(struct session *s, uint64_t number)
{
    struct bytes prefix = scene_bytes("https://example.org/");
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .prefixes = &prefix,
        .prefix_count = 1,
        .since = STORE_SINCE_NUMBER,
        .value = number,
        .limit = 100,
        .max_bytes = 1000,
    };
    session_must(s, &events.op);
    assert_true(events.gap_count <= 1);
    enum store_loss loss =
        events.gap_count > 0 ? events.gaps[0].loss : STORE_LOST_NOTHING;
    assert_true(events.gap_count == 0 || events.gaps[0].inexact);
    store_release(&events.op);
    return loss;
}

// Nobody pulls it for a while.
static void leave(struct session *s)
{
    session_advance(s, DAY + 1);
    scene_trim(s, scene_topic(s, TOPIC).id, 30 * (int64_t)DAY, MANY, MANY);
    assert_true(scene_topic(s, TOPIC).unfollowed_at != 0);
}

static void come_back(struct session *s, enum store_verdict verdict)
{
    assert_true(scene_follow(s, TOPIC, true, DAY).topic_new);
    struct store_publish publish = scene_fetch(s, TOPIC, verdict);
    publish.whole.inlined = scene_bytes("baseline");
    session_must(s, &publish.op);
}

static void M7_what_changed_while_nobody_followed_is_a_gap(void **state)
{
    struct session *s = *state;
    scene_follow(s, TOPIC, true, DAY);
    uint64_t before = scene_update(s, TOPIC, "one").number;
    leave(s);
    come_back(s, STORE_FETCH_BASELINE);
    struct store_position position = read_on(s, before, 10, 1);
    assert_int_equal(position.gap_loss, STORE_LOST_UNFOLLOWED);
    assert_int_equal(position.gap_count, 0);
    assert_true(position.gap_inexact);
    assert_int_equal(prefix_loss(s, before), STORE_LOST_UNFOLLOWED);
    // Beyond it there is none.
    position = read_on(s, position.reached, 10, 0);
    assert_int_equal(position.gap_loss, STORE_LOST_NOTHING);
    uint64_t after = scene_update(s, TOPIC, "two").number;
    position = read_on(s, after - 1, 10, 1);
    assert_int_equal(position.gap_loss, STORE_LOST_NOTHING);
    assert_int_equal(prefix_loss(s, after - 1), STORE_LOST_NOTHING);
}

static void M7_it_is_told_with_the_first_update_since_then(void **state)
{
    struct session *s = *state;
    scene_follow(s, TOPIC, true, DAY);
    scene_update(s, TOPIC, "one");
    scene_update(s, TOPIC, "two");
    leave(s);
    come_back(s, STORE_FETCH_BASELINE);
    struct store_position position = read_on(s, 0, 2, 2);
    assert_int_equal(position.gap_loss, STORE_LOST_NOTHING);
    position = read_on(s, position.reached, 2, 1);
    assert_int_equal(position.gap_loss, STORE_LOST_UNFOLLOWED);
}

static void M7_what_is_as_it_was_is_no_gap(void **state)
{
    struct session *s = *state;
    scene_follow(s, TOPIC, true, DAY);
    uint64_t before = scene_update(s, TOPIC, "one").number;
    leave(s);
    come_back(s, STORE_FETCH_UNCHANGED);
    scene_update(s, TOPIC, "two");
    struct store_position position = read_on(s, before, 10, 1);
    assert_int_equal(position.gap_loss, STORE_LOST_NOTHING);
    assert_int_equal(prefix_loss(s, before), STORE_LOST_NOTHING);
}

static void M7_a_failure_in_between_leaves_it_open(void **state)
{
    struct session *s = *state;
    scene_follow(s, TOPIC, true, DAY);
    uint64_t before = scene_update(s, TOPIC, "one").number;
    leave(s);
    come_back(s, STORE_FETCH_FAILED);
    session_reopen(s);
    scene_update(s, TOPIC, "two");
    assert_int_equal(read_on(s, before, 10, 1).gap_loss, STORE_LOST_UNFOLLOWED);
}

static void M7_a_new_topic_of_an_old_name_is_another(void **state)
{
    struct session *s = *state;
    uint64_t old = scene_follow(s, TOPIC, true, DAY).topic;
    uint64_t before = scene_update(s, TOPIC, "one").number;
    leave(s);
    while (!scene_trim(s, old, DAY, MANY, MANY).topic_removed)
        continue;
    session_reopen(s);
    assert_true(scene_follow(s, TOPIC, true, DAY).topic != old);
    uint64_t first = scene_update(s, TOPIC, "two").number;
    struct store_position position = read_on(s, before, 10, 1);
    assert_int_equal(position.gap_loss, STORE_LOST_RECREATED);
    assert_true(position.gap_inexact);
    assert_int_equal(prefix_loss(s, before), STORE_LOST_RECREATED);
    assert_int_equal(read_on(s, first, 10, 0).gap_loss, STORE_LOST_NOTHING);
    // From the beginning there is nothing that anybody had before.
    assert_int_equal(read_on(s, 0, 10, 1).gap_loss, STORE_LOST_NOTHING);
}

static void M7_a_mailbox_is_told_the_same(void **state)
{
    struct session *s = *state;
    scene_follow(s, TOPIC, true, DAY);
    uint64_t before = scene_update(s, TOPIC, "one").number;
    leave(s);
    come_back(s, STORE_FETCH_BASELINE);
    uint64_t box = postbox_make(s, "reader", STORE_ACK_CURSOR);
    postbox_listen_since(s, box, postbox_topic(TOPIC), STORE_SINCE_NUMBER,
                         before);
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 1);
    assert_int_equal(collect.gap_count, 1);
    assert_int_equal(collect.gaps[0].loss, STORE_LOST_UNFOLLOWED);
    store_release(&collect.op);
    scene_update(s, TOPIC, "two");
    collect = postbox_reads(box, collect.place);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 1);
    assert_int_equal(collect.gap_count, 0);
    store_release(&collect.op);
    uint64_t other = postbox_make(s, "other", STORE_ACK_CURSOR);
    postbox_listen_since(s, other, postbox_topic(TOPIC), STORE_SINCE_EARLIEST,
                         0);
    collect = postbox_reads(other, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 3);
    assert_int_equal(collect.gap_count, 0);
    store_release(&collect.op);
}

static void what_was_removed_long_ago_is_forgotten(void **state)
{
    struct session *s = *state;
    uint64_t old = scene_follow(s, TOPIC, true, DAY).topic;
    uint64_t before = scene_update(s, TOPIC, "one").number;
    leave(s);
    while (!scene_trim(s, old, DAY, MANY, MANY).topic_removed)
        continue;
    session_advance(s, 91 * (int64_t)DAY);
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    store_release(&expire.op);
    scene_follow(s, TOPIC, true, DAY);
    scene_update(s, TOPIC, "two");
    assert_int_equal(read_on(s, before, 10, 1).gap_loss, STORE_LOST_NOTHING);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M7_what_changed_while_nobody_followed_is_a_gap),
        TEST(M7_it_is_told_with_the_first_update_since_then),
        TEST(M7_what_is_as_it_was_is_no_gap),
        TEST(M7_a_failure_in_between_leaves_it_open),
        TEST(M7_a_new_topic_of_an_old_name_is_another),
        TEST(M7_a_mailbox_is_told_the_same),
        TEST(what_was_removed_long_ago_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
