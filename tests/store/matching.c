// SPDX-License-Identifier: MIT
//
// The log read by prefixes, and backwards (M16).

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define A     "https://example.org/a"
#define B     "https://example.org/b"
#define OTHER "https://other.example/c"

static const int64_t LONG = 1000 * (int64_t)DAY;
static const uint64_t MANY = 1000000;

static void follow_all(struct session *s)
{
    scene_follow(s, A, true, DAY);
    scene_follow(s, B, true, DAY);
    scene_follow(s, OTHER, true, DAY);
}

static struct store_events matching(const struct bytes *prefixes, size_t count,
                                    enum store_since since, uint64_t value)
{
    return (struct store_events){
        .op.verb = STORE_EVENTS,
        .prefixes = prefixes,
        .prefix_count = count,
        .since = since,
        .value = value,
        .limit = 100,
        .max_bytes = 1 << 20,
        .bodies = true,
    };
}

// Runs it, compares the bodies ("a b c"), releases it.
static void expect(struct session *s, struct store_events *events,
                   const char *bodies)
{
    char told[1024] = "";
    session_must(s, &events->op);
    for (size_t i = 0; i < events->event_count; i++) {
        size_t used = strlen(told);
        struct bytes body = events->items[i].body;
        snprintf(told + used, sizeof told - used, "%s%.*s", i > 0 ? " " : "",
                 (int)body.len, body.at);
    }
    assert_string_equal(told, bodies);
    store_release(&events->op);
}

static void a_prefix_is_all_topics_that_begin_so(void **state)
{
    struct session *s = *state;
    follow_all(s);
    scene_update(s, A, "1");
    scene_update(s, OTHER, "2");
    uint64_t third = scene_update(s, B, "3").number;
    scene_update(s, A, "4");
    struct bytes prefix = scene_bytes("https://example.org/");
    struct store_events events = matching(&prefix, 1, STORE_SINCE_EARLIEST, 0);
    session_must(s, &events.op);
    assert_int_equal(events.event_count, 3);
    assert_true(scene_same(events.items[1].url, B));
    assert_true(events.items[1].number == third);
    assert_int_equal(events.items[1].seq, 1);
    assert_true(events.reached == events.head);
    assert_false(events.more);
    store_release(&events.op);
    events = matching(&prefix, 1, STORE_SINCE_NUMBER, third);
    expect(s, &events, "4");
    events = matching(&prefix, 1, STORE_SINCE_LATEST, 0);
    expect(s, &events, "");
    assert_true(events.reached == events.head);
    struct bytes two[] = { scene_bytes("https://other."), scene_bytes(A) };
    events = matching(two, 2, STORE_SINCE_EARLIEST, 0);
    expect(s, &events, "1 2 4");
    prefix = scene_bytes("");
    events = matching(&prefix, 1, STORE_SINCE_EARLIEST, 0);
    expect(s, &events, "1 2 3 4");
    prefix = scene_bytes("https://nobody.example/");
    events = matching(&prefix, 1, STORE_SINCE_EARLIEST, 0);
    expect(s, &events, "");
    assert_true(events.reached == events.head);
}

static void a_time_is_a_place_of_all_topics(void **state)
{
    struct session *s = *state;
    follow_all(s);
    struct bytes all = scene_bytes("");
    int64_t times[9];
    for (int i = 0; i < 9; i++) {
        char body[16];
        snprintf(body, sizeof body, "%d", i);
        session_advance(s, MINUTE);
        times[i] = session_now(s);
        scene_update(s, i % 3 == 0 ? A : B, body);
    }
    for (int i = 0; i < 9; i++) {
        struct store_events events =
            matching(&all, 1, STORE_SINCE_TIME, (uint64_t)times[i]);
        session_must(s, &events.op);
        assert_int_equal(events.event_count, 9 - i);
        assert_int_equal(events.gap_count, 0);
        store_release(&events.op);
    }
}

