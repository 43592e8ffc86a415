// SPDX-License-Identifier: MIT

#include "hub/pullers.h"

#include "pull_rig.h"

#include "fakes/fake_loop.h"

static struct fake_request *get_from(size_t n, const char *path,
                                     const char *peer)
{
    struct fake_request *fake = &rig.requests[n];
    fake_request_get(fake, path, WAITING);
    (void)snprintf(fake->request.peer, sizeof fake->request.peer, "%s", peer);
    pull_handle(rig.pull, &fake->request, loop_now());
    turn();
    if (fake_store_waiting(STORE_FOLLOW) > 0)
        follow(TOPIC);
    if (fake_store_waiting(STORE_EVENTS) > 0)
        end_empty(reading());
    return fake;
}

static void an_address_holds_only_so_many(void **state)
{
    (void)state;
    rig.config.pulls_per_address = 2;
    assert_int_equal(get_from(0, "/events", "192.0.2.1")->answers, 0);
    assert_int_equal(get_from(1, "/events", "192.0.2.1")->answers, 0);
    struct fake_request *third = get_from(2, "/events", "192.0.2.1");
    assert_int_equal(third->status, 429);
    assert_non_null(strstr(third->body, "\"retry_after_ms\":"));
    assert_non_null(strstr(third->body, "too-many-requests-held"));
    assert_int_equal(get_from(3, "/events", "192.0.2.2")->answers, 0);
    // Who goes makes room.
    fake_hold_tell(fake_hold_of(&rig.requests[0].request), HOLD_GONE, NULL);
    turn();
    assert_int_equal(get_from(4, "/events", "192.0.2.1")->answers, 0);
    assert_int_equal(counted(METRIC_PULLS_TURNED_AWAY), 1);
}

static void a_customers_ipv6_addresses_count_as_one(void **state)
{
    (void)state;
    rig.config.pulls_per_address = 1;
    assert_int_equal(get_from(0, "/events", "2001:db8::1")->answers, 0);
    assert_int_equal(get_from(1, "/events", "2001:db8::2")->status, 429);
    assert_int_equal(get_from(2, "/events", "2001:db8:0:1::1")->answers, 0);
}

static void all_together_hold_only_so_many(void **state)
{
    (void)state;
    rig.config.pulls = 2;
    get_from(0, "/events", "192.0.2.1");
    get_from(1, "/events", "192.0.2.2");
    struct fake_request *third = get_from(2, "/events", "192.0.2.3");
    assert_int_equal(third->status, 503);
    // A page is told in a way that lets it come again.
    struct fake_request *page = get_from(3, "/events/sse", "192.0.2.3");
    assert_int_equal(page->status, 200);
    assert_string_equal(page->type, "text/event-stream");
    assert_non_null(strstr(page->body, "retry: "));
    assert_non_null(strstr(page->body, "event: overload\n"));
    assert_true(page->close);
}

static const struct request_field handshake[] = {
    { "Upgrade", "websocket" },
    { "Connection", "Upgrade" },
    { "Sec-WebSocket-Version", "13" },
    { "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==" },
};

static void a_socket_without_room_is_told_by_its_code(void **state)
{
    (void)state;
    rig.config.pulls = 1;
    get_from(0, "/events", "192.0.2.1");
    struct fake_request *fake = &rig.requests[1];
    fake_request_get(fake, "/events/ws", ONE);
    fake->request.fields = handshake;
    fake->request.field_count = 4;
    pull_handle(rig.pull, &fake->request, loop_now());
    turn();
    follow(TOPIC);
    struct fake_hold *hold = fake_hold_of(&fake->request);
    assert_true(hold->ended);
    assert_int_equal(hold->code, 1013);
    assert_non_null(strstr(hold->text, "HTTP/1.1 101"));
    assert_int_equal(pull_held(rig.pull), 1);
}

static void who_does_not_wait_is_not_counted(void **state)
{
    (void)state;
    rig.config.pulls_per_address = 1;
    get_from(0, "/events", "192.0.2.1");
    get_at(1, "/events", ONE);
    assert_int_equal(rig.requests[1].status, 200);
}

static void they_are_counted_by_voice(void **state)
{
    (void)state;
    struct pullers_numbers numbers;
    get_from(0, "/events", "192.0.2.1");
    get_from(1, "/events/sse", "192.0.2.1");
    get_from(2, "/events/stream", "192.0.2.1");
    pullers_numbers(rig.pullers, &numbers);
    assert_int_equal(numbers.held, 3);
    assert_int_equal(numbers.of_voice[VOICE_JSON], 1);
    assert_int_equal(numbers.of_voice[VOICE_EVENTS], 1);
    assert_int_equal(numbers.of_voice[VOICE_LINES], 1);
    assert_int_equal(pull_topic_held(rig.pull, TOPIC, NULL), 3);
    assert_int_equal(pull_topic_held(rig.pull, TOPIC + 1, NULL), 0);
}

static void what_sockets_say_leaves_time_for_others(void **state)
{
    (void)state;
    struct fake_request *fake = &rig.requests[0];
    fake_request_get(fake, "/events/ws", ONE);
    fake->request.fields = handshake;
    fake->request.field_count = 4;
    pull_handle(rig.pull, &fake->request, loop_now());
    turn();
    follow(TOPIC);
    end_empty(reading());
    for (int i = 0; i < 20; i++)
        fake_hold_tell(fake_hold_of(&fake->request), HOLD_MESSAGE, "{}");
    rig.message_takes = 2;
    assert_true(pullers_step(rig.pullers, loop_now()));
    assert_in_range(rig.messages, 1, 3);
    rig.message_takes = 0;
    turn();
    assert_int_equal(rig.messages, 20);
}

