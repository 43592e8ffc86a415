// SPDX-License-Identifier: MIT
//
// Table C, `explicit`: one by one, each for a while, in the order of its topic.

#include "postbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ONE "https://example.org/one"
#define TWO "https://example.org/two"

static const int64_t LONG = 1000 * (int64_t)DAY;
static const uint64_t MANY = 1000000;

static uint64_t make(struct session *s, bool unordered, uint32_t max_deliver)
{
    struct store_put_mailbox put = postbox_asks("workers", STORE_ACK_EXPLICIT);
    put.mailbox.unordered = unordered;
    put.mailbox.max_deliver = max_deliver;
    uint64_t box = postbox_put(s, &put);
    postbox_listen(s, box, postbox_topic(ONE));
    postbox_listen(s, box, postbox_topic(TWO));
    return box;
}

// Reads one; its body must be this. Strings are lost. "": there is none.
static struct store_letter take(struct session *s, uint64_t box,
                                const char *body)
{
    struct store_collect collect = postbox_reads(box, 0);
    struct store_letter letter = { .sid = 0 };
    collect.limit = 1;
    session_must(s, &collect.op);
    assert_int_equal(collect.count, *body ? 1 : 0);
    if (collect.count == 1) {
        letter = collect.items[0];
        assert_true(scene_same(letter.event.body, body));
        assert_true(letter.claim != 0);
    }
    store_release(&collect.op);
    return letter;
}

static enum store_status ack(struct session *s, uint64_t box,
                             const struct store_letter *letter)
{
    return postbox_mark(s, box, STORE_MARK_ACK, letter, 0);
}

static void C_a_later_event_of_a_topic_waits_for_the_earlier(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, false, 0);
    scene_update(s, ONE, "a");
    scene_update(s, ONE, "b");
    scene_update(s, TWO, "c");
    struct store_letter a = take(s, box, "a");
    assert_int_equal(a.deliveries, 1);
    struct store_letter c = take(s, box, "c");
    take(s, box, "");
    assert_int_equal(ack(s, box, &a), STORE_OK);
    struct store_letter b = take(s, box, "b");
    assert_int_equal(ack(s, box, &b), STORE_OK);
    assert_int_equal(ack(s, box, &c), STORE_OK);
    take(s, box, "");
    scene_update(s, ONE, "d");
    session_reopen(s);
    take(s, box, "d");
}

static void C_one_reading_has_one_of_each_topic(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, false, 0);
    scene_update(s, ONE, "a");
    scene_update(s, ONE, "b");
    scene_update(s, TWO, "c");
    scene_update(s, TWO, "d");
    struct store_collect collect = postbox_reads(box, 0);
    postbox_expect(s, collect, "a c");
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 0);
    assert_int_equal(collect.mailbox_now.leased, 2);
    store_release(&collect.op);
}

static void unordered_gives_out_all_at_once(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, true, 0);
    scene_update(s, ONE, "a");
    scene_update(s, ONE, "b");
    scene_update(s, TWO, "c");
    struct store_letter a = take(s, box, "a");
    struct store_letter b = take(s, box, "b");
    assert_int_equal(ack(s, box, &b), STORE_OK);
    session_reopen(s);
    take(s, box, "c");
    session_advance(s, MINUTE);
    // What is done with stays so; what is not comes again.
    take(s, box, "a");
    take(s, box, "c");
    take(s, box, "");
    assert_int_equal(ack(s, box, &a), STORE_STALE);
}

static void C_a_claim_that_runs_out_comes_back(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, false, 0);
    scene_update(s, ONE, "a");
    scene_update(s, ONE, "b");
    struct store_letter first = take(s, box, "a");
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_true(collect.again_at == session_now(s) + MINUTE);
    store_release(&collect.op);
    session_advance(s, MINUTE - 1);
    take(s, box, "");
    session_advance(s, 1);
    struct store_letter second = take(s, box, "a");
    assert_int_equal(second.deliveries, 2);
    assert_true(second.claim != first.claim);
    // Somebody else has it by now.
    assert_int_equal(ack(s, box, &first), STORE_STALE);
    assert_int_equal(postbox_mark(s, box, STORE_MARK_NACK, &first, 0),
                     STORE_STALE);
    assert_int_equal(ack(s, box, &second), STORE_OK);
    take(s, box, "b");
}

