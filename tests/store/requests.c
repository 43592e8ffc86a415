// SPDX-License-Identifier: MIT
//
// Requests to (un)subscribe until somebody verifies them.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static void B_a_new_subscribe_is_due_for_verification_at_once(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    session_must(s, &take.op);
    assert_int_equal(take.taken, STORE_TAKEN_NEW);
    assert_true(take.id > 0);
    assert_true(take.op.at == session_now(s));
    assert_true(scene_claim_request(s, take.id) != 0);
}

static void a_claimed_request_is_what_was_taken(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    take.request.topic_normal = scene_bytes("https://example.org/normal");
    take.request.profile = (struct store_profile){
        .secret = { "a\0b", 3 },
        .method = STORE_SHA512,
        .content = STORE_CONTENT_ENTRIES,
        .verify_token = scene_bytes("token"),
        .old_client = true,
    };
    scene_take(s, &take);
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_VERIFY,
        .max = 1,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    assert_int_equal(claim.count, 1);
    const struct store_request *r = &claim.items[0].request;
    const struct store_request *t = &take.request;
    assert_true(r->id == take.id && r->mode == STORE_SUBSCRIBE);
    assert_true(scene_same(r->topic, TOPIC));
    assert_true(scene_same(r->callback, CALLBACK));
    assert_true(scene_same(r->topic_normal, "https://example.org/normal"));
    assert_memory_equal(&r->topic_key, &t->topic_key, 32);
    assert_memory_equal(&r->callback_key, &t->callback_key, 32);
    assert_memory_equal(&r->origin, &t->origin, 32);
    assert_int_equal(r->lease, LEASE);
    assert_true(r->accepted == take.op.at);
    assert_true(r->deadline == take.op.at + DEADLINE);
    assert_int_equal(r->tries, 0);
    assert_int_equal(r->profile.secret.len, 3);
    assert_memory_equal(r->profile.secret.at, "a\0b\0", 4);
    assert_int_equal(r->profile.method, STORE_SHA512);
    assert_int_equal(r->profile.content, STORE_CONTENT_ENTRIES);
    assert_true(scene_same(r->profile.verify_token, "token"));
    assert_true(r->profile.old_client);
    store_release(&claim.op);
}

static void B_an_identical_request_that_waits_is_joined(void **state)
{
    struct session *s = *state;
    struct store_take first = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take second = first;
    scene_take(s, &first);
    session_advance(s, MINUTE);
    session_must(s, &second.op);
    assert_int_equal(second.taken, STORE_TAKEN_JOINED);
    assert_true(second.id == first.id);
    assert_int_equal(scene_stats(s).requests, 1);
}

// Each of these is not what the first one asked for.
static void vary(struct store_take *take, unsigned how)
{
    struct store_profile *profile = &take->request.profile;
    switch (how) {
    case 0:
        take->request.mode = STORE_UNSUBSCRIBE;
        break;
    case 1:
        take->request.lease++;
        break;
    case 2:
        profile->secret = scene_bytes("Secret");
        break;
    case 3:
        profile->method = STORE_SHA1;
        break;
    case 4:
        profile->content = STORE_CONTENT_FULL;
        break;
    case 5:
        profile->verify_token = scene_bytes("t");
        break;
    default:
        profile->old_client = true;
    }
}

static void B_a_request_that_differs_in_anything_is_another(void **state)
{
    struct session *s = *state;
    for (unsigned how = 0; how < 7; how++) {
        char callback[64];
        snprintf(callback, sizeof callback, CALLBACK "/%u", how);
        struct store_take first = scene_asks(STORE_SUBSCRIBE, TOPIC, callback);
        struct store_take second = first;
        vary(&second, how);
        scene_take(s, &first);
        scene_take(s, &second);
        assert_int_equal(second.taken, STORE_TAKEN_NEW);
        assert_true(second.id > first.id);
    }
}

static void M2_a_request_in_another_spelling_is_another(void **state)
{
    struct session *s = *state;
    struct store_take first = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take second = first;
    second.request.callback = scene_bytes("https://callback.example/%61");
    scene_take(s, &first);
    scene_take(s, &second);
    assert_int_equal(second.taken, STORE_TAKEN_NEW);
}

