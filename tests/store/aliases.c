// SPDX-License-Identifier: MIT
//
// M15: a ping of one name of a document reaches its other names.

#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FEED     "https://example.org/feed?utm=1"
#define SELF     "https://example.org/feed"
#define FAR      "https://evil.example/feed"
#define CALLBACK "https://callback.example/a"

enum { MANY = STORE_ALIASES_MAX + 5 };

// A fetch of `topic` finds that its document says it is `self`.
static void names_itself(struct session *s, const char *topic, const char *self,
                         bool same_origin)
{
    struct store_publish publish = scene_fetch(s, topic, STORE_FETCH_UNCHANGED);
    publish.new_links = true;
    publish.self_same_origin = same_origin;
    if (self) {
        publish.self = scene_bytes(self);
        publish.self_key = scene_key(self);
    }
    session_must(s, &publish.op);
}

static uint32_t dirty(struct session *s, const char *topic)
{
    return scene_topic(s, topic).dirty;
}

// Subscribed to both; the first says that it is the second.
static void follow_both(struct session *s, const char *topic, const char *self,
                        bool same_origin)
{
    scene_subscribe(s, topic, CALLBACK);
    scene_subscribe(s, self, CALLBACK);
    names_itself(s, topic, self, same_origin);
}

static void M15_a_ping_of_the_self_reaches_who_says_so(void **state)
{
    struct session *s = *state;
    follow_both(s, FEED, SELF, true);
    uint32_t feed = dirty(s, FEED), self = dirty(s, SELF);
    assert_int_equal(scene_ping(s, SELF), 1);
    assert_int_equal(dirty(s, FEED), feed + 1);
    assert_int_equal(dirty(s, SELF), self + 1);
    assert_true(scene_topic(s, FEED).fetch_due <= session_now(s));
}

static void M15_a_ping_reaches_the_self_as_well(void **state)
{
    struct session *s = *state;
    follow_both(s, FEED, SELF, true);
    uint32_t feed = dirty(s, FEED), self = dirty(s, SELF);
    assert_int_equal(scene_ping(s, FEED), 1);
    assert_int_equal(dirty(s, FEED), feed + 1);
    assert_int_equal(dirty(s, SELF), self + 1);
}

static void M15_a_self_that_nobody_asked_for_reaches_its_topic(void **state)
{
    struct session *s = *state;
    scene_subscribe(s, FEED, CALLBACK);
    assert_int_equal(scene_ping(s, SELF), 0);
    names_itself(s, FEED, SELF, true);
    uint32_t feed = dirty(s, FEED);
    assert_int_equal(scene_ping(s, SELF), 1);
    assert_int_equal(dirty(s, FEED), feed + 1);
    assert_int_equal(scene_topic(s, SELF).id, 0);
}

static void M15_a_stranger_s_word_is_no_alias(void **state)
{
    struct session *s = *state;
    follow_both(s, FAR, SELF, false);
    uint32_t far = dirty(s, FAR), self = dirty(s, SELF);
    assert_int_equal(scene_ping(s, SELF), 1);
    assert_int_equal(dirty(s, FAR), far);
    assert_int_equal(scene_ping(s, FAR), 1);
    assert_int_equal(dirty(s, SELF), self + 1);
    assert_int_equal(dirty(s, FAR), far + 1);
}

static void M15_two_origins_that_name_each_other_are_aliases(void **state)
{
    struct session *s = *state;
    follow_both(s, FAR, SELF, false);
    names_itself(s, SELF, FAR, false);
    uint32_t far = dirty(s, FAR), self = dirty(s, SELF);
    scene_ping(s, SELF);
    assert_int_equal(dirty(s, FAR), far + 1);
    scene_ping(s, FAR);
    assert_int_equal(dirty(s, FAR), far + 2);
    assert_int_equal(dirty(s, SELF), self + 2);
}

static void M15_who_names_itself_confirms_nobody(void **state)
{
    struct session *s = *state;
    follow_both(s, FAR, SELF, false);
    names_itself(s, SELF, SELF, true);
    uint32_t far = dirty(s, FAR), self = dirty(s, SELF);
    scene_ping(s, SELF);
    assert_int_equal(dirty(s, FAR), far);
    assert_int_equal(dirty(s, SELF), self + 1);
}

