// SPDX-License-Identifier: MIT
//
// Who is told that he is not served: what makes a denial, and its way until
// it has been said.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static void remove_one(struct session *s, struct scene_name name,
                       enum store_denial_reason reason)
{
    struct store_remove remove = {
        .op.verb = STORE_REMOVE,
        .topic = name.topic,
        .subscription = name.id,
        .reason = reason,
    };
    session_must(s, &remove.op);
}

static enum store_status tell(struct session *s,
                              const struct store_claim *claim, bool over,
                              int64_t due)
{
    struct store_tell tell = {
        .op.verb = STORE_TELL,
        .denial = claim->items[0].denial.id,
        .token = claim->items[0].token,
        .over = over,
        .due = due,
    };
    return session_run(s, &tell.op);
}

// The only one that is due; released by the caller.
static struct store_claim only_denial(struct session *s)
{
    struct store_claim claim = scene_claim_denials(s);
    assert_int_equal(claim.count, 1);
    return claim;
}

static void nobody_is_told(struct session *s)
{
    struct store_claim claim = scene_claim_denials(s);
    assert_int_equal(claim.count, 0);
    store_release(&claim.op);
}

static void B_who_is_removed_for_a_reason_is_told_it(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    remove_one(s, name, STORE_DENIAL_POLICY);
    assert_int_equal(scene_stats(s).subscriptions, 0);
    assert_int_equal(scene_stats(s).denials, 1);
    struct store_claim claim = only_denial(s);
    const struct store_denial *denial = &claim.items[0].denial;
    struct store_key origin = scene_key("https://callback.example:443");
    assert_true(denial->id != 0 && claim.items[0].token != 0);
    assert_true(scene_same(denial->topic, TOPIC));
    assert_true(scene_same(denial->callback, CALLBACK));
    assert_memory_equal(&denial->origin, &origin, sizeof origin);
    assert_int_equal(denial->reason, STORE_DENIAL_POLICY);
    assert_true(denial->verified);
    assert_true(denial->made == session_now(s));
    assert_int_equal(denial->tries, 0);
    assert_false(denial->moot);
    store_release(&claim.op);
}

static void B_a_denial_uses_the_spelling_of_the_latest_request(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    take.request.topic = scene_bytes("https://EXAMPLE.org/feed");
    take.request.callback = scene_bytes("https://CALLBACK.example/a");
    scene_settle(s, scene_take(s, &take), STORE_VERIFIED);
    remove_one(s, name, STORE_DENIAL_OPERATOR);
    struct store_claim claim = only_denial(s);
    assert_true(
        scene_same(claim.items[0].denial.topic, "https://EXAMPLE.org/feed"));
    assert_true(scene_same(claim.items[0].denial.callback,
                           "https://CALLBACK.example/a"));
    store_release(&claim.op);
}

static void B_who_is_removed_without_a_reason_is_not_told(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    remove_one(s, name, STORE_DENIAL_NONE);
    assert_int_equal(scene_stats(s).denials, 0);
    nobody_is_told(s);
}

static void B_what_failed_its_verification_is_not_denied(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    scene_settle(s, scene_take(s, &take), STORE_VERIFY_FAILED);
    nobody_is_told(s);
}

static void B_who_unsubscribes_is_not_denied(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    scene_unsubscribe(s, TOPIC, CALLBACK);
    nobody_is_told(s);
}

static void B_whose_callback_is_gone_is_not_denied(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_record(s, scene_outcome(s, STORE_GONE, name, 0));
    assert_int_equal(scene_stats(s).subscriptions, 0);
    nobody_is_told(s);
}

