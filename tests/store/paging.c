// SPDX-License-Identifier: MIT
//
// Pages of subscribers and topics while the table changes.

#include "chance.h"
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOPIC    "https://example.org/feed"
#define CALLBACK "https://callback.example/a"

enum { FIRST = 120, STEPS = 60 };

static struct scene_name subscribe(struct session *s, unsigned who)
{
    char callback[64];
    snprintf(callback, sizeof callback, CALLBACK "/%u", who);
    return scene_subscribe(s, TOPIC, callback);
}

static struct store_page_subscribers page_after(struct session *s,
                                                uint64_t topic, uint64_t after,
                                                size_t max)
{
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = topic,
        .after = after,
        .max = max,
    };
    session_must(s, &page.op);
    assert_true(page.count <= max);
    return page;
}

static void all_pages_together_are_everybody_once(void **state)
{
    struct session *s = *state;
    struct scene_name names[20];
    for (unsigned i = 0; i < 20; i++)
        names[i] = subscribe(s, i);
    for (size_t max = 1; max <= 25; max++) {
        size_t seen = 0;
        uint64_t after = 0;
        bool end = false;
        while (!end) {
            struct store_page_subscribers page =
                page_after(s, names[0].topic, after, max);
            for (size_t i = 0; i < page.count; i++, seen++)
                assert_true(page.items[i].id == names[seen].id);
            after = seen > 0 ? names[seen - 1].id : 0;
            end = page.end;
            assert_true(end || page.count > 0);
            store_release(&page.op);
        }
        assert_int_equal(seen, 20);
    }
}

static void the_end_of_a_topic_is_told_with_its_last_page(void **state)
{
    struct session *s = *state;
    struct scene_name names[3];
    for (unsigned i = 0; i < 3; i++)
        names[i] = subscribe(s, i);
    struct store_page_subscribers page = page_after(s, names[0].topic, 0, 3);
    assert_true(page.end);
    store_release(&page.op);
    page = page_after(s, names[0].topic, 0, 2);
    assert_false(page.end);
    store_release(&page.op);
    page = page_after(s, names[0].topic, names[2].id, 2);
    assert_int_equal(page.count, 0);
    assert_true(page.end);
    store_release(&page.op);
}

static void a_page_holds_one_topic_only(void **state)
{
    struct session *s = *state;
    struct scene_name name = subscribe(s, 1);
    struct scene_name other = scene_subscribe(s, TOPIC "/2", CALLBACK);
    struct store_page_subscribers page = page_after(s, name.topic, 0, 10);
    assert_int_equal(page.count, 1);
    assert_true(page.items[0].id == name.id && page.end);
    store_release(&page.op);
    page = page_after(s, other.topic, 0, 10);
    assert_int_equal(page.count, 1);
    assert_true(page.items[0].id == other.id);
    assert_true(scene_same(page.items[0].topic_url, TOPIC "/2"));
    store_release(&page.op);
}

// One comes or goes, at random; the first FIRST may only go.
static void change(struct session *s, struct chance *chance,
                   const struct scene_name *names, bool *removed)
{
    static unsigned next = FIRST;
    if (chance_below(chance, 2)) {
        subscribe(s, next++);
        return;
    }
    size_t who = chance_below(chance, FIRST);
    struct store_remove remove = {
        .op.verb = STORE_REMOVE,
        .topic = names[who].topic,
        .subscription = names[who].id,
    };
    enum store_status status = session_run(s, &remove.op);
    assert_int_equal(status, removed[who] ? STORE_NOT_FOUND : STORE_OK);
    removed[who] = true;
}

static void nobody_present_throughout_is_missed_or_doubled(void **state)
{
    struct session *s = *state;
    struct chance chance = chance_from(chance_seed());
    struct scene_name names[FIRST];
    bool removed[FIRST] = { false };
    bool seen[FIRST] = { false };
    for (unsigned i = 0; i < FIRST; i++)
        names[i] = subscribe(s, i);
    uint64_t last = 0;
    bool end = false;
    for (int i = 0; !end; i++) {
        struct store_page_subscribers page =
            page_after(s, names[0].topic, last, 4);
        for (size_t k = 0; k < page.count; k++) {
            assert_true(page.items[k].id > last);
            last = page.items[k].id;
            for (size_t n = 0; n < FIRST; n++)
                seen[n] = seen[n] || names[n].id == last;
        }
        end = page.end;
        store_release(&page.op);
        for (int k = 0; k < 2 && i < STEPS; k++)
            change(s, &chance, names, removed);
    }
    for (size_t n = 0; n < FIRST; n++)
        assert_true(seen[n] || removed[n]);
}

static uint64_t follow(struct session *s, const char *url)
{
    return scene_follow(s, url, true, DAY).topic;
}

static const char *const URLS[] = {
    "https://b.example/z", "https://a.example/1",   "https://a.example/10",
    "https://b.example/",  "https://a.example/2",   "https://c.example/x",
    "https://a.example/",  "https://a.example:81/", "http://a.example/1",
};
enum { URL_COUNT = sizeof URLS / sizeof *URLS };

