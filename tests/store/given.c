// SPDX-License-Identifier: MIT
//
// Documents that come without a fetch (M19).

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static struct store_publish given(uint64_t topic, uint64_t head,
                                  const char *body)
{
    return (struct store_publish){
        .op.verb = STORE_PUBLISH,
        .topic = topic,
        .expected_head = head,
        .verdict = STORE_FETCH_UPDATE,
        .kind = STORE_UPDATE_WHOLE,
        .content_type = scene_bytes("text/plain"),
        .whole.inlined = scene_bytes(body),
        .digest = { (uint8_t)body[0] },
    };
}

static void expect_whole(struct session *s, uint64_t topic, uint64_t seq,
                         const char *body)
{
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = topic,
        .seq = seq,
    };
    session_must(s, &read.op);
    assert_true(scene_same(read.body, body));
    store_release(&read.op);
}

static void M19_a_given_document_is_an_update_like_any_other(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish before = scene_update(s, TOPIC, "fetched");
    scene_walk_all(s, name.topic, NULL);
    struct store_entry entry = { .id = { 1 }, .seq = 2, .seen = 20000 };
    struct store_publish publish = given(name.topic, 1, "given");
    publish.new_entries = publish.new_links = publish.new_plan = true;
    publish.entries = &entry;
    publish.entry_count = 1;
    publish.self = scene_bytes("https://example.org/self");
    publish.plan = scene_bytes("sooner");
    session_must(s, &publish.op);
    assert_int_equal(publish.seq, 2);
    assert_true(publish.number > before.number);
    assert_true(publish.walk_began);
    assert_true(publish.walk.from == 1 && publish.walk.to == 2);
    session_reopen(s);
    expect_whole(s, name.topic, 2, "given");
    struct store_read_entries read = {
        .op.verb = STORE_READ_ENTRIES,
        .topic = name.topic,
    };
    session_must(s, &read.op);
    assert_int_equal(read.count, 1);
    store_release(&read.op);
    assert_true(scene_topic(s, TOPIC).last_update == publish.op.at);
}

static void M19_it_needs_no_claim_and_touches_no_fetch(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish failed = scene_fetch(s, TOPIC, STORE_FETCH_FAILED);
    failed.status = 503;
    failed.due = session_now(s) + HOUR;
    session_must(s, &failed.op);
    scene_ping(s, TOPIC);
    struct store_topic before = scene_topic(s, TOPIC);
    session_advance(s, SECOND);
    struct store_publish publish = given(name.topic, 0, "given");
    publish.due = session_now(s) + DAY;
    publish.status = 200;
    publish.new_validators = true;
    publish.etag = scene_bytes("\"none of a fetch\"");
    session_must(s, &publish.op);
    struct store_topic after = scene_topic(s, TOPIC);
    assert_int_equal(after.head, 1);
    assert_int_equal(after.dirty, before.dirty);
    assert_int_equal(after.fetched, before.fetched);
    assert_int_equal(after.failures, 1);
    assert_int_equal(after.last_status, 503);
    assert_true(after.failing_since == before.failing_since);
    assert_true(after.fetch_due == before.fetch_due);
    assert_true(after.last_fetch == before.last_fetch);
    assert_true(after.modified_seen == before.modified_seen);
}

static void M6_a_fetch_that_was_under_way_finds_another_head(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish fetch = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    fetch.whole.inlined = scene_bytes("same");
    fetch.digest[0] = 's';
    struct store_publish publish = given(name.topic, 0, "same");
    session_must(s, &publish.op);
    // It is not a repeat of its own: its claim is to be settled yet.
    assert_int_equal(session_run(s, &fetch.op), STORE_CONFLICT);
    fetch.expected_head = 1;
    fetch.verdict = STORE_FETCH_UNCHANGED;
    session_must(s, &fetch.op);
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_int_equal(topic.head, 1);
    assert_int_equal(topic.fetched, topic.dirty);
}

static void M6_a_given_document_on_another_head_conflicts(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "fetched");
    struct store_publish publish = given(name.topic, 0, "given");
    assert_int_equal(session_run(s, &publish.op), STORE_CONFLICT);
    publish.expected_head = 2;
    assert_int_equal(session_run(s, &publish.op), STORE_CONFLICT);
    assert_int_equal(scene_topic(s, TOPIC).head, 1);
}

static void a_given_document_that_is_repeated_is_there_once(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = given(name.topic, 0, "given");
    session_must(s, &publish.op);
    assert_int_equal(session_run(s, &publish.op), STORE_DUPLICATE);
    assert_int_equal(publish.seq, 1);
    assert_int_equal(scene_topic(s, TOPIC).head, 1);
    // As long as the other, and yet another.
    struct store_publish other = given(name.topic, 0, "taken");
    assert_int_equal(session_run(s, &other.op), STORE_CONFLICT);
}

static void only_an_update_can_be_given(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    static const enum store_verdict others[] = {
        STORE_FETCH_FAILED,
        STORE_FETCH_UNCHANGED,
        STORE_FETCH_BASELINE,
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct store_publish publish = given(name.topic, 0, "given");
        publish.verdict = others[i];
        assert_int_equal(session_run(s, &publish.op), STORE_INVALID);
    }
    assert_int_equal(scene_topic(s, TOPIC).head, 0);
}

static void nothing_is_given_to_a_topic_that_nobody_follows(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = given(name.topic + 1, 0, "given");
    assert_int_equal(session_run(s, &publish.op), STORE_NOT_FOUND);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    publish.topic = name.topic;
    assert_int_equal(session_run(s, &publish.op), STORE_NOT_FOUND);
    assert_int_equal(scene_topic(s, TOPIC).head, 0);
    scene_follow(s, TOPIC, false, HOUR);
    session_must(s, &publish.op);
    assert_false(publish.walk_began);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M19_a_given_document_is_an_update_like_any_other),
        TEST(M19_it_needs_no_claim_and_touches_no_fetch),
        TEST(M6_a_fetch_that_was_under_way_finds_another_head),
        TEST(M6_a_given_document_on_another_head_conflicts),
        TEST(a_given_document_that_is_repeated_is_there_once),
        TEST(only_an_update_can_be_given),
        TEST(nothing_is_given_to_a_topic_that_nobody_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
