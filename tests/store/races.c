// SPDX-License-Identifier: MIT
//
// Table B where two things happen at once, and what is kept for a renewal.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static uint64_t ask(struct session *s, enum store_mode mode, const char *secret)
{
    struct store_take take = scene_asks(mode, TOPIC, CALLBACK);
    take.request.profile.secret = scene_bytes(secret);
    return scene_take(s, &take);
}

// The attempt is under way: claimed, with what will be said of it.
static struct store_settle begin(struct session *s, uint64_t request,
                                 enum store_verification verdict)
{
    struct store_settle settle = {
        .op.verb = STORE_SETTLE,
        .request = request,
        .token = scene_claim_request(s, request),
        .verdict = verdict,
        .sent_at = session_now(s),
        .lease = LEASE,
        .due = session_now(s) + MINUTE,
    };
    assert_true(settle.token != 0);
    return settle;
}

static struct store_find find(struct session *s)
{
    struct store_find find = {
        .op.verb = STORE_FIND,
        .topic_key = scene_key(TOPIC),
        .callback_key = scene_key(CALLBACK),
    };
    session_must(s, &find.op);
    return find;
}

static void expect_secret(struct session *s, const char *secret)
{
    struct store_find found = find(s);
    assert_true(found.subscribed);
    assert_true(scene_same(found.subscriber.profile.secret, secret));
    store_release(&found.op);
}

static void B_an_unsubscribe_sent_while_a_subscribe_is_verified_ends_in_none(
    void **state)
{
    struct session *s = *state;
    for (int order = 0; order < 2; order++) {
        uint64_t first = ask(s, STORE_SUBSCRIBE, "one");
        struct store_settle subscribe = begin(s, first, STORE_VERIFIED);
        uint64_t second = ask(s, STORE_UNSUBSCRIBE, "one");
        assert_true(second > first);
        struct store_settle unsubscribe = begin(s, second, STORE_VERIFIED);
        session_must(s, order ? &subscribe.op : &unsubscribe.op);
        session_must(s, order ? &unsubscribe.op : &subscribe.op);
        struct store_find found = find(s);
        assert_false(found.subscribed);
        assert_int_equal(found.pending_count, 0);
        store_release(&found.op);
    }
}

static void B_the_later_of_two_requests_wins_in_any_order(void **state)
{
    struct session *s = *state;
    for (int order = 0; order < 2; order++) {
        uint64_t first = ask(s, STORE_SUBSCRIBE, "one");
        uint64_t second = ask(s, STORE_SUBSCRIBE, "two");
        struct store_settle one = begin(s, first, STORE_VERIFIED);
        struct store_settle two = begin(s, second, STORE_VERIFIED);
        session_must(s, order ? &one.op : &two.op);
        session_must(s, order ? &two.op : &one.op);
        expect_secret(s, "two");
        assert_int_equal(scene_stats(s).requests, 0);
    }
}

static void B_a_late_404_of_an_older_request_undoes_nothing(void **state)
{
    struct session *s = *state;
    uint64_t first = ask(s, STORE_SUBSCRIBE, "one");
    struct store_settle late = begin(s, first, STORE_VERIFY_FAILED);
    uint64_t second = ask(s, STORE_SUBSCRIBE, "two");
    scene_settle(s, second, STORE_VERIFIED);
    session_must(s, &late.op);
    assert_int_equal(late.effect, STORE_EFFECT_NONE);
    expect_secret(s, "two");
}

static void B_a_late_404_of_an_older_attempt_undoes_nothing(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, STORE_SUBSCRIBE, "one");
    struct store_settle late = begin(s, id, STORE_VERIFY_FAILED);
    session_advance(s, HOLD);
    struct store_settle again = begin(s, id, STORE_VERIFIED);
    assert_int_equal(session_run(s, &late.op), STORE_STALE);
    session_must(s, &again.op);
    assert_int_equal(again.effect, STORE_EFFECT_ACTIVE);
    session_run(s, &late.op);
    expect_secret(s, "one");
}

