// SPDX-License-Identifier: MIT
//
// Table B, the rows that make, renew or refuse a subscription.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

static void B_a_verified_subscribe_starts_at_the_head(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK "/first");
    scene_update(s, TOPIC, "one");
    scene_update(s, TOPIC, "two");
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    struct store_settle settled = scene_settle(s, id, STORE_VERIFIED);
    assert_int_equal(settled.effect, STORE_EFFECT_ACTIVE);

    struct store_subscriber subscriber;
    struct scene_name name = { settled.topic, settled.subscription };
    assert_true(scene_subscriber(s, name, &subscriber));
    assert_int_equal(subscriber.start, 2);
    assert_false(subscriber.lagging);
    assert_false(subscriber.suspended);
    assert_int_equal(scene_stats(s).requests, 0);
    assert_int_equal(scene_topic(s, TOPIC).subscriptions, 2);
}

static void B_the_lease_counts_from_the_moment_of_sending(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    uint64_t token = scene_claim_request(s, id);
    struct store_settle settle = {
        .op.verb = STORE_SETTLE,
        .request = id,
        .token = token,
        .verdict = STORE_VERIFIED,
        .sent_at = session_now(s),
        .lease = HOUR,
    };
    session_advance(s, 5 * SECOND);
    session_must(s, &settle.op);
    struct store_subscriber subscriber;
    struct scene_name name = { settle.topic, settle.subscription };
    assert_true(scene_subscriber(s, name, &subscriber));
    assert_true(subscriber.lease_end == settle.sent_at + HOUR);
}

static void M7_the_first_verified_subscribe_makes_the_topic(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    assert_int_equal(scene_topic(s, TOPIC).id, 0);
    struct store_settle settled = scene_settle(s, id, STORE_VERIFIED);
    assert_true(settled.topic_new);
    struct store_topic topic = scene_topic(s, TOPIC);
    assert_true(topic.id == settled.topic);
    assert_true(topic.incarnation != 0);
    assert_int_equal(topic.head, 0);

    take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/second");
    id = scene_take(s, &take);
    settled = scene_settle(s, id, STORE_VERIFIED);
    assert_false(settled.topic_new);
    assert_true(settled.topic == topic.id);
}

static void M7_a_new_topic_is_due_for_its_first_fetch(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_claimed claimed;
    assert_true(scene_claim_topic(s, STORE_DUE_FETCH, name.topic, &claimed));
}

static void expect_profile(struct session *s, struct scene_name name,
                           const struct store_profile *wanted)
{
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = name.topic,
        .after = name.id - 1,
        .max = 1,
    };
    session_must(s, &page.op);
    assert_int_equal(page.count, 1);
    const struct store_profile *profile = &page.items[0].profile;
    assert_int_equal(profile->secret.len, wanted->secret.len);
    if (wanted->secret.len > 0)
        assert_memory_equal(profile->secret.at, wanted->secret.at,
                            wanted->secret.len);
    assert_int_equal(profile->method, wanted->method);
    assert_int_equal(profile->content, wanted->content);
    assert_int_equal(profile->verify_token.len, wanted->verify_token.len);
    assert_int_equal(profile->old_client, wanted->old_client);
    store_release(&page.op);
}

static void
B_a_verified_renewal_keeps_id_and_cursor_and_replaces_the_whole_profile(
    void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    take.request.profile.verify_token = scene_bytes("token");
    take.request.profile.old_client = true;
    uint64_t id = scene_take(s, &take);
    struct store_settle first = scene_settle(s, id, STORE_VERIFIED);
    struct scene_name name = { first.topic, first.subscription };
    struct store_subscriber before, after;
    assert_true(scene_subscriber(s, name, &before));
    scene_update(s, TOPIC, "one");
    session_advance(s, HOUR);

    take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    take.request.profile = (struct store_profile){
        .method = STORE_SHA1,
        .content = STORE_CONTENT_FULL,
    };
    id = scene_take(s, &take);
    struct store_settle second = scene_settle(s, id, STORE_VERIFIED);
    assert_int_equal(second.effect, STORE_EFFECT_RENEWED);
    assert_true(second.subscription == first.subscription);
    assert_true(second.profile_changed);
    assert_false(second.topic_new);
    assert_true(scene_subscriber(s, name, &after));
    assert_true(after.start == before.start);
    assert_int_equal(after.rev, before.rev + 1);
    assert_true(after.lease_end == before.lease_end + HOUR);
    expect_profile(s, name, &take.request.profile);
    assert_int_equal(scene_topic(s, TOPIC).subscriptions, 1);
}

