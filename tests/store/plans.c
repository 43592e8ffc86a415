// SPDX-License-Identifier: MIT
//
// What is kept of a topic for the next fetch: the plan of its polls, and which
// of its versions are young (M6).

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static void expect_plan(struct session *s, struct bytes plan)
{
    struct store_key key = scene_key(TOPIC);
    struct store_topics topics = {
        .op.verb = STORE_TOPICS,
        .keys = &key,
        .count = 1,
    };
    session_must(s, &topics.op);
    assert_int_equal(topics.items[0].plan.len, plan.len);
    assert_memory_equal(topics.items[0].plan.at, plan.at, plan.len);
    store_release(&topics.op);
}

static void settle(struct session *s, enum store_verdict verdict,
                   const struct bytes *plan)
{
    struct store_publish publish = scene_fetch(s, TOPIC, verdict);
    publish.whole.inlined = scene_bytes("body");
    publish.due = session_now(s) + HOUR;
    publish.new_plan = plan != NULL;
    if (plan)
        publish.plan = *plan;
    session_must(s, &publish.op);
}

static void a_plan_comes_with_any_verdict_and_stays(void **state)
{
    static const enum store_verdict verdicts[] = {
        STORE_FETCH_BASELINE,
        STORE_FETCH_UPDATE,
        STORE_FETCH_UNCHANGED,
        STORE_FETCH_FAILED,
    };
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    expect_plan(s, scene_bytes(""));
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        const char any[] = { 'a', '\0', (char)i };
        struct bytes plan = { any, sizeof any };
        settle(s, verdicts[i], &plan);
        expect_plan(s, plan);
        for (size_t k = 0; k < sizeof verdicts / sizeof *verdicts; k++)
            settle(s, verdicts[k], NULL);
        session_reopen(s);
        expect_plan(s, plan);
    }
    struct bytes none = { NULL, 0 };
    settle(s, STORE_FETCH_UNCHANGED, &none);
    expect_plan(s, scene_bytes(""));
}

static void a_plan_beyond_its_ceiling_is_refused(void **state)
{
    struct session *s = *state;
    char large[STORE_PLAN_MAX + 1] = { 0 };
    struct bytes plan = { large, STORE_PLAN_MAX };
    scene_subscribe(s, TOPIC, CALLBACK);
    settle(s, STORE_FETCH_UNCHANGED, &plan);
    expect_plan(s, plan);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UNCHANGED);
    publish.new_plan = true;
    publish.plan = (struct bytes){ large, sizeof large };
    assert_int_equal(session_run(s, &publish.op), STORE_INVALID);
}

static void a_plan_comes_with_the_claim(void **state)
{
    struct session *s = *state;
    struct bytes plan = scene_bytes("every hour");
    scene_subscribe(s, TOPIC, CALLBACK);
    settle(s, STORE_FETCH_UNCHANGED, &plan);
    session_advance(s, HOUR);
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_FETCH,
        .max = 1,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    assert_int_equal(claim.count, 1);
    assert_true(scene_same(claim.items[0].topic.plan, "every hour"));
    store_release(&claim.op);
}

static void publish_version(struct session *s, uint8_t digest)
{
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.inlined = scene_bytes("body");
    publish.digest[0] = digest;
    publish.digest[15] = digest;
    session_must(s, &publish.op);
}

static struct store_read_entries recent(struct session *s, uint64_t topic,
                                        int64_t since)
{
    struct store_read_entries read = {
        .op.verb = STORE_READ_ENTRIES,
        .topic = topic,
        .since = since,
    };
    session_must(s, &read.op);
    store_release(&read.op);
    return read;
}

static void M6_young_versions_are_told_with_the_entries(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    uint64_t other = scene_subscribe(s, TOPIC "2", CALLBACK).topic;
    assert_int_equal(recent(s, topic, 0).recent_count, 0);
    publish_version(s, 1);
    session_advance(s, MINUTE);
    publish_version(s, 2);
    session_reopen(s);
    struct store_read_entries read = recent(s, topic, session_now(s));
    assert_int_equal(read.recent_count, 1);
    assert_int_equal(read.recent[0].seq, 2);
    assert_int_equal(read.recent[0].digest[15], 2);
    assert_true(read.recent[0].time == session_now(s));
    read = recent(s, topic, session_now(s) - MINUTE);
    assert_int_equal(read.recent_count, 2);
    assert_int_equal(read.recent[1].seq, 1);
    assert_int_equal(read.recent[1].digest[0], 1);
    assert_int_equal(recent(s, topic, session_now(s) + 1).recent_count, 0);
    assert_int_equal(recent(s, other, 0).recent_count, 0);
    assert_int_equal(recent(s, other + 1, 0).recent_count, 0);
}

static void M6_no_more_versions_are_told_than_there_is_room_for(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    for (uint8_t i = 1; i <= STORE_RECENT_MAX + 2; i++)
        publish_version(s, i);
    struct store_read_entries read = recent(s, topic, 0);
    assert_int_equal(read.recent_count, STORE_RECENT_MAX);
    for (uint8_t i = 0; i < STORE_RECENT_MAX; i++) {
        assert_int_equal(read.recent[i].seq, STORE_RECENT_MAX + 2 - i);
        assert_int_equal(read.recent[i].digest[0], STORE_RECENT_MAX + 2 - i);
    }
}

static void M9_a_version_without_its_body_has_no_digest(void **state)
{
    const uint8_t none[16] = { 0 };
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    for (uint8_t i = 1; i <= 3; i++)
        publish_version(s, i);
    scene_trim(s, topic, DAY, 1, 1000000);
    struct store_read_entries read = recent(s, topic, 0);
    assert_int_equal(read.recent_count, 3);
    assert_int_equal(read.recent[0].digest[0], 3);
    assert_memory_equal(read.recent[1].digest, none, sizeof none);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

// False: it is not due.
static bool poll_it(struct session *s, uint64_t topic)
{
    struct store_claimed claimed;
    if (!scene_claim_topic(s, STORE_DUE_FETCH, topic, &claimed))
        return false;
    struct store_publish publish = {
        .op.verb = STORE_PUBLISH,
        .topic = topic,
        .token = claimed.token,
        .generation = claimed.topic.dirty,
        .expected_head = claimed.topic.head,
        .verdict = STORE_FETCH_UNCHANGED,
        .status = 304,
        .due = session_now(s) + HOUR,
    };
    session_must(s, &publish.op);
    return true;
}

static void M7_polls_end_when_nobody_follows(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    assert_true(poll_it(s, topic));
    session_advance(s, HOUR);
    assert_true(poll_it(s, topic));
    scene_unsubscribe(s, TOPIC, CALLBACK);
    session_advance(s, DAY);
    assert_false(poll_it(s, topic));
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_true(poll_it(s, topic));
}

static void M7_a_fetch_that_outlives_the_last_follower_is_the_last(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UNCHANGED);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    publish.due = session_now(s) + HOUR;
    session_must(s, &publish.op);
    session_advance(s, DAY);
    assert_false(poll_it(s, topic));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_plan_comes_with_any_verdict_and_stays),
        TEST(a_plan_beyond_its_ceiling_is_refused),
        TEST(a_plan_comes_with_the_claim),
        TEST(M6_young_versions_are_told_with_the_entries),
        TEST(M6_no_more_versions_are_told_than_there_is_room_for),
        TEST(M9_a_version_without_its_body_has_no_digest),
        TEST(M7_polls_end_when_nobody_follows),
        TEST(M7_a_fetch_that_outlives_the_last_follower_is_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
