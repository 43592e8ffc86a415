// SPDX-License-Identifier: MIT
//
// What is remembered of documents: entries, large bodies, missed ids.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

enum { LARGE = 300000 };

static void fill_entries(struct store_entry *entries, size_t count,
                         uint8_t salt)
{
    memset(entries, 0, count * sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        entries[i].id[0] = (uint8_t)(i * 37);
        entries[i].id[1] = (uint8_t)(i >> 8);
        entries[i].id[15] = salt;
        entries[i].content[15] = (uint8_t)i;
        entries[i].seq = i / 3;
        entries[i].seen = 20000 + (uint32_t)i;
    }
}

static void expect_entries(struct session *s, uint64_t topic,
                           const struct store_entry *entries, size_t count)
{
    struct store_read_entries read = {
        .op.verb = STORE_READ_ENTRIES,
        .topic = topic,
    };
    session_must(s, &read.op);
    assert_int_equal(read.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_memory_equal(read.items[i].id, entries[i].id, 16);
        assert_memory_equal(read.items[i].content, entries[i].content, 16);
        assert_true(read.items[i].seq == entries[i].seq);
        assert_true(read.items[i].seen == entries[i].seen);
    }
    store_release(&read.op);
}

static void M14_entries_come_back_in_the_order_they_were_given(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    expect_entries(s, name.topic, NULL, 0);
    static struct store_entry entries[3000];
    static const size_t counts[] = { 1, 1000, 3000, 2, 0 };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        fill_entries(entries, counts[i], (uint8_t)i);
        struct store_publish publish =
            scene_fetch(s, TOPIC, STORE_FETCH_UNCHANGED);
        publish.new_entries = true;
        publish.entries = entries;
        publish.entry_count = counts[i];
        session_must(s, &publish.op);
        expect_entries(s, name.topic, entries, counts[i]);
    }
}

static void M14_entries_stay_when_a_fetch_brings_none(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_entry entries[3];
    fill_entries(entries, 3, 1);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.inlined = scene_bytes("one");
    publish.new_entries = true;
    publish.entries = entries;
    publish.entry_count = 3;
    session_must(s, &publish.op);
    scene_update(s, TOPIC, "two");
    publish = scene_fetch(s, TOPIC, STORE_FETCH_FAILED);
    session_must(s, &publish.op);
    session_reopen(s);
    expect_entries(s, name.topic, entries, 3);
}

static char *large_body(char salt)
{
    char *body = malloc(LARGE);
    assert_non_null(body);
    for (size_t i = 0; i < LARGE; i++)
        body[i] = (char)(salt + (char)(i % 61) + (char)(i / STORE_CHUNK));
    return body;
}

static enum store_status put_piece(struct session *s, uint64_t topic,
                                   uint64_t seq, struct bytes body,
                                   uint32_t index)
{
    size_t from = (size_t)index * STORE_CHUNK;
    size_t left = body.len - from;
    struct store_put_chunk put = {
        .op.verb = STORE_PUT_CHUNK,
        .topic = topic,
        .seq = seq,
        .which = STORE_WHOLE,
        .index = index,
        .piece = { body.at + from, left < STORE_CHUNK ? left : STORE_CHUNK },
    };
    return session_run(s, &put.op);
}

static void put_large(struct session *s, uint64_t topic, uint64_t seq,
                      const char *body)
{
    for (uint32_t i = 0; i * STORE_CHUNK < LARGE; i++)
        assert_int_equal(
            put_piece(s, topic, seq, (struct bytes){ body, LARGE }, i),
            STORE_OK);
}

static void expect_whole(struct session *s, uint64_t topic, uint64_t seq,
                         struct bytes body)
{
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = topic,
        .seq = seq,
    };
    session_must(s, &read.op);
    assert_int_equal(read.body.len, body.len);
    assert_memory_equal(read.body.at, body.at, body.len);
    store_release(&read.op);
}

static bool has_body(struct session *s, uint64_t topic, uint64_t seq)
{
    struct store_read_body read = {
        .op.verb = STORE_READ_BODY,
        .topic = topic,
        .seq = seq,
    };
    enum store_status status = session_run(s, &read.op);
    store_release(&read.op);
    return status == STORE_OK;
}

