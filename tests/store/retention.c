// SPDX-License-Identifier: MIT
//
// What trimming takes away, and what it leaves behind (M9, M10).

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

enum { UPDATES = 10 };

static const int64_t LONG = 1000 * (int64_t)DAY;
static const uint64_t MANY = 1000000;

// Updates of ten bytes each. numbers[n] is that of seq n.
static uint64_t write_updates(struct session *s, uint64_t numbers[UPDATES + 1])
{
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    for (uint64_t i = 1; i <= UPDATES; i++) {
        numbers[i] = scene_update(s, TOPIC, "ten bytes.").number;
        session_advance(s, MINUTE);
    }
    return topic;
}

static bool has_body(struct session *s, uint64_t topic, uint64_t seq)
{
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = topic,
        .seq = seq,
    };
    enum store_status status = session_run(s, &read.op);
    assert_true(status == STORE_OK || status == STORE_NOT_FOUND);
    store_release(&read.op);
    return status == STORE_OK;
}

// Only the bodies after `removed` are left.
static void expect_removed(struct session *s, uint64_t topic, uint64_t removed)
{
    assert_true(scene_topic(s, TOPIC).removed == removed);
    for (uint64_t seq = 1; seq <= UPDATES; seq++)
        assert_true(has_body(s, topic, seq) == (seq > removed));
}

static struct store_events after(struct session *s,
                                 struct store_position *position,
                                 uint64_t number)
{
    position->since = STORE_SINCE_NUMBER;
    position->value = number;
    struct store_events events = {
        .op.verb = STORE_EVENTS,
        .positions = position,
        .count = 1,
        .limit = 100,
        .max_bytes = 1 << 20,
        .bodies = true,
    };
    session_must(s, &events.op);
    return events;
}

static void M9_a_gap_is_exact(void **state)
{
    struct session *s = *state;
    uint64_t numbers[UPDATES + 1] = { 0 };
    uint64_t topic = write_updates(s, numbers);
    struct store_trim trim = scene_trim(s, topic, LONG, 3, MANY);
    assert_int_equal(trim.removed, 7);
    assert_false(trim.topic_removed);
    for (uint64_t from = 0; from <= UPDATES; from++) {
        struct store_position position = { .topic = topic };
        struct store_events events = after(s, &position, numbers[from]);
        uint64_t first = from < 7 ? 8 : from + 1;
        assert_int_equal(events.event_count, UPDATES + 1 - first);
        for (size_t i = 0; i < events.event_count; i++) {
            assert_true(events.items[i].seq == first + i);
            assert_true(scene_same(events.items[i].body, "ten bytes."));
        }
        assert_int_equal(position.gap_from, from < 7 ? from + 1 : 0);
        assert_int_equal(position.gap_to, from < 7 ? 7 : 0);
        assert_int_equal(position.gap_count, from < 7 ? 7 - from : 0);
        assert_false(position.gap_inexact);
        store_release(&events.op);
    }
}

// Rows without a body live ten times as long as bodies; beyond them nobody can
// count.
static void M9_a_gap_is_exact_for_ten_times_the_retention(void **state)
{
    struct session *s = *state;
    uint64_t numbers[UPDATES + 1] = { 0 };
    uint64_t topic = write_updates(s, numbers);
    for (int day = 1; day <= 12; day++) {
        session_advance(s, DAY);
        scene_trim(s, topic, DAY, MANY, MANY);
        struct store_position position = { .topic = topic };
        struct store_events events = after(s, &position, numbers[2]);
        // The newest stays for ever (M10).
        assert_true(events.items[events.event_count - 1].seq == UPDATES);
        store_release(&events.op);
        if (day > 1 && day < 10) {
            assert_int_equal(position.gap_from, 3);
            assert_int_equal(position.gap_count, UPDATES - 3);
            assert_false(position.gap_inexact);
        } else if (day > 10) {
            assert_int_equal(position.gap_to, UPDATES - 1);
            assert_true(position.gap_inexact);
        }
    }
}

static void M9_a_gap_is_told_once(void **state)
{
    struct session *s = *state;
    uint64_t numbers[UPDATES + 1] = { 0 };
    uint64_t topic = write_updates(s, numbers);
    scene_trim(s, topic, LONG, 3, MANY);
    struct store_position position = { .topic = topic };
    struct store_events events = after(s, &position, numbers[1]);
    assert_true(position.gap_count > 0);
    store_release(&events.op);
    events = after(s, &position, position.reached);
    assert_int_equal(events.event_count, 0);
    assert_int_equal(position.gap_count, 0);
    store_release(&events.op);
}

