// SPDX-License-Identifier: MIT

#include "hub/reading.h"

#include "pull_rig.h"

#include "fakes/fake_loop.h"

static size_t waiting(void)
{
    return fake_store_waiting(STORE_EVENTS);
}

// Each of another question, so that nobody shares a reading.
static struct fake_request *get_nth(size_t n, const char *query,
                                    const atomic_bool *sated)
{
    static char queries[PULLS_MAX][256];
    struct fake_request *fake = &rig.requests[n];
    (void)snprintf(queries[n], sizeof queries[n], "%s&limit=%zu", query, n + 1);
    fake_request_get(fake, "/events", queries[n]);
    fake->request.sated = sated;
    pull_handle(rig.pull, &fake->request, loop_now());
    turn();
    follow(TOPIC);
    return fake;
}

static void get_many(size_t count, const char *query)
{
    for (size_t i = 0; i < count; i++)
        get_nth(i, query, NULL);
}

// The next reading brings a document of so many bytes: one that is long is
// written as a job.
static void bring(size_t len)
{
    static const char zeros[MIB];
    struct store_events *op = reading();
    struct store_event event = {
        .number = 40, .topic = TOPIC, .body = { zeros, len }, .size = len
    };
    op->items = fake_store_give(&op->op, &event, sizeof event);
    op->event_count = 1;
    end(op);
}

// Ends all of them, in whatever portions.
static size_t end_all(void)
{
    size_t most = 0;
    for (size_t now; (now = waiting()) > 0; turn()) {
        most = now > most ? now : most;
        for (size_t i = 0; i < now; i++)
            bring(5);
    }
    return most;
}

static void what_may_be_large_is_read_64_MiB_at_a_time(void **state)
{
    (void)state;
    get_many(20, ONE "&since=earliest");
    assert_int_equal(waiting(), 6);
    assert_int_equal(end_all(), 6);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(rig.requests[i].status, 200);
}

static void so_many_are_read_at_a_time_however_small(void **state)
{
    (void)state;
    get_many(40, ONE "&since=earliest&body=none");
    assert_int_equal(waiting(), 32);
    end_all();
}

static void one_is_read_whatever_its_size(void **state)
{
    (void)state;
    rig.config.body_max = 256 * (int64_t)MIB;
    get_many(3, ONE "&since=earliest");
    assert_int_equal(waiting(), 1);
    assert_int_equal(end_all(), 1);
    assert_int_equal(rig.requests[2].status, 200);
}

static void answer_long(struct request *request, const struct reply *reply)
{
    struct fake_request *fake = (struct fake_request *)(void *)request;
    fake->answers++;
    fake->status = reply->status;
}

static void what_was_brought_counts_until_it_is_written(void **state)
{
    static const size_t len = 100000;
    (void)state;
    // Each brings much less than it might, so more are read; what they
    // brought is counted until it has been said.
    rig.config.body_max = 64 * (int64_t)MIB - (int64_t)len;
    get_many(3, ONE "&since=earliest");
    for (size_t i = 0; i < 3; i++)
        rig.requests[i].request.answer = answer_long;
    assert_int_equal(waiting(), 1);
    bring(len);
    assert_int_equal(waiting(), 1);
    bring(len);
    assert_int_equal(waiting(), 0);
    assert_int_equal(rig.requests[0].answers, 0);
    assert_int_equal(fake_loop_work(), 2);
    turn();
    assert_int_equal(rig.requests[1].status, 200);
    assert_int_equal(waiting(), 1);
    end_all();
}

static void answer_slowly(struct request *request, const struct reply *reply)
{
    answer_long(request, reply);
    fake_loop_pass(5);
}

static void long_answers_leave_time_for_others(void **state)
{
    (void)state;
    get_many(3, ONE "&since=earliest");
    for (size_t i = 0; i < 3; i++) {
        rig.requests[i].request.answer = answer_slowly;
        struct store_events *op = reading();
        struct store_event event = { .number = 40, .topic = TOPIC };
        op->items = fake_store_give(&op->op, &event, sizeof event);
        op->event_count = 1;
        op->head = HEAD;
        op->positions[0].reached = HEAD;
        op->positions[0].reach = STORE_REACH_PUBLIC;
        fake_store_finish(&op->op, STORE_OK);
    }
    for (size_t done = 1; done <= 3; done++) {
        assert_int_equal(pull_step(rig.pull, loop_now()), done < 3);
        assert_int_equal(rig.requests[0].answers + rig.requests[1].answers
                             + rig.requests[2].answers,
                         done);
    }
}