static void a_large_body_is_put_in_pieces_and_read_whole(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    char *body = large_body('a');
    put_large(s, name.topic, 1, body);
    assert_false(has_body(s, name.topic, 1));
    assert_int_equal(scene_topic(s, TOPIC).head, 0);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.chunked = LARGE;
    session_must(s, &publish.op);
    expect_whole(s, name.topic, 1, (struct bytes){ body, LARGE });
    assert_true(scene_topic(s, TOPIC).body_bytes >= LARGE);
    session_reopen(s);
    expect_whole(s, name.topic, 1, (struct bytes){ body, LARGE });
    free(body);
}

static void a_piece_put_twice_is_put_once(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    char *wrong = large_body('k');
    char *body = large_body('a');
    put_large(s, name.topic, 1, wrong);
    put_large(s, name.topic, 1, body);
    put_large(s, name.topic, 1, body);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.chunked = LARGE;
    session_must(s, &publish.op);
    expect_whole(s, name.topic, 1, (struct bytes){ body, LARGE });
    free(wrong);
    free(body);
}

static void pieces_without_a_publish_are_not_seen(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    char *orphan = large_body('o');
    put_large(s, name.topic, 1, orphan);
    scene_update(s, TOPIC, "small");
    expect_whole(s, name.topic, 1, scene_bytes("small"));
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.chunked = LARGE;
    assert_int_not_equal(session_run(s, &publish.op), STORE_OK);
    assert_int_equal(scene_topic(s, TOPIC).head, 1);
    free(orphan);
}

static void a_body_with_a_missing_piece_is_not_published(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    char *body = large_body('a');
    struct bytes whole = { body, LARGE };
    assert_int_equal(put_piece(s, name.topic, 1, whole, 0), STORE_OK);
    assert_int_equal(put_piece(s, name.topic, 1, whole, 2), STORE_OK);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.chunked = LARGE;
    assert_int_not_equal(session_run(s, &publish.op), STORE_OK);
    assert_int_equal(scene_topic(s, TOPIC).head, 0);
    free(body);
}

static void orphaned_pieces_are_swept_at_start(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    char *orphan = large_body('o');
    put_large(s, name.topic, 1, orphan);
    session_reopen(s);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.whole.chunked = LARGE;
    assert_int_not_equal(session_run(s, &publish.op), STORE_OK);
    assert_int_equal(scene_topic(s, TOPIC).head, 0);
    free(orphan);
}

static void a_piece_for_another_seq_or_size_is_refused(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    char *body = large_body('a');
    struct bytes whole = { body, LARGE };
    assert_int_not_equal(put_piece(s, name.topic, 2, whole, 0), STORE_OK);
    struct store_put_chunk put = {
        .op.verb = STORE_PUT_CHUNK,
        .topic = name.topic,
        .seq = 1,
        .piece = { body, STORE_CHUNK + 1 },
    };
    assert_int_equal(session_run(s, &put.op), STORE_INVALID);
    scene_update(s, TOPIC, "small");
    assert_int_not_equal(put_piece(s, name.topic, 1, whole, 0), STORE_OK);
    free(body);
}

// One update that brought the entries first .. last.
static void bring(struct session *s, uint8_t first, uint8_t last,
                  enum store_update_kind kind)
{
    uint8_t changed[16][16] = { { 0 } };
    size_t count = 0;
    for (uint8_t id = first; id <= last; id++)
        changed[count++][0] = id;
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.kind = kind;
    publish.changed = (const uint8_t(*)[16])changed;
    publish.changed_count = count;
    publish.whole.inlined = scene_bytes("whole");
    if (kind == STORE_UPDATE_ENTRIES)
        publish.delta.inlined = scene_bytes("part");
    session_must(s, &publish.op);
}

static struct store_missed missed(struct session *s, uint64_t topic,
                                  uint64_t from, uint64_t to, unsigned ids)
{
    struct store_missed missed = {
        .op.verb = STORE_MISSED,
        .topic = topic,
        .from = from,
        .to = to,
    };
    session_must(s, &missed.op);
    unsigned found = 0;
    for (size_t i = 0; i < missed.count; i++) {
        unsigned bit = 1U << missed.ids[i][0];
        assert_false(found & bit);
        found |= bit;
    }
    assert_int_equal(found, ids);
    store_release(&missed.op);
    return missed;
}