static void a_late_ack_counts_while_nobody_else_has_it(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, false, 0);
    scene_update(s, ONE, "a");
    struct store_letter letter = take(s, box, "a");
    session_advance(s, HOUR);
    assert_int_equal(ack(s, box, &letter), STORE_OK);
    take(s, box, "");
}

static void acknowledging_twice_is_fine(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, false, 0);
    scene_update(s, ONE, "a");
    struct store_letter letter = take(s, box, "a");
    assert_int_equal(ack(s, box, &letter), STORE_OK);
    assert_int_equal(ack(s, box, &letter), STORE_OK);
    take(s, box, ""); // what is done with is forgotten
    assert_int_equal(ack(s, box, &letter), STORE_OK);
    assert_int_equal(postbox_mark(s, box, STORE_MARK_NACK, &letter, 0),
                     STORE_STALE);
    take(s, box, "");
}

static void what_is_given_back_comes_again_after_its_delay(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, false, 0);
    scene_update(s, ONE, "a");
    scene_update(s, ONE, "b");
    struct store_letter letter = take(s, box, "a");
    assert_int_equal(
        postbox_mark(s, box, STORE_MARK_NACK, &letter, 10 * SECOND), STORE_OK);
    assert_int_equal(ack(s, box, &letter), STORE_STALE);
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 0);
    assert_true(collect.again_at == session_now(s) + 10 * SECOND);
    store_release(&collect.op);
    session_advance(s, 10 * SECOND);
    letter = take(s, box, "a");
    assert_int_equal(letter.deliveries, 2);
    assert_int_equal(postbox_mark(s, box, STORE_MARK_NACK, &letter, 0),
                     STORE_OK);
    take(s, box, "a");
}

static void what_takes_longer_is_kept_longer(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, false, 0);
    scene_update(s, ONE, "a");
    struct store_letter letter = take(s, box, "a");
    session_advance(s, MINUTE - 1);
    assert_int_equal(postbox_mark(s, box, STORE_MARK_EXTEND, &letter, HOUR),
                     STORE_OK);
    session_advance(s, HOUR - 1);
    take(s, box, "");
    assert_int_equal(ack(s, box, &letter), STORE_OK);
}

static void M10_what_is_delivered_too_often_goes_to_the_dead(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, false, 2);
    scene_update(s, ONE, "poison");
    scene_update(s, ONE, "b");
    for (int i = 0; i < 2; i++) {
        struct store_letter letter = take(s, box, "poison");
        assert_int_equal(postbox_mark(s, box, STORE_MARK_NACK, &letter, 0),
                         STORE_OK);
    }
    take(s, box, "b");
    // It is a copy: retention does not reach it.
    for (int i = 0; i < 5; i++)
        scene_update(s, ONE, "x");
    scene_trim(s, scene_topic(s, ONE).id, LONG, 1, MANY);
    session_reopen(s);
    struct store_collect dead = postbox_reads(box, 0);
    dead.dead = true;
    session_must(s, &dead.op);
    assert_int_equal(dead.count, 1);
    const struct store_letter *letter = &dead.items[0];
    assert_true(scene_same(letter->event.body, "poison"));
    assert_true(scene_same(letter->event.url, ONE));
    assert_true(scene_same(letter->event.content_type, "text/plain"));
    assert_int_equal(letter->event.seq, 1);
    assert_int_equal(letter->deliveries, 2);
    uint64_t place = dead.place;
    assert_true(letter->claim == place);
    store_release(&dead.op);
    dead = postbox_reads(box, place + 1);
    dead.dead = true;
    assert_int_equal(session_run(s, &dead.op), STORE_INVALID);
    dead.ack = place;
    postbox_expect(s, dead, "");
    dead.ack = 0;
    postbox_expect(s, dead, "");
}