static void B_a_verification_of_a_request_that_is_gone_is_nothing(void **state)
{
    struct session *s = *state;
    struct store_settle old =
        begin(s, ask(s, STORE_SUBSCRIBE, "one"), STORE_VERIFIED);
    scene_settle(s, ask(s, STORE_SUBSCRIBE, "two"), STORE_VERIFIED);
    session_must(s, &old.op);
    assert_int_equal(old.effect, STORE_EFFECT_NONE);
    expect_secret(s, "two");
    struct store_find found = find(s);
    assert_int_equal(found.subscriber.rev, 1);
    store_release(&found.op);
}

static void B_whatever_is_said_of_a_request_that_is_gone_is_nothing(
    void **state)
{
    static const enum store_verification verdicts[] = {
        STORE_VERIFIED,
        STORE_VERIFY_LATER,
        STORE_VERIFY_FAILED,
        STORE_VERIFY_DENIED,
    };
    struct session *s = *state;
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        struct store_settle old =
            begin(s, ask(s, STORE_SUBSCRIBE, "one"), verdicts[i]);
        old.reason = STORE_DENIAL_POLICY;
        scene_settle(s, ask(s, STORE_SUBSCRIBE, "two"), STORE_VERIFIED);
        session_must(s, &old.op);
        assert_int_equal(old.effect, STORE_EFFECT_NONE);
        expect_secret(s, "two");
    }
    assert_int_equal(scene_stats(s).denials, 0);
}

// What was taken back meanwhile is not what is asked for after it.
static void B_what_the_other_mode_has_taken_back_is_not_joined(void **state)
{
    struct session *s = *state;
    uint64_t first = ask(s, STORE_SUBSCRIBE, "one");
    uint64_t second = ask(s, STORE_UNSUBSCRIBE, "one");
    uint64_t third = ask(s, STORE_SUBSCRIBE, "one");
    assert_true(third > second && second > first);
    assert_true(ask(s, STORE_SUBSCRIBE, "one") == third);
    scene_settle(s, second, STORE_VERIFIED);
    scene_settle(s, third, STORE_VERIFIED);
    expect_secret(s, "one");
}

static struct store_settle renew_pinned(struct session *s, const char *secret)
{
    struct store_settle settle =
        begin(s, ask(s, STORE_SUBSCRIBE, secret), STORE_VERIFIED);
    settle.keep_secret = true;
    session_must(s, &settle.op);
    return settle;
}

static void B_a_pinned_secret_is_kept(void **state)
{
    struct session *s = *state;
    assert_int_equal(renew_pinned(s, "one").effect, STORE_EFFECT_ACTIVE);
    assert_int_equal(renew_pinned(s, "two").effect, STORE_EFFECT_FAILED);
    assert_int_equal(renew_pinned(s, "").effect, STORE_EFFECT_FAILED);
    expect_secret(s, "one");
    assert_int_equal(renew_pinned(s, "one").effect, STORE_EFFECT_RENEWED);
    assert_int_equal(scene_stats(s).requests, 0);
    assert_int_equal(scene_stats(s).denials, 0);
    struct store_find found = find(s);
    assert_int_equal(found.subscriber.rev, 2);
    store_release(&found.op);
}

static void B_an_identical_unsubscribe_is_joined(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    uint64_t id = ask(s, STORE_UNSUBSCRIBE, "one");
    assert_true(ask(s, STORE_UNSUBSCRIBE, "one") == id);
    assert_int_equal(scene_stats(s).requests, 1);
}

static void B_a_request_past_its_deadline_is_not_asked_again(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, STORE_SUBSCRIBE, "one");
    session_advance(s, DEADLINE - 1);
    assert_true(scene_claim_request(s, id) != 0);
    session_advance(s, HOLD);
    assert_int_equal(scene_claim_request(s, id), 0);
}

static void B_a_retry_beyond_the_deadline_is_a_failure(void **state)
{
    struct session *s = *state;
    struct store_settle settle =
        begin(s, ask(s, STORE_SUBSCRIBE, "one"), STORE_VERIFY_LATER);
    settle.due = session_now(s) + DEADLINE;
    session_must(s, &settle.op);
    assert_int_equal(settle.effect, STORE_EFFECT_FAILED);
    assert_int_equal(scene_stats(s).requests, 0);
    assert_int_equal(scene_stats(s).denials, 0);
}