static void topics_are_paged_by_number(void **state)
{
    struct session *s = *state;
    uint64_t ids[URL_COUNT];
    for (size_t i = 0; i < URL_COUNT; i++)
        ids[i] = follow(s, URLS[i]);
    struct store_page_topics page = {
        .op.verb = STORE_PAGE_TOPICS,
        .max = 4,
    };
    size_t seen = 0;
    do {
        session_must(s, &page.op);
        for (size_t i = 0; i < page.count; i++, seen++) {
            assert_true(page.items[i].id == ids[seen]);
            assert_true(scene_same(page.items[i].url, URLS[seen]));
        }
        page.after = ids[seen - 1];
        store_release(&page.op);
    } while (!page.end);
    assert_int_equal(seen, URL_COUNT);
}

static void topics_with_a_prefix_are_paged_by_url(void **state)
{
    struct session *s = *state;
    uint64_t ids[URL_COUNT];
    for (size_t i = 0; i < URL_COUNT; i++)
        ids[i] = follow(s, URLS[i]);
    static const size_t order[] = { 6, 1, 2, 4 };
    for (size_t max = 1; max <= 5; max++) {
        struct store_page_topics page = {
            .op.verb = STORE_PAGE_TOPICS,
            .prefix = scene_bytes("https://a.example/"),
            .max = max,
        };
        size_t seen = 0;
        do {
            session_must(s, &page.op);
            assert_true(page.count > 0 || page.end);
            for (size_t i = 0; i < page.count; i++, seen++) {
                assert_true(seen < 4);
                page.after = page.items[i].id;
                assert_true(page.after == ids[order[seen]]);
            }
            store_release(&page.op);
        } while (!page.end);
        assert_int_equal(seen, 4);
    }
}

static void long_urls_have_prefixes_too(void **state)
{
    struct session *s = *state;
    char long_url[2000];
    memset(long_url, 'x', sizeof long_url - 1);
    memcpy(long_url, "https://long.example/", 21);
    uint64_t ids[3];
    for (int i = 0; i < 3; i++) {
        long_url[1900] = (char)('c' - i);
        long_url[1999] = '\0';
        ids[i] = follow(s, long_url);
    }
    struct store_page_topics page = {
        .op.verb = STORE_PAGE_TOPICS,
        .prefix = scene_bytes("https://long.example/"),
        .max = 10,
    };
    session_must(s, &page.op);
    assert_int_equal(page.count, 3);
    for (int i = 0; i < 3; i++)
        assert_true(page.items[i].id >= ids[0] && page.items[i].id <= ids[2]);
    store_release(&page.op);
}

static void topics_are_looked_up_by_key_and_by_number(void **state)
{
    struct session *s = *state;
    uint64_t first = follow(s, URLS[0]), second = follow(s, URLS[1]);
    const struct store_key keys[] = {
        scene_key(URLS[1]),
        scene_key("https://nowhere.example/"),
        scene_key(URLS[0]),
    };
    struct store_topics topics = {
        .op.verb = STORE_TOPICS,
        .keys = keys,
        .count = 3,
    };
    session_must(s, &topics.op);
    assert_true(topics.items[0].id == second);
    assert_int_equal(topics.items[1].id, 0);
    assert_true(topics.items[2].id == first);
    store_release(&topics.op);
    const uint64_t ids[] = { second, 99999, first };
    topics.keys = NULL;
    topics.ids = ids;
    session_must(s, &topics.op);
    assert_true(scene_same(topics.items[0].url, URLS[1]));
    assert_int_equal(topics.items[1].id, 0);
    assert_true(scene_same(topics.items[2].url, URLS[0]));
    store_release(&topics.op);
}

static void a_page_of_nothing_or_of_too_much_is_invalid(void **state)
{
    struct session *s = *state;
    struct scene_name name = subscribe(s, 1);
    struct store_page_subscribers page = {
        .op.verb = STORE_PAGE_SUBSCRIBERS,
        .topic = name.topic,
    };
    assert_int_equal(session_run(s, &page.op), STORE_INVALID);
    page.max = STORE_BATCH_MAX + 1;
    assert_int_equal(session_run(s, &page.op), STORE_INVALID);
    struct store_page_topics topics = { .op.verb = STORE_PAGE_TOPICS };
    assert_int_equal(session_run(s, &topics.op), STORE_INVALID);
    topics.max = STORE_BATCH_MAX + 1;
    assert_int_equal(session_run(s, &topics.op), STORE_INVALID);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, session_setup_cheap, session_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_pages_together_are_everybody_once),
        TEST(the_end_of_a_topic_is_told_with_its_last_page),
        TEST(a_page_holds_one_topic_only),
        TEST(nobody_present_throughout_is_missed_or_doubled),
        TEST(topics_are_paged_by_number),
        TEST(topics_with_a_prefix_are_paged_by_url),
        TEST(long_urls_have_prefixes_too),
        TEST(topics_are_looked_up_by_key_and_by_number),
        TEST(a_page_of_nothing_or_of_too_much_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