static void reading_goes_on_where_it_was_left(void **state)
{
    struct session *s = *state;
    follow_all(s);
    struct bytes prefix = scene_bytes("https://example.org/");
    for (int i = 0; i < 12; i++)
        scene_update(s, i % 4 == 3 ? OTHER : i % 2 ? A : B, "x");
    for (size_t limit = 1; limit <= 10; limit++) {
        uint64_t place = 0, last = 0;
        size_t seen = 0;
        struct store_events events;
        do {
            events = matching(&prefix, 1, STORE_SINCE_NUMBER, place);
            events.limit = limit;
            session_must(s, &events.op);
            for (size_t i = 0; i < events.event_count; i++) {
                assert_true(events.items[i].number > last);
                last = events.items[i].number;
            }
            seen += events.event_count;
            assert_true(events.reached >= last);
            place = events.reached;
            store_release(&events.op);
        } while (events.more);
        assert_int_equal(seen, 9);
    }
}

// Between two events that are meant there may be many others.
static void one_call_looks_at_some_thousand_events(void **state)
{
    struct session *s = *state;
    follow_all(s);
    scene_update(s, A, "first");
    enum { NOISE = 5000 };
    static struct store_publish publish[NOISE];
    struct store_topic topic = scene_topic(s, OTHER);
    for (int i = 0; i < NOISE; i++) {
        publish[i] = (struct store_publish){
            .op.verb = STORE_PUBLISH,
            .topic = topic.id,
            .expected_head = (uint64_t)i,
            .verdict = STORE_FETCH_UPDATE,
            .kind = STORE_UPDATE_WHOLE,
            .content_type = scene_bytes("text/plain"),
            .whole.inlined = scene_bytes("noise"),
        };
        session_submit(s, &publish[i].op);
    }
    session_wait(s);
    assert_int_equal(publish[NOISE - 1].op.status, STORE_OK);
    scene_update(s, A, "last");
    struct bytes prefix = scene_bytes("https://example.org/");
    struct store_events events = matching(&prefix, 1, STORE_SINCE_EARLIEST, 0);
    events.limit = 10;
    expect(s, &events, "first");
    assert_true(events.more);
    assert_true(events.reached < events.head);
    events = matching(&prefix, 1, STORE_SINCE_NUMBER, events.reached);
    expect(s, &events, "last");
    assert_false(events.more);
    events = matching(&prefix, 1, STORE_SINCE_NUMBER, UINT64_MAX);
    events.backwards = true;
    expect(s, &events, "last");
    assert_true(events.more);
    events.value = events.reached;
    expect(s, &events, "first");
    assert_false(events.more);
}

static void M9_gaps_of_prefixes_are_told_by_topic(void **state)
{
    struct session *s = *state;
    follow_all(s);
    struct bytes prefix = scene_bytes("https://example.org/");
    uint64_t first = 0;
    for (int i = 0; i < 10; i++) {
        uint64_t number = scene_update(s, A, "a").number;
        if (i == 1)
            first = number;
        scene_update(s, B, "b");
        scene_update(s, OTHER, "c");
    }
    scene_trim(s, scene_topic(s, A).id, LONG, 4, MANY);
    scene_trim(s, scene_topic(s, OTHER).id, LONG, 4, MANY);
    struct store_events events =
        matching(&prefix, 1, STORE_SINCE_NUMBER, first);
    session_must(s, &events.op);
    assert_int_equal(events.event_count, 4 + 9);
    assert_int_equal(events.gap_count, 1);
    assert_true(scene_same(events.gaps[0].url, A));
    assert_int_equal(events.gaps[0].from, 3);
    assert_int_equal(events.gaps[0].to, 6);
    assert_int_equal(events.gaps[0].count, 4);
    assert_int_equal(events.gaps[0].loss, STORE_LOST_EXPIRED);
    assert_false(events.gaps[0].inexact);
    store_release(&events.op);
    // By pages they add up to the same.
    uint64_t place = first, lost = 0;
    do {
        events = matching(&prefix, 1, STORE_SINCE_NUMBER, place);
        events.limit = 2;
        session_must(s, &events.op);
        for (size_t i = 0; i < events.gap_count; i++)
            lost += events.gaps[i].count;
        place = events.reached;
        store_release(&events.op);
    } while (events.more);
    assert_int_equal(lost, 4);
    // Who asks for the earliest has lost nothing.
    events = matching(&prefix, 1, STORE_SINCE_EARLIEST, 0);
    session_must(s, &events.op);
    assert_int_equal(events.gap_count, 0);
    store_release(&events.op);
}

