// SPDX-License-Identifier: MIT
//
// How many there may be: subscriptions, topics, and what waits for one host.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

enum { HOST = 77, OTHER_HOST = 78, CAP = 3 };

static struct store_settle renew(struct session *s,
                                 enum store_verification verdict)
{
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    return scene_settle(s, id, verdict);
}

static void open_with(struct session *s, uint64_t subscriptions,
                      uint64_t topics, uint64_t pending)
{
    session_close(s);
    s->options.max_subscriptions = subscriptions;
    s->options.max_topics = topics;
    s->options.pending_per_host = pending;
    session_open(s);
}

// A request number `who` of a host, at an origin of that host.
static struct store_take asks_from(uint64_t host, int who, char callback[64])
{
    char origin[64];
    snprintf(origin, sizeof origin, "https://%u.example:443", (unsigned)host);
    snprintf(callback, 64, "https://%u.example/%d", (unsigned)host, who);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, callback);
    take.request.host = host;
    take.request.origin = scene_key(origin);
    return take;
}

static void must_be_crowded(struct session *s, struct store_take *take)
{
    assert_int_equal(session_run(s, &take->op), STORE_CONFLICT);
    assert_int_equal(take->taken, STORE_TAKEN_CROWDED);
    assert_int_equal(take->id, 0);
}

// So many new ones wait for the host; those from `from` on are made now.
static void fill(struct session *s, uint64_t host, int from, int to)
{
    for (int i = from; i < to; i++) {
        char callback[64];
        struct store_take take = asks_from(host, i, callback);
        scene_take(s, &take);
        assert_int_equal(take.taken, STORE_TAKEN_NEW);
    }
}

static void the_ceiling_of_subscriptions_refuses_only_new_ones(void **state)
{
    struct session *s = *state;
    open_with(s, 1, 0, 0);
    struct store_settle first = renew(s, STORE_VERIFIED);
    assert_int_equal(first.effect, STORE_EFFECT_ACTIVE);
    struct store_take take =
        scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/second");
    assert_int_equal(session_run(s, &take.op), STORE_FULL);
    assert_int_equal(scene_stats(s).requests, 0);
    assert_int_equal(renew(s, STORE_VERIFIED).effect, STORE_EFFECT_RENEWED);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    assert_int_equal(scene_settle(s, id, STORE_VERIFIED).effect,
                     STORE_EFFECT_ACTIVE);
}

static void the_ceiling_of_topics_refuses_only_new_ones(void **state)
{
    struct session *s = *state;
    open_with(s, 0, 1, 0);
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take take =
        scene_asks(STORE_SUBSCRIBE, TOPIC "/second", CALLBACK);
    assert_int_equal(session_run(s, &take.op), STORE_FULL);
    assert_int_equal(scene_stats(s).topics, 1);
    scene_subscribe(s, TOPIC, CALLBACK "/second");
}

static void an_unsubscribe_is_taken_at_the_ceiling(void **state)
{
    struct session *s = *state;
    open_with(s, 1, 1, 0);
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take idle =
        scene_asks(STORE_UNSUBSCRIBE, TOPIC "/second", CALLBACK);
    session_must(s, &idle.op);
    assert_int_equal(idle.taken, STORE_TAKEN_IDLE);
    scene_unsubscribe(s, TOPIC, CALLBACK);
}

// Two were accepted while there was a place for one.
static void who_comes_too_late_for_the_last_place_is_told(void **state)
{
    struct session *s = *state;
    open_with(s, 1, 0, 0);
    struct store_take one = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take two =
        scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/second");
    uint64_t first = scene_take(s, &one), second = scene_take(s, &two);
    scene_settle(s, first, STORE_VERIFIED);
    struct store_settle late = scene_settle(s, second, STORE_VERIFIED);
    assert_int_equal(late.effect, STORE_EFFECT_REFUSED);
    assert_int_equal(scene_stats(s).subscriptions, 1);
    assert_int_equal(scene_stats(s).requests, 0);
    struct store_claim told = scene_claim_denials(s);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.items[0].denial.reason, STORE_DENIAL_LIMIT);
    assert_true(told.items[0].denial.verified);
    assert_true(scene_same(told.items[0].denial.callback, CALLBACK "/second"));
    store_release(&told.op);
}