static void B_a_renewal_with_the_same_profile_says_so(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    struct store_settle settled = scene_settle(s, id, STORE_VERIFIED);
    assert_int_equal(settled.effect, STORE_EFFECT_RENEWED);
    assert_false(settled.profile_changed);
}

static void B_nothing_changes_before_a_renewal_is_verified(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_subscriber before, after;
    assert_true(scene_subscriber(s, name, &before));
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    take.request.profile.secret = scene_bytes("other");
    scene_take(s, &take);
    assert_true(scene_subscriber(s, name, &after));
    assert_int_equal(after.rev, before.rev);
    expect_profile(s, name,
                   &(struct store_profile){ .secret = scene_bytes("secret"),
                                            .method = STORE_SHA256 });
}

static void B_a_renewal_makes_a_lagging_one_due_now(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    struct store_outcome outcome = scene_outcome(s, STORE_OWED, name, 1);
    outcome.token = scene_claim_delivery(s, name);
    outcome.due = session_now(s) + HOUR;
    assert_int_equal(scene_record(s, outcome), 1);
    assert_true(scene_claim_delivery(s, name) == 0);

    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    assert_true(subscriber.lagging);
    assert_int_equal(subscriber.next, 1);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void M4_a_renewal_makes_a_stopped_one_due_now(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    struct store_outcome outcome = scene_outcome(s, STORE_OWED, name, 1);
    outcome.token = scene_claim_delivery(s, name);
    outcome.due = 0;
    assert_int_equal(scene_record(s, outcome), 1);
    session_advance(s, HOUR);
    assert_true(scene_claim_delivery(s, name) == 0);

    scene_subscribe(s, TOPIC, CALLBACK);
    assert_true(scene_claim_delivery(s, name) != 0);
}

static void M2_a_renewal_brings_its_own_spelling(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    take.request.topic = scene_bytes("https://example.org/%66eed");
    take.request.callback = scene_bytes("https://callback.example/%61");
    uint64_t id = scene_take(s, &take);
    struct store_settle settled = scene_settle(s, id, STORE_VERIFIED);
    assert_int_equal(settled.effect, STORE_EFFECT_RENEWED);
    assert_true(settled.subscription == name.id);

    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = name.topic,
        .max = 2,
    };
    session_must(s, &page.op);
    assert_int_equal(page.count, 1);
    assert_true(
        scene_same(page.items[0].topic_url, "https://example.org/%66eed"));
    assert_true(
        scene_same(page.items[0].callback, "https://callback.example/%61"));
    store_release(&page.op);
}

static void B_a_verification_deletes_older_requests_of_its_key(void **state)
{
    struct session *s = *state;
    struct store_take take[3];
    for (int i = 0; i < 3; i++) {
        take[i] = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
        take[i].request.lease += i;
        scene_take(s, &take[i]);
    }
    struct store_take other =
        scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK "/other");
    scene_take(s, &other);
    scene_settle(s, take[1].id, STORE_VERIFIED);
    assert_int_equal(scene_stats(s).requests, 2);
    assert_true(scene_claim_request(s, take[0].id) == 0);
    assert_true(scene_claim_request(s, take[2].id) != 0);
    assert_true(scene_claim_request(s, other.id) != 0);
}

static void B_of_two_verified_requests_the_later_wins(void **state)
{
    struct session *s = *state;
    struct store_take older = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take newer = older;
    newer.request.profile.secret = scene_bytes("newer");
    scene_take(s, &older);
    scene_take(s, &newer);
    uint64_t token = scene_claim_request(s, older.id);
    struct store_settle won = scene_settle(s, newer.id, STORE_VERIFIED);
    assert_int_equal(won.effect, STORE_EFFECT_ACTIVE);
    struct store_settle lost = {
        .op.verb = STORE_SETTLE,
        .request = older.id,
        .token = token,
        .verdict = STORE_VERIFIED,
        .sent_at = session_now(s),
        .lease = LEASE,
    };
    assert_int_equal(session_run(s, &lost.op), STORE_OK);
    assert_int_equal(lost.effect, STORE_EFFECT_NONE);
    expect_profile(s, (struct scene_name){ won.topic, won.subscription },
                   &newer.request.profile);
}

static void B_a_lease_that_is_over_at_the_verification_fails(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    struct store_settle settle = {
        .op.verb = STORE_SETTLE,
        .request = id,
        .token = scene_claim_request(s, id),
        .verdict = STORE_VERIFIED,
        .sent_at = session_now(s),
        .lease = 10 * SECOND,
    };
    session_advance(s, 11 * SECOND);
    session_must(s, &settle.op);
    assert_int_equal(settle.effect, STORE_EFFECT_FAILED);
    assert_int_equal(scene_stats(s).subscriptions, 0);
    assert_int_equal(scene_stats(s).requests, 0);
}