static void B_after_a_kill_a_request_is_claimed_again(void **state)
{
    struct session *s = *state;
    uint64_t id = ask(s, STORE_SUBSCRIBE, "one");
    struct store_settle before = begin(s, id, STORE_VERIFIED);
    session_reopen(s);
    assert_int_equal(session_run(s, &before.op), STORE_STALE);
    struct store_settle after = begin(s, id, STORE_VERIFIED);
    session_must(s, &after.op);
    assert_int_equal(after.effect, STORE_EFFECT_ACTIVE);
}

static void B_a_request_that_is_removed_under_way_is_nothing(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_settle renewal =
        begin(s, ask(s, STORE_SUBSCRIBE, "two"), STORE_VERIFIED);
    struct store_remove remove = {
        .op.verb = STORE_REMOVE,
        .topic = name.topic,
        .subscription = name.id,
        .reason = STORE_DENIAL_OPERATOR,
    };
    session_must(s, &remove.op);
    session_must(s, &renewal.op);
    assert_int_equal(renewal.effect, STORE_EFFECT_NONE);
    assert_int_equal(scene_stats(s).subscriptions, 0);
    assert_int_equal(scene_stats(s).denials, 1);
}

// Refused although a request of its own key was cleared away for it.
static void a_refusal_after_clearing_up_loses_count_of_nothing(void **state)
{
    struct session *s = *state;
    session_close(s);
    s->options.pending_per_host = 1;
    session_open(s);
    struct store_take old = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take other =
        scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/other");
    old.request.host = 1;
    other.request.host = 2;
    scene_take(s, &old);
    session_advance(s, DEADLINE);
    scene_take(s, &other);
    struct store_take again = old;
    again.request.host = 2;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(session_run(s, &again.op), STORE_CONFLICT);
        assert_int_equal(again.taken, STORE_TAKEN_CROWDED);
    }
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    store_release(&expire.op);
    assert_int_equal(scene_stats(s).requests, 1);
    again.request.host = 1;
    scene_take(s, &again);
    assert_int_equal(again.taken, STORE_TAKEN_NEW);
}

// ----------------------------------------------- kept while nothing is sent

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

// An update whose walk does not call this one.
static void pass_by(struct session *s, struct scene_name name, uint32_t rev)
{
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    struct store_outcome passed = {
        .kind = STORE_PASSED,
        .topic = name.topic,
        .subscription = name.id,
        .rev = rev,
    };
    struct store_checkpoint end = {
        .op.verb = STORE_CHECKPOINT,
        .walk = walk,
        .finish = true,
        .outcomes = &passed,
        .count = 1,
    };
    end.walk.position = name.id;
    session_must(s, &end.op);
}

static struct store_subscriber look(struct session *s, struct scene_name name)
{
    struct store_subscriber now;
    assert_true(scene_subscriber(s, name, &now));
    return now;
}

static void expire(struct session *s)
{
    struct store_expire expire = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &expire.op);
    assert_int_equal(expire.count, 0);
    store_release(&expire.op);
}

static void B_an_update_in_grace_is_owed_after_the_renewal(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, NULL);
    session_advance(s, LEASE - MINUTE);
    uint64_t id = ask(s, STORE_SUBSCRIBE, "two");
    session_advance(s, MINUTE);
    expire(s);
    assert_true(look(s, name).suspended);
    scene_update(s, TOPIC, "two");
    pass_by(s, name, 1);
    struct store_subscriber now = look(s, name);
    assert_true(now.lagging && now.suspended);
    assert_int_equal(now.next, 2);
    assert_int_equal(scene_claim_delivery(s, name), 0);
    scene_settle(s, id, STORE_VERIFIED);
    now = look(s, name);
    assert_true(now.lagging && !now.suspended);
    assert_int_equal(now.next, 2);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void B_an_update_after_the_lease_is_kept_until_it_ends(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    uint64_t id = 0;
    session_advance(s, LEASE - MINUTE);
    id = ask(s, STORE_SUBSCRIBE, "two");
    session_advance(s, 2 * MINUTE);
    // Nobody has looked at the leases yet.
    scene_update(s, TOPIC, "one");
    pass_by(s, name, 1);
    struct store_subscriber now = look(s, name);
    assert_true(now.lagging && !now.suspended && now.due == 0);
    scene_settle(s, id, STORE_VERIFIED);
    assert_true(scene_claim_delivery(s, name) != 0);
}