static struct store_settle deny(struct session *s, enum store_mode mode,
                                enum store_denial_reason reason)
{
    struct store_take take = scene_asks(mode, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    struct store_settle settle = {
        .op.verb = STORE_SETTLE,
        .request = id,
        .token = scene_claim_request(s, id),
        .verdict = STORE_VERIFY_DENIED,
        .reason = reason,
    };
    session_must(s, &settle.op);
    return settle;
}

static void B_a_request_that_is_denied_ends_and_is_told_so(void **state)
{
    struct session *s = *state;
    struct store_settle settle = deny(s, STORE_SUBSCRIBE, STORE_DENIAL_POLICY);
    assert_int_equal(settle.effect, STORE_EFFECT_DENIED);
    assert_int_equal(scene_stats(s).requests, 0);
    assert_int_equal(scene_stats(s).subscriptions, 0);
    struct store_claim claim = only_denial(s);
    assert_int_equal(claim.items[0].denial.reason, STORE_DENIAL_POLICY);
    assert_false(claim.items[0].denial.verified);
    store_release(&claim.op);
    session_run(s, &settle.op);
    assert_int_equal(scene_stats(s).denials, 1);
}

static void B_a_denied_renewal_leaves_the_subscription(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    deny(s, STORE_SUBSCRIBE, STORE_DENIAL_POLICY);
    assert_int_equal(scene_stats(s).subscriptions, 1);
    assert_int_equal(scene_stats(s).denials, 1);
}

static void B_a_request_denied_without_a_reason_fails_unsaid(void **state)
{
    struct session *s = *state;
    struct store_settle settle = deny(s, STORE_SUBSCRIBE, STORE_DENIAL_NONE);
    assert_int_equal(settle.effect, STORE_EFFECT_FAILED);
    assert_int_equal(scene_stats(s).requests, 0);
    nobody_is_told(s);
}

static struct store_expire expire(struct session *s, bool goodbye)
{
    struct store_expire expire = {
        .op.verb = STORE_EXPIRE,
        .max = 10,
        .goodbye = goodbye,
    };
    session_must(s, &expire.op);
    store_release(&expire.op);
    return expire;
}

static void B_the_end_of_a_lease_is_told_only_if_wanted(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE + 1);
    assert_int_equal(expire(s, false).count, 1);
    nobody_is_told(s);
    scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE + 1);
    assert_int_equal(expire(s, true).count, 1);
    struct store_claim claim = only_denial(s);
    assert_int_equal(claim.items[0].denial.reason, STORE_DENIAL_EXPIRED);
    assert_true(claim.items[0].denial.verified);
    store_release(&claim.op);
}

static void B_no_goodbye_is_said_while_a_renewal_waits(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE - MINUTE);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    session_advance(s, 2 * MINUTE);
    assert_int_equal(expire(s, true).count, 0);
    nobody_is_told(s);
    session_advance(s, DEADLINE);
    assert_int_equal(expire(s, true).count, 1);
    assert_int_equal(scene_stats(s).denials, 1);
    assert_int_equal(scene_claim_request(s, id), 0);
}

static void B_a_denial_survives_a_restart(void **state)
{
    struct session *s = *state;
    remove_one(s, scene_subscribe(s, TOPIC, CALLBACK), STORE_DENIAL_OPERATOR);
    struct store_claim claim = only_denial(s);
    uint64_t id = claim.items[0].denial.id;
    store_release(&claim.op);
    session_reopen(s);
    claim = only_denial(s);
    assert_true(claim.items[0].denial.id == id);
    assert_int_equal(claim.items[0].denial.reason, STORE_DENIAL_OPERATOR);
    store_release(&claim.op);
    remove_one(s, scene_subscribe(s, TOPIC, CALLBACK), STORE_DENIAL_OPERATOR);
    struct store_claim second = only_denial(s);
    assert_true(second.items[0].denial.id > id);
    store_release(&second.op);
}

static void B_what_was_said_is_over(void **state)
{
    struct session *s = *state;
    remove_one(s, scene_subscribe(s, TOPIC, CALLBACK), STORE_DENIAL_OPERATOR);
    struct store_claim claim = only_denial(s);
    nobody_is_told(s); // it is claimed
    assert_int_equal(tell(s, &claim, true, 0), STORE_OK);
    assert_int_equal(scene_stats(s).denials, 0);
    assert_int_equal(tell(s, &claim, true, 0), STORE_OK);
    store_release(&claim.op);
    session_advance(s, 2 * HOLD);
    nobody_is_told(s);
}

static void B_what_could_not_be_said_is_due_again(void **state)
{
    struct session *s = *state;
    remove_one(s, scene_subscribe(s, TOPIC, CALLBACK), STORE_DENIAL_OPERATOR);
    struct store_claim claim = only_denial(s);
    int64_t due = session_now(s) + 5 * MINUTE;
    assert_int_equal(tell(s, &claim, false, due), STORE_OK);
    assert_int_equal(tell(s, &claim, false, due), STORE_STALE);
    store_release(&claim.op);
    nobody_is_told(s);
    session_advance(s, 5 * MINUTE);
    claim = only_denial(s);
    assert_int_equal(claim.items[0].denial.tries, 1);
    assert_true(claim.items[0].denial.made == due - 5 * MINUTE);
    store_release(&claim.op);
}

