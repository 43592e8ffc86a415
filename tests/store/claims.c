// SPDX-License-Identifier: MIT
//
// Work that is due, and whose it is.

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

static uint64_t ask(struct session *s, unsigned who)
{
    char callback[64];
    snprintf(callback, sizeof callback, CALLBACK "/%u", who);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, callback);
    return scene_take(s, &take);
}

static struct store_claim claim(struct session *s, enum store_due_kind kind,
                                size_t max)
{
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = kind,
        .max = max,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    assert_true(claim.count <= max);
    return claim;
}

static size_t claim_count(struct session *s, enum store_due_kind kind)
{
    struct store_claim all = claim(s, kind, SCENE_MAX);
    store_release(&all.op);
    return all.count;
}

static int64_t next_due(struct session *s, enum store_due_kind kind)
{
    struct store_claim none = claim(s, kind, 0);
    assert_int_equal(none.count, 0);
    store_release(&none.op);
    return none.next_due;
}

static struct store_settle attempt(struct session *s, uint64_t request,
                                   uint64_t token)
{
    struct store_settle settle = {
        .op.verb = STORE_SETTLE,
        .request = request,
        .token = token,
        .verdict = STORE_VERIFIED,
        .sent_at = session_now(s),
        .lease = LEASE,
    };
    session_run(s, &settle.op);
    return settle;
}

static void claimed_work_is_nobody_else_s(void **state)
{
    struct session *s = *state;
    for (unsigned i = 0; i < 5; i++)
        ask(s, i);
    struct store_claim first = claim(s, STORE_DUE_VERIFY, 3);
    struct store_claim second = claim(s, STORE_DUE_VERIFY, 3);
    assert_int_equal(first.count, 3);
    assert_int_equal(second.count, 2);
    for (size_t i = 0; i < first.count; i++)
        for (size_t k = 0; k < second.count; k++)
            assert_true(first.items[i].request.id
                        != second.items[k].request.id);
    assert_int_equal(claim_count(s, STORE_DUE_VERIFY), 0);
    store_release(&first.op);
    store_release(&second.op);
}

static void a_claim_comes_back_after_its_time(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, 1);
    assert_true(scene_claim_request(s, id) != 0);
    session_advance(s, HOLD - 1);
    assert_true(scene_claim_request(s, id) == 0);
    session_advance(s, 2);
    assert_true(scene_claim_request(s, id) != 0);
}

static void a_claim_comes_back_when_the_store_is_opened_again(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, 1);
    assert_true(scene_claim_request(s, id) != 0);
    session_reopen(s);
    assert_true(scene_claim_request(s, id) != 0);
}

static void a_token_of_a_claim_that_has_passed_on_is_stale(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, 1);
    uint64_t old = scene_claim_request(s, id);
    session_advance(s, HOLD + 1);
    uint64_t token = scene_claim_request(s, id);
    assert_true(token != 0 && token != old);
    assert_int_equal(attempt(s, id, old).op.status, STORE_STALE);
    assert_int_equal(scene_stats(s).subscriptions, 0);
    assert_int_equal(attempt(s, id, token).effect, STORE_EFFECT_ACTIVE);
}

static void a_token_from_before_a_restart_is_stale(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, 1);
    uint64_t old = scene_claim_request(s, id);
    session_reopen(s);
    assert_true(scene_claim_request(s, id) != old);
    assert_int_equal(attempt(s, id, old).op.status, STORE_STALE);
    assert_int_equal(scene_stats(s).subscriptions, 0);
}

static void the_longest_overdue_comes_first(void **state)
{
    struct session *s = *state;
    uint64_t ids[5];
    for (unsigned i = 0; i < 5; i++) {
        ids[i] = ask(s, i);
        session_advance(s, SECOND);
    }
    // The second is put off, so it is last when it is due again.
    scene_settle(s, ids[1], STORE_VERIFY_LATER);
    session_advance(s, MINUTE);
    static const int order[] = { 0, 2, 3, 4, 1 };
    struct store_claim some = claim(s, STORE_DUE_VERIFY, 2);
    struct store_claim rest = claim(s, STORE_DUE_VERIFY, 5);
    assert_int_equal(some.count, 2);
    assert_int_equal(rest.count, 3);
    for (size_t i = 0; i < 5; i++) {
        const struct store_claimed *one =
            i < 2 ? &some.items[i] : &rest.items[i - 2];
        assert_true(one->request.id == ids[order[i]]);
    }
    store_release(&some.op);
    store_release(&rest.op);
}

static void the_next_due_is_that_of_what_is_left(void **state)
{
    struct session *s = *state;
    assert_true(next_due(s, STORE_DUE_VERIFY) == INT64_MAX);
    ask(s, 1);
    int64_t accepted = session_now(s);
    assert_true(next_due(s, STORE_DUE_VERIFY) == accepted);
    session_advance(s, SECOND);
    ask(s, 2);
    struct store_claim one = claim(s, STORE_DUE_VERIFY, 1);
    assert_true(one.next_due == accepted + SECOND);
    store_release(&one.op);
    uint64_t later = ask(s, 3);
    scene_settle(s, later, STORE_VERIFY_LATER);
    struct store_claim two = claim(s, STORE_DUE_VERIFY, 1);
    assert_true(two.next_due == session_now(s) + MINUTE);
    store_release(&two.op);
}