static void M13_missed_is_the_union_of_what_the_updates_brought(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    bring(s, 1, 2, STORE_UPDATE_ENTRIES);
    bring(s, 2, 4, STORE_UPDATE_ENTRIES);
    bring(s, 1, 1, STORE_UPDATE_ENTRIES);
    bring(s, 1, 0, STORE_UPDATE_FEED_LEVEL);
    struct store_missed all = missed(s, name.topic, 0, 3, 0x1e);
    assert_int_equal(all.updates, 3);
    assert_true(all.complete && all.all_cuttable);
    assert_false(all.feed_level);
    all = missed(s, name.topic, 1, 2, 0x1c);
    assert_int_equal(all.updates, 1);
    all = missed(s, name.topic, 2, 4, 0x02);
    assert_int_equal(all.updates, 2);
    assert_true(all.feed_level && all.complete);
    assert_false(all.all_cuttable);
    all = missed(s, name.topic, 4, 4, 0);
    assert_int_equal(all.updates, 0);
}

static void M13_each_missed_id_comes_with_the_last_that_brought_it(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    bring(s, 1, 2, STORE_UPDATE_ENTRIES);
    bring(s, 2, 4, STORE_UPDATE_ENTRIES);
    bring(s, 1, 1, STORE_UPDATE_ENTRIES);
    struct store_missed missed = {
        .op.verb = STORE_MISSED,
        .topic = name.topic,
        .to = 3,
    };
    session_must(s, &missed.op);
    static const uint64_t seqs[] = { 0, 3, 2, 2, 2 };
    assert_int_equal(missed.count, 4);
    for (size_t i = 0; i < missed.count; i++)
        assert_true(missed.seqs[i] == seqs[missed.ids[i][0]]);
    store_release(&missed.op);
}

static void M14_it_is_told_whether_entries_can_say_what_was_missed(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    bring(s, 1, 2, STORE_UPDATE_ENTRIES);
    bring(s, 1, 0, STORE_UPDATE_FEED_LEVEL);
    bring(s, 1, 0, STORE_UPDATE_REMOVAL_ONLY);
    struct store_missed all = missed(s, name.topic, 0, 3, 0x06);
    assert_false(all.whole || all.links);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_UPDATE);
    publish.kind = STORE_UPDATE_FEED_LEVEL;
    publish.whole.inlined = scene_bytes("whole");
    publish.delta.inlined = scene_bytes("its links alone");
    session_must(s, &publish.op);
    bring(s, 1, 0, STORE_UPDATE_WHOLE);
    all = missed(s, name.topic, 0, 4, 0x06);
    assert_true(all.links && !all.whole);
    all = missed(s, name.topic, 0, 5, 0x06);
    assert_true(all.links && all.whole);
    assert_false(missed(s, name.topic, 4, 5, 0).links);
}

static void M13_a_baseline_is_not_counted_as_missed(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_publish publish = scene_fetch(s, TOPIC, STORE_FETCH_BASELINE);
    publish.whole.inlined = scene_bytes("old");
    session_must(s, &publish.op);
    bring(s, 2, 3, STORE_UPDATE_ENTRIES);
    struct store_missed all = missed(s, name.topic, 0, 2, 0x0c);
    assert_int_equal(all.updates, 1);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M14_entries_come_back_in_the_order_they_were_given),
        TEST(M14_entries_stay_when_a_fetch_brings_none),
        TEST(a_large_body_is_put_in_pieces_and_read_whole),
        TEST(a_piece_put_twice_is_put_once),
        TEST(pieces_without_a_publish_are_not_seen),
        TEST(a_body_with_a_missing_piece_is_not_published),
        TEST(orphaned_pieces_are_swept_at_start),
        TEST(a_piece_for_another_seq_or_size_is_refused),
        TEST(M13_missed_is_the_union_of_what_the_updates_brought),
        TEST(M13_each_missed_id_comes_with_the_last_that_brought_it),
        TEST(M14_it_is_told_whether_entries_can_say_what_was_missed),
        TEST(M13_a_baseline_is_not_counted_as_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