static void a_claim_of_a_denial_may_be_given_back(void **state)
{
    struct session *s = *state;
    remove_one(s, scene_subscribe(s, TOPIC, CALLBACK), STORE_DENIAL_OPERATOR);
    struct store_claim claim = only_denial(s);
    struct store_release_claim release = {
        .op.verb = STORE_RELEASE,
        .kind = STORE_DUE_DENY,
        .id = claim.items[0].denial.id,
        .token = claim.items[0].token,
        .due = session_now(s) + MINUTE,
    };
    session_must(s, &release.op);
    assert_int_equal(tell(s, &claim, true, 0), STORE_STALE);
    store_release(&claim.op);
    nobody_is_told(s);
    session_advance(s, MINUTE);
    claim = only_denial(s);
    assert_int_equal(claim.items[0].denial.tries, 0);
    store_release(&claim.op);
}

static void who_subscribed_again_is_not_to_be_told(void **state)
{
    struct session *s = *state;
    remove_one(s, scene_subscribe(s, TOPIC, CALLBACK), STORE_DENIAL_OPERATOR);
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_claim claim = only_denial(s);
    assert_true(claim.items[0].denial.moot);
    store_release(&claim.op);
}

static void beyond_the_ceiling_what_ends_ends_unsaid(void **state)
{
    struct session *s = *state;
    static struct store_take takes[STORE_BATCH_MAX];
    static struct store_settle settles[STORE_BATCH_MAX];
    static char callbacks[STORE_BATCH_MAX][64];
    size_t made = 0;
    for (size_t i = 0; i < STORE_BATCH_MAX; i++)
        snprintf(callbacks[i], sizeof callbacks[i], CALLBACK "/%zu", i);
    while (made <= STORE_DENIALS_MAX) {
        for (size_t i = 0; i < STORE_BATCH_MAX; i++) {
            takes[i] = scene_asks(STORE_SUBSCRIBE, TOPIC, callbacks[i]);
            session_submit(s, &takes[i].op);
        }
        session_wait(s);
        struct store_claim claim = {
            .op.verb = STORE_CLAIM,
            .kind = STORE_DUE_VERIFY,
            .max = STORE_BATCH_MAX,
            .hold_ms = HOLD,
        };
        session_must(s, &claim.op);
        assert_int_equal(claim.count, STORE_BATCH_MAX);
        for (size_t i = 0; i < claim.count; i++) {
            settles[i] = (struct store_settle){
                .op.verb = STORE_SETTLE,
                .request = claim.items[i].request.id,
                .token = claim.items[i].token,
                .verdict = STORE_VERIFY_DENIED,
                .reason = STORE_DENIAL_POLICY,
            };
            session_submit(s, &settles[i].op);
        }
        session_wait(s);
        made += claim.count;
        store_release(&claim.op);
    }
    assert_int_equal(scene_stats(s).denials, STORE_DENIALS_MAX);
    assert_int_equal(scene_stats(s).requests, 0);
    struct store_claim told = scene_claim_denials(s);
    assert_int_equal(told.items[0].denial.id, 1);
    store_release(&told.op);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(B_who_is_removed_for_a_reason_is_told_it),
        TEST(B_a_denial_uses_the_spelling_of_the_latest_request),
        TEST(B_who_is_removed_without_a_reason_is_not_told),
        TEST(B_what_failed_its_verification_is_not_denied),
        TEST(B_who_unsubscribes_is_not_denied),
        TEST(B_whose_callback_is_gone_is_not_denied),
        TEST(B_a_request_that_is_denied_ends_and_is_told_so),
        TEST(B_a_denied_renewal_leaves_the_subscription),
        TEST(B_a_request_denied_without_a_reason_fails_unsaid),
        TEST(B_the_end_of_a_lease_is_told_only_if_wanted),
        TEST(B_no_goodbye_is_said_while_a_renewal_waits),
        TEST(B_a_denial_survives_a_restart),
        TEST(B_what_was_said_is_over),
        TEST(B_what_could_not_be_said_is_due_again),
        TEST(a_claim_of_a_denial_may_be_given_back),
        TEST(who_subscribed_again_is_not_to_be_told),
        cmocka_unit_test_setup_teardown(
            beyond_the_ceiling_what_ends_ends_unsaid, session_setup_cheap,
            session_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
