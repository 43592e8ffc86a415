// SPDX-License-Identifier: MIT
//
// M16: the log of topics, read after a position.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CALLBACK "https://callback.example/a"

enum { TOPICS = 3, UPDATES = 12 };

static const char *const URLS[TOPICS] = {
    "https://example.org/0",
    "https://example.org/1",
    "https://example.org/2",
};
// Which topic was updated when.
static const unsigned TURNS[UPDATES] = { 0, 1, 1, 0, 2, 0, 1, 2, 0, 2, 1, 0 };

struct log {
    uint64_t topics[TOPICS];
    struct {
        uint64_t topic, seq, number;
        int64_t time;
        char body[32];
    } entries[UPDATES];
};

static void write_log(struct session *s, struct log *log)
{
    for (unsigned i = 0; i < TOPICS; i++)
        log->topics[i] = scene_subscribe(s, URLS[i], CALLBACK).topic;
    for (unsigned i = 0; i < UPDATES; i++) {
        session_advance(s, SECOND);
        snprintf(log->entries[i].body, sizeof log->entries[i].body,
                 "body number %02u", i);
        struct store_publish publish =
            scene_update(s, URLS[TURNS[i]], log->entries[i].body);
        log->entries[i].topic = publish.topic;
        log->entries[i].seq = publish.seq;
        log->entries[i].number = publish.number;
        log->entries[i].time = publish.op.at;
    }
}

static struct store_events read_events(struct store_position *positions,
                                       size_t count)
{
    return (struct store_events){
        .op.verb = STORE_EVENTS,
        .positions = positions,
        .count = count,
        .limit = 100,
        .max_bytes = 1 << 20,
        .bodies = true,
    };
}

// `which` are indices into the log.
static void expect(struct store_events *events, const struct log *log,
                   const unsigned *which, size_t count)
{
    assert_int_equal(events->event_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct store_event *event = &events->items[i];
        assert_true(event->number == log->entries[which[i]].number);
        assert_true(event->topic == log->entries[which[i]].topic);
        assert_true(event->seq == log->entries[which[i]].seq);
        assert_true(event->time == log->entries[which[i]].time);
        assert_true(scene_same(event->body, log->entries[which[i]].body));
        assert_int_equal(event->size, strlen(log->entries[which[i]].body));
        assert_true(scene_same(event->content_type, "text/plain"));
        assert_int_equal(event->kind, STORE_UPDATE_WHOLE);
        assert_false(event->delta);
    }
    store_release(&events->op);
}

static void M16_numbers_rise_in_the_order_of_commits(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    for (unsigned i = 1; i < UPDATES; i++) {
        assert_true(log.entries[i].number > log.entries[i - 1].number);
        assert_true(log.entries[i].time >= log.entries[i - 1].time);
    }
    assert_true(scene_stats(s).events == log.entries[UPDATES - 1].number);
}

