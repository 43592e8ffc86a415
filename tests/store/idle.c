// SPDX-License-Identifier: MIT
//
// M18: an unsubscribe of nothing is treated like any other, for as long as
// somebody could tell by it whether there was something.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

enum { SOON = 15 * SECOND };

static struct store_take leave(struct session *s, int64_t lease)
{
    struct store_take take = scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK);
    take.request.lease = lease;
    session_must(s, &take.op);
    return take;
}

static struct store_find find(struct session *s)
{
    struct store_find find = {
        .op.verb = STORE_FIND,
        .topic_key = scene_key(TOPIC),
        .callback_key = scene_key(CALLBACK),
    };
    session_must(s, &find.op);
    store_release(&find.op);
    return find;
}

static size_t claimable(struct session *s)
{
    size_t count = 0;
    for (int kind = STORE_DUE_VERIFY; kind <= STORE_DUE_DENY; kind++) {
        struct store_claim claim = {
            .op.verb = STORE_CLAIM,
            .kind = (enum store_due_kind)kind,
            .max = SCENE_MAX,
            .hold_ms = 1,
        };
        session_must(s, &claim.op);
        if (claim.next_due != INT64_MAX && claim.count == 0)
            count++;
        count += claim.count;
        store_release(&claim.op);
    }
    return count;
}

static void expire(struct session *s)
{
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    assert_int_equal(expire.count, 0);
    assert_false(expire.more);
    store_release(&expire.op);
}

static void M18_it_is_written_but_nobody_sees_it(void **state)
{
    struct session *s = *state;
    struct store_take take = leave(s, LEASE);
    assert_int_equal(take.taken, STORE_TAKEN_IDLE);
    assert_true(take.id != 0);
    assert_int_equal(scene_stats(s).requests, 0);
    assert_int_equal(find(s).pending_count, 0);
    assert_int_equal(claimable(s), 0);
    session_advance(s, SOON + 1);
    assert_int_equal(claimable(s), 0);
    expire(s);
    assert_int_equal(scene_stats(s).requests, 0);
    session_reopen(s);
    assert_int_equal(scene_stats(s).requests, 0);
}

static void M18_an_identical_one_joins_it_until_it_is_forgotten(void **state)
{
    struct session *s = *state;
    struct store_take first = leave(s, LEASE), second = leave(s, LEASE);
    assert_int_equal(second.taken, STORE_TAKEN_IDLE);
    assert_true(second.id == first.id);
    session_reopen(s);
    assert_true(leave(s, LEASE).id == first.id);
    session_advance(s, SOON);
    struct store_take third = leave(s, LEASE);
    assert_int_equal(third.taken, STORE_TAKEN_IDLE);
    assert_true(third.id > first.id);
}

static void M18_four_may_wait_of_it_as_of_any_other(void **state)
{
    struct session *s = *state;
    for (int i = 0; i < STORE_PENDING_MAX; i++)
        assert_int_equal(leave(s, LEASE + i).taken, STORE_TAKEN_IDLE);
    // A fifth is no different, and none keeps out who wants to subscribe.
    assert_int_equal(leave(s, LEASE - 1).taken, STORE_TAKEN_IDLE);
    for (int i = 0; i < STORE_PENDING_MAX; i++) {
        struct store_take comes = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
        comes.request.lease = LEASE - i;
        scene_take(s, &comes);
        assert_int_equal(comes.taken, STORE_TAKEN_NEW);
    }
    assert_int_equal(scene_stats(s).requests, STORE_PENDING_MAX);
}

