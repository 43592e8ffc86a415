// SPDX-License-Identifier: MIT

#include "hub/pull.h"

#include "pull_rig.h"

// Programs with "fakes/" in an include are linked with these.
#include "fakes/fake_loop.h"

// ----------------------------------------------------------------- at once

static void who_does_not_wait_is_answered_at_once(void **state)
{
    (void)state;
    struct fake_request *request = get(ONE);
    struct store_follow *follows = fake_store_take(STORE_FOLLOW);
    assert_false(follows->create);
    follows->topic = TOPIC;
    follows->reach = STORE_REACH_PUBLIC;
    fake_store_finish(&follows->op, STORE_OK);
    turn();
    struct store_events *op = reading();
    assert_int_equal(op->count, 1);
    assert_int_equal(op->positions[0].topic, TOPIC);
    assert_int_equal(op->positions[0].since, STORE_SINCE_LATEST);
    assert_true(op->bodies);
    end_empty(op);
    assert_int_equal(request->answers, 1);
    assert_int_equal(request->status, 200);
    assert_string_equal(request->type, "application/json");
    assert_non_null(strstr(request->body, NOTHING));
    assert_int_equal(rig.followed, 0);
    assert_int_equal(counted(METRIC_PULLS), 1);
    assert_int_equal(counted(METRIC_PULLS_HELD), 0);
}

static void who_waits_is_told_at_once_what_is_there(void **state)
{
    (void)state;
    struct fake_request *request = get(WAITING "&since=earliest");
    follow(TOPIC);
    struct store_events *op = reading();
    assert_int_equal(op->positions[0].since, STORE_SINCE_EARLIEST);
    end_with_event(op, 40);
    assert_int_equal(request->answers, 1);
    assert_non_null(strstr(request->body, "\"body\":\"hello\""));
    assert_int_equal(pull_held(rig.pull), 0);
    assert_int_equal(counted(METRIC_EVENTS_PULLED), 1);
    // And goes on after it, where nothing can be: the store is not asked.
    get(going_on(ONE));
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_non_null(strstr(request->body, NOTHING));
    // From before it, it is read again.
    get(ONE "&since=earliest");
    op = reading();
    assert_int_equal(op->positions[0].since, STORE_SINCE_EARLIEST);
    end_with_event(op, 40);
}

static void M7_an_unknown_topic_is_not_made_by_reading_it(void **state)
{
    (void)state;
    struct fake_request *request = get(WAITING);
    struct store_follow *op = fake_store_take(STORE_FOLLOW);
    assert_false(op->create);
    fake_store_finish(&op->op, STORE_NOT_FOUND);
    assert_int_equal(request->status, 404);
    assert_string_equal(request->type, "application/problem+json");
}

static void M7_with_pull_open_it_is_and_is_fetched(void **state)
{
    (void)state;
    rig.config.pull_open = true;
    get(ONE);
    struct store_follow *op = fake_store_take(STORE_FOLLOW);
    assert_true(op->create);
    op->topic = TOPIC;
    op->topic_new = true;
    fake_store_finish(&op->op, STORE_OK);
    turn();
    assert_int_equal(rig.followed, 1);
    end_empty(reading());
}

