// SPDX-License-Identifier: MIT
//
// Table C: what the reader of a mailbox gets, and when it is done with.

#include "postbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ONE   "https://example.org/one"
#define TWO   "https://example.org/two"
#define OTHER "https://other.example/three"

static const int64_t LONG = 1000 * (int64_t)DAY;
static const uint64_t MANY = 1000000;

static uint64_t make(struct session *s, enum store_ack ack)
{
    uint64_t box = postbox_make(s, "reader", ack);
    postbox_listen(s, box, postbox_topic(ONE));
    postbox_listen(s, box, postbox_topic(TWO));
    return box;
}

static void C_cursor_tells_the_same_until_it_is_acknowledged(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR);
    scene_update(s, ONE, "a");
    scene_update(s, TWO, "b");
    scene_update(s, ONE, "c");
    uint64_t place = postbox_expect(s, postbox_reads(box, 0), "a b c");
    postbox_expect(s, postbox_reads(box, 0), "a b c");
    session_reopen(s);
    postbox_expect(s, postbox_reads(box, 0), "a b c");
    postbox_expect(s, postbox_reads(box, place), "");
    scene_update(s, TWO, "d");
    postbox_expect(s, postbox_reads(box, place), "d");
    postbox_expect(s, postbox_reads(box, 0), "d");
}

static void C_an_ack_in_between_keeps_what_comes_after_it(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR);
    scene_update(s, ONE, "a");
    uint64_t second = scene_update(s, TWO, "b").number;
    scene_update(s, ONE, "c");
    postbox_expect(s, postbox_reads(box, second), "c");
    session_reopen(s);
    postbox_expect(s, postbox_reads(box, 0), "c");
}

static void C_an_ack_never_goes_back(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR);
    uint64_t first = scene_update(s, ONE, "a").number;
    uint64_t second = scene_update(s, TWO, "b").number;
    postbox_ack(s, box, second);
    postbox_ack(s, box, first);
    uint64_t operations = scene_stats(s).operations;
    postbox_expect(s, postbox_reads(box, first), "");
    assert_int_equal(scene_stats(s).operations, operations);
    struct store_read_mailbox look;
    assert_true(postbox_look(s, box, &look));
    assert_true(look.mailbox.place == second);
    store_release(&look.op);
}

static void C_an_ack_beyond_the_log_is_invalid(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR);
    uint64_t number = scene_update(s, ONE, "a").number;
    struct store_collect collect = postbox_reads(box, number + 1);
    assert_int_equal(session_run(s, &collect.op), STORE_INVALID);
    postbox_expect(s, postbox_reads(box, 0), "a");
}

static void C_none_is_done_with_before_it_is_told(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_NONE);
    scene_update(s, ONE, "a");
    scene_update(s, TWO, "b");
    struct store_collect collect = postbox_reads(box, 0);
    collect.limit = 1;
    postbox_expect(s, collect, "a");
    session_reopen(s);
    postbox_expect(s, postbox_reads(box, 0), "b");
    session_reopen(s);
    postbox_expect(s, postbox_reads(box, 0), "");
}

static void reading_with_nothing_new_writes_nothing(void **state)
{
    struct session *s = *state;
    uint64_t none = make(s, STORE_ACK_NONE);
    uint64_t cursor = postbox_make(s, "cursor", STORE_ACK_CURSOR);
    uint64_t explicit = postbox_make(s, "explicit", STORE_ACK_EXPLICIT);
    postbox_listen(s, cursor, postbox_topic(ONE));
    scene_update(s, ONE, "a");
    postbox_expect(s, postbox_reads(none, 0), "a");
    uint64_t operations = scene_stats(s).operations;
    postbox_expect(s, postbox_reads(none, 0), "");
    postbox_expect(s, postbox_reads(cursor, 0), "a");
    postbox_expect(s, postbox_reads(explicit, 0), "");
    struct store_touch_mailbox touch = {
        .op.verb = STORE_TOUCH_MAILBOX,
        .mailbox = cursor,
    };
    session_must(s, &touch.op);
    assert_int_equal(scene_stats(s).operations, operations);
}

static void pages_go_on_where_they_ended(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR), place = 0;
    char body[16];
    for (int i = 0; i < 10; i++) {
        snprintf(body, sizeof body, "%d", i);
        scene_update(s, i % 3 == 0 ? ONE : TWO, body);
    }
    for (int i = 0; i < 10; i++) {
        struct store_collect collect = postbox_reads(box, place);
        collect.limit = 1;
        session_must(s, &collect.op);
        snprintf(body, sizeof body, "%d", i);
        assert_true(scene_same(collect.items[0].event.body, body));
        assert_true(collect.more == (i < 9));
        place = collect.place;
        store_release(&collect.op);
    }
}