static void large_dead_letters_keep_their_bodies(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, true, 1);
    static char body[2 * STORE_CHUNK + 17];
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (char)('a' + i % 23);
    struct store_topic topic = scene_topic(s, ONE);
    for (uint32_t i = 0; i < 3; i++) {
        struct store_put_chunk put = {
            .op.verb = STORE_PUT_CHUNK,
            .topic = topic.id,
            .seq = 1,
            .index = i,
            .piece = { body + (size_t)i * STORE_CHUNK,
                       i < 2 ? (size_t)STORE_CHUNK : 17 },
        };
        session_must(s, &put.op);
    }
    struct store_publish publish = scene_fetch(s, ONE, STORE_FETCH_UPDATE);
    publish.whole.chunked = sizeof body;
    session_must(s, &publish.op);
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 1);
    struct store_letter letter = collect.items[0];
    store_release(&collect.op);
    assert_int_equal(postbox_mark(s, box, STORE_MARK_NACK, &letter, 0),
                     STORE_OK);
    take(s, box, "");
    collect.dead = true;
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 1);
    assert_int_equal(collect.items[0].event.body.len, sizeof body);
    assert_memory_equal(collect.items[0].event.body.at, body, sizeof body);
    store_release(&collect.op);
    struct store_remove_mailbox remove = {
        .op.verb = STORE_REMOVE_MAILBOX,
        .mailbox = box,
    };
    session_must(s, &remove.op);
    assert_false(remove.more);
}

static void lose_some(struct session *s, uint64_t box)
{
    for (int i = 0; i < 6; i++)
        scene_update(s, ONE, "x");
    take(s, box, "x");
    scene_trim(s, scene_topic(s, ONE).id, LONG, 2, MANY);
    session_advance(s, MINUTE);
    struct store_collect collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 1);
    assert_int_equal(collect.items[0].event.seq, 5);
    assert_int_equal(postbox_lost(&collect), 4);
    assert_int_equal(collect.gaps[0].from, 1);
    assert_int_equal(collect.gaps[0].to, 4);
    struct store_letter letter = collect.items[0];
    store_release(&collect.op);
    assert_int_equal(ack(s, box, &letter), STORE_OK);
    collect = postbox_reads(box, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 1);
    assert_int_equal(collect.gap_count, 0);
    store_release(&collect.op);
}

static void M9_a_gap_is_told_with_what_follows_it(void **state)
{
    struct session *s = *state;
    lose_some(s, make(s, false, 0));
}

static void M9_a_gap_of_a_prefix_is_told_so_too(void **state)
{
    struct session *s = *state;
    uint64_t box = postbox_make(s, "workers", STORE_ACK_EXPLICIT);
    scene_follow(s, ONE, true, DAY);
    postbox_listen(s, box, postbox_prefix("https://example.org/"));
    lose_some(s, box);
}

static void a_prefix_keeps_the_order_of_each_topic(void **state)
{
    struct session *s = *state;
    uint64_t box = postbox_make(s, "workers", STORE_ACK_EXPLICIT);
    postbox_listen(s, box, postbox_prefix("https://example.org/"));
    scene_follow(s, ONE, true, DAY);
    scene_follow(s, TWO, true, DAY);
    scene_update(s, ONE, "a");
    scene_update(s, ONE, "b");
    scene_update(s, TWO, "c");
    struct store_letter a = take(s, box, "a");
    struct store_letter c = take(s, box, "c");
    take(s, box, "");
    assert_int_equal(ack(s, box, &c), STORE_OK);
    take(s, box, "");
    assert_int_equal(ack(s, box, &a), STORE_OK);
    struct store_letter b = take(s, box, "b");
    session_reopen(s);
    assert_int_equal(ack(s, box, &b), STORE_OK);
    take(s, box, "");
    scene_update(s, TWO, "d");
    take(s, box, "d");
}

