// SPDX-License-Identifier: MIT

#include "hub/pull.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_request.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/cursor.h"
#include "hub/metrics.h"
#include "hub/services.h"

#include <stdlib.h>

#define ONE     "topic=https://blog.example/feed"
#define WAITING ONE "&wait=30"
#define NOTHING "\"events\":[]"

enum { TOPIC = 7, HEAD = 100, WAIT_MS = 30000 };

struct rig {
    struct config config;
    struct metrics metrics;
    struct pull *pull;
    struct fake_request request;
    size_t followed;
};

static struct rig rig;

static void on_followed(void *context)
{
    assert_ptr_equal(context, &rig);
    rig.followed++;
}

static int setup(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
        .hub_url = "https://hub.example/",
    };
    rig.pull = pull_new(&services, on_followed, &rig);
    return rig.pull ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bool idle = pull_idle(rig.pull);
    pull_free(rig.pull);
    return idle && fake_store_clean() ? 0 : -1;
}

static void turn(void)
{
    while (pull_step(rig.pull, loop_now()))
        ;
}

static struct fake_request *get(const char *query)
{
    fake_request_get(&rig.request, "/events", query);
    pull_handle(rig.pull, &rig.request.request, loop_now());
    return &rig.request;
}

static void follow(uint64_t topic)
{
    struct store_follow *op = fake_store_take(STORE_FOLLOW);
    assert_int_equal(op->interest_ms, 24 * 60 * 60 * 1000);
    op->topic = topic;
    fake_store_finish(&op->op, STORE_OK);
}

// A reading of the log begins, and is to be answered.
static struct store_events *reading(void)
{
    return fake_store_take(STORE_EVENTS);
}

static void end(struct store_events *op)
{
    op->head = HEAD;
    fake_store_finish(&op->op, STORE_OK);
}

// Results of any size are to be released, whatever they hold.
static void end_empty(struct store_events *op)
{
    op->items = fake_store_give(&op->op, "", 0);
    end(op);
}

static void end_with_event(struct store_events *op, uint64_t number)
{
    struct store_event event = {
        .number = number,
        .topic = TOPIC,
        .seq = 3,
        .previous = 2,
        .time = FAKE_UNIX,
        .content_type = { "text/plain", 10 },
        .body = { "hello", 5 },
        .size = 5,
    };
    op->items = fake_store_give(&op->op, &event, sizeof event);
    op->event_count = 1;
    end(op);
}

// The cursor of the answer, as a query that goes on from there.
static const char *going_on(const char *query)
{
    static char out[256];
    const char *at = strstr(rig.request.body, "\"cursor\":\"");
    assert_non_null(at);
    (void)snprintf(out, sizeof out, "%s&since=%.22s", query,
                   at + strlen("\"cursor\":\""));
    return out;
}

static void hold(const char *query)
{
    get(query);
    follow(TOPIC);
    end_empty(reading());
    assert_int_equal(rig.request.answers, 0);
    assert_int_equal(pull_held(rig.pull), 1);
}

// ----------------------------------------------------------------- at once

static void who_does_not_wait_is_answered_at_once(void **state)
{
    (void)state;
    struct fake_request *request = get(ONE);
    struct store_follow *follows = fake_store_take(STORE_FOLLOW);
    assert_false(follows->create);
    follows->topic = TOPIC;
    fake_store_finish(&follows->op, STORE_OK);
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
    assert_int_equal(rig.metrics.counts[METRIC_PULLS], 1);
    assert_int_equal(rig.metrics.counts[METRIC_PULLS_HELD], 0);
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
    assert_int_equal(rig.metrics.counts[METRIC_EVENTS_PULLED], 1);

    // And goes on after it.
    get(going_on(ONE));
    follow(TOPIC);
    op = reading();
    assert_int_equal(op->positions[0].since, STORE_SINCE_NUMBER);
    assert_int_equal(op->positions[0].value, 40);
    end_empty(op);
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
    assert_int_equal(rig.followed, 1);
    end_empty(reading());
}