static void for_who_has_enough_on_its_way_nothing_is_read(void **state)
{
    atomic_bool sated = true;
    (void)state;
    get_nth(0, ONE "&since=earliest", &sated);
    assert_int_equal(waiting(), 0);
    assert_int_equal(rig.requests[0].answers, 1);
    assert_int_equal(rig.requests[0].status, 503);
    assert_non_null(strstr(rig.requests[0].body, "\"type\":\"busy\""));
    // What has no documents in it is not large.
    get_nth(1, ONE "&since=earliest&body=none", &sated);
    end_all();
    assert_int_equal(rig.requests[1].status, 200);
}

// ------------------------------------------------------------------- together

static void who_waits_at_one_place_is_served_by_one_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < 10; i++)
        hold_at(i, "/events", WAITING);
    assert_int_equal(counted(METRIC_PULLS_READ), 1);
    assert_int_equal(fake_hold_count(), 10);
    pull_updated(rig.pull, TOPIC, HEAD + 1, "https://blog.example/feed");
    pull_updated(rig.pull, TOPIC, HEAD + 2, "https://blog.example/feed");
    turn();
    assert_int_equal(waiting(), 1);
    struct store_events *op = reading();
    assert_int_equal(op->positions[0].value, HEAD);
    size_t calls = fake_hold_calls();
    end_with_event(op, HEAD + 2);
    assert_int_equal(fake_hold_calls(), calls + 1); // one answer for all
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(rig.requests[i].answers, 1);
        assert_string_equal(rig.requests[i].body, rig.requests[0].body);
    }
    assert_int_equal(counted(METRIC_EVENTS_PULLED), 10);
    assert_int_equal(counted(METRIC_PULLS_WOKEN), 10);
}

