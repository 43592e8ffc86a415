// SPDX-License-Identifier: MIT
//
// What an operator does for a subscriber: vouch for him, move the end of his
// lease; and see all there are.

#include "scene.h"
#include "storage/steering.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define OTHER    "https://example.org/other"
#define CALLBACK "https://callback.example/a"

static struct store_grant asks(const char *topic, const char *callback)
{
    struct store_take take = scene_asks(STORE_SUBSCRIBE, topic, callback);
    return (struct store_grant){
        .op.verb = STORE_GRANT,
        .request = take.request,
    };
}

static struct store_grant grant(struct session *s, const char *callback)
{
    struct store_grant op = asks(TOPIC, callback);
    session_must(s, &op.op);
    return op;
}

static enum store_status extend(struct session *s, struct scene_name name,
                                int64_t lease_end)
{
    struct store_extend op = {
        .op.verb = STORE_EXTEND,
        .topic = name.topic,
        .subscription = name.id,
        .lease_end = lease_end,
    };
    return session_run(s, &op.op);
}

static struct store_subscriber look(struct session *s, struct scene_name name)
{
    struct store_subscriber subscriber;
    assert_true(scene_subscriber(s, name, &subscriber));
    return subscriber;
}

static size_t expire(struct session *s)
{
    struct store_expire op = { .op.verb = STORE_EXPIRE, .max = 10 };
    session_must(s, &op.op);
    size_t count = op.count;
    store_release(&op.op);
    return count;
}

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

// ---------------------------------------------------------------- granting

static void a_granted_one_is_active_at_once(void **state)
{
    struct session *s = *state;
    struct store_grant granted = grant(s, CALLBACK);
    struct scene_name name = { granted.topic, granted.subscription };
    assert_true(granted.topic_new);
    assert_false(granted.renewed);
    struct store_subscriber now = look(s, name);
    assert_true(now.lease_end == session_now(s) + LEASE);
    assert_int_equal(now.rev, 1);
    assert_int_equal(scene_topic(s, TOPIC).subscriptions, 1);
    assert_true(scene_topic(s, TOPIC).fetch_due == session_now(s));
    scene_update(s, TOPIC, "one");
    struct store_walk walk;
    assert_true(scene_walk(s, name.topic, &walk));
    session_reopen(s);
    scene_walk_all(s, name.topic, NULL);
    assert_false(look(s, name).lagging);
}

static void M18_what_it_led_to_is_known(void **state)
{
    struct session *s = *state;
    struct store_grant granted = grant(s, CALLBACK);
    struct scene_name name = { granted.topic, granted.subscription };
    struct store_request_status status = {
        .op.verb = STORE_STATUS,
        .request = look(s, name).request,
    };
    assert_true(status.request != 0);
    session_must(s, &status.op);
    assert_int_equal(status.state, STORE_REQUEST_VERIFIED);
    store_release(&status.op);
}

static void one_that_is_there_gets_the_new_profile(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    session_advance(s, DAY);
    struct store_grant again = asks(TOPIC, CALLBACK);
    again.request.profile.secret = scene_bytes("another");
    session_must(s, &again.op);
    assert_true(again.renewed);
    assert_false(again.topic_new);
    assert_true(again.subscription == name.id);
    struct store_subscriber now = look(s, name);
    assert_int_equal(now.rev, 2);
    assert_true(now.lease_end == session_now(s) + LEASE);
    // What is owed is due.
    assert_true(now.lagging);
    assert_true(now.due == session_now(s));
    struct store_find find = {
        .op.verb = STORE_FIND,
        .topic_key = scene_key(TOPIC),
        .callback_key = scene_key(CALLBACK),
    };
    session_must(s, &find.op);
    assert_true(scene_same(find.subscriber.profile.secret, "another"));
    store_release(&find.op);
}

static void requests_that_were_made_before_are_forgotten(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_take take = scene_asks(STORE_UNSUBSCRIBE, TOPIC, CALLBACK);
    uint64_t request = scene_take(s, &take);
    struct store_settle settle = {
        .op.verb = STORE_SETTLE,
        .request = request,
        .token = scene_claim_request(s, request),
        .verdict = STORE_VERIFIED,
        .sent_at = session_now(s),
    };
    assert_true(settle.token != 0);
    struct store_grant granted = grant(s, CALLBACK);
    session_must(s, &settle.op);
    assert_int_equal(settle.effect, STORE_EFFECT_NONE);
    look(s, (struct scene_name){ granted.topic, granted.subscription });
    assert_int_equal(scene_stats(s).requests, 0);
}

static void S20_no_more_than_there_may_be(void **state)
{
    struct session *s = *state;
    session_close(s);
    s->options.max_subscriptions = 1;
    s->options.max_topics = 1;
    session_open(s);
    grant(s, CALLBACK);
    struct store_grant op = asks(TOPIC, CALLBACK "/b");
    assert_int_equal(session_run(s, &op.op), STORE_FULL);
    op = asks(OTHER, CALLBACK);
    assert_int_equal(session_run(s, &op.op), STORE_FULL);
    assert_true(grant(s, CALLBACK).renewed);
    assert_int_equal(scene_stats(s).topics, 1);
}