static void M15_an_alias_reaches_one_hop(void **state)
{
    struct session *s = *state;
    const char *second = SELF "/second", *third = SELF "/third";
    follow_both(s, FEED, second, true);
    scene_subscribe(s, third, CALLBACK);
    names_itself(s, second, third, true);
    uint32_t feed = dirty(s, FEED), last = dirty(s, third);
    scene_ping(s, FEED);
    assert_int_equal(dirty(s, third), last);
    scene_ping(s, third);
    assert_int_equal(dirty(s, FEED), feed + 1);
}

static void M15_what_nobody_follows_is_not_marked(void **state)
{
    struct session *s = *state;
    follow_both(s, FEED, SELF, true);
    scene_unsubscribe(s, FEED, CALLBACK);
    uint32_t feed = dirty(s, FEED);
    assert_int_equal(scene_ping(s, SELF), 1);
    assert_int_equal(dirty(s, FEED), feed);
    assert_int_equal(scene_topic(s, FEED).fetch_due, 0);
    scene_unsubscribe(s, SELF, CALLBACK);
    assert_int_equal(scene_ping(s, SELF), 0);
    assert_int_equal(scene_ping(s, FEED), 0);
}

static void M15_a_ping_of_what_is_not_followed_reaches_its_alias(void **state)
{
    struct session *s = *state;
    follow_both(s, FEED, SELF, true);
    scene_unsubscribe(s, SELF, CALLBACK);
    uint32_t feed = dirty(s, FEED), self = dirty(s, SELF);
    assert_int_equal(scene_ping(s, SELF), 1);
    assert_int_equal(dirty(s, FEED), feed + 1);
    assert_int_equal(dirty(s, SELF), self);
}

static void M15_each_topic_is_marked_once_by_a_ping(void **state)
{
    struct session *s = *state;
    follow_both(s, FEED, SELF, true);
    uint32_t feed = dirty(s, FEED), self = dirty(s, SELF);
    struct store_key keys[] = { scene_key(FEED), scene_key(SELF),
                                scene_key(FEED) };
    struct store_ping ping = {
        .op.verb = STORE_PING,
        .keys = keys,
        .count = 3,
    };
    session_must(s, &ping.op);
    assert_int_equal(ping.known, 2);
    assert_int_equal(dirty(s, FEED), feed + 1);
    assert_int_equal(dirty(s, SELF), self + 1);
}

static void M15_at_most_so_many_aliases_are_marked(void **state)
{
    struct session *s = *state;
    char names[MANY][64];
    uint32_t before[MANY];
    scene_subscribe(s, SELF, CALLBACK);
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], SELF "?%d", i);
        scene_subscribe(s, names[i], CALLBACK);
        names_itself(s, names[i], SELF, true);
    }
    for (int i = 0; i < MANY; i++)
        before[i] = dirty(s, names[i]);
    uint32_t self = dirty(s, SELF);
    assert_int_equal(scene_ping(s, SELF), 1);
    int marked = 0;
    for (int i = 0; i < MANY; i++)
        marked += dirty(s, names[i]) == before[i] + 1;
    assert_int_equal(marked, STORE_ALIASES_MAX);
    assert_int_equal(dirty(s, SELF), self + 1);
}

static void M15_strangers_take_no_place_from_aliases(void **state)
{
    struct session *s = *state;
    follow_both(s, FEED, SELF, true);
    for (int i = 0; i < 2 * MANY; i++) {
        char name[64];
        snprintf(name, sizeof name, FAR "?%d", i);
        scene_subscribe(s, name, CALLBACK);
        names_itself(s, name, SELF, false);
    }
    uint32_t feed = dirty(s, FEED);
    scene_ping(s, SELF);
    assert_int_equal(dirty(s, FEED), feed + 1);
}

static void M15_the_newest_self_counts(void **state)
{
    struct session *s = *state;
    const char *other = SELF "/other";
    follow_both(s, FEED, SELF, true);
    scene_subscribe(s, other, CALLBACK);
    names_itself(s, FEED, other, true);
    uint32_t feed = dirty(s, FEED);
    scene_ping(s, SELF);
    assert_int_equal(dirty(s, FEED), feed);
    scene_ping(s, other);
    assert_int_equal(dirty(s, FEED), feed + 1);
    names_itself(s, FEED, NULL, false);
    feed = dirty(s, FEED);
    scene_ping(s, other);
    assert_int_equal(dirty(s, FEED), feed);
}