// What other topics have in between.
static void make_noise(struct session *s, uint64_t *head, int count)
{
    static struct store_publish publish[5000];
    uint64_t topic = scene_follow(s, "https://noise.example/", true, DAY).topic;
    assert_true(count <= 5000);
    for (int i = 0; i < count; i++) {
        publish[i] = (struct store_publish){
            .op.verb = STORE_PUBLISH,
            .topic = topic,
            .expected_head = (*head)++,
            .verdict = STORE_FETCH_UPDATE,
            .kind = STORE_UPDATE_WHOLE,
            .whole.inlined = scene_bytes("noise"),
        };
        session_submit(s, &publish[i].op);
    }
    session_wait(s);
    assert_int_equal(publish[count - 1].op.status, STORE_OK);
}

// Reads until there is no more.
static void read_all(struct session *s, uint64_t box, enum store_ack ack,
                     const char *body)
{
    struct store_collect collect = postbox_reads(box, 0);
    size_t told = 0;
    for (int i = 0; i == 0 || collect.more; i++) {
        assert_true(i < 10);
        session_must(s, &collect.op);
        for (size_t k = 0; k < collect.count; k++) {
            assert_true(scene_same(collect.items[k].event.body, body));
            told++;
        }
        store_release(&collect.op);
        collect.ack = ack == STORE_ACK_CURSOR ? collect.place : 0;
    }
    assert_int_equal(told, *body ? 1 : 0);
    if (ack == STORE_ACK_CURSOR)
        postbox_ack(s, box, collect.place);
}

static void a_prefix_is_found_behind_any_noise(void **state)
{
    struct session *s = *state;
    static const enum store_ack acks[] = {
        STORE_ACK_NONE,
        STORE_ACK_CURSOR,
        STORE_ACK_EXPLICIT,
    };
    uint64_t boxes[3], head = 0;
    for (int i = 0; i < 3; i++) {
        boxes[i] =
            postbox_make(s, (const char *[]){ "n", "c", "e" }[i], acks[i]);
        postbox_listen(s, boxes[i], postbox_prefix("https://example.org/"));
    }
    scene_follow(s, ONE, true, DAY);
    for (int round = 0; round < 2; round++) {
        make_noise(s, &head, 5000);
        make_noise(s, &head, 4000);
        scene_update(s, ONE, "behind");
        for (int i = 0; i < 3; i++)
            read_all(s, boxes[i], acks[i], "behind");
        make_noise(s, &head, 5000);
        // One is leased, so nothing moves, and nobody is asked to come again.
        for (int i = 0; i < 3; i++)
            read_all(s, boxes[i], acks[i], "");
        session_advance(s, MINUTE);
        struct store_letter letter = take(s, boxes[2], "behind");
        assert_int_equal(ack(s, boxes[2], &letter), STORE_OK);
    }
}

static void seeking_ends_all_leases(void **state)
{
    struct session *s = *state;
    uint64_t box = make(s, false, 0);
    scene_update(s, ONE, "a");
    scene_update(s, TWO, "b");
    struct store_letter a = take(s, box, "a");
    take(s, box, "b");
    struct store_seek seek = {
        .op.verb = STORE_SEEK,
        .mailbox = box,
        .since = STORE_SINCE_EARLIEST,
    };
    session_must(s, &seek.op);
    assert_int_equal(ack(s, box, &a), STORE_STALE);
    a = take(s, box, "a");
    assert_int_equal(a.deliveries, 1);
}

// Takes all there is, and is done with it. Returns how much that was.
static size_t work_off(struct session *s, uint64_t box)
{
    static struct store_marking items[STORE_BATCH_MAX];
    size_t total = 0, count = 1;
    while (count > 0) {
        struct store_collect collect = postbox_reads(box, 0);
        collect.limit = STORE_BATCH_MAX;
        session_must(s, &collect.op);
        count = collect.count;
        assert_true(count > 0 || !collect.more);
        for (size_t i = 0; i < count; i++)
            items[i] = (struct store_marking){
                .mark = STORE_MARK_ACK,
                .number = collect.items[i].event.number,
                .claim = collect.items[i].claim,
            };
        store_release(&collect.op);
        struct store_mark_letters marks = {
            .op.verb = STORE_MARK_LETTERS,
            .mailbox = box,
            .items = items,
            .count = count,
        };
        session_must(s, &marks.op);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(items[i].result, STORE_OK);
        total += count;
    }
    return total;
}

