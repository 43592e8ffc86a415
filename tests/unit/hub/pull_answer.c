// SPDX-License-Identifier: MIT

#include "hub/pull_answer.h"

#include "fakes/fake_request.h"

#include <jansson.h>
#include <stdlib.h>

enum { ONE = 7, TWO = 8 };

static const char *const urls[] = { "https://a.example/feed",
                                    "https://b.example/feed" };
static const uint8_t secret[32] = { 1 };

struct rig {
    struct fake_request request;
    struct store_position positions[2];
    struct store_event event;
    struct store_events read;
    struct pull_answer answer;
    json_t *json;
};

static struct rig rig;

static struct bytes bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static int setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    fake_request_get(&rig.request, "/events", "");
    rig.positions[0].topic = ONE;
    rig.positions[1].topic = TWO;
    rig.event = (struct store_event){
        .number = 41,
        .topic = TWO,
        .seq = 3,
        .previous = 2,
        .time = INT64_C(1763765881123),
        .content_type = bytes("application/atom+xml"),
        .self = bytes("https://b.example/self"),
        .hubs = bytes("https://h1.example/\nhttps://h2.example/"),
        .body = bytes("<feed/>"),
        .size = 7,
    };
    rig.read = (struct store_events){ .positions = rig.positions,
                                      .count = 2,
                                      .bodies = true,
                                      .event_count = 1,
                                      .items = &rig.event };
    rig.answer = (struct pull_answer){
        .read = &rig.read,
        .urls = urls,
        .cursor = { .epoch = 5, .number = 41, .tag = 9 },
        .key = cursor_key_new(secret),
        .hub_url = "https://hub.example/",
    };
    return rig.answer.key ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(rig.json);
    cursor_key_free(rig.answer.key);
    return 0;
}

static json_t *said(size_t events)
{
    size_t told = pull_answer_say(&rig.answer, &rig.request.request);
    assert_int_equal(told, events);
    assert_int_equal(rig.request.answers, 1);
    rig.json = json_loads(rig.request.body, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(rig.json);
    return rig.json;
}

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    assert_non_null(value);
    return value;
}

static int64_t number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static struct cursor cursor_in(const json_t *object, const char *name)
{
    struct cursor cursor;
    const char *written = text(object, name);
    assert_true(cursor_read(rig.answer.key, written, strlen(written), &cursor));
    return cursor;
}

static void an_event_is_told_with_all_that_a_delivery_has(void **state)
{
    (void)state;
    const json_t *root = said(1);
    const json_t *events = json_object_get(root, "events");
    assert_int_equal(json_array_size(events), 1);
    const json_t *event = json_array_get(events, 0);
    assert_int_equal(cursor_in(event, "id").number, 41);
    assert_string_equal(text(event, "topic"), urls[1]);
    assert_int_equal(number(event, "seq"), 3);
    assert_int_equal(number(event, "previous"), 2);
    assert_string_equal(text(event, "time"), "2025-11-21T22:58:01.123Z");
    assert_string_equal(text(event, "content_type"), "application/atom+xml");
    assert_int_equal(number(event, "size"), 7);
    assert_string_equal(text(event, "encoding"), "utf8");
    assert_string_equal(text(event, "body"), "<feed/>");
    const json_t *links = json_object_get(event, "links");
    assert_string_equal(text(links, "hub"), "https://h1.example/");
    assert_string_equal(text(links, "self"), "https://b.example/self");
}

static void the_answer_says_where_and_when_to_go_on(void **state)
{
    (void)state;
    rig.read.more = true;
    rig.answer.waited_ms = 21840;
    const json_t *root = said(1);
    struct cursor cursor = cursor_in(root, "cursor");
    assert_int_equal(cursor.epoch, 5);
    assert_int_equal(cursor.number, 41);
    assert_int_equal(cursor.tag, 9);
    assert_true(json_is_true(json_object_get(root, "more")));
    assert_int_equal(number(root, "wait_ms"), 21840);
    assert_int_equal(number(json_object_get(root, "next"), "after_ms"), 0);
    assert_true(json_is_null(json_object_get(root, "gap")));
    assert_null(json_object_get(root, "scope"));
    assert_int_equal(rig.request.status, 200);
    assert_string_equal(rig.request.type, "application/json");
    assert_true(fake_request_has(&rig.request, "Cache-Control: no-store"));
    assert_false(rig.request.close);
}

static void who_named_no_links_is_given_the_hubs_and_the_topics(void **state)
{
    (void)state;
    rig.event.self = bytes("");
    rig.event.hubs = bytes("");
    const json_t *event = json_array_get(json_object_get(said(1), "events"), 0);
    const json_t *links = json_object_get(event, "links");
    assert_string_equal(text(links, "hub"), "https://hub.example/");
    assert_string_equal(text(links, "self"), urls[1]);
}

static void what_is_no_utf8_comes_in_base64(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t len;
        const char *encoded;
    } cases[] = {
        { "\xff", 1, "/w==" },
        { "\xff\xfe", 2, "//4=" },
        { "\xff\xfe\xfd", 3, "//79" },
        { "\xff\0\0\0", 4, "/wAAAA==" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_decref(rig.json);
        rig.json = NULL;
        fake_request_get(&rig.request, "/events", "");
        rig.event.body = (struct bytes){ cases[i].body, cases[i].len };
        const json_t *event =
            json_array_get(json_object_get(said(1), "events"), 0);
        assert_string_equal(text(event, "encoding"), "base64");
        assert_string_equal(text(event, "body"), cases[i].encoded);
    }
}

