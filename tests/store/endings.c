// SPDX-License-Identifier: MIT
//
// Table B, the rows by which a subscription ends or almost does.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

// Ends what is over, in pages of `max`; returns how many ended.
static size_t expire_all(struct session *s, size_t max)
{
    size_t count = 0;
    struct store_expire expire;
    do {
        expire = (struct store_expire){
            .op.verb = STORE_EXPIRE,
            .max = max,
        };
        session_must(s, &expire.op);
        assert_true(expire.count <= max);
        count += expire.count;
        store_release(&expire.op);
    } while (expire.more);
    return count;
}

static bool is_there(struct session *s, struct scene_name name)
{
    struct store_subscriber subscriber;
    return scene_subscriber(s, name, &subscriber);
}

static bool is_suspended(struct session *s, struct scene_name name)
{
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    return subscriber.suspended;
}

static void B_a_verified_unsubscribe_ends_the_subscription(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    assert_false(is_there(s, name));
    assert_int_equal(scene_stats(s).subscriptions, 0);
    assert_int_equal(scene_stats(s).requests, 0);
    assert_int_equal(scene_topic(s, TOPIC).subscriptions, 0);
}

static void B_a_verified_unsubscribe_ends_a_lagging_one_too(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    assert_int_equal(scene_stats(s).lagging, 1);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    assert_int_equal(scene_stats(s).lagging, 0);
    assert_true(scene_claim_delivery(s, name) == 0);
}

static void B_an_unsubscribe_during_a_slow_subscribe_ends_in_none(void **state)
{
    struct session *s = *state;
    struct store_take subscribe = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take unsubscribe =
        scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK);
    scene_take(s, &subscribe);
    uint64_t token = scene_claim_request(s, subscribe.id);
    scene_take(s, &unsubscribe);
    scene_settle(s, unsubscribe.id, STORE_VERIFIED);
    struct store_settle late = {
        .op.verb = STORE_SETTLE,
        .request = subscribe.id,
        .token = token,
        .verdict = STORE_VERIFIED,
        .sent_at = session_now(s),
        .lease = LEASE,
    };
    session_run(s, &late.op);
    assert_int_equal(late.effect, STORE_EFFECT_NONE);
    assert_int_equal(scene_stats(s).subscriptions, 0);
    assert_int_equal(scene_stats(s).requests, 0);
}

static void B_a_newer_subscribe_outlives_an_unsubscribe(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take unsubscribe =
        scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK);
    struct store_take subscribe = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    scene_take(s, &unsubscribe);
    scene_take(s, &subscribe);
    scene_settle(s, unsubscribe.id, STORE_VERIFIED);
    struct store_settle settled = scene_settle(s, subscribe.id, STORE_VERIFIED);
    assert_int_equal(settled.effect, STORE_EFFECT_ACTIVE);
}

static void M1_an_id_is_never_given_again(void **state)
{
    struct session *s = *state;
    struct scene_name last = { 0, 0 };
    for (int i = 0; i < 5; i++) {
        struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
        assert_true(name.id > last.id);
        scene_unsubscribe(s, TOPIC, CALLBACK);
        last = name;
        session_reopen(s);
    }
}

static void B_a_lease_that_is_over_ends_the_subscription(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE - 1);
    assert_int_equal(expire_all(s, 10), 0);
    assert_true(is_there(s, name));
    session_advance(s, 2);
    assert_int_equal(expire_all(s, 10), 1);
    assert_false(is_there(s, name));
}

static void expiry_tells_whom_it_ended_and_what_comes_next(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, HOUR);
    scene_subscribe(s, TOPIC, CALLBACK "/later");
    session_advance(s, LEASE - HOUR + 1);
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    assert_int_equal(expire.count, 1);
    assert_true(expire.items[0].id == name.id);
    assert_true(expire.items[0].topic == name.topic);
    assert_true(scene_same(expire.items[0].callback, CALLBACK));
    assert_false(expire.more);
    assert_true(expire.next_end == session_now(s) + HOUR - 1);
    store_release(&expire.op);
}

static void expiry_works_in_pages(void **state)
{
    struct session *s = *state;
    for (int i = 0; i < 10; i++) {
        char callback[64];
        snprintf(callback, sizeof callback, CALLBACK "/%d", i);
        scene_subscribe(s, TOPIC, callback);
    }
    session_advance(s, LEASE + 1);
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 3 };
    session_must(s, &expire.op);
    assert_int_equal(expire.count, 3);
    assert_true(expire.more);
    store_release(&expire.op);
    assert_int_equal(expire_all(s, 3), 7);
    expire.max = 3;
    session_must(s, &expire.op);
    assert_int_equal(expire.count, 0);
    assert_true(expire.next_end == INT64_MAX);
    store_release(&expire.op);
}

static void B_a_renewal_moves_the_end_of_the_lease(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE / 2);
    scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE / 2 + 1);
    assert_int_equal(expire_all(s, 10), 0);
    assert_true(is_there(s, name));
    session_advance(s, LEASE / 2);
    assert_int_equal(expire_all(s, 10), 1);
}