static void a_stream_goes_on_without_an_ack(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR);
    uint64_t first = scene_update(s, ONE, "a").number;
    scene_update(s, TWO, "b");
    struct store_collect collect = postbox_reads(box, 0);
    collect.after = first;
    uint64_t place = postbox_expect(s, collect, "b");
    collect.after = place;
    assert_true(postbox_expect(s, collect, "") == place);
    postbox_expect(s, postbox_reads(box, 0), "a b");
}

static void letters_say_what_they_are_of(void **state)
{
    struct session *s = *state;
    uint64_t box = postbox_make(s, "reader", STORE_ACK_CURSOR);
    struct store_listen wanted = postbox_topic(ONE);
    wanted.label = scene_bytes("my label");
    uint64_t sid = postbox_listen(s, box, wanted).sid;
    uint64_t number = scene_update(s, ONE, "a").number;
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 1);
    const struct store_letter *letter = &collect.items[0];
    assert_true(letter->sid == sid);
    assert_true(letter->event.number == number);
    assert_true(scene_same(letter->event.url, ONE));
    assert_true(collect.head == number && collect.place == number);
    assert_int_equal(collect.listen_count, 1);
    assert_true(scene_same(collect.listens[0].label, "my label"));
    assert_true(scene_same(collect.listens[0].url, ONE));
    assert_true(collect.mailbox_now.id == box);
    store_release(&collect.op);
}

static void M16_a_listen_begins_where_it_says(void **state)
{
    struct session *s = *state;
    scene_follow(s, ONE, true, DAY);
    uint64_t first = scene_update(s, ONE, "a").number;
    session_advance(s, MINUTE);
    int64_t then = session_now(s);
    scene_update(s, ONE, "b");
    scene_update(s, ONE, "c");
    static const struct {
        enum store_since since;
        const char *bodies;
    } cases[] = {
        { STORE_SINCE_LATEST, "d" },     { STORE_SINCE_EARLIEST, "a b c d" },
        { STORE_SINCE_NUMBER, "b c d" }, { STORE_SINCE_TIME, "b c d" },
        { STORE_SINCE_LAST, "c d" },
    };
    uint64_t boxes[5];
    for (int i = 0; i < 5; i++) {
        char name[16];
        uint64_t value = first;
        snprintf(name, sizeof name, "%d", i);
        if (cases[i].since == STORE_SINCE_TIME)
            value = (uint64_t)then;
        if (cases[i].since == STORE_SINCE_LAST)
            value = 1;
        boxes[i] = postbox_make(s, name, STORE_ACK_CURSOR);
        postbox_listen_since(s, boxes[i], postbox_topic(ONE), cases[i].since,
                             value);
    }
    scene_update(s, ONE, "d");
    for (int i = 0; i < 5; i++)
        postbox_expect(s, postbox_reads(boxes[i], 0), cases[i].bodies);
}

static void M16_history_added_later_is_told_below_the_place(void **state)
{
    struct session *s = *state;
    scene_follow(s, ONE, true, DAY);
    uint64_t old = scene_update(s, ONE, "old").number;
    scene_update(s, ONE, "older");
    uint64_t box = postbox_make(s, "reader", STORE_ACK_CURSOR);
    postbox_listen(s, box, postbox_topic(TWO));
    uint64_t place = scene_update(s, TWO, "a").number;
    postbox_ack(s, box, place);
    postbox_listen_since(s, box, postbox_topic(ONE), STORE_SINCE_EARLIEST, 0);
    // What its reader has sent on its way knows nothing of it.
    struct store_collect collect = postbox_reads(box, place);
    collect.ack_is_old = true;
    assert_true(postbox_expect(s, collect, "old older") == place);
    postbox_expect(s, postbox_reads(box, old), "older");
    postbox_expect(s, postbox_reads(box, place), "");
}