static void S5_too_many_requests_for_one_host_are_refused(void **state)
{
    struct session *s = *state;
    char callback[64];
    open_with(s, 0, 0, CAP);
    fill(s, HOST, 0, CAP);
    struct store_take more = asks_from(HOST, CAP, callback);
    must_be_crowded(s, &more);
    assert_int_equal(scene_stats(s).requests, CAP);
    fill(s, OTHER_HOST, 0, CAP);
    struct store_take twin = asks_from(HOST, 0, callback);
    session_must(s, &twin.op);
    assert_int_equal(twin.taken, STORE_TAKEN_JOINED);
}

static void S5_what_ends_makes_room_for_another(void **state)
{
    struct session *s = *state;
    char callback[64];
    static const enum store_verification verdicts[] = {
        STORE_VERIFY_FAILED,
        STORE_VERIFY_DENIED,
    };
    open_with(s, 0, 0, 1);
    for (size_t i = 0; i < 2; i++) {
        struct store_take take = asks_from(HOST, 0, callback);
        uint64_t id = scene_take(s, &take);
        scene_settle(s, id, STORE_VERIFY_LATER);
        struct store_take more = asks_from(HOST, 1, callback);
        must_be_crowded(s, &more);
        session_advance(s, MINUTE);
        scene_settle(s, id, verdicts[i]);
    }
    fill(s, HOST, 0, 1);
    session_advance(s, DEADLINE);
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    store_release(&expire.op);
    fill(s, HOST, 1, 2);
}

static void S5_a_host_that_is_subscribed_has_twenty_times_the_room(void **state)
{
    struct session *s = *state;
    char callback[64];
    open_with(s, 0, 0, CAP);
    struct store_take first = asks_from(HOST, -1, callback);
    scene_settle(s, scene_take(s, &first), STORE_VERIFIED);
    fill(s, HOST, 0, 20 * CAP);
    struct store_take more = asks_from(HOST, 20 * CAP, callback);
    must_be_crowded(s, &more);
}

static void S5_a_renewal_is_never_crowded_out_nor_counted(void **state)
{
    struct session *s = *state;
    char callback[64];
    open_with(s, 0, 0, 1);
    struct store_take first = asks_from(HOST, -1, callback);
    scene_settle(s, scene_take(s, &first), STORE_VERIFIED);
    fill(s, HOST, 0, 20);
    struct store_take renewal = asks_from(HOST, -1, callback);
    session_must(s, &renewal.op);
    assert_int_equal(renewal.taken, STORE_TAKEN_NEW);
    assert_true(renewal.renews);
    struct store_take leaves = renewal;
    leaves.request.mode = STORE_UNSUBSCRIBE;
    session_must(s, &leaves.op);
    assert_int_equal(leaves.taken, STORE_TAKEN_NEW);
    scene_settle(s, leaves.id, STORE_VERIFIED);
    // Neither of these two made the host more crowded, nor less.
    struct store_take more = asks_from(HOST, 20, callback);
    must_be_crowded(s, &more);
}