// In state G, with a delivery of update 1 under way and a renewal that waits.
static struct store_outcome under_way_in_grace(struct session *s,
                                               enum store_outcome_kind kind,
                                               uint64_t *renewal)
{
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    uint64_t seq = scene_update(s, TOPIC, "one").seq;
    scene_walk_all(s, name.topic, nothing_arrives);
    session_advance(s, LEASE - 2);
    *renewal = ask(s, STORE_SUBSCRIBE, "two");
    struct store_outcome outcome = scene_outcome(s, kind, name, seq);
    outcome.token = scene_claim_delivery(s, name);
    outcome.status = 599;
    assert_true(outcome.token != 0);
    session_advance(s, 2);
    expire(s);
    assert_true(look(s, name).suspended);
    return outcome;
}

static void expect_owed_after(struct session *s, struct store_outcome outcome,
                              uint64_t renewal)
{
    struct scene_name name = { outcome.topic, outcome.subscription };
    scene_record(s, outcome);
    struct store_subscriber now = look(s, name);
    assert_true(now.suspended && now.lagging);
    assert_int_equal(now.last_status, 599);
    assert_int_equal(now.due, 0);
    session_advance(s, 2 * MINUTE);
    assert_int_equal(scene_claim_delivery(s, name), 0);
    scene_settle(s, renewal, STORE_VERIFIED);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void B_a_failure_in_grace_is_due_only_after_the_renewal(void **state)
{
    struct session *s = *state;
    uint64_t renewal;
    struct store_outcome failed = under_way_in_grace(s, STORE_OWED, &renewal);
    expect_owed_after(s, failed, renewal);
}

static void B_gone_of_an_older_rev_in_grace_is_a_failure(void **state)
{
    struct session *s = *state;
    uint64_t renewal;
    struct store_outcome gone = under_way_in_grace(s, STORE_GONE, &renewal);
    gone.rev--;
    expect_owed_after(s, gone, renewal);
}

static void B_gone_in_grace_ends_the_subscription(void **state)
{
    struct session *s = *state;
    uint64_t renewal;
    struct store_outcome gone = under_way_in_grace(s, STORE_GONE, &renewal);
    scene_record(s, gone);
    assert_int_equal(scene_stats(s).subscriptions, 0);
    // What was asked for before is still asked for.
    assert_int_equal(scene_settle(s, renewal, STORE_VERIFIED).effect,
                     STORE_EFFECT_ACTIVE);
}

static void B_a_delivery_in_grace_is_counted(void **state)
{
    struct session *s = *state;
    uint64_t renewal;
    struct store_outcome arrived =
        under_way_in_grace(s, STORE_DELIVERED, &renewal);
    struct scene_name name = { arrived.topic, arrived.subscription };
    scene_record(s, arrived);
    assert_false(look(s, name).lagging);
    scene_settle(s, renewal, STORE_VERIFIED);
    assert_int_equal(scene_claim_delivery(s, name), 0);
}

static void B_a_delivery_of_less_in_grace_leaves_the_rest(void **state)
{
    struct session *s = *state;
    uint64_t renewal;
    struct store_outcome arrived =
        under_way_in_grace(s, STORE_DELIVERED, &renewal);
    struct scene_name name = { arrived.topic, arrived.subscription };
    scene_update(s, TOPIC, "two");
    scene_update(s, TOPIC, "three");
    struct store_walk walk;
    while (scene_walk(s, name.topic, &walk)) {
        struct store_checkpoint end = {
            .op.verb = STORE_CHECKPOINT,
            .walk = walk,
            .finish = true,
        };
        end.walk.position = name.id;
        session_must(s, &end.op);
    }
    scene_record(s, arrived);
    struct store_subscriber now = look(s, name);
    assert_true(now.lagging && now.suspended && now.due == 0);
    assert_int_equal(now.next, arrived.upto + 1);
    scene_settle(s, renewal, STORE_VERIFIED);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void B_an_update_in_grace_resets_the_attempts(void **state)
{
    struct session *s = *state;
    uint64_t renewal;
    struct store_outcome failed = under_way_in_grace(s, STORE_OWED, &renewal);
    struct scene_name name = { failed.topic, failed.subscription };
    failed.attempts = 7;
    scene_record(s, failed);
    assert_int_equal(look(s, name).attempts, 7);
    scene_update(s, TOPIC, "two");
    scene_walk_all(s, name.topic, NULL);
    assert_int_equal(look(s, name).attempts, 0);
    assert_int_equal(look(s, name).due, 0);
}

static void B_who_was_renewed_while_the_walk_passed_is_owed_at_once(
    void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE - MINUTE);
    uint64_t id = ask(s, STORE_SUBSCRIBE, "two");
    session_advance(s, MINUTE);
    expire(s);
    scene_update(s, TOPIC, "one");
    scene_settle(s, id, STORE_VERIFIED);
    pass_by(s, name, 1);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void B_who_is_passed_and_owed_nothing_stays_at_the_head(void **state)
{
    struct session *s = *state;
    struct scene_name first =
        scene_subscribe(s, TOPIC, "https://callback.example/first");
    scene_update(s, TOPIC, "one");
    struct scene_name late = scene_subscribe(s, TOPIC, CALLBACK);
    assert_true(late.id > first.id);
    pass_by(s, late, 1);
    assert_false(look(s, late).lagging);
}

static void B_an_unsubscribe_in_grace_whose_renewal_is_over_is_idle(
    void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    session_advance(s, LEASE - MINUTE);
    ask(s, STORE_SUBSCRIBE, "two");
    session_advance(s, MINUTE);
    expire(s);
    session_advance(s, DEADLINE);
    assert_int_equal(ask(s, STORE_UNSUBSCRIBE, "two"), 0);
    struct store_subscriber now;
    assert_false(scene_subscriber(s, name, &now));
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(B_an_unsubscribe_sent_while_a_subscribe_is_verified_ends_in_none),
        TEST(B_the_later_of_two_requests_wins_in_any_order),
        TEST(B_a_late_404_of_an_older_request_undoes_nothing),
        TEST(B_a_late_404_of_an_older_attempt_undoes_nothing),
        TEST(B_a_verification_of_a_request_that_is_gone_is_nothing),
        TEST(B_whatever_is_said_of_a_request_that_is_gone_is_nothing),
        TEST(B_what_the_other_mode_has_taken_back_is_not_joined),
        TEST(B_a_pinned_secret_is_kept),
        TEST(B_an_identical_unsubscribe_is_joined),
        TEST(B_a_request_past_its_deadline_is_not_asked_again),
        TEST(B_a_retry_beyond_the_deadline_is_a_failure),
        TEST(B_after_a_kill_a_request_is_claimed_again),
        TEST(B_a_request_that_is_removed_under_way_is_nothing),
        TEST(a_refusal_after_clearing_up_loses_count_of_nothing),
        TEST(B_an_update_in_grace_is_owed_after_the_renewal),
        TEST(B_an_update_after_the_lease_is_kept_until_it_ends),
        TEST(B_a_failure_in_grace_is_due_only_after_the_renewal),
        TEST(B_gone_of_an_older_rev_in_grace_is_a_failure),
        TEST(B_gone_in_grace_ends_the_subscription),
        TEST(B_a_delivery_in_grace_is_counted),
        TEST(B_a_delivery_of_less_in_grace_leaves_the_rest),
        TEST(B_an_update_in_grace_resets_the_attempts),
        TEST(B_who_was_renewed_while_the_walk_passed_is_owed_at_once),
        TEST(B_who_is_passed_and_owed_nothing_stays_at_the_head),
        TEST(B_an_unsubscribe_in_grace_whose_renewal_is_over_is_idle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
