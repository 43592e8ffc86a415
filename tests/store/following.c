// SPDX-License-Identifier: MIT
//
// M7: who follows a topic, and what becomes of one that nobody does.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static const uint64_t MANY = 1000000;

static void M7_an_authorised_pull_makes_the_topic(void **state)
{
    struct session *s = *state;
    struct store_follow follow = scene_follow(s, TOPIC, true, DAY);
    assert_int_equal(follow.op.status, STORE_OK);
    assert_true(follow.topic_new);
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_true(topic.id == follow.topic && topic.id > 0);
    assert_true(topic.pulled_until == follow.op.at + DAY);
    assert_int_equal(topic.unfollowed_at, 0);
    assert_int_equal(topic.subscriptions, 0);
    struct store_follow again = scene_follow(s, TOPIC, true, DAY);
    assert_false(again.topic_new);
    assert_true(again.topic == follow.topic);
    assert_int_equal(scene_stats(s).topics, 1);
}

static void M7_another_pull_makes_none(void **state)
{
    struct session *s = *state;
    struct store_follow follow = scene_follow(s, TOPIC, false, DAY);
    assert_int_equal(follow.op.status, STORE_NOT_FOUND);
    assert_int_equal(scene_topic(s, TOPIC).id, 0);
    scene_follow(s, TOPIC, true, DAY);
    follow = scene_follow(s, TOPIC, false, DAY);
    assert_int_equal(follow.op.status, STORE_OK);
    assert_true(follow.topic == scene_topic(s, TOPIC).id);
}

static void M7_interest_is_written_when_half_of_it_is_over(void **state)
{
    struct session *s = *state;
    scene_follow(s, TOPIC, true, DAY);
    int64_t until = scene_topic(s, TOPIC).pulled_until;
    session_advance(s, DAY / 2 - SECOND);
    uint64_t operations = scene_stats(s).operations;
    scene_follow(s, TOPIC, false, DAY);
    assert_true(scene_topic(s, TOPIC).pulled_until == until);
    assert_int_equal(scene_stats(s).operations, operations);
    session_advance(s, 2 * SECOND);
    scene_follow(s, TOPIC, false, DAY);
    assert_true(scene_topic(s, TOPIC).pulled_until == session_now(s) + DAY);
}

static void M7_a_new_pulled_topic_is_due_for_its_first_fetch(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    struct store_claimed claimed;
    assert_true(scene_claim_topic(s, STORE_DUE_FETCH, topic, &claimed));
}

static void M7_interest_ends_by_itself(void **state)
{
    struct session *s = *state;
    scene_follow(s, TOPIC, true, DAY);
    assert_int_equal(scene_ping(s, TOPIC), 1);
    session_advance(s, DAY + 1);
    assert_int_equal(scene_ping(s, TOPIC), 0);
    assert_true(scene_follow(s, TOPIC, false, DAY).topic_new);
    assert_int_equal(scene_ping(s, TOPIC), 1);
    struct store_claimed claimed;
    assert_true(scene_claim_topic(s, STORE_DUE_FETCH, scene_topic(s, TOPIC).id,
                                  &claimed));
}

static void M7_interest_keeps_what_the_last_webhook_left(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    assert_false(scene_follow(s, TOPIC, false, DAY).topic_new);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    assert_int_equal(scene_ping(s, TOPIC), 1);
    assert_true(scene_subscribe(s, TOPIC, CALLBACK).topic == topic);
}

static struct store_settle subscribe(struct session *s)
{
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    return scene_settle(s, id, STORE_VERIFIED);
}

static void M7_a_webhook_that_comes_back_finds_the_same_topic(void **state)
{
    struct session *s = *state;
    struct store_settle first = subscribe(s);
    scene_update(s, TOPIC, "one");
    uint64_t incarnation = scene_topic(s, TOPIC).incarnation;
    session_advance(s, HOUR);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    assert_true(scene_topic(s, TOPIC).unfollowed_at == session_now(s));
    session_advance(s, HOUR);
    struct store_settle second = subscribe(s);
    assert_true(second.topic == first.topic);
    assert_true(second.topic_new);
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_int_equal(topic.unfollowed_at, 0);
    assert_int_equal(topic.head, 1);
    assert_true(topic.incarnation == incarnation);
    struct store_claimed claimed;
    assert_true(scene_claim_topic(s, STORE_DUE_FETCH, topic.id, &claimed));
}

// Trims until the topic is removed; false: it never is.
static bool trim_away(struct session *s, uint64_t topic, int64_t keep_ms)
{
    for (int i = 0; i < 2000; i++)
        if (scene_trim(s, topic, keep_ms, MANY, MANY).topic_removed)
            return true;
    return false;
}