static void what_cannot_be_read_is_a_problem(void **state)
{
    (void)state;
    assert_int_equal(get("")->status, 400);
    assert_string_equal(rig.request.type, "application/problem+json");

    get(ONE);
    struct store_follow *follows = fake_store_take(STORE_FOLLOW);
    fake_store_finish(&follows->op, STORE_FULL);
    assert_int_equal(rig.request.status, 503);

    get(WAITING);
    follow(TOPIC);
    fake_store_finish(&reading()->op, STORE_CORRUPT);
    assert_int_equal(rig.request.status, 503);
    assert_int_equal(pull_held(rig.pull), 0);
}

static void a_connection_that_cannot_be_parked_is_not_held(void **state)
{
    (void)state;
    fake_request_get(&rig.request, "/events", WAITING);
    rig.request.request.parkable = false;
    pull_handle(rig.pull, &rig.request.request, loop_now());
    follow(TOPIC);
    end_empty(reading());
    assert_int_equal(rig.request.answers, 1);
    assert_true(rig.request.close);
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
    follow(TOPIC);
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
    end_with_event(reading(), HEAD + 1);
    struct fake_request *request = get(going_on(ONE));
    follow(TOPIC);
    struct store_events *op = reading();
    assert_int_equal(op->positions[0].value, HEAD + 1);
    end_empty(op);
    op = reading();
    assert_int_equal(op->positions[0].since, STORE_SINCE_EARLIEST);
    end_with_event(op, 50);
    assert_int_equal(request->answers, 1);
    assert_non_null(strstr(request->body, "\"reason\":\"epoch\""));
    assert_non_null(strstr(request->body, "\"body\":\"hello\""));
}

static void M16_a_cursor_of_other_topics_says_so(void **state)
{
    (void)state;
    get(ONE);
    follow(TOPIC);
    end_empty(reading());
    struct fake_request *request =
        get(going_on(ONE "&topic=https://blog.example/other&wait=30"));
    follow(TOPIC);
    assert_int_equal(request->answers, 0);
    follow(TOPIC + 1);
    struct store_events *op = reading();
    assert_int_equal(op->count, 2);
    assert_int_equal(op->positions[1].topic, TOPIC + 1);
    end_empty(op);
    assert_int_equal(request->answers, 1);
    assert_non_null(strstr(request->body, "\"scope\":\"changed\""));
}

// ------------------------------------------------------------------- waiting

static void M11_it_is_registered_before_the_log_is_read(void **state)
{
    (void)state;
    get(WAITING);
    follow(TOPIC);
    assert_int_equal(pull_held(rig.pull), 1);
    struct store_events *op = reading();
    pull_updated(rig.pull, TOPIC, HEAD + 1);
    // What was read is from before: once more.
    end_empty(op);
    assert_int_equal(rig.request.answers, 0);
    op = reading();
    assert_int_equal(op->positions[0].since, STORE_SINCE_NUMBER);
    assert_int_equal(op->positions[0].value, HEAD);
    end_with_event(op, HEAD + 1);
    assert_int_equal(rig.request.answers, 1);
}