static void M15_links_that_are_not_new_change_no_alias(void **state)
{
    struct session *s = *state;
    follow_both(s, FEED, SELF, true);
    struct store_publish same = scene_fetch(s, FEED, STORE_FETCH_UNCHANGED);
    session_must(s, &same.op);
    uint32_t feed = dirty(s, FEED);
    scene_ping(s, SELF);
    assert_int_equal(dirty(s, FEED), feed + 1);
}

static void M15_aliases_survive_a_restart(void **state)
{
    struct session *s = *state;
    follow_both(s, FEED, SELF, true);
    session_reopen(s);
    uint32_t feed = dirty(s, FEED), self = dirty(s, SELF);
    scene_ping(s, SELF);
    scene_ping(s, FEED);
    assert_int_equal(dirty(s, FEED), feed + 2);
    assert_int_equal(dirty(s, SELF), self + 2);
}

static void M15_a_topic_that_is_removed_is_nobody_s_alias(void **state)
{
    struct session *s = *state;
    follow_both(s, FEED, SELF, true);
    scene_unsubscribe(s, FEED, CALLBACK);
    uint64_t old = scene_topic(s, FEED).id;
    session_advance(s, HOUR);
    struct store_trim trim = { .topic_removed = false };
    for (int i = 0; i < 10 && !trim.topic_removed; i++)
        trim = scene_trim(s, old, HOUR, 1, 1);
    assert_true(trim.topic_removed);
    scene_subscribe(s, FEED, CALLBACK);
    uint32_t feed = dirty(s, FEED);
    assert_int_equal(scene_ping(s, SELF), 1);
    assert_int_equal(dirty(s, FEED), feed);
}

// More than are looked at for one ping.
static void M15_topics_that_were_removed_stand_in_nobody_s_way(void **state)
{
    enum { REMOVED = 101 };
    struct session *s = *state;
    uint64_t ids[REMOVED];
    scene_subscribe(s, SELF, CALLBACK);
    for (int i = 0; i < REMOVED; i++) {
        char name[64];
        snprintf(name, sizeof name, SELF "?%d", i);
        ids[i] = scene_subscribe(s, name, CALLBACK).topic;
        names_itself(s, name, SELF, true);
        scene_unsubscribe(s, name, CALLBACK);
    }
    session_advance(s, 2 * HOUR);
    for (int i = 0; i < REMOVED; i++)
        assert_true(scene_trim(s, ids[i], HOUR, 1, 1).topic_removed);
    scene_subscribe(s, FEED, CALLBACK);
    names_itself(s, FEED, SELF, true);
    uint32_t feed = dirty(s, FEED);
    scene_ping(s, SELF);
    assert_int_equal(dirty(s, FEED), feed + 1);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(M15_a_ping_of_the_self_reaches_who_says_so),
        TEST(M15_a_ping_reaches_the_self_as_well),
        TEST(M15_a_self_that_nobody_asked_for_reaches_its_topic),
        TEST(M15_a_stranger_s_word_is_no_alias),
        TEST(M15_two_origins_that_name_each_other_are_aliases),
        TEST(M15_who_names_itself_confirms_nobody),
        TEST(M15_an_alias_reaches_one_hop),
        TEST(M15_what_nobody_follows_is_not_marked),
        TEST(M15_a_ping_of_what_is_not_followed_reaches_its_alias),
        TEST(M15_each_topic_is_marked_once_by_a_ping),
        TEST(M15_at_most_so_many_aliases_are_marked),
        TEST(M15_strangers_take_no_place_from_aliases),
        TEST(M15_the_newest_self_counts),
        TEST(M15_links_that_are_not_new_change_no_alias),
        TEST(M15_aliases_survive_a_restart),
        TEST(M15_a_topic_that_is_removed_is_nobody_s_alias),
        TEST(M15_topics_that_were_removed_stand_in_nobody_s_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