static void M7_what_nobody_follows_is_removed_after_a_while(void **state)
{
    struct session *s = *state;
    struct store_settle first = subscribe(s);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, first.topic, NULL);
    uint64_t incarnation = scene_topic(s, TOPIC).incarnation;
    uint64_t events = scene_stats(s).events;
    scene_unsubscribe(s, TOPIC, CALLBACK);
    int64_t left = session_now(s);
    assert_true(trim_away(s, first.topic, 7 * (int64_t)DAY));
    assert_true(session_now(s) >= left + 7 * (int64_t)DAY);
    assert_int_equal(scene_topic(s, TOPIC).id, 0);
    assert_int_equal(scene_stats(s).topics, 0);

    struct store_settle second = subscribe(s);
    assert_true(second.topic > first.topic);
    assert_true(second.topic_new);
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_int_equal(topic.head, 0);
    assert_true(topic.incarnation != incarnation);
    assert_true(scene_update(s, TOPIC, "two").number > events);
}

static void M7_what_nobody_pulls_is_removed_after_a_while(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_follow(s, TOPIC, true, DAY).topic;
    int64_t began = session_now(s);
    assert_true(trim_away(s, topic, DAY));
    assert_true(session_now(s) >= began + 2 * (int64_t)DAY);
    assert_int_equal(scene_topic(s, TOPIC).id, 0);
    session_reopen(s);
    assert_true(scene_follow(s, TOPIC, true, DAY).topic > topic);
}

static void M7_what_is_followed_is_not_removed(void **state)
{
    struct session *s = *state;
    struct store_settle settled = subscribe(s);
    for (int i = 0; i < 5; i++) {
        scene_update(s, TOPIC, "body");
        scene_update(s, TOPIC, "body");
        scene_trim(s, settled.topic, 1, MANY, MANY);
        session_advance(s, DAY);
    }
    assert_true(scene_topic(s, TOPIC).id == settled.topic);
}

static void a_large_topic_is_removed_in_pages(void **state)
{
    struct session *s = *state;
    struct store_settle first = subscribe(s);
    static struct store_entry entries[2000];
    for (size_t i = 0; i < 2000; i++)
        entries[i].id[0] = (uint8_t)(entries[i].id[1] = (uint8_t)(i / 9));
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.new_entries = true;
    publish.entries = entries;
    publish.entry_count = 2000;
    publish.whole.inlined = scene_bytes("entries");
    session_must(s, &publish.op);
    for (int i = 0; i < 400; i++)
        scene_update(s, TOPIC, "body");
    scene_unsubscribe(s, TOPIC, CALLBACK);
    assert_true(trim_away(s, first.topic, DAY));
    assert_int_equal(scene_stats(s).topics, 0);
    assert_int_equal(scene_stats(s).walks, 0);
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = first.topic,
        .seq = 1,
    };
    assert_int_equal(session_run(s, &read.op), STORE_NOT_FOUND);
    store_release(&read.op);
    struct store_position position = {
        .topic = first.topic,
        .since = STORE_SINCE_EARLIEST,
    };
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = &position,
        .count = 1,
        .limit = 10,
        .max_bytes = 1000,
    };
    session_run(s, &events.op);
    assert_int_equal(events.event_count, 0);
    store_release(&events.op);
}

// Its bodies are gone long before its skeletons.
static void a_topic_that_is_being_removed_can_still_be_read(void **state)
{
    struct session *s = *state;
    uint64_t topic = subscribe(s).topic;
    for (int i = 0; i < 400; i++)
        scene_update(s, TOPIC, "body");
    while (scene_topic(s, TOPIC).removed < 397)
        scene_trim(s, topic, 1000 * (int64_t)DAY, 3, 1000000);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    struct store_position position = {
        .topic = topic,
        .since = STORE_SINCE_EARLIEST,
    };
    while (!scene_trim(s, topic, DAY, 3, 1000000).topic_removed) {
        assert_true(scene_topic(s, TOPIC).removed >= 397);
        struct store_events events = {
            .op.verb = STORE_EVENTS,
            .positions = &position,
            .count = 1,
            .limit = 10,
            .max_bytes = 1000,
        };
        session_must(s, &events.op);
        store_release(&events.op);
    }
}

static void fetched(struct session *s, enum store_verdict verdict,
                    enum store_reach reach)
{
    struct store_publish publish = scene_fetch(s, TOPIC, verdict);
    publish.whole.inlined = scene_bytes("body");
    publish.reach = reach;
    session_must(s, &publish.op);
}

static enum store_reach read_reach(struct session *s, bool backwards)
{
    struct store_position position = {
        .topic = scene_topic(s, TOPIC).id,
        .since = STORE_SINCE_NUMBER,
        .value = backwards ? UINT64_MAX : 0,
    };
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = &position,
        .count = 1,
        .limit = 1,
        .max_bytes = 1000,
        .backwards = backwards,
    };
    session_must(s, &events.op);
    store_release(&events.op);
    return position.reach;
}

