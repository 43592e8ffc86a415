// SPDX-License-Identifier: MIT
//
// What of a topic is delivered: the operator's choice, and deltas that are
// only for who asks for entries (M3).

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static enum store_status choose(struct session *s, uint64_t topic,
                                enum store_content content)
{
    struct store_choose choose = {
        .op.verb = STORE_CHOOSE,
        .topic = topic,
        .content = content,
    };
    return session_run(s, &choose.op);
}

static void M3_a_topic_remembers_what_of_it_is_delivered(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    assert_int_equal(scene_topic(s, TOPIC).content, STORE_CONTENT_DEFAULT);
    static const enum store_content choices[] = {
        STORE_CONTENT_EACH,
        STORE_CONTENT_ENTRIES,
        STORE_CONTENT_FULL,
        STORE_CONTENT_DEFAULT,
    };
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        assert_int_equal(choose(s, topic, choices[i]), STORE_OK);
        assert_int_equal(choose(s, topic, choices[i]), STORE_OK);
        scene_update(s, TOPIC, "body");
        session_reopen(s);
        assert_int_equal(scene_topic(s, TOPIC).content, choices[i]);
    }
}

static void M7_the_choice_outlives_those_who_follow(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    scene_unsubscribe(s, TOPIC, CALLBACK);
    assert_int_equal(choose(s, topic, STORE_CONTENT_EACH), STORE_OK);
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_int_equal(scene_topic(s, TOPIC).content, STORE_CONTENT_EACH);
}

static void a_choice_needs_a_topic_and_a_sense(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    assert_int_equal(choose(s, topic + 1, STORE_CONTENT_FULL), STORE_NOT_FOUND);
    assert_int_equal(choose(s, 0, STORE_CONTENT_FULL), STORE_NOT_FOUND);
    assert_int_equal(choose(s, topic, (enum store_content)99), STORE_INVALID);
}

// One update with a delta: for everybody, or for who asks.
static void publish(struct session *s, bool on_request)
{
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.kind = STORE_UPDATE_ENTRIES;
    publish.whole.inlined = scene_bytes("the whole");
    publish.delta.inlined = scene_bytes("a part");
    publish.on_request = on_request;
    session_must(s, &publish.op);
}

// Whether the two updates come cut to who asks so.
static void expect_cut(struct session *s, uint64_t topic,
                       enum store_content content, bool deltas, bool usual,
                       bool requested)
{
    struct store_position position = {
        .topic = topic,
        .since = STORE_SINCE_EARLIEST,
    };
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = &position,
        .count = 1,
        .limit = 10,
        .max_bytes = 10000,
        .content = content,
        .deltas = deltas,
        .bodies = true,
    };
    const bool cut[] = { usual, requested };
    session_must(s, &events.op);
    assert_int_equal(events.event_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct store_event *event = &events.items[i];
        const char *body = cut[i] ? "a part" : "the whole";
        assert_int_equal(event->delta, cut[i]);
        assert_int_equal(event->on_request, i == 1);
        assert_true(scene_same(event->body, body));
        assert_int_equal(event->size, strlen(body));
    }
    store_release(&events.op);
}

static void M3_who_pulls_is_sent_what_he_asks_for(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    publish(s, false);
    publish(s, true);
    expect_cut(s, topic, STORE_CONTENT_DEFAULT, false, false, false);
    expect_cut(s, topic, STORE_CONTENT_DEFAULT, true, true, false);
    expect_cut(s, topic, STORE_CONTENT_ENTRIES, false, true, true);
    expect_cut(s, topic, STORE_CONTENT_FULL, true, false, false);
}

static void M3_else_what_the_topic_says_and_only_then_the_hub(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    publish(s, false);
    publish(s, true);
    choose(s, topic, STORE_CONTENT_ENTRIES);
    expect_cut(s, topic, STORE_CONTENT_DEFAULT, false, true, true);
    expect_cut(s, topic, STORE_CONTENT_FULL, true, false, false);
    choose(s, topic, STORE_CONTENT_FULL);
    expect_cut(s, topic, STORE_CONTENT_DEFAULT, true, false, false);
    expect_cut(s, topic, STORE_CONTENT_ENTRIES, false, true, true);
    choose(s, topic, STORE_CONTENT_EACH);
    expect_cut(s, topic, STORE_CONTENT_DEFAULT, true, false, false);
    expect_cut(s, topic, STORE_CONTENT_ENTRIES, true, true, true);
}

static void nobody_who_pulls_asks_for_each(void **state)
{
    struct session *s = *state;
    struct store_position position = { .topic = 1 };
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = &position,
        .count = 1,
        .limit = 1,
        .content = STORE_CONTENT_EACH,
    };
    assert_int_equal(session_run(s, &events.op), STORE_INVALID);
}

static struct store_missed missed(struct session *s, uint64_t topic,
                                  uint64_t from, uint64_t to)
{
    struct store_missed missed = {
        .op.verb = STORE_MISSED,
        .topic = topic,
        .from = from,
        .to = to,
    };
    session_must(s, &missed.op);
    store_release(&missed.op);
    return missed;
}

static void M13_what_was_missed_may_be_on_request(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    publish(s, false);
    publish(s, true);
    publish(s, false);
    assert_false(missed(s, topic, 0, 1).on_request);
    assert_true(missed(s, topic, 0, 2).on_request);
    assert_true(missed(s, topic, 1, 3).on_request);
    assert_true(missed(s, topic, 1, 3).all_cuttable);
    assert_false(missed(s, topic, 2, 3).on_request);
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = topic,
        .seq = 2,
        .which = STORE_DELTA,
    };
    session_must(s, &read.op);
    assert_true(read.on_request);
    store_release(&read.op);
    read.seq = 3;
    session_must(s, &read.op);
    assert_false(read.on_request);
    store_release(&read.op);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M3_a_topic_remembers_what_of_it_is_delivered),
        TEST(M7_the_choice_outlives_those_who_follow),
        TEST(a_choice_needs_a_topic_and_a_sense),
        TEST(M3_who_pulls_is_sent_what_he_asks_for),
        TEST(M3_else_what_the_topic_says_and_only_then_the_hub),
        TEST(nobody_who_pulls_asks_for_each),
        TEST(M13_what_was_missed_may_be_on_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
