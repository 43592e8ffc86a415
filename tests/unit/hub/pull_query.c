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
    assert_int_equal(query.since.kind, STORE_SINCE_LATEST);
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

static void a_position_is_read_under_all_its_names(void **state)
{
    (void)state;
    assert_int_equal(good("topic=http://e/").since.kind, STORE_SINCE_LATEST);
    static const char *const names[] = { "since", "after", "cursor",
                                         "last_event_id", "lastEventId" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[64];
        snprintf(text, sizeof text, "topic=http://e/&%s=-5", names[i]);
        struct pull_query query = good(text);
        assert_int_equal(query.since.kind, STORE_SINCE_LAST);
        assert_int_equal(query.since.value, 5);
    }
    struct pull_query query = good("topic=http://e/&since=abcDEF_-123");
    assert_int_equal(query.since.kind, STORE_SINCE_NUMBER);
    assert_string_equal(query.since.cursor, "abcDEF_-123");
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
    assert_string_equal(query.since.cursor, "newer");
    pull_query_clear(&query);
}

static struct pull_query with_tag(const char *text, const char *tag)
{
    const struct request_field field = { "If-None-Match", tag };
    struct pull_query query;
    assert_true(read_with(text, &field, 1, &query));
    pull_query_clear(&query);
    return query;
}

#define TAG "abcdefghijklmnopqrstuv"

static void a_tag_is_a_place_where_none_is_named(void **state)
{
    (void)state;
    struct pull_query query = with_tag("topic=http://e/", "\"" TAG "\"");
    assert_true(query.conditional && query.tagged);
    assert_string_equal(query.since.cursor, TAG);
    query = with_tag("topic=http://e/&since=" TAG, "W/\"" TAG "\"");
    assert_true(query.conditional);
    assert_false(query.tagged);
    // Named places win, and then it matches only if it is the same.
    query = with_tag("topic=http://e/&since=other", "\"" TAG "\"");
    assert_false(query.conditional);
    assert_string_equal(query.since.cursor, "other");
    query = with_tag("topic=http://e/&since=earliest", "\"" TAG "\"");
    assert_false(query.conditional);
    assert_int_equal(query.since.kind, STORE_SINCE_EARLIEST);
    // What is no such tag is none of ours.
    static const char *const others[] = {
        "\"abc\"", "*", TAG, "\"" TAG "x\"", "\"a\", \"b\"", ""
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        query = with_tag("topic=http://e/", others[i]);
        assert_false(query.conditional);
        assert_int_equal(query.since.kind, STORE_SINCE_LATEST);
    }
}

