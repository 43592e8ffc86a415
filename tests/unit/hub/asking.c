// SPDX-License-Identifier: MIT

#include "hub/asking.h"

#include "hub/pull_query.h"

#include "pull_rig.h"

#include "fakes/fake_loop.h"

static struct fake_request *get_with(size_t n, const char *path,
                                     const char *query,
                                     const struct request_field *fields,
                                     size_t count)
{
    struct fake_request *fake = &rig.requests[n];
    fake_request_get(fake, path, query);
    fake->request.fields = fields;
    fake->request.field_count = count;
    pull_handle(rig.pull, &fake->request, loop_now());
    turn();
    return fake;
}

// -------------------------------------------------------------- who may read

static void who_is_denied_by_the_operator_is_told_so(void **state)
{
    (void)state;
    fake_rule(STORE_RULE_DENY_TOPIC, "blog.example");
    assert_int_equal(get(ONE)->status, 403);
    assert_non_null(strstr(rig.requests[0].body, "denied-topic"));
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void one_topic_without_right_refuses_all_of_them(void **state)
{
    (void)state;
    get(ONE "&" OTHER);
    follow(TOPIC);
    struct store_follow *op = fake_store_take(STORE_FOLLOW);
    fake_store_finish(&op->op, STORE_NOT_FOUND);
    turn();
    assert_int_equal(rig.requests[0].status, 404);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void all_topics_are_asked_for_at_a_time(void **state)
{
    (void)state;
    get(ONE "&" OTHER "&topic=https://blog.example/third");
    assert_int_equal(fake_store_waiting(STORE_FOLLOW), 3);
    follow(TOPIC);
    follow(TOPIC + 1);
    assert_int_equal(fake_store_waiting(STORE_EVENTS), 0);
    follow(TOPIC + 2);
    end_empty(reading());
    assert_int_equal(rig.requests[0].status, 200);
}

static void after_a_while_the_store_is_asked_again(void **state)
{
    (void)state;
    hold(WAITING);
    get_at(1, "/events", WAITING);
    assert_int_equal(fake_store_waiting_all(), 0);
    fake_loop_pass(10 * 60 * 1000);
    turn();
    get_at(2, "/events", WAITING);
    assert_int_equal(fake_store_waiting(STORE_FOLLOW), 1);
    // And what it says counts (M20).
    struct store_follow *op = fake_store_take(STORE_FOLLOW);
    op->topic = TOPIC;
    op->reach = STORE_REACH_INSIDE;
    fake_store_finish(&op->op, STORE_OK);
    turn();
    assert_int_equal(rig.requests[2].status, 404);
}

static void M20_what_is_not_his_takes_as_long_as_what_there_is_not(void **state)
{
    (void)state;
    hold(WAITING);
    update(TOPIC, HEAD + 1);
    struct store_events *op = reading();
    op->positions[0].reach = STORE_REACH_INSIDE;
    end_with_event(op, HEAD + 1);
    assert_int_equal(rig.requests[0].status, 404);
    // An audience knows of it, but the store is asked all the same.
    get_at(1, "/events", WAITING);
    assert_int_equal(rig.requests[1].answers, 0);
    struct store_follow *follows = fake_store_take(STORE_FOLLOW);
    fake_store_finish(&follows->op, STORE_NOT_FOUND);
    turn();
    assert_int_equal(rig.requests[1].status, 404);
}

static void who_is_refused_is_refused_before_anything(void **state)
{
    (void)state;
    rig.config.pull_anonymous = false;
    struct fake_request *request = get(ONE);
    assert_int_equal(request->status, 401);
    bool challenged = false;
    for (size_t i = 0; i < request->header_count; i++)
        challenged =
            challenged
            || strncmp(request->headers[i], "WWW-Authenticate:", 17) == 0;
    assert_true(challenged);
    assert_int_equal(fake_store_waiting_all(), 0);
}

// ---------------------------------------------------------------------- pages

static void a_page_of_an_allowed_origin_is_told_that_it_is(void **state)
{
    static const struct request_field field = { "Origin",
                                                "https://page.example" };
    static const struct request_field other = { "Origin",
                                                "https://else.example" };
    (void)state;
    hold_at(0, "/events", WAITING);
    get_with(1, "/events", WAITING, &field, 1);
    get_with(2, "/events", WAITING, &other, 1);
    assert_int_equal(pull_held(rig.pull), 3);
    update(TOPIC, HEAD + 1);
    end_with_event(reading(), HEAD + 1);
    static const char line[] =
        "Access-Control-Allow-Origin: https://page.example";
    assert_true(fake_request_has(&rig.requests[1], line));
    assert_false(fake_request_has(&rig.requests[0], line));
    assert_false(fake_request_has(&rig.requests[2], line));
    assert_string_equal(rig.requests[1].body, rig.requests[0].body);
}

// -------------------------------------------------------------------- sockets

static struct fake_request *head(const char *path, const char *query)
{
    struct fake_request *fake = &rig.requests[0];
    fake_request_get(fake, path, query);
    fake->request.method = REQUEST_HEAD;
    pull_handle(rig.pull, &fake->request, loop_now());
    turn();
    return fake;
}

static void who_asks_for_a_head_is_neither_held_nor_streamed_to(void **state)
{
    (void)state;
    head("/events", WAITING);
    follow(TOPIC);
    end_empty(reading());
    assert_int_equal(rig.requests[0].status, 200);
    head("/events/sse", ONE);
    follow(TOPIC);
    assert_int_equal(rig.requests[0].status, 200);
    assert_string_equal(rig.requests[0].type, "text/event-stream");
    assert_string_equal(rig.requests[0].body, "");
    assert_true(rig.requests[0].close);
    assert_int_equal(fake_hold_count(), 0);
}

static const struct request_field handshake[] = {
    { "Upgrade", "websocket" },
    { "Connection", "Upgrade" },
    { "Sec-WebSocket-Version", "13" },
    { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==" },
};

static void a_socket_needs_its_handshake(void **state)
{
    (void)state;
    assert_int_equal(get_at(0, "/events/ws", ONE)->status, 400);
}

static void a_page_of_any_other_origin_gets_no_socket(void **state)
{
    struct request_field fields[5];
    (void)state;
    memcpy(fields, handshake, sizeof handshake);
    fields[4] = (struct request_field){ "Origin", "https://evil.example" };
    assert_int_equal(get_with(0, "/events/ws", ONE, fields, 5)->status, 403);
}

static struct puller *connect_socket(void)
{
    get_with(0, "/events/ws", ONE, handshake, 4);
    follow(TOPIC);
    end_empty(reading());
    return fake_hold_of(&rig.requests[0].request)->owner;
}

static size_t said_good, said_bad;

static void said(struct puller *puller, const struct pull_problem *problem)
{
    assert_non_null(puller);
    said_good += !problem;
    said_bad += problem != NULL;
}

static void add_topic(struct puller *puller, const char *url, const char *since)
{
    struct pull_query *query = pull_question(puller);
    assert_non_null(query);
    assert_true(pull_query_add(query, url, strlen(url), since, FAKE_UNIX));
    said_good = said_bad = 0;
    pull_ask_again(puller, query, said);
    turn();
}

static void M16_a_topic_added_has_a_place_of_its_own(void **state)
{
    (void)state;
    struct puller *puller = connect_socket();
    add_topic(puller, "https://blog.example/other", "earliest");
    follow(TOPIC);
    follow(TOPIC + 1);
    assert_int_equal(said_good, 1);
    struct store_events *op = reading();
    assert_int_equal(op->positions[0].since, STORE_SINCE_NUMBER);
    assert_int_equal(op->positions[0].value, HEAD);
    assert_int_equal(op->positions[1].since, STORE_SINCE_EARLIEST);
    end_with_event_of(op, TOPIC + 1, 20);
    struct fake_hold *hold = fake_hold_of(&rig.requests[0].request);
    assert_non_null(strstr(hold->text, "https://blog.example/other"));
    // Both are listened to from now on.
    update(TOPIC + 1, HEAD + 1);
    end_with_event_of(reading(), TOPIC + 1, HEAD + 1);
    update(TOPIC, HEAD + 2);
    end_with_event(reading(), HEAD + 2);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void what_may_not_be_added_changes_nothing(void **state)
{
    (void)state;
    struct puller *puller = connect_socket();
    add_topic(puller, "https://blog.example/other", NULL);
    follow(TOPIC);
    struct store_follow *op = fake_store_take(STORE_FOLLOW);
    fake_store_finish(&op->op, STORE_NOT_FOUND);
    turn();
    assert_int_equal(said_bad, 1);
    update(TOPIC, HEAD + 1);
    end_with_event(reading(), HEAD + 1);
    assert_int_equal(pull_held(rig.pull), 1);
}

static void what_is_added_while_it_is_read_waits_for_that(void **state)
{
    (void)state;
    struct puller *puller = connect_socket();
    update(TOPIC, HEAD + 1);
    struct store_events *op = reading();
    add_topic(puller, "https://blog.example/other", NULL);
    follow(TOPIC);
    follow(TOPIC + 1);
    assert_int_equal(said_good, 0);
    end_with_event(op, HEAD + 1);
    assert_int_equal(said_good, 1);
    op = reading();
    assert_int_equal(op->positions[0].value, HEAD + 1);
    op->head = HEAD + 1;
    end_empty(op);
}

static void who_leaves_meanwhile_is_not_spoken_of(void **state)
{
    (void)state;
    struct puller *puller = connect_socket();
    add_topic(puller, "https://blog.example/other", NULL);
    fake_hold_tell(fake_hold_of(&rig.requests[0].request), HOLD_GONE, NULL);
    turn();
    follow(TOPIC);
    follow(TOPIC + 1);
    assert_int_equal(said_good + said_bad, 0);
    assert_true(pull_idle(rig.pull));
}

static void a_socket_may_begin_with_nothing(void **state)
{
    (void)state;
    get_with(0, "/events/ws", "", handshake, 4);
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_int_equal(pull_held(rig.pull), 1);
    struct fake_hold *hold = fake_hold_of(&rig.requests[0].request);
    add_topic(hold->owner, "https://blog.example/feed", "earliest");
    follow(TOPIC);
    end_with_event(reading(), 40);
    assert_non_null(strstr(hold->text, "hello"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PULLED(who_is_denied_by_the_operator_is_told_so),
        PULLED(one_topic_without_right_refuses_all_of_them),
        PULLED(all_topics_are_asked_for_at_a_time),
        PULLED(after_a_while_the_store_is_asked_again),
        PULLED(M20_what_is_not_his_takes_as_long_as_what_there_is_not),
        PULLED(who_is_refused_is_refused_before_anything),
        PULLED(a_page_of_an_allowed_origin_is_told_that_it_is),
        PULLED(who_asks_for_a_head_is_neither_held_nor_streamed_to),
        PULLED(a_socket_needs_its_handshake),
        PULLED(a_page_of_any_other_origin_gets_no_socket),
        PULLED(M16_a_topic_added_has_a_place_of_its_own),
        PULLED(what_may_not_be_added_changes_nothing),
        PULLED(what_is_added_while_it_is_read_waits_for_that),
        PULLED(who_leaves_meanwhile_is_not_spoken_of),
        PULLED(a_socket_may_begin_with_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
