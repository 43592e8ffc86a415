// SPDX-License-Identifier: MIT
//
// What becomes of more than a mailbox may have waiting.

#include "postbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ONE   "https://example.org/one"
#define TWO   "https://example.org/two"
#define THREE "https://example.org/three"

static const char *const URLS[] = { ONE, TWO, THREE };

struct box {
    uint64_t id;
    int next; // to write
};

// `prefix`: it listens to all there is, instead of three topics.
static struct box make(struct session *s, enum store_overflow overflow,
                       uint64_t max, bool prefix)
{
    struct store_put_mailbox put = postbox_asks("reader", STORE_ACK_CURSOR);
    put.mailbox.overflow = overflow;
    put.mailbox.max_pending = max;
    struct box box = { postbox_put(s, &put), 0 };
    for (int i = 0; i < 3; i++) {
        scene_follow(s, URLS[i], true, DAY);
        if (!prefix)
            postbox_listen(s, box.id, postbox_topic(URLS[i]));
    }
    if (prefix)
        postbox_listen(s, box.id, postbox_prefix("https://example.org/"));
    return box;
}

// Bodies are "0", "1", ... over all three topics.
static void write(struct session *s, struct box *box, int count)
{
    char body[16];
    for (int i = 0; i < count; i++) {
        snprintf(body, sizeof body, "%d", box->next);
        scene_update(s, URLS[(box->next * 7 + box->next / 4) % 3], body);
        box->next++;
    }
}

static uint64_t expect(struct session *s, struct box *box, uint64_t ack,
                       const char *bodies, uint64_t lost)
{
    struct store_collect collect = postbox_reads(box->id, ack);
    session_must(s, &collect.op);
    assert_int_equal(postbox_lost(&collect), lost);
    for (size_t i = 0; i < collect.gap_count; i++) {
        assert_int_equal(collect.gaps[i].loss, STORE_LOST_OVERFLOW);
        assert_false(collect.gaps[i].inexact);
        assert_true(collect.gaps[i].url.len > 0);
    }
    store_release(&collect.op);
    return postbox_expect(s, postbox_reads(box->id, 0), bodies);
}

static void the_oldest_are_passed_over(struct session *s, bool prefix)
{
    struct box box = make(s, STORE_OVERFLOW_OLDEST, 3, prefix);
    write(s, &box, 3);
    expect(s, &box, 0, "0 1 2", 0);
    write(s, &box, 5);
    uint64_t place = expect(s, &box, 0, "5 6 7", 5);
    session_reopen(s);
    write(s, &box, 1);
    place = expect(s, &box, 0, "6 7 8", 6);
    expect(s, &box, place, "", 0);
    write(s, &box, 2);
    expect(s, &box, place, "9 10", 0);
}

static void C_oldest_passes_over_the_oldest(void **state)
{
    the_oldest_are_passed_over(*state, false);
}

static void C_oldest_does_so_with_prefixes(void **state)
{
    the_oldest_are_passed_over(*state, true);
}

static void the_newest_are_passed_over(struct session *s, bool prefix)
{
    struct box box = make(s, STORE_OVERFLOW_NEWEST, 3, prefix);
    write(s, &box, 2);
    uint64_t first = expect(s, &box, 0, "0 1", 0);
    write(s, &box, 4);
    // 3 to 5 came while it was full; 6 finds room again.
    struct store_collect collect = postbox_reads(box.id, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 3);
    assert_int_equal(postbox_lost(&collect), 3);
    store_release(&collect.op);
    postbox_ack(s, box.id, first);
    session_reopen(s);
    write(s, &box, 1);
    uint64_t place = expect(s, &box, 0, "2 6", 3);
    write(s, &box, 3);
    place = expect(s, &box, 0, "2 6 7", 5);
    expect(s, &box, place, "", 0);
    write(s, &box, 1);
    expect(s, &box, 0, "10", 0);
}

static void C_newest_passes_over_the_newest(void **state)
{
    the_newest_are_passed_over(*state, false);
}

static void C_newest_does_so_with_prefixes(void **state)
{
    the_newest_are_passed_over(*state, true);
}