static void M16_several_topics_are_merged_by_number(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    struct store_position positions[TOPICS];
    for (unsigned i = 0; i < TOPICS; i++)
        positions[i] = (struct store_position){
            .topic = log.topics[i],
            .since = STORE_SINCE_EARLIEST,
        };
    struct store_events events = read_events(positions, TOPICS);
    session_must(s, &events.op);
    assert_false(events.more);
    assert_true(events.head == log.entries[UPDATES - 1].number);
    static const unsigned all[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
    expect(&events, &log, all, UPDATES);

    // Each topic from a place of its own.
    positions[0].since = positions[1].since = STORE_SINCE_NUMBER;
    positions[0].value = log.entries[8].number;
    positions[1].value = log.entries[1].number;
    positions[2].topic = 0;
    events = read_events(positions, TOPICS);
    session_must(s, &events.op);
    static const unsigned some[] = { 2, 6, 10, 11 };
    expect(&events, &log, some, 4);
}

static void M16_a_position_between_numbers_is_fine(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    struct store_position position = {
        .topic = log.topics[2],
        .since = STORE_SINCE_NUMBER,
        .value = log.entries[5].number, // of another topic
    };
    struct store_events events = read_events(&position, 1);
    session_must(s, &events.op);
    static const unsigned some[] = { 7, 9 };
    expect(&events, &log, some, 2);
    assert_int_equal(position.gap_count, 0);
    assert_int_equal(position.gap_from, 0);
}

static void reading_goes_on_where_it_was_left(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    for (size_t limit = 1; limit <= UPDATES + 1; limit++) {
        struct store_position positions[2] = {
            { .topic = log.topics[0], .since = STORE_SINCE_EARLIEST },
            { .topic = log.topics[1], .since = STORE_SINCE_EARLIEST },
        };
        static const unsigned wanted[] = { 0, 1, 2, 3, 5, 6, 8, 10, 11 };
        size_t seen = 0;
        struct store_events events;
        do {
            events = read_events(positions, 2);
            events.limit = limit;
            session_must(s, &events.op);
            assert_true(events.event_count > 0 || !events.more);
            assert_true(events.event_count <= limit && seen <= 9);
            size_t count = events.event_count;
            expect(&events, &log, wanted + seen, count);
            seen += count;
            for (int i = 0; i < 2; i++) {
                positions[i].since = STORE_SINCE_NUMBER;
                positions[i].value = positions[i].reached;
            }
        } while (events.more);
        assert_int_equal(seen, 9);
        assert_true(positions[0].reached >= log.entries[11].number);
        assert_true(positions[1].reached >= log.entries[10].number);
    }
}

static void bodies_stop_at_a_ceiling_but_one_always_comes(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    size_t each = strlen(log.entries[0].body);
    struct store_position position = {
        .topic = log.topics[0],
        .since = STORE_SINCE_EARLIEST,
    };
    static const unsigned wanted[] = { 0, 3, 5, 8, 11 };
    struct store_events events = read_events(&position, 1);
    events.max_bytes = 1;
    session_must(s, &events.op);
    assert_true(events.more);
    expect(&events, &log, wanted, 1);
    events = read_events(&position, 1);
    events.max_bytes = 2 * each + each / 2;
    session_must(s, &events.op);
    assert_true(events.more);
    expect(&events, &log, wanted, 2);
    events = read_events(&position, 1);
    events.max_bytes = 6 * each;
    session_must(s, &events.op);
    assert_false(events.more);
    expect(&events, &log, wanted, 5);
}

static void events_may_be_read_without_bodies(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    struct store_position position = {
        .topic = log.topics[0],
        .since = STORE_SINCE_EARLIEST,
    };
    struct store_events events = read_events(&position, 1);
    events.bodies = false;
    session_must(s, &events.op);
    assert_int_equal(events.event_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(events.items[i].body.len, 0);
        assert_int_equal(events.items[i].size, strlen(log.entries[0].body));
    }
    store_release(&events.op);
}

static void M8_events_name_the_one_before_them(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    struct store_position positions[2] = {
        { .topic = log.topics[0], .since = STORE_SINCE_EARLIEST },
        {
            .topic = log.topics[1],
            .since = STORE_SINCE_NUMBER,
            .value = log.entries[1].number,
        },
    };
    struct store_events events = read_events(positions, 2);
    session_must(s, &events.op);
    for (size_t i = 0; i < events.event_count; i++)
        assert_true(events.items[i].previous == events.items[i].seq - 1);
    store_release(&events.op);
}

static void from_the_latest_there_is_nothing_yet(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    struct store_position position = {
        .topic = log.topics[2],
        .since = STORE_SINCE_LATEST,
    };
    struct store_events events = read_events(&position, 1);
    session_must(s, &events.op);
    assert_int_equal(events.event_count, 0);
    assert_false(events.more);
    assert_true(events.head == log.entries[UPDATES - 1].number);
    assert_true(position.reached >= log.entries[9].number);
    assert_true(position.reached <= events.head);
    assert_int_equal(position.gap_count, 0);
    store_release(&events.op);

    struct store_publish publish = scene_update(s, URLS[2], "news");
    position.since = STORE_SINCE_NUMBER;
    position.value = position.reached;
    events = read_events(&position, 1);
    session_must(s, &events.op);
    assert_int_equal(events.event_count, 1);
    assert_true(events.items[0].number == publish.number);
    store_release(&events.op);
}

static uint64_t end_of(struct session *s, struct store_position position)
{
    struct store_events events = read_events(&position, 1);
    session_must(s, &events.op);
    assert_int_equal(events.event_count, 0);
    store_release(&events.op);
    return position.reached;
}

static void M17_what_other_topics_do_does_not_show(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    struct store_position position = {
        .topic = log.topics[2],
        .since = STORE_SINCE_LATEST,
    };
    uint64_t latest = end_of(s, position);
    scene_update(s, URLS[1], "news");
    assert_true(end_of(s, position) == latest);
    // Nor from a place between theirs, which is kept.
    position.since = STORE_SINCE_NUMBER;
    position.value = latest + 1;
    assert_true(end_of(s, position) == latest + 1);
    position.since = STORE_SINCE_TIME;
    position.value = INT64_MAX;
    assert_true(end_of(s, position) == latest);
}

static void the_newest_of_each_topic_can_be_had(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    struct store_position positions[2] = {
        { .topic = log.topics[0], .since = STORE_SINCE_LAST, .value = 2 },
        { .topic = log.topics[2], .since = STORE_SINCE_LAST, .value = 99 },
    };
    struct store_events events = read_events(positions, 2);
    session_must(s, &events.op);
    static const unsigned some[] = { 4, 7, 8, 9, 11 };
    expect(&events, &log, some, 5);
}

static void events_since_a_moment_can_be_had(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    struct store_position position = {
        .topic = log.topics[0],
        .since = STORE_SINCE_TIME,
        .value = (uint64_t)log.entries[5].time,
    };
    struct store_events events = read_events(&position, 1);
    session_must(s, &events.op);
    static const unsigned some[] = { 5, 8, 11 };
    expect(&events, &log, some, 3);
    position.value++;
    events = read_events(&position, 1);
    session_must(s, &events.op);
    expect(&events, &log, some + 1, 2);
}

static void what_was_not_asked_for_does_not_come_with_the_rest(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    struct store_position positions[TOPICS] = {
        { .topic = log.topics[0], .since = STORE_SINCE_EARLIEST },
        { .topic = log.topics[1], .since = STORE_SINCE_LATEST },
        { .topic = log.topics[2], .since = STORE_SINCE_LAST, .value = 1 },
    };
    struct store_events events = read_events(positions, TOPICS);
    events.limit = 2;
    session_must(s, &events.op);
    assert_true(events.more);
    static const unsigned wanted[] = { 0, 3, 5, 8, 9, 11 };
    expect(&events, &log, wanted, 2);
    for (int i = 0; i < TOPICS; i++) {
        positions[i].since = STORE_SINCE_NUMBER;
        positions[i].value = positions[i].reached;
    }
    events = read_events(positions, TOPICS);
    session_must(s, &events.op);
    expect(&events, &log, wanted + 2, 4);
}

static void the_cut_document_comes_if_it_is_preferred(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, URLS[0], CALLBACK).topic;
    struct store_publish publish = scene_fetch(s, URLS[0], STORE_FETCH_UPDATE);
    publish.whole.inlined = scene_bytes("the whole");
    publish.delta.inlined = scene_bytes("a part");
    session_must(s, &publish.op);
    scene_update(s, URLS[0], "only whole");
    struct store_position position = {
        .topic = topic,
        .since = STORE_SINCE_EARLIEST,
    };
    struct store_events events = read_events(&position, 1);
    events.deltas = true;
    session_must(s, &events.op);
    assert_int_equal(events.event_count, 2);
    assert_true(events.items[0].delta);
    assert_true(scene_same(events.items[0].body, "a part"));
    assert_int_equal(events.items[0].size, strlen("a part"));
    assert_false(events.items[1].delta);
    assert_true(scene_same(events.items[1].body, "only whole"));
    store_release(&events.op);
    events.deltas = false;
    session_must(s, &events.op);
    assert_false(events.items[0].delta);
    assert_true(scene_same(events.items[0].body, "the whole"));
    store_release(&events.op);
}