static void bodies_that_nobody_asked_for_are_left_out(void **state)
{
    (void)state;
    rig.read.bodies = false;
    rig.event.body = bytes("");
    const json_t *event = json_array_get(json_object_get(said(1), "events"), 0);
    assert_null(json_object_get(event, "body"));
    assert_null(json_object_get(event, "encoding"));
    assert_int_equal(number(event, "size"), 7);
}

static void M9_a_gap_is_told_topic_by_topic(void **state)
{
    (void)state;
    rig.positions[0].gap_count = 17;
    rig.positions[0].gap_from = 105;
    rig.positions[0].gap_to = 121;
    rig.positions[0].gap_inexact = true;
    const json_t *gap = json_object_get(said(1), "gap");
    assert_string_equal(text(gap, "reason"), "expired");
    const json_t *topics = json_object_get(gap, "topics");
    assert_int_equal(json_array_size(topics), 1);
    const json_t *topic = json_array_get(topics, 0);
    assert_string_equal(text(topic, "topic"), urls[0]);
    assert_int_equal(number(topic, "lost"), 17);
    assert_int_equal(number(topic, "from_seq"), 105);
    assert_int_equal(number(topic, "to_seq"), 121);
    assert_true(json_is_false(json_object_get(topic, "exact")));
}

static void M17_another_epoch_is_a_gap_of_all(void **state)
{
    (void)state;
    rig.answer.epoch_gap = true;
    const json_t *gap = json_object_get(said(1), "gap");
    assert_string_equal(text(gap, "reason"), "epoch");
}

static void M16_other_topics_than_the_cursors_are_told(void **state)
{
    (void)state;
    rig.answer.scope_changed = true;
    assert_string_equal(text(said(1), "scope"), "changed");
}

static void waiting_in_vain_is_told_without_reading(void **state)
{
    (void)state;
    rig.answer.read = NULL;
    rig.answer.close = true;
    const json_t *root = said(0);
    assert_int_equal(json_array_size(json_object_get(root, "events")), 0);
    assert_true(json_is_false(json_object_get(root, "more")));
    assert_true(json_is_null(json_object_get(root, "gap")));
    assert_int_equal(cursor_in(root, "cursor").number, 41);
    assert_true(rig.request.close);
}

static void who_asked_for_news_only_gets_a_304_without(void **state)
{
    (void)state;
    rig.answer.read = NULL;
    rig.answer.conditional = true;
    pull_answer_say(&rig.answer, &rig.request.request);
    assert_int_equal(rig.request.status, 304);
    assert_string_equal(rig.request.body, "");
    assert_string_equal(rig.request.type, "");

    fake_request_get(&rig.request, "/events", "");
    rig.answer.read = &rig.read;
    pull_answer_say(&rig.answer, &rig.request.request);
    assert_int_equal(rig.request.status, 200);
}

static void a_gap_is_news_too(void **state)
{
    (void)state;
    rig.read.event_count = 0;
    rig.answer.conditional = true;
    rig.positions[0].gap_count = 1;
    said(0);
    assert_int_equal(rig.request.status, 200);
}

static void a_wait_that_was_preferred_is_told_as_applied(void **state)
{
    (void)state;
    rig.answer.preferred_s = 25;
    said(1);
    assert_true(fake_request_has(&rig.request, "Preference-Applied: wait=25"));
}

static void the_tag_of_an_answer_is_its_cursor(void **state)
{
    (void)state;
    char tag[64];
    (void)snprintf(tag, sizeof tag, "ETag: \"%s\"", text(said(1), "cursor"));
    assert_true(fake_request_has(&rig.request, tag));
}

static void a_problem_says_whether_to_come_again(void **state)
{
    (void)state;
    pull_answer_problem(&rig.request.request, 503, "store", "not now");
    assert_int_equal(rig.request.status, 503);
    assert_string_equal(rig.request.type, "application/problem+json");
    assert_true(fake_request_has(&rig.request, "Retry-After: 10"));
    rig.json = json_loads(rig.request.body, 0, NULL);
    assert_non_null(rig.json);
    assert_string_equal(text(rig.json, "type"), "store");
    assert_string_equal(text(rig.json, "detail"), "not now");
    assert_int_equal(number(rig.json, "status"), 503);
    assert_true(json_is_true(json_object_get(rig.json, "retryable")));

    json_decref(rig.json);
    fake_request_get(&rig.request, "/events", "");
    pull_answer_problem(&rig.request.request, 404, "unknown-topic", "none");
    rig.json = json_loads(rig.request.body, 0, NULL);
    assert_true(json_is_false(json_object_get(rig.json, "retryable")));
    assert_false(fake_request_has(&rig.request, "Retry-After: 10"));
}

#define SAID(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SAID(an_event_is_told_with_all_that_a_delivery_has),
        SAID(the_answer_says_where_and_when_to_go_on),
        SAID(who_named_no_links_is_given_the_hubs_and_the_topics),
        SAID(what_is_no_utf8_comes_in_base64),
        SAID(bodies_that_nobody_asked_for_are_left_out),
        SAID(M9_a_gap_is_told_topic_by_topic),
        SAID(M17_another_epoch_is_a_gap_of_all),
        SAID(M16_other_topics_than_the_cursors_are_told),
        SAID(waiting_in_vain_is_told_without_reading),
        SAID(who_asked_for_news_only_gets_a_304_without),
        SAID(a_gap_is_news_too),
        SAID(a_wait_that_was_preferred_is_told_as_applied),
        SAID(the_tag_of_an_answer_is_its_cursor),
        SAID(a_problem_says_whether_to_come_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