static void S6_an_origin_has_so_many_subscriptions_at_most(void **state)
{
    struct session *s = *state;
    char callback[64];
    session_close(s);
    s->options.subscriptions_per_origin = 2;
    session_open(s);
    for (int i = 0; i < 2; i++) {
        struct store_take take = asks_from(HOST, i, callback);
        scene_settle(s, scene_take(s, &take), STORE_VERIFIED);
    }
    struct store_take third = asks_from(HOST, 2, callback);
    must_be_crowded(s, &third);
    // It is known again after a restart; renewals and others are free.
    session_reopen(s);
    must_be_crowded(s, &third);
    struct store_take renewal = asks_from(HOST, 1, callback);
    assert_int_equal(
        scene_settle(s, scene_take(s, &renewal), STORE_VERIFIED).effect,
        STORE_EFFECT_RENEWED);
    struct store_take other = asks_from(OTHER_HOST, 0, callback);
    assert_int_equal(
        scene_settle(s, scene_take(s, &other), STORE_VERIFIED).effect,
        STORE_EFFECT_ACTIVE);
    struct store_take leaves = asks_from(HOST, 0, callback);
    leaves.request.mode = STORE_UNSUBSCRIBE;
    scene_settle(s, scene_take(s, &leaves), STORE_VERIFIED);
    third = asks_from(HOST, 2, callback);
    assert_int_equal(
        scene_settle(s, scene_take(s, &third), STORE_VERIFIED).effect,
        STORE_EFFECT_ACTIVE);
}

static void S6_the_last_place_of_an_origin_is_given_once(void **state)
{
    struct session *s = *state;
    char callbacks[2][64];
    session_close(s);
    s->options.subscriptions_per_origin = 1;
    session_open(s);
    struct store_take one = asks_from(HOST, 0, callbacks[0]);
    struct store_take two = asks_from(HOST, 1, callbacks[1]);
    uint64_t first = scene_take(s, &one), second = scene_take(s, &two);
    scene_settle(s, first, STORE_VERIFIED);
    assert_int_equal(scene_settle(s, second, STORE_VERIFIED).effect,
                     STORE_EFFECT_REFUSED);
    assert_int_equal(scene_stats(s).subscriptions, 1);
    struct store_claim told = scene_claim_denials(s);
    assert_int_equal(told.count, 1);
    assert_int_equal(told.items[0].denial.reason, STORE_DENIAL_LIMIT);
    store_release(&told.op);
}

// So many more of this asker fill his share: one more yet is refused.
static void fill_share(struct session *s, uint64_t asker, int from, int count)
{
    char callback[64];
    struct store_take take;
    for (int i = from; i < from + count; i++) {
        take = asks_from(HOST, i, callback);
        take.request.asker = asker;
        scene_take(s, &take);
        assert_int_equal(take.taken, STORE_TAKEN_NEW);
    }
    take = asks_from(HOST, from + count, callback);
    take.request.asker = asker;
    must_be_crowded(s, &take);
}

static void S5_nobody_alone_fills_the_room_of_a_host(void **state)
{
    struct session *s = *state;
    char callback[64];
    open_with(s, 0, 0, 9);
    for (int asker = 1; asker <= 4; asker++)
        fill_share(s, (uint64_t)asker, 10 * asker, 2);
    // The ninth is somebody else's, and then it is full.
    fill_share(s, 5, 50, 1);
    struct store_take more = asks_from(HOST, 60, callback);
    must_be_crowded(s, &more);
    // Each has a share at each host.
    more = asks_from(OTHER_HOST, 0, callback);
    more.request.asker = 1;
    scene_take(s, &more);
    assert_int_equal(more.taken, STORE_TAKEN_NEW);
}

static void S5_everybody_has_one_place_at_least(void **state)
{
    open_with(*state, 0, 0, 3);
    for (int asker = 1; asker <= 3; asker++)
        fill_share(*state, (uint64_t)asker, 10 * asker, 1);
}

static void S5_a_share_is_larger_where_there_is_more_room(void **state)
{
    struct session *s = *state;
    char callback[64];
    open_with(s, 0, 0, CAP);
    struct store_take first = asks_from(HOST, -1, callback);
    first.request.asker = 1;
    scene_settle(s, scene_take(s, &first), STORE_VERIFIED);
    fill_share(s, 1, 0, 5 * CAP);
    // What is subscribed may be renewed all the same, and left.
    struct store_take renewal = asks_from(HOST, -1, callback);
    renewal.request.asker = 1;
    session_must(s, &renewal.op);
    assert_int_equal(renewal.taken, STORE_TAKEN_NEW);
    struct store_take leaves = renewal;
    leaves.request.mode = STORE_UNSUBSCRIBE;
    session_must(s, &leaves.op);
    assert_int_equal(leaves.taken, STORE_TAKEN_NEW);
    fill_share(s, 2, 100, 5 * CAP);
}

