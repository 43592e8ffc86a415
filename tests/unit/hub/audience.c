// SPDX-License-Identifier: MIT

#include "hub/audience.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ONE "https://blog.example/feed"

static struct audiences *all;

static int setup(void **state)
{
    (void)state;
    all = audiences_new();
    return all ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    audiences_free(all);
    return 0;
}

static struct pull_query *ask(const char *text)
{
    static struct pull_query query;
    const struct request request = { .path = "/events",
                                     .query = text,
                                     .body = "" };
    assert_true(pull_query_read(&request, 0, &query));
    return &query;
}

static struct audience *make(const char *text, uint64_t first)
{
    struct audience_found found[PULL_TOPICS_MAX];
    struct pull_query *query = ask(text);
    for (size_t i = 0; i < query->topic_count; i++)
        found[i] = (struct audience_found){ first + i, STORE_REACH_PUBLIC };
    struct audience *audience = audience_make(all, query, found, 1000);
    assert_non_null(audience);
    pull_query_clear(query);
    return audience;
}

static struct audience *find(const char *text)
{
    struct pull_query *query = ask(text);
    struct audience *audience = audience_find(all, query);
    pull_query_clear(query);
    return audience;
}

static void the_same_question_is_one_audience(void **state)
{
    (void)state;
    struct audience *audience = make("topic=" ONE, 7);
    assert_ptr_equal(make("topic=" ONE, 7), audience);
    // Where one is, and for how long one waits, is no part of it.
    assert_ptr_equal(find("topic=" ONE "&wait=30&since=abc"), audience);
    static const char *const others[] = {
        "topic=" ONE "&limit=5",
        "topic=" ONE "&body=none",
        "topic=" ONE "&view=by_topic",
        "topic=" ONE "&content=full",
        "topic=" ONE "&max_bytes=5",
        "topic=" ONE "&on_gap=fail",
        "topic=https://blog.example/fee%2564",
        "topic=" ONE "&topic=https://e/",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(find(others[i]));
}

static void a_topic_made_anew_is_another_audience(void **state)
{
    (void)state;
    struct audience *audience = make("topic=" ONE, 7);
    audience_use(all, audience);
    struct audience *other = make("topic=" ONE, 8);
    assert_ptr_not_equal(other, audience);
    assert_ptr_equal(find("topic=" ONE), other);
    audience_leave(all, audience); // and is gone
    struct audiences_numbers numbers;
    audiences_numbers(all, &numbers);
    assert_int_equal(numbers.audiences, 1);
}

static void nobody_knows_before_a_reading(void **state)
{
    (void)state;
    struct audience *audience = make("topic=" ONE, 7);
    assert_false(audience_is_quiet(audience, UINT64_MAX));
    audience_learn(audience, 0, 10, 40);
    audience_learnt(audience);
    assert_true(audience_is_quiet(audience, 40));
    assert_false(audience_is_quiet(audience, 39));
    // A later look from below, with nothing in between, says more.
    audience_learn(audience, 0, 30, 30);
    audience_learnt(audience);
    assert_true(audience_is_quiet(audience, 30));
}

static struct audience *woken_one;
static uint64_t woken_before;
static size_t woken_times;

static void woken(void *context, struct audience *audience, uint64_t before)
{
    assert_null(context);
    woken_one = audience;
    woken_before = before;
    woken_times++;
}

static void updated(uint64_t topic, const char *normal, uint64_t number)
{
    woken_times = 0;
    audiences_updated(all, topic, normal, number, woken, NULL);
}

static void an_update_is_told_to_those_with_its_topic(void **state)
{
    (void)state;
    struct audience *both = make("topic=" ONE "&topic=https://e/", 7);
    audience_learn(both, 0, 10, 10);
    audience_learn(both, 1, 10, 20);
    audience_learnt(both);
    updated(9, "https://f/", 50);
    assert_int_equal(woken_times, 0);
    updated(7, ONE, 51);
    assert_int_equal(woken_times, 1);
    assert_ptr_equal(woken_one, both);
    assert_int_equal(woken_before, 20);
    assert_int_equal(audience_newest(both, 0), 51);
    assert_int_equal(audience_newest(both, 1), 20);
    assert_false(audience_is_quiet(both, 50));
    assert_true(audience_is_quiet(both, 51));
}

static void M11_what_was_told_stays_known_whatever_is_read(void **state)
{
    (void)state;
    struct audience *audience = make("topic=" ONE, 7);
    updated(7, ONE, 51); // while it is read for the first time
    audience_learn(audience, 0, 10, 10);
    audience_learnt(audience);
    assert_false(audience_is_quiet(audience, 50));
    assert_true(audience_is_quiet(audience, 51));
}

static void patterns_hear_of_what_begins_so(void **state)
{
    (void)state;
    struct audience *audience = make("match=https://blog.example/a*", 0);
    audience_learn(audience, 0, 10, 10);
    audience_learnt(audience);
    updated(3, "https://blog.example/b", 50);
    assert_int_equal(woken_times, 0);
    updated(4, "https://blog.example/a", 51);
    assert_int_equal(woken_times, 1);
    assert_ptr_equal(woken_one, audience);
    assert_int_equal(audiences_of(all, 4, "https://blog.example/ab"), 0);
    audience_use(all, audience);
    assert_int_equal(audiences_of(all, 4, "https://blog.example/ab"), 1);
    audience_leave(all, audience);
}

static void those_that_nobody_asks_any_more_are_forgotten_in_time(void **state)
{
    (void)state;
    char text[64];
    struct audience *used = make("topic=" ONE, 7);
    audience_use(all, used);
    for (uint64_t i = 0; i < 5000; i++) {
        (void)snprintf(text, sizeof text, "topic=https://e/%d", (int)i);
        make(text, 100 + i);
    }
    struct audiences_numbers numbers;
    audiences_numbers(all, &numbers);
    assert_int_equal(numbers.asleep, 4096);
    assert_int_equal(numbers.audiences, 4097);
    assert_ptr_equal(find("topic=" ONE), used);
    assert_null(find("topic=https://e/0"));
    assert_non_null(find("topic=https://e/4999"));
    audience_leave(all, used);
}

static void the_long_ones_are_forgotten_sooner(void **state)
{
    (void)state;
    enum { TOPICS = 90, LEN = 1900 };
    char *text = malloc(TOPICS * (LEN + 40) + 40);
    assert_non_null(text);
    for (uint64_t i = 1; i <= 200; i++) {
        int len = snprintf(text, 40, "limit=%d", (int)i);
        for (int topic = 0; topic < TOPICS; topic++) {
            len += snprintf(text + len, 40, "&topic=https://e/%d?", topic);
            memset(text + len, 'y', LEN);
            len += LEN;
        }
        text[len] = '\0';
        make(text, 100);
    }
    free(text);
    struct audiences_numbers numbers;
    audiences_numbers(all, &numbers);
    // Of about 350 KB each, 32 MiB in all.
    assert_in_range(numbers.asleep, 50, 100);
}

static size_t topics_seen;

static bool see(void *context, struct bytes normal, size_t held)
{
    (void)context;
    assert_int_equal(held, 1);
    assert_true(normal.len > 0);
    return ++topics_seen < 2;
}

static void topics_are_listed_while_somebody_asks(void **state)
{
    (void)state;
    struct audience *audience =
        make("topic=" ONE "&topic=https://e/&topic=https://f/", 7);
    topics_seen = 0;
    audiences_each(all, see, NULL);
    assert_int_equal(topics_seen, 0);
    audience_use(all, audience);
    audiences_each(all, see, NULL);
    assert_int_equal(topics_seen, 2); // until it is told to stop
    audience_leave(all, audience);
}

static void a_question_can_be_asked_again(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "topic=" ONE "&topic=https://e/%7E&limit=7&body=none",
        "match=https://blog.example/a*&on_gap=fail",
    };
    for (size_t i = 0; i < 2; i++) {
        struct audience *audience = make(texts[i], 7);
        struct pull_query query;
        assert_true(audience_question(audience, &query));
        assert_ptr_equal(audience_find(all, &query), audience);
        pull_query_clear(&query);
    }
}