static void one_that_hangs_does_not_fill_the_store(void **state)
{
    struct session *s = *state;
    enum { LETTERS = 4096, MORE = 4900 };
    struct store_put_mailbox put = postbox_asks("workers", STORE_ACK_EXPLICIT);
    put.mailbox.unordered = true;
    put.mailbox.ack_wait = DAY;
    uint64_t box = postbox_put(s, &put), head = 0;
    postbox_listen(s, box, postbox_topic(TWO));
    postbox_listen(s, box, postbox_topic("https://noise.example/"));
    scene_update(s, TWO, "elsewhere");
    struct store_letter elsewhere = take(s, box, "elsewhere");
    // It holds nothing up but its own topic.
    make_noise(s, &head, MORE);
    assert_int_equal(work_off(s, box), MORE);
    assert_int_equal(ack(s, box, &elsewhere), STORE_OK);
    make_noise(s, &head, 1);
    struct store_letter hangs = take(s, box, "noise");
    make_noise(s, &head, MORE);
    assert_int_equal(work_off(s, box), LETTERS - 1);
    struct store_read_mailbox look;
    assert_true(postbox_look(s, box, &look));
    assert_int_equal(look.pending, 1 + MORE - (LETTERS - 1));
    assert_int_equal(look.mailbox.leased, 1);
    store_release(&look.op);
    assert_int_equal(ack(s, box, &hangs), STORE_OK);
    assert_int_equal(work_off(s, box), MORE - (LETTERS - 1));
    assert_true(postbox_look(s, box, &look));
    assert_int_equal(look.pending, 0);
    store_release(&look.op);
}

static void the_oldest_of_too_many_dead_go(void **state)
{
    struct session *s = *state;
    enum { DEAD = 1000, COUNT = DEAD + 20 };
    struct store_put_mailbox put = postbox_asks("workers", STORE_ACK_EXPLICIT);
    put.mailbox.unordered = true;
    put.mailbox.max_deliver = 1;
    uint64_t box = postbox_put(s, &put), head = 0;
    postbox_listen(s, box, postbox_topic("https://noise.example/"));
    make_noise(s, &head, COUNT);
    struct store_collect collect = postbox_reads(box, 0);
    collect.limit = STORE_BATCH_MAX;
    session_must(s, &collect.op);
    assert_int_equal(collect.count, COUNT);
    store_release(&collect.op);
    session_advance(s, MINUTE);
    // Page by page.
    for (int i = 0; i == 0 || collect.more; i++) {
        assert_true(i < COUNT);
        session_must(s, &collect.op);
        assert_int_equal(collect.count, 0);
        store_release(&collect.op);
    }
    collect.dead = true;
    session_must(s, &collect.op);
    assert_int_equal(collect.count, DEAD);
    assert_int_equal(collect.items[0].event.seq, COUNT - DEAD + 1);
    assert_int_equal(collect.items[DEAD - 1].event.seq, COUNT);
    store_release(&collect.op);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(C_a_later_event_of_a_topic_waits_for_the_earlier),
        TEST(C_one_reading_has_one_of_each_topic),
        TEST(unordered_gives_out_all_at_once),
        TEST(C_a_claim_that_runs_out_comes_back),
        TEST(a_late_ack_counts_while_nobody_else_has_it),
        TEST(acknowledging_twice_is_fine),
        TEST(what_is_given_back_comes_again_after_its_delay),
        TEST(what_takes_longer_is_kept_longer),
        TEST(M10_what_is_delivered_too_often_goes_to_the_dead),
        TEST(large_dead_letters_keep_their_bodies),
        TEST(M9_a_gap_is_told_with_what_follows_it),
        TEST(M9_a_gap_of_a_prefix_is_told_so_too),
        TEST(a_prefix_keeps_the_order_of_each_topic),
        TEST(a_prefix_is_found_behind_any_noise),
        TEST(seeking_ends_all_leases),
        TEST(the_oldest_of_too_many_dead_go),
        TEST(one_that_hangs_does_not_fill_the_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