static void S5_a_share_is_not_filled_by_what_nothing_comes_of(void **state)
{
    struct session *s = *state;
    char callback[64];
    open_with(s, 0, 0, 8);
    for (int i = 0; i < 4; i++) {
        struct store_take idle = asks_from(HOST, i, callback);
        idle.request.mode = STORE_UNSUBSCRIBE;
        idle.request.asker = 1;
        session_must(s, &idle.op);
        assert_int_equal(idle.taken, STORE_TAKEN_IDLE);
    }
    fill_share(s, 1, 10, 2);
}

static void S5_a_share_is_known_again_after_a_restart(void **state)
{
    struct session *s = *state;
    open_with(s, 0, 0, 8);
    fill_share(s, 1, 0, 2);
    session_reopen(s);
    fill_share(s, 1, 2, 0);
    scene_settle(s, 1, STORE_VERIFY_FAILED);
    fill_share(s, 1, 2, 1);
    fill_share(s, 2, 10, 2);
}

static void S5_a_host_without_a_number_is_not_counted(void **state)
{
    struct session *s = *state;
    open_with(s, 0, 0, 1);
    fill(s, 0, 0, 10);
}

static void S5_the_crowd_is_known_again_after_a_restart(void **state)
{
    struct session *s = *state;
    char callback[64];
    open_with(s, 0, 0, CAP);
    fill(s, HOST, 0, CAP);
    session_reopen(s);
    struct store_take more = asks_from(HOST, CAP, callback);
    must_be_crowded(s, &more);
    scene_settle(s, 1, STORE_VERIFY_FAILED);
    fill(s, HOST, CAP, CAP + 1);
}

static void S5_a_claimed_request_says_whether_its_origin_is_known(void **state)
{
    struct session *s = *state;
    char callback[64];
    struct store_take first = asks_from(HOST, 0, callback);
    struct store_take second = asks_from(HOST, 1, callback);
    for (int known = 0; known < 2; known++) {
        struct store_take *take = known ? &second : &first;
        uint64_t id = scene_take(s, take);
        struct store_claim claim = {
            .op.verb = STORE_CLAIM,
            .kind = STORE_DUE_VERIFY,
            .max = 1,
            .hold_ms = HOLD,
        };
        session_must(s, &claim.op);
        assert_int_equal(claim.count, 1);
        assert_int_equal(claim.items[0].request.known, known);
        assert_int_equal(claim.items[0].request.host, HOST);
        store_release(&claim.op);
        session_advance(s, HOLD);
        scene_settle(s, id, STORE_VERIFIED);
    }
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_ceiling_of_subscriptions_refuses_only_new_ones),
        TEST(the_ceiling_of_topics_refuses_only_new_ones),
        TEST(an_unsubscribe_is_taken_at_the_ceiling),
        TEST(who_comes_too_late_for_the_last_place_is_told),
        TEST(S5_too_many_requests_for_one_host_are_refused),
        TEST(S5_what_ends_makes_room_for_another),
        TEST(S5_a_host_that_is_subscribed_has_twenty_times_the_room),
        TEST(S5_a_renewal_is_never_crowded_out_nor_counted),
        TEST(S6_an_origin_has_so_many_subscriptions_at_most),
        TEST(S6_the_last_place_of_an_origin_is_given_once),
        TEST(S5_nobody_alone_fills_the_room_of_a_host),
        TEST(S5_everybody_has_one_place_at_least),
        TEST(S5_a_share_is_larger_where_there_is_more_room),
        TEST(S5_a_share_is_not_filled_by_what_nothing_comes_of),
        TEST(S5_a_share_is_known_again_after_a_restart),
        TEST(S5_a_host_without_a_number_is_not_counted),
        TEST(S5_the_crowd_is_known_again_after_a_restart),
        TEST(S5_a_claimed_request_says_whether_its_origin_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