static void B_a_request_past_its_deadline_is_not_joined(void **state)
{
    struct session *s = *state;
    struct store_take first = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take second = first;
    scene_take(s, &first);
    session_advance(s, DEADLINE + 1);
    scene_take(s, &second);
    assert_int_equal(second.taken, STORE_TAKEN_NEW);
    assert_true(second.id > first.id);
}

static void take_four(struct session *s, struct store_take take[4])
{
    for (int i = 0; i < STORE_PENDING_MAX; i++) {
        take[i] = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
        take[i].request.lease += i;
        scene_take(s, &take[i]);
        assert_int_equal(take[i].taken, STORE_TAKEN_NEW);
    }
}

static void B_a_fifth_request_of_one_key_conflicts(void **state)
{
    struct session *s = *state;
    struct store_take take[STORE_PENDING_MAX];
    take_four(s, take);
    struct store_take fifth = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    fifth.request.lease -= 1;
    assert_int_equal(session_run(s, &fifth.op), STORE_CONFLICT);
    assert_int_equal(scene_stats(s).requests, 4);
    // The other mode has places of its own.
    struct store_take back = scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK);
    scene_take(s, &back);
    assert_int_equal(back.taken, STORE_TAKEN_NEW);
    struct store_take other =
        scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/other");
    scene_take(s, &other);
    assert_int_equal(other.taken, STORE_TAKEN_NEW);
}

static void B_joining_is_possible_while_four_wait(void **state)
{
    struct session *s = *state;
    struct store_take take[STORE_PENDING_MAX];
    take_four(s, take);
    struct store_take again = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    again.request.lease += 3;
    scene_take(s, &again);
    assert_int_equal(again.taken, STORE_TAKEN_JOINED);
    assert_true(again.id == take[3].id);
}

// Else the one in between would be the last to be verified, and win.
static void B_what_another_came_after_is_not_joined(void **state)
{
    struct session *s = *state;
    struct store_take first = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take second = first, third = first;
    second.request.lease += 1;
    scene_take(s, &first);
    scene_take(s, &second);
    scene_take(s, &third);
    assert_int_equal(third.taken, STORE_TAKEN_NEW);
    assert_true(third.id > second.id);
}

static void B_a_settled_request_makes_room_for_another(void **state)
{
    struct session *s = *state;
    struct store_take take[STORE_PENDING_MAX];
    take_four(s, take);
    scene_settle(s, take[1].id, STORE_VERIFY_FAILED);
    struct store_take fifth = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    fifth.request.lease -= 1;
    assert_int_equal(session_run(s, &fifth.op), STORE_OK);
    assert_int_equal(fifth.taken, STORE_TAKEN_NEW);
}

static void B_an_unsubscribe_of_nothing_is_idle(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK);
    session_must(s, &take.op);
    assert_int_equal(take.taken, STORE_TAKEN_IDLE);
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_VERIFY,
        .max = 1,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    assert_int_equal(claim.count, 0);
    store_release(&claim.op);
}

static void B_an_unsubscribe_waits_if_a_subscribe_is_pending(void **state)
{
    struct session *s = *state;
    struct store_take subscribe = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take take = scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK);
    scene_take(s, &subscribe);
    session_must(s, &take.op);
    assert_int_equal(take.taken, STORE_TAKEN_NEW);
}

static void B_an_unsubscribe_of_a_subscription_waits(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take take = scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK);
    session_must(s, &take.op);
    assert_int_equal(take.taken, STORE_TAKEN_NEW);
}

static void M18_a_request_that_changes_nothing_is_committed_too(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take join = take;
    struct store_take idle =
        scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK "/nobody");
    scene_take(s, &take);
    uint64_t commits = scene_stats(s).commits;
    session_must(s, &join.op);
    assert_true(scene_stats(s).commits > commits);
    commits = scene_stats(s).commits;
    session_must(s, &idle.op);
    assert_true(scene_stats(s).commits > commits);
}