static void M18_four_of_nothing_keep_out_none_of_something(void **state)
{
    struct session *s = *state;
    for (int i = 0; i < STORE_PENDING_MAX; i++)
        assert_int_equal(leave(s, LEASE + i).taken, STORE_TAKEN_IDLE);
    struct store_take comes = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    scene_take(s, &comes);
    for (int i = 0; i < STORE_PENDING_MAX; i++)
        assert_int_equal(leave(s, LEASE + 10 + i).taken, STORE_TAKEN_NEW);
    assert_int_equal(leave(s, LEASE + 20).taken, STORE_TAKEN_IDLE);
    assert_int_equal(scene_stats(s).requests, 1 + STORE_PENDING_MAX);
    session_reopen(s);
    assert_int_equal(scene_stats(s).requests, 1 + STORE_PENDING_MAX);
}

// Nor is one refused of what there is, however many wait and however soon the
// callback answers.
static void M18_a_crowd_of_unsubscribes_tells_nothing(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    for (int i = 0; i < STORE_PENDING_MAX; i++)
        assert_int_equal(leave(s, LEASE + i).taken, STORE_TAKEN_NEW);
    assert_int_equal(leave(s, LEASE - 1).taken, STORE_TAKEN_IDLE);
    struct store_take renewal = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    scene_take(s, &renewal);
    assert_int_equal(renewal.taken, STORE_TAKEN_NEW);
}

static void M18_it_does_not_swallow_a_later_unsubscribe(void **state)
{
    struct session *s = *state;
    struct store_take idle = leave(s, LEASE);
    struct store_take back = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &back);
    struct store_take pending = leave(s, LEASE);
    assert_int_equal(pending.taken, STORE_TAKEN_NEW);
    assert_true(pending.id > idle.id);
    scene_settle(s, id, STORE_VERIFIED);
    assert_true(find(s).subscribed);
    struct store_take joins = leave(s, LEASE);
    assert_int_equal(joins.taken, STORE_TAKEN_JOINED);
    assert_true(joins.id == pending.id);
    scene_settle(s, pending.id, STORE_VERIFIED);
    assert_false(find(s).subscribed);
    assert_int_equal(scene_stats(s).requests, 0);
}

static void M18_a_verified_request_clears_it_away(void **state)
{
    struct session *s = *state;
    leave(s, LEASE);
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take real = leave(s, LEASE);
    assert_int_equal(real.taken, STORE_TAKEN_NEW);
    assert_int_equal(scene_stats(s).requests, 1);
    assert_int_equal(find(s).pending_count, 1);
}

static void M18_its_end_ends_nothing_else(void **state)
{
    struct session *s = *state;
    leave(s, LEASE);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    session_advance(s, SOON);
    expire(s);
    assert_int_equal(find(s).pending_count, 1);
    assert_int_equal(scene_settle(s, id, STORE_VERIFIED).effect,
                     STORE_EFFECT_ACTIVE);
}

static void M18_it_makes_no_host_more_crowded(void **state)
{
    struct session *s = *state;
    session_close(s);
    s->options.pending_per_host = 1;
    session_open(s);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/b");
    struct store_take idle = scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK);
    take.request.host = idle.request.host = 7;
    session_must(s, &idle.op);
    session_reopen(s);
    session_must(s, &take.op);
    idle.request.lease++;
    session_must(s, &idle.op);
    assert_int_equal(idle.taken, STORE_TAKEN_IDLE);
    session_advance(s, SOON);
    expire(s);
    struct store_take more = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/c");
    more.request.host = 7;
    assert_int_equal(session_run(s, &more.op), STORE_CONFLICT);
    assert_int_equal(more.taken, STORE_TAKEN_CROWDED);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M18_it_is_written_but_nobody_sees_it),
        TEST(M18_an_identical_one_joins_it_until_it_is_forgotten),
        TEST(M18_four_may_wait_of_it_as_of_any_other),
        TEST(M18_four_of_nothing_keep_out_none_of_something),
        TEST(M18_a_crowd_of_unsubscribes_tells_nothing),
        TEST(M18_it_does_not_swallow_a_later_unsubscribe),
        TEST(M18_a_verified_request_clears_it_away),
        TEST(M18_its_end_ends_nothing_else),
        TEST(M18_it_makes_no_host_more_crowded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