// Brings it to state G. Returns the request that keeps it there.
static uint64_t suspend(struct session *s, struct scene_name *name)
{
    *name = scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE - MINUTE);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    take.request.profile.secret = scene_bytes("other");
    uint64_t id = scene_take(s, &take);
    session_advance(s, MINUTE + 1);
    assert_int_equal(expire_all(s, 10), 0);
    assert_true(is_suspended(s, *name));
    return id;
}

static void B_a_pending_renewal_suspends_at_the_end_of_the_lease(void **state)
{
    struct session *s = *state;
    struct scene_name name;
    uint64_t id = suspend(s, &name);
    session_reopen(s);
    assert_true(is_suspended(s, name));
    assert_true(scene_claim_request(s, id) != 0);
}

static void B_a_suspended_one_that_is_renewed_goes_on(void **state)
{
    struct session *s = *state;
    struct scene_name name;
    uint64_t id = suspend(s, &name);
    struct store_settle settled = scene_settle(s, id, STORE_VERIFIED);
    assert_int_equal(settled.effect, STORE_EFFECT_RENEWED);
    assert_true(settled.subscription == name.id);
    assert_false(is_suspended(s, name));
    session_advance(s, LEASE - SECOND);
    assert_int_equal(expire_all(s, 10), 0);
    session_advance(s, 2 * SECOND);
    assert_int_equal(expire_all(s, 10), 1);
}

static void B_a_suspended_one_ends_when_its_renewal_fails(void **state)
{
    struct session *s = *state;
    struct scene_name name;
    uint64_t id = suspend(s, &name);
    scene_settle(s, id, STORE_VERIFY_FAILED);
    assert_false(is_there(s, name));
    assert_int_equal(scene_stats(s).subscriptions, 0);
}

static void B_a_suspended_one_stays_while_another_renewal_waits(void **state)
{
    struct session *s = *state;
    struct scene_name name;
    uint64_t id = suspend(s, &name);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t another = scene_take(s, &take);
    scene_settle(s, id, STORE_VERIFY_FAILED);
    assert_true(is_suspended(s, name));
    scene_settle(s, another, STORE_VERIFIED);
    assert_false(is_suspended(s, name));
}

static void B_a_suspended_one_stays_while_its_renewal_is_retried(void **state)
{
    struct session *s = *state;
    struct scene_name name;
    uint64_t id = suspend(s, &name);
    scene_settle(s, id, STORE_VERIFY_LATER);
    assert_true(is_suspended(s, name));
    session_advance(s, MINUTE);
    scene_settle(s, id, STORE_VERIFIED);
    assert_false(is_suspended(s, name));
}

static void B_a_pending_unsubscribe_does_not_suspend(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE - MINUTE);
    struct store_take take = scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK);
    scene_take(s, &take);
    session_advance(s, MINUTE + 1);
    assert_int_equal(expire_all(s, 10), 1);
    assert_false(is_there(s, name));
}

static void B_a_request_of_another_key_does_not_suspend(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE - MINUTE);
    struct store_take take =
        scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/other");
    scene_take(s, &take);
    session_advance(s, MINUTE + 1);
    assert_int_equal(expire_all(s, 10), 1);
    assert_false(is_there(s, name));
}

static void B_an_operator_ends_one_subscription(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct scene_name other = scene_subscribe(s, TOPIC, CALLBACK "/other");
    struct store_remove remove = {
        .op.verb = STORE_REMOVE,
        .topic = name.topic,
        .subscription = name.id,
    };
    session_must(s, &remove.op);
    assert_false(is_there(s, name));
    assert_true(is_there(s, other));
    assert_int_equal(session_run(s, &remove.op), STORE_NOT_FOUND);
    assert_int_equal(scene_stats(s).subscriptions, 1);
}

static void B_what_an_operator_removed_has_no_requests_left(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    scene_take(s, &take);
    struct store_remove remove = {
        .op.verb = STORE_REMOVE,
        .topic = name.topic,
        .subscription = name.id,
    };
    session_must(s, &remove.op);
    assert_int_equal(scene_stats(s).requests, 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(B_a_verified_unsubscribe_ends_the_subscription),
        TEST(B_a_verified_unsubscribe_ends_a_lagging_one_too),
        TEST(B_an_unsubscribe_during_a_slow_subscribe_ends_in_none),
        TEST(B_a_newer_subscribe_outlives_an_unsubscribe),
        TEST(M1_an_id_is_never_given_again),
        TEST(B_a_lease_that_is_over_ends_the_subscription),
        TEST(expiry_tells_whom_it_ended_and_what_comes_next),
        TEST(expiry_works_in_pages),
        TEST(B_a_renewal_moves_the_end_of_the_lease),
        TEST(B_a_pending_renewal_suspends_at_the_end_of_the_lease),
        TEST(B_a_suspended_one_that_is_renewed_goes_on),
        TEST(B_a_suspended_one_ends_when_its_renewal_fails),
        TEST(B_a_suspended_one_stays_while_another_renewal_waits),
        TEST(B_a_suspended_one_stays_while_its_renewal_is_retried),
        TEST(B_a_pending_unsubscribe_does_not_suspend),
        TEST(B_a_request_of_another_key_does_not_suspend),
        TEST(B_an_operator_ends_one_subscription),
        TEST(B_what_an_operator_removed_has_no_requests_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