static void M9_what_retention_took_is_told_exactly(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR);
    uint64_t topic = scene_topic(s, ONE).id;
    uint64_t second = 0;
    for (int i = 1; i <= 10; i++) {
        uint64_t number = scene_update(s, ONE, "x").number;
        if (i == 2)
            second = number;
        session_advance(s, MINUTE);
    }
    postbox_ack(s, box, second);
    scene_trim(s, topic, LONG, 3, MANY);
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 3);
    assert_int_equal(collect.gap_count, 1);
    assert_int_equal(collect.gaps[0].from, 3);
    assert_int_equal(collect.gaps[0].to, 7);
    assert_int_equal(collect.gaps[0].count, 5);
    assert_int_equal(collect.gaps[0].loss, STORE_LOST_EXPIRED);
    assert_false(collect.gaps[0].inexact);
    assert_true(scene_same(collect.gaps[0].url, ONE));
    store_release(&collect.op);
    // Done with, it is not told again.
    collect = postbox_reads(box, collect.place);
    session_must(s, &collect.op);
    assert_int_equal(collect.gap_count, 0);
    store_release(&collect.op);
}

// Ten times as old as their bodies, the rows that count them are gone, too.
static void M9_a_gap_stays_exact_when_nothing_is_left_of_it(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR);
    uint64_t topic = scene_topic(s, ONE).id;
    postbox_ack(s, box, scene_update(s, ONE, "x").number);
    for (int i = 0; i < 7; i++)
        scene_update(s, ONE, "x");
    session_advance(s, 100 * (int64_t)DAY);
    scene_update(s, ONE, "last");
    for (int i = 0; i < 4; i++)
        scene_trim(s, topic, DAY, MANY, MANY);
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 1);
    assert_int_equal(collect.gap_count, 1);
    assert_int_equal(collect.gaps[0].from, 2);
    assert_int_equal(collect.gaps[0].to, 8);
    assert_int_equal(collect.gaps[0].count, 7);
    assert_false(collect.gaps[0].inexact);
    store_release(&collect.op);
}

// A page may end between what is lost: every loss is told once.
static void M9_losses_add_up_over_pages(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR);
    uint64_t topic = scene_topic(s, ONE).id;
    for (int i = 0; i < 8; i++) {
        scene_update(s, ONE, "lost");
        scene_update(s, TWO, "kept");
    }
    scene_update(s, ONE, "last");
    scene_trim(s, topic, LONG, 1, MANY);
    uint64_t place = 0, told = 0, lost = 0;
    bool more = true;
    while (more) {
        struct store_collect collect = postbox_reads(box, place);
        collect.limit = 2;
        session_must(s, &collect.op);
        told += collect.count;
        lost += postbox_lost(&collect);
        more = collect.more;
        place = collect.place;
        store_release(&collect.op);
    }
    assert_int_equal(told, 9);
    assert_int_equal(lost, 8);
    postbox_expect(s, postbox_reads(box, place), "");
}

static void M9_what_was_told_and_then_removed_is_no_loss(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR);
    uint64_t topic = scene_topic(s, ONE).id;
    for (int i = 0; i < 5; i++)
        scene_update(s, ONE, "x");
    uint64_t place = postbox_expect(s, postbox_reads(box, 0), "x x x x x");
    for (int i = 0; i < 5; i++)
        scene_update(s, ONE, "y");
    scene_trim(s, topic, LONG, 2, MANY);
    struct store_collect collect = postbox_reads(box, place);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 2);
    assert_int_equal(postbox_lost(&collect), 3);
    store_release(&collect.op);
}

static void M9_none_tells_a_gap_once(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_NONE);
    for (int i = 0; i < 5; i++)
        scene_update(s, ONE, "x");
    scene_trim(s, scene_topic(s, ONE).id, LONG, 2, MANY);
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 2);
    assert_int_equal(postbox_lost(&collect), 3);
    store_release(&collect.op);
    scene_update(s, ONE, "y");
    collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 1);
    assert_int_equal(collect.gap_count, 0);
    store_release(&collect.op);
}

static void a_prefix_hears_of_all_that_begin_so(void **state)
{
    struct session *s = *state;
    uint64_t box = postbox_make(s, "reader", STORE_ACK_CURSOR);
    uint64_t sid =
        postbox_listen(s, box, postbox_prefix("https://example.")).sid;
    scene_follow(s, ONE, true, DAY);
    scene_follow(s, TWO, true, DAY);
    scene_follow(s, OTHER, true, DAY);
    scene_update(s, ONE, "a");
    scene_update(s, OTHER, "not this");
    scene_update(s, TWO, "b");
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 2);
    assert_true(collect.items[0].sid == sid);
    assert_true(scene_same(collect.items[1].event.url, TWO));
    uint64_t place = collect.place;
    store_release(&collect.op);
    postbox_expect(s, postbox_reads(box, place), "");
    scene_update(s, ONE, "c");
    postbox_expect(s, postbox_reads(box, place), "c");
}