static void what_makes_no_sense_is_not_granted(void **state)
{
    struct session *s = *state;
    struct store_grant op = asks(TOPIC, "");
    assert_int_equal(session_run(s, &op.op), STORE_INVALID);
    op = asks(TOPIC, CALLBACK);
    op.request.mode = STORE_UNSUBSCRIBE;
    assert_int_equal(session_run(s, &op.op), STORE_INVALID);
    op = asks(TOPIC, CALLBACK);
    op.request.lease = 0;
    assert_int_equal(session_run(s, &op.op), STORE_INVALID);
    op.request.lease = INT64_MAX;
    assert_int_equal(session_run(s, &op.op), STORE_INVALID);
    assert_int_equal(scene_stats(s).topics, 0);
}

// --------------------------------------------------------------- extending

static void an_extended_lease_ends_then(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    int64_t end = session_now(s) + (int64_t)3 * LEASE;
    assert_int_equal(extend(s, name, end), STORE_OK);
    assert_int_equal(extend(s, name, end), STORE_OK);
    session_reopen(s);
    assert_true(look(s, name).lease_end == end);
    session_advance(s, LEASE + SECOND);
    assert_int_equal(expire(s), 0);
    session_advance(s, 2 * LEASE);
    assert_int_equal(expire(s), 1);
    assert_int_equal(extend(s, name, end), STORE_INVALID);
    assert_int_equal(extend(s, name, session_now(s) + 1), STORE_NOT_FOUND);
}

static void a_lease_may_be_made_shorter(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    assert_int_equal(extend(s, name, session_now(s) + MINUTE), STORE_OK);
    session_advance(s, MINUTE);
    assert_int_equal(expire(s), 1);
}

static void a_later_renewal_counts_as_ever(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    extend(s, name, session_now(s) + (int64_t)3 * LEASE);
    scene_subscribe(s, TOPIC, CALLBACK);
    assert_true(look(s, name).lease_end == session_now(s) + LEASE);
}

// State G: the lease is over, a renewal is still being verified.
static void one_that_waits_for_its_renewal_goes_on(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    session_advance(s, LEASE - MINUTE);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t request = scene_take(s, &take);
    session_advance(s, MINUTE);
    assert_int_equal(expire(s), 0);
    assert_true(look(s, name).suspended);
    assert_int_equal(extend(s, name, session_now(s) + DAY), STORE_OK);
    struct store_subscriber now = look(s, name);
    assert_false(now.suspended);
    assert_true(now.due == session_now(s));
    // Whatever becomes of the renewal.
    scene_settle(s, request, STORE_VERIFY_FAILED);
    assert_true(look(s, name).lease_end == session_now(s) + DAY);
}

// ------------------------------------------------------------------ paging

static void everybody_comes_by_topic_and_id(void **state)
{
    struct session *s = *state;
    enum { EACH = 5 };
    const char *const topics[] = { TOPIC, OTHER, "https://example.org/third" };
    for (size_t i = 0; i < EACH * 3; i++) {
        char callback[64];
        snprintf(callback, sizeof callback, CALLBACK "/%zu", i);
        scene_subscribe(s, topics[i % 3], callback);
    }
    scene_update(s, OTHER, "one");
    scene_walk_all(s, scene_topic(s, OTHER).id, nothing_arrives);
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .max = 4,
    };
    size_t count = 0;
    do {
        session_must(s, &page.op);
        for (size_t i = 0; i < page.count; i++) {
            const struct store_subscriber *item = &page.items[i];
            assert_true(item->topic > page.after_topic
                        || item->id > page.after);
            assert_true(item->lagging == scene_same(item->topic_url, OTHER));
            page.after_topic = item->topic;
            page.after = item->id;
        }
        count += page.count;
        store_release(&page.op);
    } while (!page.end);
    assert_int_equal(count, EACH * 3);
}

static void a_store_without_subscribers_has_an_empty_page(void **state)
{
    struct session *s = *state;
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .max = 4,
    };
    session_must(s, &page.op);
    assert_int_equal(page.count, 0);
    assert_true(page.end);
    store_release(&page.op);
    page.after = page.after_topic = UINT64_MAX;
    session_must(s, &page.op);
    assert_true(page.end);
    store_release(&page.op);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_granted_one_is_active_at_once),
        TEST(M18_what_it_led_to_is_known),
        TEST(one_that_is_there_gets_the_new_profile),
        TEST(requests_that_were_made_before_are_forgotten),
        TEST(S20_no_more_than_there_may_be),
        TEST(what_makes_no_sense_is_not_granted),
        TEST(an_extended_lease_ends_then),
        TEST(a_lease_may_be_made_shorter),
        TEST(a_later_renewal_counts_as_ever),
        TEST(one_that_waits_for_its_renewal_goes_on),
        TEST(everybody_comes_by_topic_and_id),
        TEST(a_store_without_subscribers_has_an_empty_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