static void B_a_failed_renewal_leaves_the_subscription_alone(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    take.request.profile.secret = scene_bytes("other");
    uint64_t id = scene_take(s, &take);
    struct store_settle settled = scene_settle(s, id, STORE_VERIFY_FAILED);
    assert_int_equal(settled.effect, STORE_EFFECT_FAILED);
    assert_int_equal(scene_stats(s).requests, 0);
    expect_profile(s, name,
                   &(struct store_profile){ .secret = scene_bytes("secret"),
                                            .method = STORE_SHA256 });
}

static void B_a_request_may_be_tried_again_later(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t id = scene_take(s, &take);
    struct store_settle settled = scene_settle(s, id, STORE_VERIFY_LATER);
    assert_int_equal(settled.effect, STORE_EFFECT_LATER);
    assert_true(scene_claim_request(s, id) == 0);
    session_advance(s, MINUTE);

    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_VERIFY,
        .max = 1,
        .hold_ms = HOLD,
    };
    session_must(s, &claim.op);
    assert_int_equal(claim.count, 1);
    assert_int_equal(claim.items[0].request.tries, 1);
    store_release(&claim.op);
}

static void B_other_requests_go_on_while_one_waits(void **state)
{
    struct session *s = *state;
    struct store_take older = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    struct store_take newer = older;
    newer.request.lease++;
    scene_take(s, &older);
    scene_take(s, &newer);
    scene_settle(s, newer.id, STORE_VERIFY_LATER);
    struct store_settle settled = scene_settle(s, older.id, STORE_VERIFIED);
    assert_int_equal(settled.effect, STORE_EFFECT_ACTIVE);
    session_advance(s, MINUTE);
    settled = scene_settle(s, newer.id, STORE_VERIFIED);
    assert_int_equal(settled.effect, STORE_EFFECT_RENEWED);
}

static void repeat(struct session *s, enum store_verification verdict,
                   const char *callback)
{
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, callback);
    uint64_t id = scene_take(s, &take);
    struct store_settle settle = scene_settle(s, id, verdict);
    struct store_numbers before = scene_stats(s);
    session_run(s, &settle.op);
    struct store_numbers after = scene_stats(s);
    assert_int_equal(before.requests, after.requests);
    assert_int_equal(before.subscriptions, after.subscriptions);
    if (verdict != STORE_VERIFIED)
        return;
    struct store_subscriber all[SCENE_MAX];
    size_t count = scene_subscribers(s, scene_topic(s, TOPIC).id, all);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(all[i].rev, all[0].rev);
}

static void a_repeated_settlement_changes_nothing_more(void **state)
{
    struct session *s = *state;
    repeat(s, STORE_VERIFIED, CALLBACK "/1");
    repeat(s, STORE_VERIFIED, CALLBACK "/2");
    repeat(s, STORE_VERIFY_FAILED, CALLBACK "/3");
    repeat(s, STORE_VERIFY_LATER, CALLBACK "/4");
    struct store_claim claim = {
        .op.verb = STORE_CLAIM,
        .kind = STORE_DUE_VERIFY,
        .max = 2,
        .hold_ms = HOLD,
    };
    session_advance(s, MINUTE);
    session_must(s, &claim.op);
    assert_int_equal(claim.count, 1);
    assert_int_equal(claim.items[0].request.tries, 1);
    store_release(&claim.op);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(B_a_verified_subscribe_starts_at_the_head),
        TEST(B_the_lease_counts_from_the_moment_of_sending),
        TEST(M7_the_first_verified_subscribe_makes_the_topic),
        TEST(M7_a_new_topic_is_due_for_its_first_fetch),
        TEST(
            B_a_verified_renewal_keeps_id_and_cursor_and_replaces_the_whole_profile),
        TEST(B_a_renewal_with_the_same_profile_says_so),
        TEST(B_nothing_changes_before_a_renewal_is_verified),
        TEST(B_a_renewal_makes_a_lagging_one_due_now),
        TEST(M4_a_renewal_makes_a_stopped_one_due_now),
        TEST(M2_a_renewal_brings_its_own_spelling),
        TEST(B_a_verification_deletes_older_requests_of_its_key),
        TEST(B_of_two_verified_requests_the_later_wins),
        TEST(B_a_lease_that_is_over_at_the_verification_fails),
        TEST(B_a_failed_renewal_leaves_the_subscription_alone),
        TEST(B_a_request_may_be_tried_again_later),
        TEST(B_other_requests_go_on_while_one_waits),
        TEST(a_repeated_settlement_changes_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