static void a_stream_has_no_large_pages(void **state)
{
    (void)state;
    struct request request = { .path = "/events/sse",
                               .query = "topic=http://e/&max_bytes=4194304",
                               .body = "" };
    struct pull_query query;
    assert_true(pull_query_read(&request, NOW, &query));
    assert_int_equal(query.max_bytes, PULL_BYTES);
    pull_query_clear(&query);
    assert_int_equal(good("topic=http://e/&max_bytes=4194304").max_bytes,
                     4194304);
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

static bool read_at(const char *path, const struct request_field *fields,
                    size_t count, struct pull_query *out)
{
    struct request request = {
        .method = REQUEST_GET,
        .path = path,
        .query = "topic=http://e/",
        .fields = fields,
        .field_count = count,
        .body = "",
    };
    return pull_query_read(&request, NOW, out);
}

static enum pull_voice voice_of(const char *path, const char *name,
                                const char *value)
{
    const struct request_field field = { name, value };
    struct pull_query query;
    assert_true(read_at(path, &field, name ? 1 : 0, &query));
    pull_query_clear(&query);
    return query.voice;
}

static void a_voice_is_asked_for_by_path_or_header(void **state)
{
    (void)state;
    assert_int_equal(voice_of("/events", NULL, NULL), VOICE_JSON);
    assert_int_equal(voice_of("/events/poll", NULL, NULL), VOICE_JSON);
    assert_int_equal(voice_of("/events/sse", NULL, NULL), VOICE_EVENTS);
    assert_int_equal(voice_of("/events/stream", NULL, NULL), VOICE_LINES);
    assert_int_equal(voice_of("/events/ws", NULL, NULL), VOICE_SOCKET);
    assert_int_equal(voice_of("/events", "Accept", "text/event-stream"),
                     VOICE_EVENTS);
    assert_int_equal(voice_of("/events", "Accept", "application/x-ndjson"),
                     VOICE_LINES);
    assert_int_equal(voice_of("/events", "Upgrade", "websocket"), VOICE_SOCKET);
    assert_int_equal(voice_of("/events", "Accept", "*/*"), VOICE_JSON);
    assert_int_equal(good("topic=http://e/&view=by_topic").voice,
                     VOICE_BY_TOPIC);
}

static void a_poll_by_its_path_waits_by_itself(void **state)
{
    struct pull_query query;
    (void)state;
    assert_true(read_at("/events/poll", NULL, 0, &query));
    assert_int_equal(query.wait_ms, PULL_WAIT_S * 1000);
    pull_query_clear(&query);
}

static void a_stream_has_a_heartbeat_and_a_life(void **state)
{
    (void)state;
    struct pull_query query =
        good("topic=http://e/&heartbeat=5&life=60&pad=2048");
    assert_int_equal(query.heartbeat_s, 5);
    assert_int_equal(query.life_s, 60);
    assert_int_equal(query.pad, 2048);
    query = good("topic=http://e/");
    assert_int_equal(query.heartbeat_s, PULL_HEARTBEAT_S);
    assert_int_equal(query.life_s, PULL_LIFE_S);
    bad("topic=http://e/&heartbeat=4", "heartbeat");
    bad("topic=http://e/&heartbeat=271", "heartbeat");
    bad("topic=http://e/&life=59", "life");
    bad("topic=http://e/&life=3601", "life");
    bad("topic=http://e/&pad=8193", "pad");
}

static void a_pattern_is_asked_for_instead_of_topics(void **state)
{
    struct pull_query query;
    (void)state;
    assert_true(
        read_with("match=http://e/a*&match=http://f/*", NULL, 0, &query));
    assert_int_equal(query.pattern_count, 2);
    assert_string_equal(query.patterns[0].normal, "http://e/a");
    pull_query_clear(&query);
    bad("match=http://e/*&topic=http://e/", "match");
    bad("match=http://e/", "match");
    bad("match=http://e*", "match");
    bad("match=http://e/*&since=-2", "since=-N is for topics");
    assert_true(good("match=http://e/*&since=-2&order=desc").backwards);
}

static void history_does_not_wait(void **state)
{
    (void)state;
    struct pull_query query = good("topic=http://e/&order=desc&wait=30");
    assert_true(query.backwards);
    assert_false(query.has_before);
    assert_int_equal(query.wait_ms, 0);
    query = good("topic=http://e/&before=abc");
    assert_true(query.backwards);
    assert_string_equal(query.before, "abc");
    assert_false(good("topic=http://e/&order=asc").backwards);
    bad("topic=http://e/&order=up", "order");
    bad("topic=http://e/&order=desc&view=by_topic", "history");
}

static void words_are_checked(void **state)
{
    (void)state;
    assert_true(good("topic=http://e/&on_gap=fail").fail_on_gap);
    assert_false(good("topic=http://e/&on_gap=report").fail_on_gap);
    bad("topic=http://e/&on_gap=cry", "on_gap");
    assert_true(good("topic=http://e/&beat=event").pulse);
    assert_false(good("topic=http://e/").pulse);
    bad("topic=http://e/&beat=drum", "beat");
    bad("topic=http://e/&view=round", "view");
    bad("topic=http://e/&format=atom", "format");
    assert_true(good("topic=http://e/&limit=3").has_limit);
}

// ----------------------------------------------------------------------- forms

static bool post(const char *type, const char *body, struct pull_query *out)
{
    const struct request_field field = { "Content-Type", type };
    struct request request = {
        .method = REQUEST_POST,
        .path = "/events",
        .query = "",
        .fields = &field,
        .field_count = 1,
        .body = body,
        .body_len = strlen(body),
    };
    return pull_query_read(&request, NOW, out);
}

#define FORM "application/x-www-form-urlencoded"

static void M16_in_a_form_each_topic_has_the_place_after_it(void **state)
{
    struct pull_query query;
    (void)state;
    assert_true(post(FORM, "topic=http://a/&since=x1&topic=http://b/&since=x2",
                     &query));
    assert_true(query.own_positions);
    assert_int_equal(query.voice, VOICE_BY_TOPIC);
    assert_string_equal(query.topics[0].since.cursor, "x1");
    assert_string_equal(query.topics[1].since.cursor, "x2");
    pull_query_clear(&query);
    // Several before one place share it.
    assert_true(post(FORM, "topic=http://a/&topic=http://b/&since=x1", &query));
    assert_false(query.own_positions);
    assert_string_equal(query.since.cursor, "x1");
    pull_query_clear(&query);
    // One that comes first is that of all who have none.
    assert_true(post(FORM, "since=-3&topic=http://a/&since=x1&topic=http://b/",
                     &query));
    assert_true(query.own_positions);
    assert_false(query.topics[1].has_since);
    assert_int_equal(query.since.kind, STORE_SINCE_LAST);
    pull_query_clear(&query);
}

static void dropping_a_topic_leaves_the_others(void **state)
{
    struct pull_query query;
    (void)state;
    assert_true(read_with("topic=http://a/&topic=http://b/&topic=http://c/",
                          NULL, 0, &query));
    pull_query_drop(&query, 1);
    assert_int_equal(query.topic_count, 2);
    assert_string_equal(query.topics[1].url, "http://c/");
    assert_true(pull_query_add(&query, "http://d/", 9, "latest", NOW));
    assert_true(query.topics[2].has_since);
    assert_false(pull_query_add(&query, "d", 1, NULL, NOW));
    assert_int_equal(query.topic_count, 3);
    pull_query_clear(&query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_alone_asks_for_what_is_new_from_now_on),
        cmocka_unit_test(the_same_topic_twice_counts_once),
        cmocka_unit_test(a_position_is_read_under_all_its_names),
        cmocka_unit_test(a_voice_is_asked_for_by_path_or_header),
        cmocka_unit_test(a_poll_by_its_path_waits_by_itself),
        cmocka_unit_test(a_stream_has_a_heartbeat_and_a_life),
        cmocka_unit_test(a_pattern_is_asked_for_instead_of_topics),
        cmocka_unit_test(history_does_not_wait),
        cmocka_unit_test(words_are_checked),
        cmocka_unit_test(M16_in_a_form_each_topic_has_the_place_after_it),
        cmocka_unit_test(dropping_a_topic_leaves_the_others),
        cmocka_unit_test(the_wait_has_a_ceiling),
        cmocka_unit_test(a_preference_asks_for_a_wait_too),
        cmocka_unit_test(an_event_sources_header_wins_over_its_old_url),
        cmocka_unit_test(a_tag_is_a_place_where_none_is_named),
        cmocka_unit_test(a_stream_has_no_large_pages),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(there_is_a_ceiling_to_the_topics_of_one_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