// --------------------------------------------------------------------- tokens

#define HALF "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void hold_with_token(size_t n, int64_t expires)
{
    struct fake_request *fake = &rig.requests[n];
    fake_request_get(fake, "/events", WAITING);
    rig.fields[n][0] =
        (struct request_field){ "Authorization", "Bearer wsd_" HALF "x" };
    fake->request.fields = rig.fields[n];
    fake->request.field_count = 1;
    pull_handle(rig.pull, &fake->request, loop_now());
    if (fake_store_waiting(STORE_FIND_TOKEN) > 0) {
        struct store_find_token *find = fake_store_take(STORE_FIND_TOKEN);
        find->token = (struct store_token){
            .id = 7,
            .name = { "name", 4 },
            .owner = { "name", 4 },
            .rights = STORE_RIGHT_PULL,
            .scope = { "*", 1 },
            .expires = expires,
        };
        fake_store_finish(&find->op, STORE_OK);
    }
    turn();
    if (fake_store_waiting(STORE_FOLLOW) > 0)
        follow(TOPIC);
    if (fake_store_waiting(STORE_EVENTS) > 0)
        end_empty(reading());
    assert_int_equal(fake->answers, 0);
}

static void a_removed_token_ends_what_it_holds(void **state)
{
    (void)state;
    get_from(0, "/events", "192.0.2.1");
    for (size_t i = 1; i <= 40; i++)
        hold_with_token(i, 0);
    get_from(50, "/events", "192.0.2.1");
    pullers_revoke(rig.pullers, 7);
    assert_int_equal(pullers_patience(rig.pullers, loop_now()), 0);
    turn();
    for (size_t i = 1; i <= 40; i++) {
        assert_int_equal(rig.requests[i].status, 401);
        assert_non_null(strstr(rig.requests[i].body, "token-revoked"));
    }
    assert_int_equal(pull_held(rig.pull), 2);
    assert_int_equal(rig.requests[0].answers + rig.requests[50].answers, 0);
}

static void a_token_holds_only_so_many_and_no_longer_than_it_is_good(
    void **state)
{
    (void)state;
    rig.config.pulls_per_address = 1;
    rig.config.pulls_per_token = 2;
    hold_with_token(0, FAKE_UNIX + 5000);
    hold_with_token(1, 0);
    struct fake_request *third = &rig.requests[2];
    *third = rig.requests[1];
    third->request.work = NULL;
    pull_handle(rig.pull, &third->request, loop_now());
    turn();
    assert_int_equal(third->status, 429);
    fake_loop_pass(5200);
    turn();
    assert_int_equal(rig.requests[0].answers, 1);
}

// -------------------------------------------------------------------- draining

static size_t answered(size_t count)
{
    size_t done = 0;
    for (size_t i = 0; i < count; i++)
        done += rig.requests[i].answers;
    return done;
}

static void draining_answers_all_bit_by_bit_and_holds_nobody(void **state)
{
    (void)state;
    for (size_t i = 0; i < 50; i++)
        get_from(i, "/events", "192.0.2.1");
    pullers_drain(rig.pullers, 1000);
    assert_false(pullers_idle(rig.pullers));
    for (int i = 0; i < 5; i++) {
        fake_loop_pass(10);
        turn();
    }
    assert_in_range(answered(50), 10, 40);
    fake_loop_pass(60);
    turn();
    assert_int_equal(answered(50), 50);
    assert_true(rig.requests[0].close);
    assert_null(strstr(rig.requests[0].body, "\"after_ms\":0"));
    assert_true(pullers_idle(rig.pullers));
    assert_int_equal(counted(METRIC_PULLS_DRAINED), 50);
    // Whoever comes now is told at once.
    assert_int_equal(get_from(60, "/events", "192.0.2.1")->answers, 1);
}

static void a_drained_stream_is_told_when_to_come_again(void **state)
{
    (void)state;
    get_from(0, "/events/sse", "192.0.2.1");
    struct fake_hold *hold = fake_hold_of(&rig.requests[0].request);
    size_t len = hold->len;
    pullers_drain(rig.pullers, 1000);
    fake_loop_pass(1000);
    turn();
    assert_true(hold->ended);
    assert_int_equal(hold->code, 1012);
    assert_non_null(strstr(hold->text + len, "retry: "));
}

// --------------------------------------------------------------------
// deadlines

static void a_step_ends_so_many_that_others_are_not_kept_waiting(void **state)
{
    (void)state;
    for (size_t i = 0; i < 60; i++)
        get_from(i, "/events", i % 2 ? "192.0.2.1" : "192.0.2.2");
    fake_loop_pass(WAIT_MS + 1000);
    turn();
    assert_int_equal(answered(60), 60);
    assert_true(pullers_patience(rig.pullers, loop_now()) == LOOP_FOR_EVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PULLED(an_address_holds_only_so_many),
        PULLED(a_customers_ipv6_addresses_count_as_one),
        PULLED(all_together_hold_only_so_many),
        PULLED(a_socket_without_room_is_told_by_its_code),
        PULLED(who_does_not_wait_is_not_counted),
        PULLED(what_sockets_say_leaves_time_for_others),
        PULLED(they_are_counted_by_voice),
        PULLED(a_removed_token_ends_what_it_holds),
        PULLED(a_token_holds_only_so_many_and_no_longer_than_it_is_good),
        PULLED(draining_answers_all_bit_by_bit_and_holds_nobody),
        PULLED(a_drained_stream_is_told_when_to_come_again),
        PULLED(a_step_ends_so_many_that_others_are_not_kept_waiting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