static void many_holes_are_joined(void **state)
{
    struct session *s = *state;
    struct box box = make(s, STORE_OVERFLOW_NEWEST, 2, false);
    uint64_t told = 0, lost = 0, place = 0;
    for (int i = 0; i < 40; i++) {
        write(s, &box, 3);
        struct store_collect collect = postbox_reads(box.id, place);
        collect.limit = 1;
        session_must(s, &collect.op);
        place = collect.place;
        told += collect.count;
        lost += postbox_lost(&collect);
        store_release(&collect.op);
    }
    for (bool more = true; more;) {
        struct store_collect collect = postbox_reads(box.id, place);
        session_must(s, &collect.op);
        place = collect.place;
        told += collect.count;
        lost += postbox_lost(&collect);
        more = collect.count > 0;
        store_release(&collect.op);
    }
    assert_int_equal(told + lost, 120);
    assert_true(told >= 40);
}

static void C_ending_ends_it(void **state)
{
    struct session *s = *state;
    struct box box = make(s, STORE_OVERFLOW_END, 3, false);
    write(s, &box, 3);
    expect(s, &box, 0, "0 1 2", 0);
    write(s, &box, 1);
    struct store_collect collect = postbox_reads(box.id, 0);
    assert_int_equal(session_run(s, &collect.op), STORE_CONFLICT);
    assert_int_equal(session_run(s, &collect.op), STORE_NOT_FOUND);
    session_reopen(s);
    assert_int_equal(scene_stats(s).mailboxes, 0);
    assert_int_equal(scene_topic(s, ONE).listeners, 0);
}

static void C_suspending_takes_nothing_away(void **state)
{
    struct session *s = *state;
    struct box box = make(s, STORE_OVERFLOW_SUSPEND, 3, false);
    write(s, &box, 5);
    struct store_collect collect = postbox_reads(box.id, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 5);
    assert_true(collect.mailbox_now.suspended);
    uint64_t place = collect.place;
    store_release(&collect.op);
    struct store_read_mailbox look;
    assert_true(postbox_look(s, box.id, &look));
    assert_true(look.mailbox.suspended);
    assert_int_equal(look.pending, 5);
    store_release(&look.op);
    collect = postbox_reads(box.id, place);
    session_must(s, &collect.op);
    assert_false(collect.mailbox_now.suspended);
    store_release(&collect.op);
}

static void bodies_have_a_ceiling_too(void **state)
{
    struct session *s = *state;
    struct store_put_mailbox put = postbox_asks("reader", STORE_ACK_CURSOR);
    put.mailbox.overflow = STORE_OVERFLOW_OLDEST;
    put.mailbox.max_bytes = 25;
    uint64_t box = postbox_put(s, &put);
    postbox_listen(s, box, postbox_topic(ONE));
    for (int i = 0; i < 5; i++)
        scene_update(s, ONE, "ten bytes.");
    postbox_expect(s, postbox_reads(box, 0), "ten bytes. ten bytes.");
    // One always stays.
    scene_update(s, ONE, "a body that is larger than all of that");
    postbox_expect(s, postbox_reads(box, 0),
                   "a body that is larger than all of that");
}

static void passed_over_is_what_nobody_has_had(void **state)
{
    struct session *s = *state;
    struct store_put_mailbox put = postbox_asks("none", STORE_ACK_NONE);
    put.mailbox.overflow = STORE_OVERFLOW_OLDEST;
    put.mailbox.max_pending = 2;
    struct box box = { postbox_put(s, &put), 0 };
    for (int i = 0; i < 3; i++)
        postbox_listen(s, box.id, postbox_topic(URLS[i]));
    write(s, &box, 2);
    postbox_expect(s, postbox_reads(box.id, 0), "0 1");
    write(s, &box, 5);
    struct store_collect collect = postbox_reads(box.id, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 2);
    assert_int_equal(postbox_lost(&collect), 3);
    store_release(&collect.op);
    write(s, &box, 1);
    collect = postbox_reads(box.id, 0);
    session_must(s, &collect.op);
    assert_int_equal(collect.count, 1);
    assert_int_equal(postbox_lost(&collect), 0);
    store_release(&collect.op);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(C_oldest_passes_over_the_oldest),
        TEST(C_oldest_does_so_with_prefixes),
        TEST(C_newest_passes_over_the_newest),
        TEST(C_newest_does_so_with_prefixes),
        TEST(many_holes_are_joined),
        TEST(C_ending_ends_it),
        TEST(C_suspending_takes_nothing_away),
        TEST(bodies_have_a_ceiling_too),
        TEST(passed_over_is_what_nobody_has_had),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
