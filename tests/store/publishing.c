// SPDX-License-Identifier: MIT
//
// How a fetch is settled, and what a ping does meanwhile.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static void expect_body(struct session *s, uint64_t topic, uint64_t seq,
                        enum store_body which, const char *body)
{
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = topic,
        .seq = seq,
        .which = which,
    };
    enum store_status status = session_run(s, &read.op);
    assert_int_equal(status, body ? STORE_OK : STORE_NOT_FOUND);
    if (body)
        assert_true(scene_same(read.body, body));
    store_release(&read.op);
}

static bool fetch_is_due(struct session *s, uint64_t topic)
{
    struct store_claimed claimed;
    return scene_claim_topic(s, STORE_DUE_FETCH, topic, &claimed);
}

static void expect_rich_topic(struct session *s)
{
    struct store_key key = scene_key(TOPIC);
    struct store_topics topics = {
        .op.verb = STORE_TOPICS,
        .keys = &key,
        .count = 1,
    };
    session_must(s, &topics.op);
    const struct store_topic *topic = &topics.items[0];
    assert_true(scene_same(topic->etag, "\"v1\""));
    assert_true(scene_same(topic->modified, "yesterday"));
    assert_true(scene_same(topic->moved, "https://example.org/moved"));
    assert_true(scene_same(topic->self, "https://example.org/self"));
    assert_true(
        scene_same(topic->hubs, "https://a.example\nhttps://b.example"));
    assert_int_equal(topic->modified_seen, 12345);
    assert_int_equal(topic->head, 1);
    assert_int_equal(topic->dirty, topic->fetched);
    assert_int_equal(topic->last_status, 200);
    assert_true(topic->last_fetch == session_now(s));
    assert_true(topic->last_update == session_now(s));
    assert_true(topic->fetch_due == session_now(s) + HOUR);
    store_release(&topics.op);
}

static void M5_one_operation_settles_the_whole_fetch(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_entry entries[2] = {
        { .id = { 9 }, .content = { 1 }, .seq = 1, .seen = 20000 },
        { .id = { 3 }, .content = { 2 }, .seq = 1, .seen = 20001 },
    };
    const uint8_t changed[2][16] = { { 9 }, { 3 } };
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.due = session_now(s) + HOUR;
    publish.new_validators = publish.new_links = publish.new_entries = true;
    publish.etag = scene_bytes("\"v1\"");
    publish.modified = scene_bytes("yesterday");
    publish.moved = scene_bytes("https://example.org/moved");
    publish.modified_seen = 12345;
    publish.self = scene_bytes("https://example.org/self");
    publish.hubs = scene_bytes("https://a.example\nhttps://b.example");
    publish.entries = entries;
    publish.entry_count = 2;
    publish.kind = STORE_UPDATE_ENTRIES;
    publish.content_type = scene_bytes("application/atom+xml");
    publish.changed = changed;
    publish.changed_count = 2;
    publish.whole.inlined = scene_bytes("the whole");
    publish.delta.inlined = scene_bytes("a part");
    session_must(s, &publish.op);
    assert_int_equal(publish.seq, 1);
    assert_true(publish.number > 0);
    assert_true(publish.walk_began);
    assert_true(publish.walk.topic == name.topic && publish.walk.from == 0
                && publish.walk.to == 1 && publish.walk.position == 0);
    expect_rich_topic(s);
    expect_body(s, name.topic, 1, STORE_WHOLE, "the whole");
    expect_body(s, name.topic, 1, STORE_DELTA, "a part");
    session_reopen(s);
    expect_rich_topic(s);
    expect_body(s, name.topic, 1, STORE_WHOLE, "the whole");
}

static void a_body_is_read_with_what_belongs_to_it(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.inlined = scene_bytes("body");
    publish.new_links = true;
    publish.self = scene_bytes("https://example.org/self");
    publish.hubs = scene_bytes("https://hub.example");
    session_must(s, &publish.op);
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = name.topic,
        .seq = 1,
    };
    session_must(s, &read.op);
    assert_true(scene_same(read.body, "body"));
    assert_int_equal(read.body.at[4], '\0');
    assert_true(scene_same(read.content_type, "text/plain"));
    assert_true(scene_same(read.self, "https://example.org/self"));
    assert_true(scene_same(read.hubs, "https://hub.example"));
    assert_int_equal(read.kind, STORE_UPDATE_WHOLE);
    assert_true(read.number == publish.number);
    assert_true(read.time == publish.op.at);
    store_release(&read.op);
    expect_body(s, name.topic, 1, STORE_DELTA, NULL);
    expect_body(s, name.topic, 2, STORE_WHOLE, NULL);
}