static void an_update_of_its_topic_wakes_it(void **state)
{
    (void)state;
    hold(WAITING);
    assert_int_equal(rig.metrics.counts[METRIC_PULLS_HELD], 1);
    pull_updated(rig.pull, TOPIC + 1, HEAD + 1);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    pull_updated(rig.pull, TOPIC, HEAD + 2);
    assert_int_equal(pull_patience(rig.pull, loop_now()), 0);
    pull_updated(rig.pull, TOPIC, HEAD + 3); // one reading is enough
    fake_loop_pass(1200);
    turn();
    struct store_events *op = reading();
    assert_int_equal(op->positions[0].value, HEAD);
    end_with_event(op, HEAD + 2);
    assert_int_equal(rig.request.answers, 1);
    assert_non_null(strstr(rig.request.body, "\"wait_ms\":1200"));
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void woken_for_nothing_it_is_held_on(void **state)
{
    (void)state;
    hold(WAITING);
    pull_updated(rig.pull, TOPIC, HEAD + 1);
    turn();
    end_empty(reading());
    assert_int_equal(rig.request.answers, 0);
    assert_int_equal(pull_held(rig.pull), 1);
    fake_loop_pass(WAIT_MS + 2000);
    turn();
    assert_int_equal(rig.request.answers, 1);
}

static void at_its_deadline_it_is_answered_without_reading(void **state)
{
    (void)state;
    hold(WAITING);
    // Up to a fifth less than asked for.
    int64_t left = pull_patience(rig.pull, loop_now());
    assert_in_range(left, 1, WAIT_MS + 1000);
    fake_loop_pass(WAIT_MS * 4 / 5 - 1000);
    turn();
    assert_int_equal(rig.request.answers, 0);
    fake_loop_pass(WAIT_MS / 5 + 4000);
    turn();
    assert_int_equal(rig.request.answers, 1);
    assert_int_equal(rig.request.status, 200);
    assert_non_null(strstr(rig.request.body, NOTHING));
    assert_non_null(strstr(rig.request.body, "\"gap\":null"));
    assert_int_equal(fake_store_waiting_all(), 0);
    // Idle or not, one goes on from the same place.
    get(going_on(ONE));
    follow(TOPIC);
    struct store_events *op = reading();
    assert_int_equal(op->positions[0].value, HEAD);
    end_empty(op);
}

static void a_deadline_during_a_reading_is_answered_by_it(void **state)
{
    (void)state;
    hold(WAITING);
    pull_updated(rig.pull, TOPIC, HEAD + 1);
    turn();
    struct store_events *op = reading();
    fake_loop_pass(WAIT_MS + 3000);
    turn();
    assert_int_equal(rig.request.answers, 0);
    end_empty(op);
    assert_int_equal(rig.request.answers, 1);
}

static void who_went_away_is_let_go(void **state)
{
    (void)state;
    hold(WAITING);
    pull_gone(rig.pull, &rig.request.request);
    turn();
    assert_int_equal(rig.request.answers, 1);
    assert_int_equal(pull_held(rig.pull), 0);
    assert_int_equal(fake_store_waiting_all(), 0);
    // Of one that was answered only the name is left.
    pull_gone(rig.pull, &rig.request.request);
    turn();
}

static void who_went_away_during_a_reading_is_let_go_after_it(void **state)
{
    (void)state;
    get(WAITING);
    follow(TOPIC);
    struct store_events *op = reading();
    pull_gone(rig.pull, &rig.request.request);
    turn();
    end_empty(op);
    assert_int_equal(rig.request.answers, 1);
    assert_int_equal(pull_held(rig.pull), 0);
}

static void draining_answers_all_and_holds_nobody(void **state)
{
    (void)state;
    hold(WAITING);
    pull_drain(rig.pull);
    assert_false(pull_idle(rig.pull));
    turn();
    assert_int_equal(rig.request.answers, 1);
    assert_true(rig.request.close);
    assert_true(pull_idle(rig.pull));
    get(WAITING);
    follow(TOPIC);
    end_empty(reading());
    assert_int_equal(rig.request.answers, 1);
}

#define PULLED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PULLED(who_does_not_wait_is_answered_at_once),
        PULLED(who_waits_is_told_at_once_what_is_there),
        PULLED(M7_an_unknown_topic_is_not_made_by_reading_it),
        PULLED(M7_with_pull_open_it_is_and_is_fetched),
        PULLED(what_cannot_be_read_is_a_problem),
        PULLED(a_connection_that_cannot_be_parked_is_not_held),
        PULLED(M17_a_cursor_of_nobodys_is_a_400),
        PULLED(M17_a_cursor_of_another_epoch_is_a_gap),
        PULLED(M17_a_cursor_from_beyond_the_head_is_a_gap_too),
        PULLED(M16_a_cursor_of_other_topics_says_so),
        PULLED(M11_it_is_registered_before_the_log_is_read),
        PULLED(an_update_of_its_topic_wakes_it),
        PULLED(woken_for_nothing_it_is_held_on),
        PULLED(at_its_deadline_it_is_answered_without_reading),
        PULLED(a_deadline_during_a_reading_is_answered_by_it),
        PULLED(who_went_away_is_let_go),
        PULLED(who_went_away_during_a_reading_is_let_go_after_it),
        PULLED(draining_answers_all_and_holds_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