static void a_claim_given_back_is_due_at_its_old_time(void **state)
{
    struct session *s = *state;
    uint64_t first = ask(s, 1);
    session_advance(s, SECOND);
    ask(s, 2);
    struct store_release_claim release = {
        .op.verb = STORE_RELEASE,
        .kind = STORE_DUE_VERIFY,
        .id = first,
        .token = scene_claim_request(s, first),
    };
    session_must(s, &release.op);
    struct store_claim one = claim(s, STORE_DUE_VERIFY, 1);
    assert_int_equal(one.count, 1);
    assert_true(one.items[0].request.id == first);
    assert_int_equal(one.items[0].request.tries, 0);
    store_release(&one.op);
}

static void a_claim_may_be_given_back_for_later(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, 1);
    struct store_release_claim release = {
        .op.verb = STORE_RELEASE,
        .kind = STORE_DUE_VERIFY,
        .id = id,
        .token = scene_claim_request(s, id),
        .due = session_now(s) + MINUTE,
    };
    session_must(s, &release.op);
    assert_true(scene_claim_request(s, id) == 0);
    session_advance(s, MINUTE);
    assert_true(scene_claim_request(s, id) != 0);
}

static void nobody_gives_back_what_has_passed_on(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, 1);
    struct store_release_claim release = {
        .op.verb = STORE_RELEASE,
        .kind = STORE_DUE_VERIFY,
        .id = id,
        .token = scene_claim_request(s, id),
    };
    session_advance(s, HOLD + 1);
    uint64_t token = scene_claim_request(s, id);
    assert_int_equal(session_run(s, &release.op), STORE_STALE);
    assert_true(scene_claim_request(s, id) == 0);
    assert_int_equal(attempt(s, id, token).effect, STORE_EFFECT_ACTIVE);
}

static void each_kind_is_claimed_by_itself(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    scene_ping(s, TOPIC);
    ask(s, 1);
    assert_int_equal(claim_count(s, STORE_DUE_DELIVER), 1);
    assert_int_equal(claim_count(s, STORE_DUE_DELIVER), 0);
    assert_int_equal(claim_count(s, STORE_DUE_FETCH), 1);
    assert_int_equal(claim_count(s, STORE_DUE_FETCH), 0);
    assert_int_equal(claim_count(s, STORE_DUE_VERIFY), 1);
}

static void a_claimed_delivery_says_what_is_owed(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    struct store_claim all = claim(s, STORE_DUE_DELIVER, 2);
    assert_int_equal(all.count, 1);
    const struct store_subscriber *one = &all.items[0].subscriber;
    assert_true(one->topic == name.topic && one->id == name.id);
    assert_true(scene_same(one->callback, CALLBACK));
    assert_true(scene_same(one->topic_url, TOPIC));
    assert_true(scene_same(one->profile.secret, "secret"));
    assert_true(one->lagging);
    assert_int_equal(one->next, 1);
    assert_int_equal(one->attempts, 1);
    assert_int_equal(one->last_status, 503);
    store_release(&all.op);
}

static void a_claimed_delivery_comes_back_too(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    uint64_t token = scene_claim_delivery(s, name);
    assert_true(token != 0);
    assert_true(scene_claim_delivery(s, name) == 0);
    session_advance(s, HOLD + 1);
    uint64_t again = scene_claim_delivery(s, name);
    assert_true(again != 0 && again != token);

    struct store_outcome late = scene_outcome(s, STORE_OWED, name, 1);
    late.token = token;
    late.due = 0;
    scene_record(s, late);
    session_advance(s, HOLD + 1);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void a_claimed_fetch_says_where_the_topic_stands(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_ping(s, TOPIC);
    struct store_claim all = claim(s, STORE_DUE_FETCH, 2);
    assert_int_equal(all.count, 1);
    const struct store_topic *topic = &all.items[0].topic;
    assert_true(scene_same(topic->url, TOPIC));
    assert_true(scene_same(topic->url_normal, TOPIC));
    assert_int_equal(topic->head, 1);
    assert_int_equal(topic->dirty, topic->fetched + 1);
    assert_int_equal(topic->subscriptions, 1);
    store_release(&all.op);
}

static void a_claim_of_no_kind_is_invalid(void **state)
{
    struct session *s = *state;
    struct store_claim none = {
        .op.verb = STORE_CLAIM,
        .max = 1,
        .hold_ms = HOLD,
    };
    assert_int_equal(session_run(s, &none.op), STORE_INVALID);
    none.kind = STORE_DUE_VERIFY;
    none.max = STORE_BATCH_MAX + 1;
    assert_int_equal(session_run(s, &none.op), STORE_INVALID);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(claimed_work_is_nobody_else_s),
        TEST(a_claim_comes_back_after_its_time),
        TEST(a_claim_comes_back_when_the_store_is_opened_again),
        TEST(a_token_of_a_claim_that_has_passed_on_is_stale),
        TEST(a_token_from_before_a_restart_is_stale),
        TEST(the_longest_overdue_comes_first),
        TEST(the_next_due_is_that_of_what_is_left),
        TEST(a_claim_given_back_is_due_at_its_old_time),
        TEST(a_claim_may_be_given_back_for_later),
        TEST(nobody_gives_back_what_has_passed_on),
        TEST(each_kind_is_claimed_by_itself),
        TEST(a_claimed_delivery_says_what_is_owed),
        TEST(a_claimed_delivery_comes_back_too),
        TEST(a_claimed_fetch_says_where_the_topic_stands),
        TEST(a_claim_of_no_kind_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
