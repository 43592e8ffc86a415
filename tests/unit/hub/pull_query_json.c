// SPDX-License-Identifier: MIT

#include "hub/pull_query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool post(const char *body, struct pull_query *out)
{
    const struct request_field field = { "Content-Type",
                                         "application/json; charset=utf-8" };
    struct request request = {
        .method = REQUEST_POST,
        .path = "/events",
        .query = "",
        .fields = &field,
        .field_count = 1,
        .body = body,
        .body_len = strlen(body),
    };
    return pull_query_read(&request, 1000000, out);
}

static void refused(const char *body, const char *word)
{
    struct pull_query query;
    assert_false(post(body, &query));
    assert_int_equal(query.status, 400);
    assert_non_null(strstr(query.reason, word));
}

static void topics_may_be_a_list(void **state)
{
    struct pull_query query;
    (void)state;
    assert_true(post("{\"topics\": [\"http://a/\", \"http://b/\"],"
                     " \"since\": \"x1\", \"wait\": 30, \"limit\": 7,"
                     " \"max_bytes\": 1000, \"body\": \"none\"}",
                     &query));
    assert_int_equal(query.topic_count, 2);
    assert_string_equal(query.since.cursor, "x1");
    assert_int_equal(query.wait_ms, 30000);
    assert_int_equal(query.limit, 7);
    assert_int_equal(query.max_bytes, 1000);
    assert_false(query.bodies);
    pull_query_clear(&query);
}

static void M16_topics_may_have_a_place_each(void **state)
{
    struct pull_query query;
    (void)state;
    assert_true(post("{\"topics\": {\"http://a/\": \"x1\","
                     " \"http://b/\": null}, \"since\": \"earliest\"}",
                     &query));
    assert_true(query.own_positions);
    assert_int_equal(query.voice, VOICE_BY_TOPIC);
    assert_int_equal(query.since.kind, STORE_SINCE_EARLIEST);
    pull_query_clear(&query);
    assert_true(post("{\"topics\": {\"http://a/\": \"x1\","
                     " \"http://b/\": \"x1\"}}",
                     &query));
    assert_false(query.own_positions);
    pull_query_clear(&query);
}

static void patterns_may_be_a_list_or_one(void **state)
{
    struct pull_query query;
    (void)state;
    assert_true(post("{\"match\": [\"http://a/*\"]}", &query));
    assert_int_equal(query.pattern_count, 1);
    pull_query_clear(&query);
    assert_true(post("{\"match\": \"*\"}", &query));
    assert_int_equal(query.patterns[0].len, 0);
    pull_query_clear(&query);
}

static void what_is_not_known_is_ignored(void **state)
{
    struct pull_query query;
    (void)state;
    assert_true(post("{\"topic\": \"http://a/\", \"colour\": \"red\","
                     " \"deep\": {\"a\": []}, \"wait\": null}",
                     &query));
    pull_query_clear(&query);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    refused("", "object");
    refused("[]", "object");
    refused("{\"topics\": [\"http://a/\"]", "object");
    refused("{\"topics\": 7}", "topics");
    refused("{\"topics\": [7]}", "topics");
    refused("{\"topics\": {\"http://a/\": 7}}", "place");
    refused("{\"topics\": {\"ftp://a/\": null}}", "topic");
    refused("{\"match\": {\"http://a/*\": null}}", "match");
    refused("{\"topics\": [\"http://a/\"], \"wait\": \"soon\"}", "wait");
    refused("{\"topics\": [\"http://a/\"], \"limit\": -1}", "limit");
    refused("{}", "topic");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topics_may_be_a_list),
        cmocka_unit_test(M16_topics_may_have_a_place_each),
        cmocka_unit_test(patterns_may_be_a_list_or_one),
        cmocka_unit_test(what_is_not_known_is_ignored),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
