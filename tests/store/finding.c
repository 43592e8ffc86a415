// SPDX-License-Identifier: MIT
//
// Looking for one subscriber: by topic and callback, or by origin.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC     "https://example.org/feed"
#define CALLBACK  "https://callback.example/a"
#define ELSEWHERE "https://elsewhere.example:443"

static struct store_find find(struct session *s, const char *topic,
                              const char *callback)
{
    struct store_find find = {
        .op.verb = STORE_FIND,
        .topic_key = scene_key(topic),
        .callback_key = scene_key(callback),
    };
    session_must(s, &find.op);
    return find;
}

static enum store_outcome_kind nothing_arrives(uint64_t subscription)
{
    (void)subscription;
    return STORE_OWED;
}

static void what_does_not_exist_is_not_found(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    struct store_find nothing = find(s, TOPIC, CALLBACK "/other");
    assert_false(nothing.subscribed);
    assert_int_equal(nothing.pending_count, 0);
    store_release(&nothing.op);
    nothing = find(s, TOPIC "/other", CALLBACK);
    assert_false(nothing.subscribed);
    store_release(&nothing.op);
}

static void a_subscription_is_found_with_what_it_is_owed(void **state)
{
    struct session *s = *state;
    struct scene_name name = scene_subscribe(s, TOPIC, CALLBACK);
    struct store_find found = find(s, TOPIC, CALLBACK);
    assert_true(found.subscribed);
    assert_true(found.subscriber.id == name.id);
    assert_true(found.subscriber.topic == name.topic);
    assert_true(scene_same(found.subscriber.callback, CALLBACK));
    assert_true(scene_same(found.subscriber.profile.secret, "secret"));
    assert_false(found.subscriber.lagging);
    store_release(&found.op);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    found = find(s, TOPIC, CALLBACK);
    assert_true(found.subscriber.lagging);
    assert_int_equal(found.subscriber.next, 1);
    assert_int_equal(found.subscriber.last_status, 503);
    store_release(&found.op);
}

static void what_waits_is_found_oldest_first(void **state)
{
    struct session *s = *state;
    struct store_take take = scene_asks(STORE_SUBSCRIBE, TOPIC, CALLBACK);
    uint64_t first = scene_take(s, &take);
    session_advance(s, MINUTE);
    take.request.profile.secret = scene_bytes("another");
    uint64_t second = scene_take(s, &take);
    struct store_find found = find(s, TOPIC, CALLBACK);
    assert_false(found.subscribed);
    assert_int_equal(found.pending_count, 2);
    assert_true(found.pending[0].id == first);
    assert_true(found.pending[1].id == second);
    assert_true(scene_same(found.pending[1].callback, CALLBACK));
    assert_true(scene_same(found.pending[1].profile.secret, "another"));
    store_release(&found.op);
    session_advance(s, DEADLINE - MINUTE);
    found = find(s, TOPIC, CALLBACK);
    assert_int_equal(found.pending_count, 1);
    assert_true(found.pending[0].id == second);
    store_release(&found.op);
}

static void finding_commits_nothing(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, TOPIC, CALLBACK);
    uint64_t commits = scene_stats(s).commits;
    struct store_find found = find(s, TOPIC, CALLBACK);
    store_release(&found.op);
    assert_true(scene_stats(s).commits == commits);
}

static struct scene_name subscribe_at(struct session *s, const char *topic,
                                      unsigned who, const char *origin)
{
    char callback[64];
    snprintf(callback, sizeof callback, "%s/%u", origin, who);
    struct store_take take = scene_asks(STORE_SUBSCRIBE, topic, callback);
    take.request.origin = scene_key(origin);
    struct store_settle settled =
        scene_settle(s, scene_take(s, &take), STORE_VERIFIED);
    return (struct scene_name){ settled.topic, settled.subscription };
}

static void all_pages_of_an_origin_are_everybody_there_once(void **state)
{
    struct session *s = *state;
    struct scene_name names[12];
    struct store_key origin = scene_key(ELSEWHERE);
    scene_subscribe(s, TOPIC "/1", CALLBACK);
    for (unsigned i = 0; i < 6; i++) {
        names[i] = subscribe_at(s, TOPIC "/1", i, ELSEWHERE);
        scene_subscribe(s, TOPIC "/2", CALLBACK);
    }
    for (unsigned i = 6; i < 12; i++)
        names[i] = subscribe_at(s, TOPIC "/2", i, ELSEWHERE);
    for (size_t max = 1; max <= 13; max++) {
        size_t seen = 0;
        struct store_page_subscribers page = { .end = false };
        struct scene_name last = { 0, 0 };
        while (!page.end) {
            page = (struct store_page_subscribers){
                .op.verb = STORE_PAGE_SUBSCRIBERS,
                .origin = &origin,
                .after_topic = last.topic,
                .after = last.id,
                .max = max,
            };
            session_must(s, &page.op);
            assert_true(page.count <= max);
            for (size_t i = 0; i < page.count; i++, seen++) {
                last = (struct scene_name){ page.items[i].topic,
                                            page.items[i].id };
                assert_true(seen < 12 && last.topic == names[seen].topic);
                assert_true(last.id == names[seen].id);
            }
            store_release(&page.op);
        }
        assert_int_equal(seen, 12);
    }
}

static void a_page_of_an_origin_shows_who_lags(void **state)
{
    struct session *s = *state;
    struct store_key origin = scene_key(ELSEWHERE);
    struct scene_name name = subscribe_at(s, TOPIC, 1, ELSEWHERE);
    scene_update(s, TOPIC, "one");
    scene_walk_all(s, name.topic, nothing_arrives);
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .origin = &origin,
        .max = 10,
    };
    session_must(s, &page.op);
    assert_int_equal(page.count, 1);
    assert_true(page.items[0].lagging);
    assert_int_equal(page.items[0].next, 1);
    assert_true(scene_same(page.items[0].topic_url, TOPIC));
    store_release(&page.op);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_does_not_exist_is_not_found),
        TEST(a_subscription_is_found_with_what_it_is_owed),
        TEST(what_waits_is_found_oldest_first),
        TEST(finding_commits_nothing),
        TEST(all_pages_of_an_origin_are_everybody_there_once),
        TEST(a_page_of_an_origin_shows_who_lags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