// Of two topics from one place, page by page: every loss is told once.
static void M9_losses_of_several_topics_add_up(void **state)
{
    struct session *s = *state;
    static const char *const urls[] = { TOPIC, TOPIC "/two" };
    struct store_position at[2] = { { .topic = 0 } };
    for (int i = 0; i < 2; i++)
        at[i].topic = scene_subscribe(s, urls[i], CALLBACK).topic;
    // One has lost what lies between what the other still has.
    for (int i = 0; i < 30; i++)
        scene_update(s, urls[i % 2], "body");
    scene_trim(s, at[1].topic, LONG, 2, MANY);
    uint64_t place = 3, told = 0, lost = 0;
    bool more = true;
    while (more) {
        for (int i = 0; i < 2; i++) {
            at[i].since = STORE_SINCE_NUMBER;
            at[i].value = place;
        }
        struct store_events events = {
            .op.verb = STORE_EVENTS,
            .positions = at,
            .count = 2,
            .limit = 4,
            .max_bytes = 1 << 20,
        };
        session_must(s, &events.op);
        told += events.event_count;
        lost += at[0].gap_count + at[1].gap_count;
        assert_int_equal(at[0].gap_count, 0);
        place = events.items[events.event_count - 1].number;
        assert_true(at[0].reached >= place && at[1].reached >= place);
        more = events.more;
        store_release(&events.op);
    }
    assert_int_equal(lost, 12);
    assert_int_equal(told, 13 + 2);
}

// The same with a place of its own for each.
static void M9_losses_add_up_by_topic(void **state)
{
    struct session *s = *state;
    static const char *const urls[] = { TOPIC, TOPIC "/two" };
    struct store_position at[2];
    for (int i = 0; i < 2; i++)
        at[i] = (struct store_position){
            .topic = scene_subscribe(s, urls[i], CALLBACK).topic,
            .since = STORE_SINCE_NUMBER,
            .value = i == 0 ? 3 : 20,
        };
    for (int i = 0; i < 30; i++)
        scene_update(s, urls[i % 2], "body");
    scene_trim(s, at[1].topic, LONG, 2, MANY);
    uint64_t lost = 0;
    bool more = true;
    while (more) {
        struct store_events events = {
            .op.verb = STORE_EVENTS,
            .positions = at,
            .count = 2,
            .limit = 3,
            .max_bytes = 1 << 20,
        };
        session_must(s, &events.op);
        more = events.more;
        store_release(&events.op);
        for (int i = 0; i < 2; i++) {
            assert_true(at[i].reached >= at[i].value);
            at[i].value = at[i].reached;
            lost += at[i].gap_count;
        }
    }
    assert_int_equal(lost, 3);
}

static void M9_a_gap_is_that_of_its_topic(void **state)
{
    struct session *s = *state;
    uint64_t numbers[UPDATES + 1] = { 0 };
    uint64_t other = scene_subscribe(s, TOPIC "/2", CALLBACK).topic;
    scene_update(s, TOPIC "/2", "other");
    uint64_t topic = write_updates(s, numbers);
    scene_trim(s, topic, LONG, 1, MANY);
    struct store_position position = { .topic = other };
    struct store_events events = after(s, &position, 0);
    assert_int_equal(events.event_count, 1);
    assert_int_equal(position.gap_count, 0);
    store_release(&events.op);
}

static void bodies_beyond_the_number_to_keep_go(void **state)
{
    struct session *s = *state;
    uint64_t numbers[UPDATES + 1];
    uint64_t topic = write_updates(s, numbers);
    assert_int_equal(scene_topic(s, TOPIC).body_bytes, 100);
    scene_trim(s, topic, LONG, UPDATES, MANY);
    expect_removed(s, topic, 0);
    scene_trim(s, topic, LONG, 4, MANY);
    expect_removed(s, topic, 6);
    assert_int_equal(scene_topic(s, TOPIC).body_bytes, 40);
    session_reopen(s);
    expect_removed(s, topic, 6);
}

static void bodies_beyond_the_bytes_to_keep_go(void **state)
{
    struct session *s = *state;
    uint64_t numbers[UPDATES + 1];
    uint64_t topic = write_updates(s, numbers);
    scene_trim(s, topic, LONG, MANY, 55);
    expect_removed(s, topic, 5);
    assert_int_equal(scene_topic(s, TOPIC).body_bytes, 50);
}

static void bodies_beyond_the_age_to_keep_go(void **state)
{
    struct session *s = *state;
    uint64_t numbers[UPDATES + 1];
    uint64_t topic = write_updates(s, numbers);
    // The clock may have to move until trimming is due, so count from there.
    int64_t newest = scene_topic(s, TOPIC).last_update;
    struct store_trim trim = scene_trim(s, topic, LONG, MANY, MANY);
    assert_int_equal(trim.removed, 0);
    for (int i = 0; i < 2000 && scene_topic(s, TOPIC).removed == 0; i++)
        trim = scene_trim(s, topic, DAY, MANY, MANY);
    int64_t age = trim.op.at - newest;
    assert_true(age >= DAY - UPDATES * MINUTE);
    expect_removed(s, topic, scene_topic(s, TOPIC).removed);
}