static void a_topic_and_a_prefix_tell_of_an_event_once(void **state)
{
    struct session *s = *state;
    uint64_t box = postbox_make(s, "reader", STORE_ACK_CURSOR);
    postbox_listen(s, box, postbox_prefix(""));
    uint64_t sid = postbox_listen(s, box, postbox_topic(ONE)).sid;
    scene_follow(s, TWO, true, DAY);
    scene_update(s, ONE, "a");
    scene_update(s, TWO, "b");
    scene_update(s, ONE, "c");
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 3);
    assert_true(collect.items[0].sid == sid);
    assert_true(collect.items[1].sid != sid);
    store_release(&collect.op);
}

static void M3_the_first_of_a_listen_is_whole(void **state)
{
    struct session *s = *state;
    uint64_t box = postbox_make(s, "reader", STORE_ACK_CURSOR);
    postbox_listen(s, box, postbox_topic(ONE));
    for (int i = 0; i < 2; i++) {
        struct store_publish publish = scene_fetch(s, ONE, STORE_FETCH_UPDATE);
        publish.kind = STORE_UPDATE_ENTRIES;
        publish.whole.inlined = scene_bytes("whole");
        publish.delta.inlined = scene_bytes("delta");
        session_must(s, &publish.op);
    }
    struct store_collect collect = postbox_reads(box, 0);
    collect.deltas = true;
    uint64_t place = postbox_expect(s, collect, "whole delta");
    postbox_expect(s, collect, "whole delta");
    struct store_publish publish = scene_fetch(s, ONE, STORE_FETCH_UPDATE);
    publish.kind = STORE_UPDATE_ENTRIES;
    publish.whole.inlined = scene_bytes("whole");
    publish.delta.inlined = scene_bytes("delta");
    session_must(s, &publish.op);
    collect.ack = place;
    postbox_expect(s, collect, "delta");
}

static void seeking_goes_back_and_forth(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, STORE_ACK_CURSOR);
    uint64_t first = scene_update(s, ONE, "a").number;
    scene_update(s, TWO, "b");
    uint64_t last = scene_update(s, ONE, "c").number;
    postbox_ack(s, box, last);
    struct store_seek seek = {
        .op.verb = STORE_SEEK,
        .mailbox = box,
        .since = STORE_SINCE_EARLIEST,
    };
    session_must(s, &seek.op);
    postbox_expect(s, postbox_reads(box, 0), "a b c");
    seek.since = STORE_SINCE_NUMBER;
    seek.value = first;
    session_must(s, &seek.op);
    assert_true(seek.place == first);
    postbox_expect(s, postbox_reads(box, 0), "b c");
    seek.since = STORE_SINCE_LATEST;
    session_must(s, &seek.op);
    postbox_expect(s, postbox_reads(box, 0), "");
    scene_update(s, ONE, "d");
    postbox_expect(s, postbox_reads(box, 0), "d");
}

static void reading_no_mailbox_is_not_found(void **state)
{
    struct session *s = *state;
    struct store_collect collect = postbox_reads(99, 0);
    assert_int_equal(session_run(s, &collect.op), STORE_NOT_FOUND);
    collect.limit = 0;
    assert_int_equal(session_run(s, &collect.op), STORE_INVALID);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(C_cursor_tells_the_same_until_it_is_acknowledged),
        TEST(C_an_ack_in_between_keeps_what_comes_after_it),
        TEST(C_an_ack_never_goes_back),
        TEST(C_an_ack_beyond_the_log_is_invalid),
        TEST(C_none_is_done_with_before_it_is_told),
        TEST(reading_with_nothing_new_writes_nothing),
        TEST(pages_go_on_where_they_ended),
        TEST(a_stream_goes_on_without_an_ack),
        TEST(letters_say_what_they_are_of),
        TEST(M16_a_listen_begins_where_it_says),
        TEST(M16_history_added_later_is_told_below_the_place),
        TEST(M9_what_retention_took_is_told_exactly),
        TEST(M9_a_gap_stays_exact_when_nothing_is_left_of_it),
        TEST(M9_losses_add_up_over_pages),
        TEST(M9_what_was_told_and_then_removed_is_no_loss),
        TEST(M9_none_tells_a_gap_once),
        TEST(a_prefix_hears_of_all_that_begin_so),
        TEST(a_topic_and_a_prefix_tell_of_an_event_once),
        TEST(M3_the_first_of_a_listen_is_whole),
        TEST(seeking_goes_back_and_forth),
        TEST(reading_no_mailbox_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