static void M5_a_ping_during_a_fetch_keeps_the_topic_due(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.inlined = scene_bytes("one");
    publish.due = session_now(s) + HOUR;
    scene_ping(s, TOPIC);
    session_must(s, &publish.op);
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_true(topic.fetched == publish.generation);
    assert_true(topic.dirty == publish.generation + 1);
    assert_true(fetch_is_due(s, name.topic));
}

static void M5_also_a_failed_fetch_forgets_no_later_ping(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_FAILED);
    publish.due = session_now(s) + HOUR;
    scene_ping(s, TOPIC);
    session_must(s, &publish.op);
    assert_true(fetch_is_due(s, name.topic));
}

static void M5_without_a_ping_the_next_fetch_is_due_as_said(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UNCHANGED);
    publish.due = session_now(s) + HOUR;
    session_must(s, &publish.op);
    assert_false(fetch_is_due(s, name.topic));
    session_advance(s, HOUR - 1);
    assert_false(fetch_is_due(s, name.topic));
    session_advance(s, 1);
    assert_true(fetch_is_due(s, name.topic));
    session_advance(s, HOLD + 1);

    publish = scene_fetch(s, TOPIC, STORE_FETCH_UNCHANGED);
    session_must(s, &publish.op);
    assert_int_equal(scene_topic(s, TOPIC).fetch_due, 0);
    session_advance(s, DAY);
    assert_false(fetch_is_due(s, name.topic));
}

static void keep_etag(struct session *s)
{
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.inlined = scene_bytes("one");
    publish.new_validators = true;
    publish.etag = scene_bytes("\"v1\"");
    session_must(s, &publish.op);
}

static void expect_etag(struct session *s, const char *etag)
{
    struct store_key key = scene_key(TOPIC);
    struct store_topics topics = {
        .op.verb = STORE_TOPICS,
        .keys = &key,
        .count = 1,
    };
    session_must(s, &topics.op);
    assert_true(scene_same(topics.items[0].etag, etag));
    store_release(&topics.op);
}

static void M5_a_failed_fetch_leaves_the_validators_alone(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    keep_etag(s);
    struct store_publish failed = scene_fetch(s, TOPIC, STORE_FETCH_FAILED);
    failed.status = 503;
    failed.due = session_now(s) + MINUTE;
    failed.new_validators = true;
    failed.etag = scene_bytes("\"of an error page\"");
    session_must(s, &failed.op);
    expect_etag(s, "\"v1\"");
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_int_equal(topic.head, 1);
    assert_int_equal(topic.last_status, 503);
}

static void failures_are_counted_until_one_succeeds(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    int64_t first = session_now(s);
    for (unsigned i = 1; i <= 3; i++) {
        struct store_publish failed = scene_fetch(s, TOPIC, STORE_FETCH_FAILED);
        failed.due = session_now(s) + MINUTE;
        session_must(s, &failed.op);
        struct store_topic topic = scene_topic(s, TOPIC);
        assert_int_equal(topic.failures, i);
        assert_true(topic.failing_since == first);
        assert_true(topic.fetch_due == failed.due);
        session_advance(s, MINUTE);
    }
    struct store_publish good = scene_fetch(s, TOPIC, STORE_FETCH_UNCHANGED);
    session_must(s, &good.op);
    assert_int_equal(scene_topic(s, TOPIC).failures, 0);
    assert_int_equal(scene_topic(s, TOPIC).failing_since, 0);
}

// A fetch that settled with this status, and how often in a row it was gone.
static uint32_t gone_after(struct session *s, enum store_verdict verdict,
                           int32_t status)
{
    struct store_publish settled = scene_fetch(s, TOPIC, verdict);
    settled.status = status;
    settled.due = session_now(s) + MINUTE;
    session_must(s, &settled.op);
    session_advance(s, HOUR);
    return scene_topic(s, TOPIC).gone;
}