static void M10_the_newest_whole_body_is_never_trimmed(void **state)
{
    struct session *s = *state;
    uint64_t numbers[UPDATES + 1];
    uint64_t topic = write_updates(s, numbers);
    session_advance(s, 10 * DAY);
    scene_trim(s, topic, 1, 1, 1);
    expect_removed(s, topic, UPDATES - 1);
    scene_update(s, TOPIC, "one more");
    session_advance(s, 10 * DAY);
    scene_trim(s, topic, 1, 1, 1);
    expect_removed(s, topic, UPDATES);
    assert_true(has_body(s, topic, UPDATES + 1));
}

static void M10_one_who_lags_does_not_hold_the_log(void **state)
{
    struct session *s = *state;
    uint64_t numbers[UPDATES + 1];
    uint64_t topic = write_updates(s, numbers);
    struct store_subscriber all[SCENE_MAX];
    assert_int_equal(scene_subscribers(s, topic, all), 1);
    struct scene_name name = { topic, all[0].id };
    struct store_walk walk;
    assert_true(scene_walk(s, topic, &walk));
    struct store_outcome owed = scene_outcome(s, STORE_OWED, name, 1);
    owed.next = 1;
    struct store_checkpoint step = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .outcomes = &owed,
        .count = 1,
    };
    step.walk.position = name.id;
    session_must(s, &step.op);
    scene_trim(s, topic, LONG, 2, MANY);
    expect_removed(s, topic, 8);
    assert_int_equal(scene_subscribers(s, topic, all), 1);
    assert_true(all[0].lagging);
    assert_int_equal(all[0].next, 1);
}

static void M13_what_is_missed_is_not_cuttable_once_bodies_are_gone(
    void **state)
{
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    for (uint8_t i = 1; i <= 4; i++) {
        const uint8_t changed[1][16] = { { i } };
        struct store_publish publish =
            scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
        publish.kind = STORE_UPDATE_ENTRIES;
        publish.changed = changed;
        publish.changed_count = 1;
        publish.whole.inlined = scene_bytes("whole");
        publish.delta.inlined = scene_bytes("part");
        session_must(s, &publish.op);
    }
    scene_trim(s, topic, LONG, 2, MANY);
    struct store_missed missed = {
        .op.verb = STORE_MISSED,
        .topic = topic,
        .from = 0,
        .to = 4,
    };
    session_must(s, &missed.op);
    assert_false(missed.complete && missed.all_cuttable);
    store_release(&missed.op);
    missed.from = 2;
    session_must(s, &missed.op);
    assert_true(missed.complete && missed.all_cuttable);
    assert_int_equal(missed.count, 2);
    store_release(&missed.op);
}

static void trimming_with_an_old_claim_takes_nothing(void **state)
{
    struct session *s = *state;
    uint64_t numbers[UPDATES + 1];
    uint64_t topic = write_updates(s, numbers);
    struct store_trim trim = scene_trim(s, topic, LONG, 8, MANY);
    assert_int_equal(trim.removed, 2);
    trim.keep_updates = 1;
    session_run(s, &trim.op);
    expect_removed(s, topic, 2);
}

static void large_bodies_are_trimmed_as_well(void **state)
{
    enum { LARGE = 3 * STORE_CHUNK };
    struct session *s = *state;
    uint64_t topic = scene_subscribe(s, TOPIC, CALLBACK).topic;
    char *piece = calloc(1, STORE_CHUNK);
    assert_non_null(piece);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        for (uint32_t i = 0; i < 3; i++) {
            struct store_put_chunk put = {
                .op.verb = STORE_PUT_CHUNK,
                .topic = topic,
                .seq = seq,
                .index = i,
                .piece = { piece, STORE_CHUNK },
            };
            session_must(s, &put.op);
        }
        struct store_publish publish =
            scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
        publish.whole.chunked = LARGE;
        session_must(s, &publish.op);
    }
    free(piece);
    scene_trim(s, topic, LONG, 1, MANY);
    assert_false(has_body(s, topic, 1));
    assert_false(has_body(s, topic, 2));
    assert_true(has_body(s, topic, 3));
    assert_int_equal(scene_topic(s, TOPIC).body_bytes, LARGE);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M9_a_gap_is_exact),
        TEST(M9_a_gap_is_exact_for_ten_times_the_retention),
        TEST(M9_a_gap_is_told_once),
        TEST(M9_losses_of_several_topics_add_up),
        TEST(M9_losses_add_up_by_topic),
        TEST(M9_a_gap_is_that_of_its_topic),
        TEST(bodies_beyond_the_number_to_keep_go),
        TEST(bodies_beyond_the_bytes_to_keep_go),
        TEST(bodies_beyond_the_age_to_keep_go),
        TEST(M10_the_newest_whole_body_is_never_trimmed),
        TEST(M10_one_who_lags_does_not_hold_the_log),
        TEST(M13_what_is_missed_is_not_cuttable_once_bodies_are_gone),
        TEST(trimming_with_an_old_claim_takes_nothing),
        TEST(large_bodies_are_trimmed_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