static void M20_what_only_the_hub_reaches_is_as_if_it_were_not(void **state)
{
    char unknown[8192];
    (void)state;
    get(WAITING);
    struct store_follow *op = fake_store_take(STORE_FOLLOW);
    fake_store_finish(&op->op, STORE_NOT_FOUND);
    memcpy(unknown, rig.requests[0].body, sizeof unknown);
    get(WAITING);
    op = fake_store_take(STORE_FOLLOW);
    op->topic = TOPIC;
    op->reach = STORE_REACH_INSIDE;
    fake_store_finish(&op->op, STORE_OK);
    turn();
    assert_int_equal(rig.requests[0].status, 404);
    assert_string_equal(rig.requests[0].body, unknown);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void what_cannot_be_read_is_a_problem(void **state)
{
    (void)state;
    assert_int_equal(get("")->status, 400);
    assert_string_equal(rig.requests[0].type, "application/problem+json");

    get(ONE);
    struct store_follow *follows = fake_store_take(STORE_FOLLOW);
    fake_store_finish(&follows->op, STORE_FULL);
    assert_int_equal(rig.requests[0].status, 503);

    get(WAITING);
    follow(TOPIC);
    fake_store_finish(&reading()->op, STORE_CORRUPT);
    turn();
    assert_int_equal(rig.requests[0].status, 503);
    assert_int_equal(pull_held(rig.pull), 0);
}

static void a_connection_that_cannot_be_parked_is_not_held(void **state)
{
    (void)state;
    struct fake_request *fake = &rig.requests[0];
    fake_request_get(fake, "/events", WAITING);
    fake->request.parkable = false;
    pull_handle(rig.pull, &fake->request, loop_now());
    follow(TOPIC);
    end_empty(reading());
    assert_int_equal(fake->answers, 1);
    assert_true(fake->close);
}

// ------------------------------------------------------------------ cursors

static void M17_a_cursor_of_nobodys_is_a_400(void **state)
{
    (void)state;
    struct fake_request *request = get(ONE "&since=AAAAAAAAAAAAAAAAAAAAAA");
    follow(TOPIC);
    assert_int_equal(request->status, 400);
    assert_non_null(strstr(request->body, "invalid-cursor"));
}

static void M17_a_cursor_of_another_epoch_is_a_gap(void **state)
{
    (void)state;
    get(ONE);
    follow(TOPIC);
    end_empty(reading());
    const char *query = going_on(WAITING);
    fake_store_set_epoch(4711);
    struct fake_request *request = get(query);
    struct store_events *op = reading();
    assert_int_equal(op->positions[0].since, STORE_SINCE_EARLIEST);
    end_empty(op);
    assert_int_equal(request->answers, 1); // though it would have waited
    assert_non_null(strstr(request->body, "\"reason\":\"epoch\""));
}

static void M17_a_cursor_from_beyond_the_head_is_a_gap_too(void **state)
{
    (void)state;
    get(ONE "&since=earliest");
    follow(TOPIC);
    struct store_events *op = reading();
    op->head = HEAD + 1; // of before a power cut that nobody was told of
    end_with_event(op, HEAD + 1);
    const char *query = going_on(ONE "&limit=7");
    struct fake_request *request = get(query); // another audience reads first
    follow(TOPIC);
    op = reading();
    assert_int_equal(op->positions[0].value, HEAD + 1);
    op->head = HEAD;
    end_empty(op);
    op = reading();
    assert_int_equal(op->positions[0].since, STORE_SINCE_EARLIEST);
    end_with_event(op, 50);
    assert_int_equal(request->answers, 1);
    assert_non_null(strstr(request->body, "\"reason\":\"epoch\""));
    assert_non_null(strstr(request->body, "\"body\":\"hello\""));
}

static void M17_what_idles_keeps_its_place(void **state)
{
    char first[64];
    (void)state;
    get(ONE "&since=earliest");
    follow(TOPIC);
    end_with_event(reading(), 40);
    (void)snprintf(first, sizeof first, "%s", cursor_of(rig.requests[0].body));
    // Whatever happens in the rest of the hub does not show.
    pull_updated(rig.pull, TOPIC + 1, HEAD + 50, "https://else.example/");
    get(going_on(ONE));
    assert_string_equal(cursor_of(rig.requests[0].body), first);
}

static void M16_a_cursor_of_other_topics_says_so(void **state)
{
    (void)state;
    get(ONE);
    follow(TOPIC);
    end_empty(reading());
    struct fake_request *request = get(going_on(ONE "&" OTHER "&wait=30"));
    follow(TOPIC);
    assert_int_equal(request->answers, 0);
    follow(TOPIC + 1);
    struct store_events *op = reading();
    assert_int_equal(op->count, 2);
    assert_int_equal(op->positions[1].topic, TOPIC + 1);
    end_empty(op);
    assert_int_equal(request->answers, 1);
    assert_non_null(strstr(request->body, "\"scope\":\"changed\""));
    // With where each of them starts.
    assert_non_null(strstr(request->body, "\"https://blog.example/other\":"));
}

// A form with a place for each topic.
static struct fake_request *post(const char *body)
{
    struct fake_request *fake = &rig.requests[1];
    fake_request_get(fake, "/events", "");
    fake->request.method = REQUEST_POST;
    fake->request.body = body;
    fake->request.body_len = strlen(body);
    pull_handle(rig.pull, &fake->request, loop_now());
    turn();
    return fake;
}

static void M16_places_that_differ_stay_apart(void **state)
{
    char body[512];
    (void)state;
    get(ONE "&since=earliest");
    follow(TOPIC);
    end_with_event(reading(), 40);
    (void)snprintf(body, sizeof body, ONE "&since=%s&" OTHER "&since=earliest",
                   cursor_of(rig.requests[0].body));
    struct fake_request *request = post(body);
    follow(TOPIC);
    follow(TOPIC + 1);
    struct store_events *op = reading();
    assert_int_equal(op->positions[0].since, STORE_SINCE_NUMBER);
    assert_int_equal(op->positions[0].value, 40);
    assert_int_equal(op->positions[1].since, STORE_SINCE_EARLIEST);
    end_with_event_of(op, TOPIC + 1, 20);
    assert_int_equal(request->status, 200);
    // No cursor for all of them, but one for each.
    assert_non_null(strstr(request->body, "\"topics\":{"));
    // Who stays where he was is not mentioned.
    assert_null(strstr(request->body, "\"https://blog.example/feed\":"));
    assert_non_null(strstr(request->body, "\"https://blog.example/other\":"));
}

static void M16_a_place_that_was_none_is_told_though_nothing_is_new(
    void **state)
{
    char body[512];
    (void)state;
    get(ONE "&since=earliest");
    follow(TOPIC);
    end_with_event(reading(), 40);
    (void)snprintf(body, sizeof body,
                   ONE "&since=%s&" OTHER "&since=latest&wait=30",
                   cursor_of(rig.requests[0].body));
    struct fake_request *request = post(body);
    follow(TOPIC);
    follow(TOPIC + 1);
    end_empty(reading());
    assert_int_equal(request->answers, 0);
    fake_loop_pass(WAIT_MS + 1000);
    turn();
    assert_int_equal(request->answers, 1);
    assert_null(strstr(request->body, "\"https://blog.example/feed\":"));
    assert_non_null(strstr(request->body, "\"https://blog.example/other\":"));
}

static void M9_a_loss_is_told_once_whoever_has_a_place_of_his_own(void **state)
{
    char body[512];
    (void)state;
    get(ONE "&since=earliest");
    follow(TOPIC);
    end_with_event(reading(), 40);
    (void)snprintf(body, sizeof body,
                   ONE "&since=%s&" OTHER "&since=earliest&limit=1",
                   cursor_of(rig.requests[0].body));
    struct fake_request *request = post(body);
    follow(TOPIC);
    follow(TOPIC + 1);
    struct store_events *op = reading();
    op->positions[0].gap_loss = STORE_LOST_EXPIRED;
    op->positions[0].gap_count = 3;
    op->positions[0].reached = 60;
    op->more = true;
    end_with_event_of(op, TOPIC + 1, 60);
    // Both go on from there.
    const char *at = strstr(request->body, "\"https://blog.example/feed\":{");
    assert_non_null(at);
    char query[256];
    (void)snprintf(query, sizeof query, ONE "&limit=3&since=%s", cursor_of(at));
    get(query);
    follow(TOPIC);
    op = reading();
    assert_int_equal(op->positions[0].value, 60);
    end_empty(op);
}

static void M16_the_same_place_for_each_is_one(void **state)
{
    (void)state;
    struct fake_request *request =
        post(ONE "&since=earliest&" OTHER "&since=earliest");
    follow(TOPIC);
    follow(TOPIC + 1);
    end_with_event(reading(), 40);
    assert_int_equal(request->status, 200);
    assert_non_null(strstr(request->body, "\"cursor\":\""));
    assert_non_null(strstr(request->body, "\"events\":["));
}

static void a_gap_is_told_or_refused_as_asked(void **state)
{
    (void)state;
    get(ONE "&since=earliest&limit=5");
    follow(TOPIC);
    struct store_events *op = reading();
    op->positions[0].gap_loss = STORE_LOST_EXPIRED;
    op->positions[0].gap_from = 1;
    op->positions[0].gap_to = 17;
    op->positions[0].gap_count = 17;
    end_empty(op);
    assert_non_null(strstr(rig.requests[0].body, "\"reason\":\"expired\""));
    assert_non_null(strstr(rig.requests[0].body, "\"lost\":17"));
    get(ONE "&since=earliest&on_gap=fail");
    follow(TOPIC);
    op = reading();
    op->positions[0].gap_loss = STORE_LOST_EXPIRED;
    op->positions[0].gap_count = 17;
    end_empty(op);
    assert_int_equal(rig.requests[0].status, 410);
    assert_non_null(strstr(rig.requests[0].body, "\"type\":\"gap\""));
}

static void history_is_read_backwards_from_a_token(void **state)
{
    char query[256];
    (void)state;
    get(ONE "&order=desc");
    follow(TOPIC);
    struct store_events *op = reading();
    assert_true(op->backwards);
    assert_true(op->positions[0].value == UINT64_MAX);
    op->more = true;
    end_with_event(op, 40);
    const char *at = strstr(rig.requests[0].body, "\"before\":\"");
    assert_non_null(at);
    (void)snprintf(query, sizeof query, ONE "&before=%.22s",
                   at + strlen("\"before\":\""));
    get(query);
    op = reading();
    assert_true(op->backwards);
    assert_int_equal(op->positions[0].value, 40);
    end_empty(op);
    assert_int_equal(rig.requests[0].status, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PULLED(who_does_not_wait_is_answered_at_once),
        PULLED(who_waits_is_told_at_once_what_is_there),
        PULLED(M7_an_unknown_topic_is_not_made_by_reading_it),
        PULLED(M7_with_pull_open_it_is_and_is_fetched),
        PULLED(M20_what_only_the_hub_reaches_is_as_if_it_were_not),
        PULLED(what_cannot_be_read_is_a_problem),
        PULLED(a_connection_that_cannot_be_parked_is_not_held),
        PULLED(M17_a_cursor_of_nobodys_is_a_400),
        PULLED(M17_a_cursor_of_another_epoch_is_a_gap),
        PULLED(M17_a_cursor_from_beyond_the_head_is_a_gap_too),
        PULLED(M17_what_idles_keeps_its_place),
        PULLED(M16_a_cursor_of_other_topics_says_so),
        PULLED(M16_places_that_differ_stay_apart),
        PULLED(M16_a_place_that_was_none_is_told_though_nothing_is_new),
        PULLED(M9_a_loss_is_told_once_whoever_has_a_place_of_his_own),
        PULLED(M16_the_same_place_for_each_is_one),
        PULLED(a_gap_is_told_or_refused_as_asked),
        PULLED(history_is_read_backwards_from_a_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
