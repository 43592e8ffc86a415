// SPDX-License-Identifier: MIT

#include "hub/puller.h"

#include "pull_rig.h"

#include "fakes/fake_loop.h"

// --------------------------------------------------------------------- waiting

static void an_update_of_its_topic_wakes_it(void **state)
{
    (void)state;
    hold(WAITING);
    assert_int_equal(counted(METRIC_PULLS_HELD), 1);
    fake_loop_pass(1200);
    update(TOPIC, HEAD + 2);
    end_with_event(reading(), HEAD + 2);
    assert_int_equal(rig.requests[0].answers, 1);
    assert_int_equal(rig.requests[0].status, 200);
    assert_int_equal(pull_held(rig.pull), 0);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void at_its_deadline_it_is_answered_without_reading(void **state)
{
    (void)state;
    hold(WAITING);
    // Up to a fifth less than asked for.
    assert_in_range(pullers_patience(rig.pullers, loop_now()),
                    WAIT_MS * 4 / 5 - 1, WAIT_MS + 1000);
    fake_loop_pass(WAIT_MS * 4 / 5 - 1000);
    turn();
    assert_int_equal(rig.requests[0].answers, 0);
    fake_loop_pass(WAIT_MS / 5 + 4000);
    turn();
    assert_int_equal(rig.requests[0].answers, 1);
    assert_int_equal(rig.requests[0].status, 200);
    assert_non_null(strstr(rig.requests[0].body, NOTHING));
    assert_non_null(strstr(rig.requests[0].body, "\"gap\":null"));
    assert_non_null(strstr(rig.requests[0].body, "\"wait_ms\":33000"));
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_int_equal(counted(METRIC_PULLS_IDLE), 1);
}

static void waits_differ_so_that_not_all_come_back_at_once(void **state)
{
    (void)state;
    size_t early = 0;
    for (size_t i = 0; i < 40; i++)
        hold_at(i, "/events", WAITING);
    fake_loop_pass(WAIT_MS * 9 / 10);
    turn();
    for (size_t i = 0; i < 40; i++)
        early += rig.requests[i].answers;
    assert_in_range(early, 4, 36);
}

static void a_deadline_during_a_reading_is_answered_by_it(void **state)
{
    (void)state;
    hold(WAITING);
    update(TOPIC, HEAD + 1);
    struct store_events *op = reading();
    fake_loop_pass(WAIT_MS + 3000);
    turn();
    assert_int_equal(rig.requests[0].answers, 0);
    end_with_event(op, HEAD + 1);
    assert_int_equal(rig.requests[0].answers, 1);
    assert_non_null(strstr(rig.requests[0].body, "hello"));
}

static void who_went_away_is_let_go(void **state)
{
    (void)state;
    hold(WAITING);
    fake_hold_tell(fake_hold_of(&rig.requests[0].request), HOLD_GONE, NULL);
    turn();
    assert_int_equal(pull_held(rig.pull), 0);
    assert_int_equal(rig.requests[0].answers, 0);
    assert_int_equal(counted(METRIC_PULLS_GONE), 1);
    update(TOPIC, HEAD + 1);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void who_went_away_during_a_reading_is_let_go_too(void **state)
{
    (void)state;
    hold(WAITING);
    update(TOPIC, HEAD + 1);
    struct store_events *op = reading();
    fake_hold_tell(fake_hold_of(&rig.requests[0].request), HOLD_GONE, NULL);
    turn();
    assert_int_equal(pull_held(rig.pull), 0);
    end_with_event(op, HEAD + 1);
    assert_int_equal(rig.requests[0].answers, 0);
}

static struct fake_request *get_with(size_t n, const char *name,
                                     const char *value, const char *query)
{
    struct fake_request *fake = &rig.requests[n];
    fake_request_get(fake, "/events", query);
    rig.fields[n][0] = (struct request_field){ name, value };
    fake->request.fields = rig.fields[n];
    fake->request.field_count = 1;
    pull_handle(rig.pull, &fake->request, loop_now());
    turn();
    return fake;
}

static void nothing_new_is_a_304_for_who_has_its_tag(void **state)
{
    char tag[80];
    (void)state;
    get(ONE);
    follow(TOPIC);
    end_empty(reading());
    (void)snprintf(tag, sizeof tag, "\"%s\"", cursor_of(rig.requests[0].body));
    struct fake_request *request = get_with(1, "If-None-Match", tag, ONE);
    assert_int_equal(request->answers, 1);
    assert_int_equal(request->status, 304);
    // The others are told in the body.
    get_with(2, "If-None-Match", tag, WAITING);
    fake_loop_pass(WAIT_MS + 1000);
    turn();
    assert_int_equal(rig.requests[2].status, 304);
}

static void a_tag_of_another_hub_matches_nothing(void **state)
{
    (void)state;
    get(ONE);
    follow(TOPIC);
    end_empty(reading());
    get_with(1, "If-None-Match", "\"abcdefghijklmnopqrstuv\"", ONE);
    assert_int_equal(rig.requests[1].status, 200);
    assert_non_null(strstr(rig.requests[1].body, NOTHING));
}

static void one_text_serves_who_is_told_differently(void **state)
{
    (void)state;
    hold_at(0, "/events", WAITING);
    get_with(1, "Prefer", "wait=30", ONE);
    assert_int_equal(pull_held(rig.pull), 2);
    update(TOPIC, HEAD + 1);
    end_with_event(reading(), HEAD + 1);
    assert_string_equal(rig.requests[0].body, rig.requests[1].body);
    assert_false(
        fake_request_has(&rig.requests[0], "Preference-Applied: wait=30"));
    assert_true(
        fake_request_has(&rig.requests[1], "Preference-Applied: wait=30"));
}

// --------------------------------------------------------------------- streams

static struct fake_hold *stream(const char *query)
{
    get_at(0, "/events/sse", query);
    if (fake_store_waiting(STORE_FOLLOW) > 0)
        follow(TOPIC);
    end_empty(reading());
    return fake_hold_of(&rig.requests[0].request);
}

static size_t count_of(const char *text, const char *what)
{
    size_t count = 0;
    for (; (text = strstr(text, what)); text++)
        count++;
    return count;
}

static void M11_a_stream_opens_with_its_place(void **state)
{
    (void)state;
    struct fake_hold *hold = stream(ONE);
    assert_true(hold->streams);
    assert_int_equal(hold->kind, HOLD_EVENTS);
    assert_int_equal(hold->heartbeat_ms, 15000);
    assert_non_null(strstr(hold->text, "HTTP/1.1 200"));
    assert_non_null(strstr(hold->text, "event: open\n"));
    assert_non_null(strstr(hold->text, "id: "));
    assert_int_equal(pull_held(rig.pull), 1);
}

static void a_stream_is_told_again_and_again(void **state)
{
    (void)state;
    struct fake_hold *hold = stream(ONE);
    for (uint64_t n = 1; n <= 3; n++) {
        update(TOPIC, HEAD + n);
        end_with_event(reading(), HEAD + n);
    }
    assert_int_equal(count_of(hold->text, "hello"), 3);
    assert_false(hold->ended);
    assert_int_equal(counted(METRIC_PULLS_READ), 4);
}

static void a_backlog_flows_as_its_reader_takes_it(void **state)
{
    (void)state;
    get_at(0, "/events/sse", ONE "&since=earliest");
    follow(TOPIC);
    struct store_events *op = reading();
    op->more = true;
    end_with_event(op, 40);
    struct fake_hold *hold = fake_hold_of(&rig.requests[0].request);
    assert_int_equal(hold->tells, 1);
    assert_int_equal(fake_store_waiting_all(), 0); // until it is taken
    fake_hold_tell(hold, HOLD_DRAINED, NULL);
    turn();
    op = reading();
    assert_int_equal(op->positions[0].value, 40);
    end_with_event(op, 41);
    assert_int_equal(count_of(hold->text, "hello"), 2);
    assert_int_equal(hold->tells, 0);
}

static void what_comes_while_it_flows_is_told_after_it(void **state)
{
    (void)state;
    get_at(0, "/events/sse", ONE "&since=earliest");
    follow(TOPIC);
    struct store_events *op = reading();
    op->more = true;
    end_with_event(op, 40);
    update(TOPIC, HEAD + 1);
    assert_int_equal(fake_store_waiting_all(), 0);
    struct fake_hold *hold = fake_hold_of(&rig.requests[0].request);
    fake_hold_tell(hold, HOLD_DRAINED, NULL);
    turn();
    end_with_event(reading(), HEAD + 1);
    assert_int_equal(count_of(hold->text, "hello"), 2);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void M11_a_stream_misses_nothing_that_comes_while_it_is_read(
    void **state)
{
    (void)state;
    struct fake_hold *hold = stream(ONE);
    update(TOPIC, HEAD + 1);
    struct store_events *op = reading();
    update(TOPIC, HEAD + 2);
    end_with_event(op, HEAD + 1);
    end_with_event(reading(), HEAD + 2);
    assert_int_equal(count_of(hold->text, "hello"), 2);
}

static void with_a_limit_it_says_more_and_ends(void **state)
{
    (void)state;
    get_at(0, "/events/sse", ONE "&since=earliest&limit=1");
    follow(TOPIC);
    struct store_events *op = reading();
    op->more = true;
    end_with_event(op, 40);
    struct fake_hold *hold = fake_hold_of(&rig.requests[0].request);
    assert_non_null(strstr(hold->text, "event: more\n"));
    assert_true(hold->ended);
    assert_int_equal(pull_held(rig.pull), 0);
}

static void a_limit_counts_what_comes_later_too(void **state)
{
    (void)state;
    struct fake_hold *hold = stream(ONE "&limit=2");
    update(TOPIC, HEAD + 1);
    struct store_events *op = reading();
    assert_int_equal(op->limit, 2);
    end_with_event(op, HEAD + 1);
    assert_false(hold->ended);
    update(TOPIC, HEAD + 2);
    op = reading();
    assert_int_equal(op->limit, 1);
    end_with_event(op, HEAD + 2);
    assert_true(hold->ended);
    assert_non_null(strstr(hold->text, "event: more\n"));
}

static void a_life_ends_without_a_word(void **state)
{
    (void)state;
    struct fake_hold *hold = stream(ONE "&life=60");
    size_t len = hold->len;
    fake_loop_pass(60 * 1000 * 8 / 10 - 1000);
    turn();
    assert_false(hold->ended);
    fake_loop_pass(60 * 1000 * 4 / 10 + 2000);
    turn();
    assert_true(hold->ended);
    assert_int_equal(hold->len, len);
}

static void who_takes_too_little_is_counted(void **state)
{
    (void)state;
    struct fake_hold *hold = stream(ONE);
    fake_hold_tell(hold, HOLD_SLOW, NULL);
    turn();
    assert_true(hold->ended);
    assert_int_equal(counted(METRIC_PULLS_SLOW), 1);
}

static void a_stream_that_cannot_be_parked_is_a_page_and_an_end(void **state)
{
    (void)state;
    struct fake_request *fake = &rig.requests[0];
    fake_request_get(fake, "/events/sse", ONE "&since=earliest");
    fake->request.parkable = false;
    pull_handle(rig.pull, &fake->request, loop_now());
    follow(TOPIC);
    end_with_event(reading(), 40);
    assert_int_equal(fake->status, 200);
    assert_string_equal(fake->type, "text/event-stream");
    assert_true(fake->close);
    assert_non_null(strstr(fake->body, "retry: "));
    assert_non_null(strstr(fake->body, "event: open\n"));
    assert_non_null(strstr(fake->body, "hello"));
}

static void what_fails_before_a_stream_begins_has_its_status(void **state)
{
    (void)state;
    get_at(0, "/events/sse", ONE);
    fake_store_finish(
        &((struct store_follow *)fake_store_take(STORE_FOLLOW))->op,
        STORE_NOT_FOUND);
    assert_int_equal(rig.requests[0].status, 404);
    get_at(0, "/events/sse", ONE);
    follow(TOPIC);
    fake_store_finish(&reading()->op, STORE_CORRUPT);
    turn();
    // But for what may succeed later: an EventSource would never come again.
    assert_int_equal(rig.requests[0].status, 200);
    assert_non_null(strstr(rig.requests[0].body, "event: overload"));
    assert_non_null(strstr(rig.requests[0].body, "retry: "));
    get_at(0, "/events/stream", ONE);
    follow(TOPIC);
    fake_store_finish(&reading()->op, STORE_CORRUPT);
    turn();
    assert_int_equal(rig.requests[0].status, 503);
    assert_int_equal(pull_held(rig.pull), 0);
}

static void what_fails_later_is_an_abort(void **state)
{
    (void)state;
    struct fake_hold *hold = stream(ONE);
    update(TOPIC, HEAD + 1);
    fake_store_finish(&reading()->op, STORE_CORRUPT);
    turn();
    assert_true(hold->ended);
    assert_non_null(strstr(hold->text, "event: abort\n"));
}

// What stands in the last `id:` before this.
static const char *id_before(const char *text, const char *event)
{
    static char id[64];
    const char *end = strstr(text, event), *at = text;
    assert_non_null(end);
    id[0] = '\0';
    while ((at = strstr(at, "id: ")) && at < end + strlen(event) + 40) {
        (void)snprintf(id, sizeof id, "%.22s", at + 4);
        at++;
    }
    return id;
}

static void M11_what_ends_it_has_its_place_too(void **state)
{
    char opened[64];
    (void)state;
    struct fake_hold *hold = stream(ONE);
    (void)snprintf(opened, sizeof opened, "%s",
                   id_before(hold->text, "event: open"));
    size_t len = hold->len;
    update(TOPIC, HEAD + 1);
    fake_store_finish(&reading()->op, STORE_CORRUPT);
    turn();
    assert_string_equal(id_before(hold->text + len, "event: abort"), opened);
    // And who is not let in begins where he would have.
    rig.config.pulls = 1;
    hold_at(1, "/events", WAITING "&limit=7");
    get_at(2, "/events/sse", ONE);
    const char *text = rig.requests[2].body;
    assert_non_null(strstr(text, "event: overload"));
    assert_int_equal(strlen(id_before(text, "event: overload")), 22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PULLED(an_update_of_its_topic_wakes_it),
        PULLED(at_its_deadline_it_is_answered_without_reading),
        PULLED(waits_differ_so_that_not_all_come_back_at_once),
        PULLED(a_deadline_during_a_reading_is_answered_by_it),
        PULLED(who_went_away_is_let_go),
        PULLED(who_went_away_during_a_reading_is_let_go_too),
        PULLED(nothing_new_is_a_304_for_who_has_its_tag),
        PULLED(a_tag_of_another_hub_matches_nothing),
        PULLED(one_text_serves_who_is_told_differently),
        PULLED(M11_a_stream_opens_with_its_place),
        PULLED(a_stream_is_told_again_and_again),
        PULLED(a_backlog_flows_as_its_reader_takes_it),
        PULLED(what_comes_while_it_flows_is_told_after_it),
        PULLED(M11_a_stream_misses_nothing_that_comes_while_it_is_read),
        PULLED(with_a_limit_it_says_more_and_ends),
        PULLED(a_limit_counts_what_comes_later_too),
        PULLED(a_life_ends_without_a_word),
        PULLED(who_takes_too_little_is_counted),
        PULLED(a_stream_that_cannot_be_parked_is_a_page_and_an_end),
        PULLED(what_fails_before_a_stream_begins_has_its_status),
        PULLED(what_fails_later_is_an_abort),
        PULLED(M11_what_ends_it_has_its_place_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