static void a_baseline_is_an_event(void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, URLS[0], CALLBACK).topic;
    struct store_publish publish =
        scene_fetch(s, URLS[0], STORE_FETCH_BASELINE);
    publish.whole.inlined = scene_bytes("old");
    session_must(s, &publish.op);
    struct store_position position = {
        .topic = topic,
        .since = STORE_SINCE_EARLIEST,
    };
    struct store_events events = read_events(&position, 1);
    session_must(s, &events.op);
    assert_int_equal(events.event_count, 1);
    assert_true(events.items[0].number == publish.number);
    assert_true(scene_same(events.items[0].body, "old"));
    store_release(&events.op);
}

static void M16_numbers_go_on_after_a_restart(void **state)
{
    struct session *s = *state;
    struct log log;
    write_log(s, &log);
    session_reopen(s);
    struct store_publish publish = scene_update(s, URLS[1], "after");
    assert_true(publish.number > log.entries[UPDATES - 1].number);
}

static void M16_stored_time_never_goes_back(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, URLS[0], CALLBACK);
    struct store_publish before = scene_update(s, URLS[0], "one");
    session_advance(s, -HOUR);
    struct store_publish after = scene_update(s, URLS[0], "two");
    assert_true(after.op.at >= before.op.at);
    session_reopen(s);
    after = scene_update(s, URLS[0], "three");
    assert_true(after.op.at >= before.op.at);
}

static void reading_with_a_silly_limit_is_invalid(void **state)
{
    struct session *s = *state;
    struct store_position position = { .topic = 0 };
    struct store_events events = read_events(&position, 1);
    events.limit = 0;
    assert_int_equal(session_run(s, &events.op), STORE_INVALID);
    events.limit = STORE_BATCH_MAX + 1;
    assert_int_equal(session_run(s, &events.op), STORE_INVALID);
    events.limit = 1;
    events.count = STORE_BATCH_MAX + 1;
    assert_int_equal(session_run(s, &events.op), STORE_INVALID);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M16_numbers_rise_in_the_order_of_commits),
        TEST(M16_several_topics_are_merged_by_number),
        TEST(M16_a_position_between_numbers_is_fine),
        TEST(reading_goes_on_where_it_was_left),
        TEST(bodies_stop_at_a_ceiling_but_one_always_comes),
        TEST(events_may_be_read_without_bodies),
        TEST(M8_events_name_the_one_before_them),
        TEST(from_the_latest_there_is_nothing_yet),
        TEST(M17_what_other_topics_do_does_not_show),
        TEST(the_newest_of_each_topic_can_be_had),
        TEST(events_since_a_moment_can_be_had),
        TEST(what_was_not_asked_for_does_not_come_with_the_rest),
        TEST(the_cut_document_comes_if_it_is_preferred),
        TEST(a_baseline_is_an_event),
        TEST(M16_numbers_go_on_after_a_restart),
        TEST(M16_stored_time_never_goes_back),
        TEST(reading_with_a_silly_limit_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