static void B_a_topic_that_is_gone_is_counted_from_the_first_410(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_int_equal(gone_after(s, STORE_FETCH_FAILED, 404), 0);
    assert_int_equal(scene_topic(s, TOPIC).gone_since, 0);
    int64_t first = session_now(s);
    assert_int_equal(gone_after(s, STORE_FETCH_FAILED, 410), 1);
    assert_int_equal(gone_after(s, STORE_FETCH_FAILED, 503), 1);
    assert_int_equal(gone_after(s, STORE_FETCH_FAILED, -3), 1);
    session_reopen(s);
    assert_int_equal(gone_after(s, STORE_FETCH_FAILED, 410), 2);
    assert_true(scene_topic(s, TOPIC).gone_since == first);
    assert_int_equal(gone_after(s, STORE_FETCH_UNCHANGED, 304), 0);
    assert_int_equal(scene_topic(s, TOPIC).gone_since, 0);
    first = session_now(s);
    assert_int_equal(gone_after(s, STORE_FETCH_FAILED, 410), 1);
    assert_true(scene_topic(s, TOPIC).gone_since == first);
}

static void M7_who_follows_a_topic_again_begins_to_count_anew(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_int_equal(gone_after(s, STORE_FETCH_FAILED, 410), 1);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_int_equal(scene_topic(s, TOPIC).gone, 0);
    assert_int_equal(scene_topic(s, TOPIC).gone_since, 0);
}

static void a_repeated_failure_counts_once(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish failed = scene_fetch(s, TOPIC, STORE_FETCH_FAILED);
    failed.due = session_now(s) + MINUTE;
    session_must(s, &failed.op);
    session_run(s, &failed.op);
    assert_int_equal(scene_topic(s, TOPIC).failures, 1);
}

static void an_unchanged_document_brings_no_update(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    keep_etag(s);
    scene_walk_all(s, name.topic, NULL);
    struct store_publish same = scene_fetch(s, TOPIC, STORE_FETCH_UNCHANGED);
    same.status = 304;
    same.new_validators = true;
    same.etag = scene_bytes("\"v2\"");
    session_must(s, &same.op);
    assert_false(same.walk_began);
    assert_int_equal(scene_topic(s, TOPIC).head, 1);
    assert_int_equal(scene_topic(s, TOPIC).last_status, 304);
    expect_etag(s, "\"v2\"");
}

static void M6_an_update_on_another_head_conflicts(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.inlined = scene_bytes("two");
    publish.new_validators = true;
    publish.etag = scene_bytes("\"v2\"");
    publish.expected_head = 0;
    assert_int_equal(session_run(s, &publish.op), STORE_CONFLICT);
    publish.expected_head = 2;
    assert_int_equal(session_run(s, &publish.op), STORE_CONFLICT);
    assert_int_equal(scene_topic(s, TOPIC).head, 1);
    expect_body(s, name.topic, 2, STORE_WHOLE, NULL);
    expect_etag(s, "");
    // The claim is still the caller's: it makes the diff again.
    publish.expected_head = 1;
    assert_int_equal(session_run(s, &publish.op), STORE_OK);
    assert_int_equal(publish.seq, 2);
}

static void M6_a_repeated_update_is_a_duplicate(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = scene_update(s, TOPIC, "one");
    assert_int_equal(session_run(s, &publish.op), STORE_DUPLICATE);
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_int_equal(topic.head, 1);
    assert_int_equal(topic.dirty, topic.fetched);
    assert_int_equal(scene_stats(s).events, 1);
    expect_body(s, name.topic, 1, STORE_WHOLE, "one");
}

static void M6_equal_contents_are_two_updates(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    static const char *const bodies[] = { "A", "B", "A", "A" };
    for (uint64_t i = 0; i < 4; i++)
        assert_true(scene_update(s, TOPIC, bodies[i]).seq == i + 1);
    for (uint64_t i = 0; i < 4; i++)
        expect_body(s, name.topic, i + 1, STORE_WHOLE, bodies[i]);
}

static void a_fetch_whose_claim_has_passed_on_is_stale(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish slow = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    slow.whole.inlined = scene_bytes("slow");
    session_advance(s, HOLD + 1);
    struct store_publish fast = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    fast.whole.inlined = scene_bytes("fast");
    assert_int_equal(session_run(s, &slow.op), STORE_STALE);
    session_must(s, &fast.op);
    expect_body(s, name.topic, 1, STORE_WHOLE, "fast");
}