static void history_is_told_from_its_end(void **state)
{
    struct session *s = *state;
    follow_all(s);
    scene_update(s, A, "1");
    scene_update(s, B, "2");
    uint64_t third = scene_update(s, A, "3").number;
    scene_update(s, OTHER, "4");
    scene_update(s, A, "5");
    struct store_position positions[2] = {
        { .topic = scene_topic(s, A).id, .value = UINT64_MAX },
        { .topic = scene_topic(s, B).id, .value = UINT64_MAX },
    };
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = positions,
        .count = 2,
        .backwards = true,
        .limit = 2,
        .max_bytes = 1 << 20,
        .bodies = true,
    };
    expect(s, &events, "5 3");
    assert_true(events.more);
    positions[0].value = positions[1].value = positions[0].reached;
    expect(s, &events, "2 1");
    assert_false(events.more);
    positions[0].value = positions[1].value = positions[0].reached;
    expect(s, &events, "");
    positions[0].value = positions[1].value = third;
    expect(s, &events, "2 1");
    struct bytes prefix = scene_bytes("https://example.org/");
    struct store_events match =
        matching(&prefix, 1, STORE_SINCE_NUMBER, UINT64_MAX);
    match.backwards = true;
    match.limit = 3;
    expect(s, &match, "5 3 2");
    match.value = match.reached;
    expect(s, &match, "1");
    assert_false(match.more);
    // What retention took is not there, and no gap is told.
    scene_trim(s, scene_topic(s, A).id, LONG, 1, MANY);
    positions[0].value = positions[1].value = UINT64_MAX;
    events.limit = 10;
    expect(s, &events, "5 2");
    assert_int_equal(positions[0].gap_count, 0);
}

static void what_makes_no_sense_is_invalid(void **state)
{
    struct session *s = *state;
    struct bytes prefix = scene_bytes("https://example.org/");
    struct store_position position = { .topic = 1 };
    struct store_events events = matching(&prefix, 1, STORE_SINCE_LAST, 5);
    assert_int_equal(session_run(s, &events.op), STORE_INVALID);
    events = matching(&prefix, 1, STORE_SINCE_EARLIEST, 0);
    events.positions = &position;
    events.count = 1;
    assert_int_equal(session_run(s, &events.op), STORE_INVALID);
    events = matching(&prefix, 1, STORE_SINCE_TIME, 0);
    events.backwards = true;
    assert_int_equal(session_run(s, &events.op), STORE_INVALID);
    position.since = STORE_SINCE_EARLIEST;
    events = (struct store_events){
        .op.verb = STORE_EVENTS,
        .positions = &position,
        .count = 1,
        .limit = 1,
        .backwards = true,
    };
    assert_int_equal(session_run(s, &events.op), STORE_INVALID);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_prefix_is_all_topics_that_begin_so),
        TEST(a_time_is_a_place_of_all_topics),
        TEST(reading_goes_on_where_it_was_left),
        TEST(one_call_looks_at_some_thousand_events),
        TEST(M9_gaps_of_prefixes_are_told_by_topic),
        TEST(history_is_told_from_its_end),
        TEST(what_makes_no_sense_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
