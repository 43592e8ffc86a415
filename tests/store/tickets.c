// SPDX-License-Identifier: MIT
//
// What has become of a request that was accepted (M18).

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static enum store_request_state state_of(struct session *s, uint64_t request,
                                         struct scene_name *name)
{
    struct store_request_status status = {
        .op.verb = STORE_STATUS,
        .request = request,
    };
    session_must(s, &status.op);
    if (name && status.state == STORE_REQUEST_VERIFIED)
        *name = (struct scene_name){
            status.subscriber.topic,
            status.subscriber.id,
        };
    store_release(&status.op);
    return status.state;
}

static uint64_t ask(struct session *s, enum store_mode mode,
                    const char *callback)
{
    struct store_take take = scene_asks(mode, TOPIC, callback);
    session_must(s, &take.op);
    return take.id;
}

static uint64_t ask_and_settle(struct session *s, enum store_mode mode)
{
    uint64_t id = ask(s, mode, CALLBACK);
    scene_settle(s, id, STORE_VERIFIED);
    return id;
}

static void expire(struct session *s)
{
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    store_release(&expire.op);
}

static void M18_a_request_is_pending_until_it_is_settled(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, STORE_SUBSCRIBE, CALLBACK);
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_PENDING);
    session_reopen(s);
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_PENDING);
    session_advance(s, DEADLINE - 1);
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_PENDING);
    session_advance(s, 1);
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_UNKNOWN);
    expire(s);
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_UNKNOWN);
}

static void M18_a_verified_request_leads_to_its_subscription(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, STORE_SUBSCRIBE, CALLBACK);
    struct store_settle settled = scene_settle(s, id, STORE_VERIFIED);
    session_reopen(s);
    struct store_request_status status = {
        .op.verb = STORE_STATUS,
        .request = id,
    };
    session_must(s, &status.op);
    assert_int_equal(status.state, STORE_REQUEST_VERIFIED);
    assert_true(status.subscriber.id == settled.subscription);
    assert_true(status.subscriber.topic == settled.topic);
    assert_true(status.subscriber.request == id);
    assert_true(scene_same(status.subscriber.callback, CALLBACK));
    assert_true(scene_same(status.subscriber.profile.secret, "secret"));
    store_release(&status.op);
    // For as long as that lasts.
    session_advance(s, LEASE - 1);
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_VERIFIED);
}

static void M18_what_fails_or_never_was_is_not_known(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, STORE_SUBSCRIBE, CALLBACK);
    scene_settle(s, id, STORE_VERIFY_FAILED);
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_UNKNOWN);
    assert_int_equal(state_of(s, 0, NULL), STORE_REQUEST_UNKNOWN);
    assert_int_equal(state_of(s, 1000, NULL), STORE_REQUEST_UNKNOWN);
    assert_int_equal(state_of(s, UINT64_MAX, NULL), STORE_REQUEST_UNKNOWN);
}

static void M18_a_later_request_takes_its_place(void **state)
{
    struct session *s = *state;
    struct scene_name was, is;
    uint64_t first = ask_and_settle(s, STORE_SUBSCRIBE);
    assert_int_equal(state_of(s, first, &was), STORE_REQUEST_VERIFIED);
    session_advance(s, HOUR);
    uint64_t second = ask_and_settle(s, STORE_SUBSCRIBE);
    assert_int_equal(state_of(s, first, NULL), STORE_REQUEST_ENDED);
    assert_int_equal(state_of(s, second, &is), STORE_REQUEST_VERIFIED);
    assert_true(was.topic == is.topic && was.id == is.id);
    // Which is told for a day.
    session_advance(s, DAY - 1);
    assert_int_equal(state_of(s, first, NULL), STORE_REQUEST_ENDED);
    session_advance(s, 1);
    assert_int_equal(state_of(s, first, NULL), STORE_REQUEST_UNKNOWN);
    expire(s);
    assert_int_equal(state_of(s, first, NULL), STORE_REQUEST_UNKNOWN);
    assert_int_equal(state_of(s, second, NULL), STORE_REQUEST_VERIFIED);
}