static void M7_a_baseline_is_for_pullers_only(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_BASELINE);
    publish.whole.inlined = scene_bytes("old");
    session_must(s, &publish.op);
    assert_int_equal(publish.seq, 1);
    assert_false(publish.walk_began);
    struct store_walk walk;
    assert_false(scene_walk(s, name.topic, &walk));
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_int_equal(topic.head, 1);
    assert_int_equal(topic.baseline, 1);
    assert_true(topic.baseline_at == publish.op.at);
    assert_true(topic.baseline_owed);
    assert_int_equal(scene_stats(s).lagging, 0);
    expect_body(s, name.topic, 1, STORE_WHOLE, "old");
}

static void M7_what_follows_a_baseline_is_delivered(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_BASELINE);
    publish.whole.inlined = scene_bytes("old");
    session_must(s, &publish.op);
    publish = scene_update(s, TOPIC, "new");
    assert_true(publish.walk_began);
    assert_int_equal(publish.walk.from, 1);
    assert_int_equal(publish.walk.to, 2);
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    assert_true(subscriber.start <= 1);
}

static void M12_a_baseline_is_delivered_once(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_BASELINE);
    publish.whole.inlined = scene_bytes("old");
    session_must(s, &publish.op);
    publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.inlined = scene_bytes("old");
    publish.delivers_baseline = true;
    session_must(s, &publish.op);
    assert_int_equal(publish.seq, 2);
    assert_true(publish.walk_began);
    assert_false(scene_topic(s, TOPIC).baseline_owed);
}

static void M5_a_ping_of_what_nobody_follows_is_not_known(void **state)
{
    struct session *s = *state;
    assert_int_equal(scene_ping(s, TOPIC), 0);
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_int_equal(scene_ping(s, TOPIC), 1);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    assert_int_equal(scene_ping(s, TOPIC), 0);
}

static void M5_a_topic_twice_in_a_ping_counts_once(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    scene_subscribe(s, TOPIC "/2", CALLBACK);
    uint32_t dirty = scene_topic(s, TOPIC).dirty;
    const struct store_key keys[] = {
        scene_key(TOPIC),      scene_key(TOPIC "/2"), scene_key(TOPIC),
        scene_key(TOPIC "/3"), scene_key(TOPIC),
    };
    struct store_ping ping = {
        .op.verb = STORE_PING,
        .keys = keys,
        .count = 5,
    };
    session_must(s, &ping.op);
    assert_int_equal(ping.known, 2);
    assert_int_equal(scene_topic(s, TOPIC).dirty, dirty + 1);
    ping.count = 0;
    assert_int_equal(session_run(s, &ping.op), STORE_INVALID);
    ping.count = STORE_BATCH_MAX + 1;
    assert_int_equal(session_run(s, &ping.op), STORE_INVALID);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M5_one_operation_settles_the_whole_fetch),
        TEST(a_body_is_read_with_what_belongs_to_it),
        TEST(M5_a_ping_during_a_fetch_keeps_the_topic_due),
        TEST(M5_also_a_failed_fetch_forgets_no_later_ping),
        TEST(M5_without_a_ping_the_next_fetch_is_due_as_said),
        TEST(M5_a_failed_fetch_leaves_the_validators_alone),
        TEST(failures_are_counted_until_one_succeeds),
        TEST(B_a_topic_that_is_gone_is_counted_from_the_first_410),
        TEST(M7_who_follows_a_topic_again_begins_to_count_anew),
        TEST(a_repeated_failure_counts_once),
        TEST(an_unchanged_document_brings_no_update),
        TEST(M6_an_update_on_another_head_conflicts),
        TEST(M6_a_repeated_update_is_a_duplicate),
        TEST(M6_equal_contents_are_two_updates),
        TEST(a_fetch_whose_claim_has_passed_on_is_stale),
        TEST(M7_a_baseline_is_for_pullers_only),
        TEST(M7_what_follows_a_baseline_is_delivered),
        TEST(M12_a_baseline_is_delivered_once),
        TEST(M5_a_ping_of_what_nobody_follows_is_not_known),
        TEST(M5_a_topic_twice_in_a_ping_counts_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