static void M20_a_fetch_says_where_it_came_from(void **state)
{
    struct session *s = *state;
    assert_int_equal(scene_follow(s, TOPIC, true, DAY).reach,
                     STORE_REACH_UNTOLD);
    fetched(s, STORE_FETCH_UPDATE, STORE_REACH_INSIDE);
    assert_int_equal(scene_topic(s, TOPIC).reach, STORE_REACH_INSIDE);
    assert_int_equal(scene_follow(s, TOPIC, false, DAY).reach,
                     STORE_REACH_INSIDE);
    assert_int_equal(read_reach(s, false), STORE_REACH_INSIDE);
    assert_int_equal(read_reach(s, true), STORE_REACH_INSIDE);
    fetched(s, STORE_FETCH_UNCHANGED, STORE_REACH_UNTOLD);
    assert_int_equal(scene_topic(s, TOPIC).reach, STORE_REACH_INSIDE);
    fetched(s, STORE_FETCH_UNCHANGED, STORE_REACH_PUBLIC);
    session_reopen(s);
    assert_int_equal(scene_topic(s, TOPIC).reach, STORE_REACH_PUBLIC);
    assert_int_equal(read_reach(s, false), STORE_REACH_PUBLIC);
}

static void M20_who_may_see_public_ones_alone_sees_no_other(void **state)
{
    struct session *s = *state;
    struct store_follow follow = {
        .op.verb = STORE_FOLLOW,
        .key = scene_key(TOPIC),
        .public_only = true,
        .interest_ms = DAY,
    };
    scene_follow(s, TOPIC, true, DAY);
    fetched(s, STORE_FETCH_UPDATE, STORE_REACH_INSIDE);
    session_advance(s, DAY - SECOND);
    int64_t until = scene_topic(s, TOPIC).pulled_until;
    uint64_t operations = scene_stats(s).operations;
    assert_int_equal(session_run(s, &follow.op), STORE_NOT_FOUND);
    assert_int_equal(follow.topic, 0);
    assert_int_equal(follow.reach, STORE_REACH_UNTOLD);
    assert_true(scene_topic(s, TOPIC).pulled_until == until);
    assert_int_equal(scene_stats(s).operations, operations);
    fetched(s, STORE_FETCH_UNCHANGED, STORE_REACH_PUBLIC);
    session_must(s, &follow.op);
    assert_true(follow.topic != 0);
    assert_true(scene_topic(s, TOPIC).pulled_until > until);
}

static void following_tells_the_newest_event(void **state)
{
    struct session *s = *state;
    assert_int_equal(scene_follow(s, TOPIC, true, DAY).newest, 0);
    uint64_t number = scene_update(s, TOPIC, "a").number;
    scene_follow(s, TOPIC "/other", true, DAY);
    scene_update(s, TOPIC "/other", "b");
    assert_true(scene_follow(s, TOPIC, false, DAY).newest == number);
    session_advance(s, DAY - SECOND);
    assert_true(scene_follow(s, TOPIC, false, DAY).newest == number);
}

static void M8_each_topic_has_an_incarnation_of_its_own(void **state)
{
    struct session *s = *state;
    uint64_t seen[10];
    for (int i = 0; i < 10; i++) {
        char url[64];
        snprintf(url, sizeof url, TOPIC "/%d", i);
        scene_follow(s, url, true, DAY);
        seen[i] = scene_topic(s, url).incarnation;
        assert_true(seen[i] != 0);
        for (int k = 0; k < i; k++)
            assert_true(seen[k] != seen[i]);
    }
}

static void following_with_a_silly_url_is_invalid(void **state)
{
    struct session *s = *state;
    char url[STORE_URL_MAX + 1];
    memset(url, 'x', sizeof url);
    struct store_follow follow = {
        .op.verb = STORE_FOLLOW,
        .key = scene_key(TOPIC),
        .url = { url, sizeof url },
        .url_normal = scene_bytes(TOPIC),
        .create = true,
        .interest_ms = DAY,
    };
    assert_int_equal(session_run(s, &follow.op), STORE_INVALID);
    assert_int_equal(scene_stats(s).topics, 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M7_an_authorised_pull_makes_the_topic),
        TEST(M7_another_pull_makes_none),
        TEST(M7_interest_is_written_when_half_of_it_is_over),
        TEST(M7_a_new_pulled_topic_is_due_for_its_first_fetch),
        TEST(M7_interest_ends_by_itself),
        TEST(M7_interest_keeps_what_the_last_webhook_left),
        TEST(M7_a_webhook_that_comes_back_finds_the_same_topic),
        TEST(M7_what_nobody_follows_is_removed_after_a_while),
        TEST(M7_what_nobody_pulls_is_removed_after_a_while),
        TEST(M7_what_is_followed_is_not_removed),
        TEST(a_large_topic_is_removed_in_pages),
        TEST(a_topic_that_is_being_removed_can_still_be_read),
        TEST(M20_a_fetch_says_where_it_came_from),
        TEST(M20_who_may_see_public_ones_alone_sees_no_other),
        TEST(following_tells_the_newest_event),
        TEST(M8_each_topic_has_an_incarnation_of_its_own),
        TEST(following_with_a_silly_url_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