static void M18_one_that_is_not_verified_takes_nobodys_place(void **state)
{
    struct session *s = *state;
    uint64_t first = ask_and_settle(s, STORE_SUBSCRIBE);
    uint64_t second = ask(s, STORE_SUBSCRIBE, CALLBACK);
    assert_int_equal(state_of(s, second, NULL), STORE_REQUEST_PENDING);
    scene_settle(s, second, STORE_VERIFY_FAILED);
    assert_int_equal(state_of(s, first, NULL), STORE_REQUEST_VERIFIED);
    assert_int_equal(state_of(s, second, NULL), STORE_REQUEST_UNKNOWN);
}

static void M18_an_unsubscribe_ends_both_for_a_day(void **state)
{
    struct session *s = *state;
    uint64_t in = ask_and_settle(s, STORE_SUBSCRIBE);
    uint64_t out = ask_and_settle(s, STORE_UNSUBSCRIBE);
    session_reopen(s);
    session_advance(s, DAY - 1);
    expire(s);
    assert_int_equal(state_of(s, in, NULL), STORE_REQUEST_ENDED);
    assert_int_equal(state_of(s, out, NULL), STORE_REQUEST_ENDED);
    session_advance(s, 1);
    assert_int_equal(state_of(s, in, NULL), STORE_REQUEST_UNKNOWN);
    assert_int_equal(state_of(s, out, NULL), STORE_REQUEST_UNKNOWN);
    struct store_expire sweep = { .op.verb = STORE_EXPIRE, .max = 1 };
    session_must(s, &sweep.op);
    assert_true(sweep.more);
    store_release(&sweep.op);
    session_must(s, &sweep.op);
    assert_false(sweep.more);
    store_release(&sweep.op);
}

static void M18_an_unsubscribe_of_what_has_ended_is_over_too(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    uint64_t out = ask(s, STORE_UNSUBSCRIBE, CALLBACK);
    uint64_t token = scene_claim_request(s, out);
    struct store_outcome gone = scene_outcome(s, STORE_GONE, name, 0);
    scene_record(s, gone);
    struct store_settle settle = {
        .op.verb = STORE_SETTLE,
        .request = out,
        .token = token,
        .verdict = STORE_VERIFIED,
        .sent_at = session_now(s),
    };
    session_must(s, &settle.op);
    assert_int_equal(state_of(s, out, NULL), STORE_REQUEST_ENDED);
}

static void M18_whatever_ends_it_is_told(void **state)
{
    struct session *s = *state;
    struct scene_name name;
    uint64_t id = ask_and_settle(s, STORE_SUBSCRIBE);
    session_advance(s, LEASE);
    expire(s);
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_ENDED);

    id = ask_and_settle(s, STORE_SUBSCRIBE);
    assert_int_equal(state_of(s, id, &name), STORE_REQUEST_VERIFIED);
    scene_record(s, scene_outcome(s, STORE_GONE, name, 0));
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_ENDED);

    id = ask_and_settle(s, STORE_SUBSCRIBE);
    assert_int_equal(state_of(s, id, &name), STORE_REQUEST_VERIFIED);
    struct store_remove remove = {
        .op.verb = STORE_REMOVE,
        .topic = name.topic,
        .subscription = name.id,
    };
    session_must(s, &remove.op);
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_ENDED);
}

static void M18_an_unsubscribe_of_nothing_looks_like_any_other(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, STORE_UNSUBSCRIBE, CALLBACK);
    assert_int_equal(state_of(s, id, NULL), STORE_REQUEST_PENDING);
}

static void M18_one_that_joined_shares_what_becomes_of_it(void **state)
{
    struct session *s = *state;
    uint64_t first = ask(s, STORE_SUBSCRIBE, CALLBACK);
    uint64_t second = ask(s, STORE_SUBSCRIBE, CALLBACK);
    assert_true(first == second);
    scene_settle(s, first, STORE_VERIFIED);
    assert_int_equal(state_of(s, second, NULL), STORE_REQUEST_VERIFIED);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M18_a_request_is_pending_until_it_is_settled),
        TEST(M18_a_verified_request_leads_to_its_subscription),
        TEST(M18_what_fails_or_never_was_is_not_known),
        TEST(M18_a_later_request_takes_its_place),
        TEST(M18_one_that_is_not_verified_takes_nobodys_place),
        TEST(M18_an_unsubscribe_ends_both_for_a_day),
        TEST(M18_an_unsubscribe_of_what_has_ended_is_over_too),
        TEST(M18_whatever_ends_it_is_told),
        TEST(M18_an_unsubscribe_of_nothing_looks_like_any_other),
        TEST(M18_one_that_joined_shares_what_becomes_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