static void members_belong_to_one_ring_at_a_time(void **state)
{
    (void)state;
    struct ring other;
    struct audience *audience = make("topic=" ONE, 7);
    struct member members[2] = { { .audience = audience },
                                 { .audience = audience } };
    ring_init(&other);
    ring_init(&members[0].ring);
    ring_init(&members[1].ring);
    member_join(&members[0]);
    member_join(&members[1]);
    assert_ptr_equal(audience->members.next, &members[0].ring);
    member_move(&members[0], &other);
    assert_ptr_equal(other.next, &members[0].ring);
    assert_ptr_equal(audience->members.next, &members[1].ring);
    member_leave(&members[1]);
    assert_true(ring_empty(&audience->members));
    member_leave(&members[1]); // again is fine
    member_leave(&members[0]);
    assert_true(ring_empty(&other));
}

#define HEARD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HEARD(the_same_question_is_one_audience),
        HEARD(a_topic_made_anew_is_another_audience),
        HEARD(nobody_knows_before_a_reading),
        HEARD(an_update_is_told_to_those_with_its_topic),
        HEARD(M11_what_was_told_stays_known_whatever_is_read),
        HEARD(patterns_hear_of_what_begins_so),
        HEARD(those_that_nobody_asks_any_more_are_forgotten_in_time),
        HEARD(the_long_ones_are_forgotten_sooner),
        HEARD(topics_are_listed_while_somebody_asks),
        HEARD(a_question_can_be_asked_again),
        HEARD(members_belong_to_one_ring_at_a_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