static void who_comes_back_is_held_without_a_reading(void **state)
{
    (void)state;
    hold(WAITING);
    update(TOPIC, HEAD + 1);
    end_with_event(reading(), HEAD + 1);
    uint64_t reads = counted(METRIC_PULLS_READ);
    const char *query = going_on(WAITING);
    for (size_t i = 0; i < 10; i++)
        get_at(1 + i, "/events", query);
    assert_int_equal(pull_held(rig.pull), 10);
    assert_int_equal(counted(METRIC_PULLS_READ), reads);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void a_crowd_that_comes_to_a_cold_hub_is_read_for_once(void **state)
{
    (void)state;
    get_at(0, "/events", WAITING);
    follow(TOPIC);
    assert_int_equal(waiting(), 1);
    for (size_t i = 1; i < 20; i++)
        get_at(i, "/events", WAITING);
    while (waiting() > 0)
        end_empty(reading());
    assert_int_equal(pull_held(rig.pull), 20);
    assert_in_range(counted(METRIC_PULLS_READ), 1, 2);
}

static void M11_what_comes_during_a_reading_is_not_missed(void **state)
{
    (void)state;
    get(WAITING);
    follow(TOPIC);
    struct store_events *op = reading();
    pull_updated(rig.pull, TOPIC, HEAD + 1, "https://blog.example/feed");
    turn();
    // What was read is from before: once more.
    end_empty(op);
    assert_int_equal(rig.requests[0].answers, 0);
    op = reading();
    assert_int_equal(op->positions[0].since, STORE_SINCE_NUMBER);
    assert_int_equal(op->positions[0].value, HEAD);
    end_with_event(op, HEAD + 1);
    assert_int_equal(rig.requests[0].answers, 1);
}

static void M11_what_is_read_before_it_is_told_wakes_who_waits(void **state)
{
    (void)state;
    hold_at(0, "/events", WAITING);
    // Another one of the same audience finds it first.
    get_at(1, "/events", WAITING "&since=earliest");
    end_with_event(reading(), HEAD + 1);
    assert_int_equal(rig.requests[1].answers, 1);
    end_with_event(reading(), HEAD + 1);
    assert_int_equal(rig.requests[0].answers, 1);
    update(TOPIC, HEAD + 1);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void M11_nobody_is_woken_by_what_he_has(void **state)
{
    (void)state;
    hold(WAITING);
    update(TOPIC, HEAD); // told late: the reading has seen it
    assert_int_equal(fake_store_waiting_all(), 0);
    update(TOPIC + 1, HEAD + 1); // nobody asks for that
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void woken_for_nothing_they_are_held_on(void **state)
{
    (void)state;
    hold(WAITING);
    update(TOPIC, HEAD + 1);
    struct store_events *op = reading();
    op->head = HEAD + 1;
    end_empty(op);
    // The store has not got it yet, or will never have.
    for (int i = 0; i < 3 && waiting() > 0; i++)
        end_empty(reading());
    if (waiting() > 0)
        end_with_event(reading(), HEAD + 1);
    else
        assert_int_equal(rig.requests[0].answers, 0);
}

// -------------------------------------------------------------------- patterns

static void a_pattern_is_read_as_one_and_woken_by_its_topics(void **state)
{
    (void)state;
    rig.config.pull_open = true;
    get("match=https://blog.example/*&wait=30");
    struct store_events *op = reading();
    assert_int_equal(op->count, 0);
    assert_int_equal(op->prefix_count, 1);
    assert_memory_equal(op->prefixes[0].at, "https://blog.example/", 21);
    assert_int_equal(op->since, STORE_SINCE_LATEST);
    end_empty(op);
    assert_int_equal(pull_held(rig.pull), 1);
    pull_updated(rig.pull, 99, HEAD + 1, "https://else.example/feed");
    turn();
    assert_int_equal(waiting(), 0);
    pull_updated(rig.pull, 98, HEAD + 2, "https://blog.example/any");
    turn();
    op = reading();
    assert_int_equal(op->since, STORE_SINCE_NUMBER);
    assert_int_equal(op->value, HEAD);
    end_with_event_of(op, 98, HEAD + 2);
    assert_int_equal(rig.requests[0].answers, 1);
    // Under the name that its creator gave it.
    assert_non_null(strstr(rig.requests[0].body,
                           "\"topic\":\"https://blog.example/feed\""));
}

static void a_pattern_is_looked_for_as_far_as_it_goes(void **state)
{
    (void)state;
    rig.config.pull_open = true;
    get("match=https://blog.example/*&since=earliest");
    struct store_events *op = reading();
    op->more = true;
    op->items = fake_store_give(&op->op, "", 0);
    op->head = HEAD;
    op->reached = 50;
    fake_store_finish(&op->op, STORE_OK);
    turn();
    op = reading();
    assert_int_equal(op->since, STORE_SINCE_NUMBER);
    assert_int_equal(op->value, 50);
    end_with_event(op, 70);
    assert_int_equal(rig.requests[0].status, 200);
    assert_non_null(strstr(rig.requests[0].body, "hello"));
}

static void patterns_are_not_for_strangers(void **state)
{
    (void)state;
    get("match=https://blog.example/*");
    assert_int_equal(rig.requests[0].status, 403);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void M20_what_came_from_inside_is_nothing_for_strangers(void **state)
{
    (void)state;
    hold(WAITING);
    update(TOPIC, HEAD + 1);
    struct store_events *op = reading();
    op->positions[0].reach = STORE_REACH_INSIDE;
    end_with_event(op, HEAD + 1);
    assert_int_equal(rig.requests[0].status, 404);
    assert_non_null(strstr(rig.requests[0].body, "unknown-topic"));
    assert_null(strstr(rig.requests[0].body, "hello"));
    assert_int_equal(counted(METRIC_EVENTS_PULLED), 0);
    // Who comes now is told so as of a topic that is unknown.
    get_at(1, "/events", WAITING);
    struct store_follow *follows = fake_store_take(STORE_FOLLOW);
    assert_true(follows->public_only);
    fake_store_finish(&follows->op, STORE_NOT_FOUND);
    turn();
    assert_int_equal(rig.requests[1].status, 404);
    assert_string_equal(rig.requests[0].body, rig.requests[1].body);
    rig.config.pull_open = true;
    get_at(2, "/events", ONE "&since=earliest");
    op = reading();
    op->positions[0].reach = STORE_REACH_INSIDE;
    end_with_event(op, HEAD + 1);
    assert_int_equal(rig.requests[2].status, 200);
}

static void M20_a_stream_ends_when_its_topic_goes_inside(void **state)
{
    (void)state;
    hold_at(0, "/events/sse", ONE);
    update(TOPIC, HEAD + 1);
    struct store_events *op = reading();
    op->positions[0].reach = STORE_REACH_INSIDE;
    end_with_event(op, HEAD + 1);
    assert_int_equal(pull_held(rig.pull), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PULLED(what_may_be_large_is_read_64_MiB_at_a_time),
        PULLED(so_many_are_read_at_a_time_however_small),
        PULLED(one_is_read_whatever_its_size),
        PULLED(what_was_brought_counts_until_it_is_written),
        PULLED(long_answers_leave_time_for_others),
        PULLED(for_who_has_enough_on_its_way_nothing_is_read),
        PULLED(who_waits_at_one_place_is_served_by_one_reading),
        PULLED(who_comes_back_is_held_without_a_reading),
        PULLED(a_crowd_that_comes_to_a_cold_hub_is_read_for_once),
        PULLED(M11_what_comes_during_a_reading_is_not_missed),
        PULLED(M11_what_is_read_before_it_is_told_wakes_who_waits),
        PULLED(M11_nobody_is_woken_by_what_he_has),
        PULLED(woken_for_nothing_they_are_held_on),
        PULLED(a_pattern_is_read_as_one_and_woken_by_its_topics),
        PULLED(a_pattern_is_looked_for_as_far_as_it_goes),
        PULLED(patterns_are_not_for_strangers),
        PULLED(M20_what_came_from_inside_is_nothing_for_strangers),
        PULLED(M20_a_stream_ends_when_its_topic_goes_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
