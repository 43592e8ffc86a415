// SPDX-License-Identifier: MIT

#include "hub/pull_query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1000000 };

static bool read_with(const char *text, const struct request_field *fields,
                      size_t count, struct pull_query *out)
{
    struct request request = {
        .method = REQUEST_GET,
        .path = "/events",
        .query = text,
        .fields = fields,
        .field_count = count,
        .body = "",
    };
    return pull_query_read(&request, NOW, out);
}

static struct pull_query good(const char *text)
{
    struct pull_query query;
    bool fine = read_with(text, NULL, 0, &query);
    if (!fine)
        print_message("%s: %s\n", text, query.reason);
    assert_true(fine);
    pull_query_clear(&query);
    return query;
}

static void bad(const char *text, const char *word)
{
    struct pull_query query;
    assert_false(read_with(text, NULL, 0, &query));
    assert_int_equal(query.status, 400);
    assert_non_null(strstr(query.reason, word));
}

static void a_topic_alone_asks_for_what_is_new_from_now_on(void **state)
{
    (void)state;
    struct pull_query query;
    assert_true(read_with("topic=http%3A%2F%2Fe%2Ffeed", NULL, 0, &query));
    assert_int_equal(query.topic_count, 1);
    assert_string_equal(query.topics[0].url, "http://e/feed");
    assert_int_equal(query.since, STORE_SINCE_LATEST);
    assert_false(query.has_cursor);
    assert_int_equal(query.wait_ms, 0);
    assert_int_equal(query.limit, PULL_LIMIT);
    assert_true(query.bodies);
    pull_query_clear(&query);
}

static void the_same_topic_twice_counts_once(void **state)
{
    (void)state;
    struct pull_query query;
    assert_true(
        read_with("topic=http://e/%7Ea&topic=http://E/~a&topic=http://f/", NULL,
                  0, &query));
    assert_int_equal(query.topic_count, 2);
    pull_query_clear(&query);
}

static void every_kind_of_since_is_understood(void **state)
{
    (void)state;
    assert_int_equal(good("topic=http://e/&since=latest").since,
                     STORE_SINCE_LATEST);
    assert_int_equal(good("topic=http://e/&since=earliest").since,
                     STORE_SINCE_EARLIEST);
    struct pull_query query = good("topic=http://e/&since=-5");
    assert_int_equal(query.since, STORE_SINCE_LAST);
    assert_int_equal(query.value, 5);
    query = good("topic=http://e/&since=1970-01-01T00:00:02.5Z");
    assert_int_equal(query.since, STORE_SINCE_TIME);
    assert_int_equal(query.value, 2500);
    query = good("topic=http://e/&since=10s");
    assert_int_equal(query.value, NOW - 10000);
    query = good("topic=http://e/&since=abcDEF_-123");
    assert_true(query.has_cursor);
    assert_string_equal(query.cursor, "abcDEF_-123");
}

static void a_cursor_may_begin_like_a_number(void **state)
{
    (void)state;
    struct pull_query query =
        good("topic=http://e/&since=-4XuE60QNcQjuu9ZHVSvSQ");
    assert_true(query.has_cursor);
    query = good("topic=http://e/&since=7dXuE60QNcQjuu9ZHVSvSQ");
    assert_true(query.has_cursor);
}

static void times_are_read_with_their_offset(void **state)
{
    (void)state;
    assert_int_equal(pull_query_time("1970-01-01T01:00:00+01:00"), 0);
    assert_int_equal(pull_query_time("1970-01-01T00:00:00.001Z"), 1);
    assert_int_equal(pull_query_time("1969-12-31T23:00:00-01:00"), 0);
    assert_int_equal(pull_query_time("1970-01-01"), -1);
    assert_int_equal(pull_query_time("1970-01-01T00:00:00"), -1);
    assert_int_equal(pull_query_time("1970-01-01T00:00:00Zulu"), -1);
}

static void the_wait_has_a_ceiling(void **state)
{
    (void)state;
    assert_int_equal(good("topic=http://e/&wait=30").wait_ms, 30000);
    assert_int_equal(good("topic=http://e/&wait=9999").wait_ms,
                     PULL_WAIT_MAX_S * 1000);
}

static void a_preference_asks_for_a_wait_too(void **state)
{
    (void)state;
    const struct request_field prefer = { "Prefer", "respond-async, wait=20" };
    struct pull_query query;
    assert_true(read_with("topic=http://e/", &prefer, 1, &query));
    assert_int_equal(query.wait_ms, 20000);
    assert_true(query.prefer);
    pull_query_clear(&query);
}

static void an_event_sources_header_wins_over_its_old_url(void **state)
{
    (void)state;
    const struct request_field last = { "Last-Event-ID", "newer" };
    struct pull_query query;
    assert_true(read_with("topic=http://e/&since=older", &last, 1, &query));
    assert_string_equal(query.cursor, "newer");
    pull_query_clear(&query);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    bad("", "topic");
    bad("topic=", "topic");
    bad("topic=ftp://e/", "topic");
    bad("topic=http://e/%23x", "topic");
    bad("topic=http://e/&wait=soon", "wait");
    bad("topic=http://e/&wait=-1", "wait");
    bad("topic=http://e/&limit=0", "limit");
    bad("topic=http://e/&limit=1001", "limit");
    bad("topic=http://e/&max_bytes=99999999", "max_bytes");
    bad("topic=http://e/&body=maybe", "body");
    bad("topic=http://e/&content=half", "content");
    bad("topic=http://e/&since=-99999", "since");
}

static void there_is_a_ceiling_to_the_topics_of_one_request(void **state)
{
    (void)state;
    char text[8192] = "";
    size_t len = 0;
    for (int i = 0; i <= PULL_TOPICS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "topic=http://e/%d&", i);
    bad(text, "topics");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_alone_asks_for_what_is_new_from_now_on),
        cmocka_unit_test(the_same_topic_twice_counts_once),
        cmocka_unit_test(every_kind_of_since_is_understood),
        cmocka_unit_test(a_cursor_may_begin_like_a_number),
        cmocka_unit_test(times_are_read_with_their_offset),
        cmocka_unit_test(the_wait_has_a_ceiling),
        cmocka_unit_test(a_preference_asks_for_a_wait_too),
        cmocka_unit_test(an_event_sources_header_wins_over_its_old_url),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(there_is_a_ceiling_to_the_topics_of_one_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