static void a_stranger_s_request_joins_nothing_of_another_topic(void **state)
{
    struct session *s = *state;
    struct store_take first = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take second =
        scene_asks(STORE_SUBSCRIBE, TOPIC "/2", CALLBACK);
    scene_take(s, &first);
    scene_take(s, &second);
    assert_int_equal(second.taken, STORE_TAKEN_NEW);
    assert_true(second.id > first.id);
}

static void requests_survive_a_restart(void **state)
{
    struct session *s = *state;
    struct store_take take[STORE_PENDING_MAX];
    take_four(s, take);
    session_reopen(s);
    assert_int_equal(scene_stats(s).requests, 4);
    for (int i = 0; i < STORE_PENDING_MAX; i++)
        assert_true(scene_claim_request(s, take[i].id) != 0);
}

static void expect_invalid(struct session *s, struct store_take *take)
{
    assert_int_equal(session_run(s, &take->op), STORE_INVALID);
    assert_int_equal(scene_stats(s).requests, 0);
}

static void a_field_above_its_ceiling_is_invalid(void **state)
{
    struct session *s = *state;
    char text[STORE_URL_MAX + 1];
    memset(text, 'a', sizeof text);
    struct bytes url = { text, STORE_URL_MAX + 1 };

    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take bad = take;
    bad.request.topic = url;
    expect_invalid(s, &bad);
    bad = take;
    bad.request.callback = url;
    expect_invalid(s, &bad);
    bad = take;
    bad.request.topic_normal = url;
    expect_invalid(s, &bad);
    bad = take;
    bad.request.profile.secret = (struct bytes){ text, STORE_SECRET_MAX + 1 };
    expect_invalid(s, &bad);
    bad = take;
    bad.request.profile.verify_token =
        (struct bytes){ text, STORE_VERIFY_TOKEN_MAX + 1 };
    expect_invalid(s, &bad);
}

static void a_field_at_its_ceiling_is_kept(void **state)
{
    struct session *s = *state;
    char text[STORE_URL_MAX];
    memset(text, 'a', sizeof text);
    struct bytes url = { text, STORE_URL_MAX };
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    take.request.topic = take.request.callback = url;
    take.request.topic_normal = url;
    take.request.profile.secret = (struct bytes){ text, STORE_SECRET_MAX };
    take.request.profile.verify_token =
        (struct bytes){ text, STORE_VERIFY_TOKEN_MAX };
    uint64_t id = scene_take(s, &take);
    struct store_settle settled = scene_settle(s, id, STORE_VERIFIED);

    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = settled.topic,
        .max = 1,
    };
    session_must(s, &page.op);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items[0].callback.len, STORE_URL_MAX);
    assert_memory_equal(page.items[0].callback.at, text, STORE_URL_MAX);
    assert_int_equal(page.items[0].profile.secret.len, STORE_SECRET_MAX);
    store_release(&page.op);
}

static void a_request_without_a_mode_is_invalid(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(0, TOPIC, CALLBACK);
    expect_invalid(s, &take);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(B_a_new_subscribe_is_due_for_verification_at_once),
        TEST(a_claimed_request_is_what_was_taken),
        TEST(B_an_identical_request_that_waits_is_joined),
        TEST(B_a_request_that_differs_in_anything_is_another),
        TEST(M2_a_request_in_another_spelling_is_another),
        TEST(B_a_request_past_its_deadline_is_not_joined),
        TEST(B_a_fifth_request_of_one_key_conflicts),
        TEST(B_joining_is_possible_while_four_wait),
        TEST(B_what_another_came_after_is_not_joined),
        TEST(B_a_settled_request_makes_room_for_another),
        TEST(B_an_unsubscribe_of_nothing_is_idle),
        TEST(B_an_unsubscribe_waits_if_a_subscribe_is_pending),
        TEST(B_an_unsubscribe_of_a_subscription_waits),
        TEST(M18_a_request_that_changes_nothing_is_committed_too),
        TEST(a_stranger_s_request_joins_nothing_of_another_topic),
        TEST(requests_survive_a_restart),
        TEST(a_field_above_its_ceiling_is_invalid),
        TEST(a_field_at_its_ceiling_is_kept),
        TEST(a_request_without_a_mode_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
