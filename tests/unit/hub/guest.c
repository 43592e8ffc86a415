// SPDX-License-Identifier: MIT

#include "hub/guest.h"

#include "ears.h"

// -------------------------------------------------------------------- holding

static void a_pull_arrives_as_it_was_sent(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, "GET /events/sse?topic=a%2Fb HTTP/1.1\r\n"
                         "Host: hub\r\nUser-Agent: u\r\n"
                         "Last-Event-ID:  x y \r\n\r\n");
    struct request *request = await_request(&ears, 0);
    (void)state;

    assert_int_equal(request->method, REQUEST_GET);
    assert_string_equal(request->path, "/events/sse");
    assert_string_equal(request->query, "topic=a%2Fb");
    assert_string_equal(request_field(request, "last-event-id"), "x y");
    assert_string_equal(request->peer, "127.0.0.1");
    assert_string_equal(request->body, "");
    assert_true(request->parkable);
    assert_false(request->admin);

    reply_text(request, "hello");
    char *answer = wire_answer(fd);
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(answer, "\r\nContent-Length: 5\r\n"));
    assert_non_null(strstr(answer, "\r\nCache-Control: no-store\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\nhello"));
    assert_null(strstr(answer, "Connection: close"));
    free(answer);
    close(fd);
    front_close(front);
}

static void a_connection_is_used_again_after_its_answer(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, "");
    (void)state;

    for (size_t i = 0; i < 5; i++) {
        wire_send(fd, PULL);
        reply_text(await_request(&ears, i), "again");
        assert_answer(fd, "HTTP/1.1 200 ", "again");
    }
    struct front_numbers numbers;
    front_numbers(front, &numbers);
    assert_int_equal(numbers.accepted, 1);
    close(fd);
    front_close(front);
}

static void a_head_in_pieces_is_put_together(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, "\r\n");
    (void)state;

    for (const char *at = PULL; *at; at++)
        wire_send(fd, (const char[]){ *at, '\0' });
    struct request *request = await_request(&ears, 0);
    assert_string_equal(request->path, "/events");
    reply_text(request, "");
    assert_answer(fd, "HTTP/1.1 200 ", "Content-Length: 0");
    close(fd);
    front_close(front);
}

static void what_is_sent_ahead_waits_for_the_answer(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL "GET /events?topic=b HTTP/1.1\r\n"
                              "Host: h\r\n\r\n");
    (void)state;

    struct request *first = await_request(&ears, 0);
    assert_string_equal(first->query, "topic=a");
    struct front_numbers numbers;
    front_numbers(front, &numbers);
    assert_int_equal(numbers.parked_now, 1);
    reply_text(first, "one");
    struct request *second = await_request(&ears, 1);
    assert_string_equal(second->query, "topic=b");
    reply_text(second, "two");
    assert_answer(fd, "HTTP/1.1 200 ", "one");
    assert_answer(fd, "HTTP/1.1 200 ", "two");
    close(fd);
    front_close(front);
}

static void an_answer_comes_from_any_thread(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fds[8];
    (void)state;

    for (size_t i = 0; i < 8; i++)
        fds[i] = call(front, PULL);
    for (size_t i = 0; i < 8; i++)
        reply_text(await_request(&ears, i), "one for each");
    for (size_t i = 0; i < 8; i++) {
        assert_answer(fds[i], "HTTP/1.1 200 ", "one for each");
        close(fds[i]);
    }
    front_close(front);
}

static void http_1_0_ends_after_its_answer(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, "GET /events HTTP/1.0\r\n\r\n");
    (void)state;

    reply_text(await_request(&ears, 0), "old");
    assert_answer(fd, "HTTP/1.1 200 ", "Connection: close\r\n\r\nold");
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

static void who_asks_for_an_end_gets_one(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, "GET /events HTTP/1.1\r\nHost: h\r\n"
                         "Connection: x, Close\r\n\r\n");
    (void)state;

    reply_text(await_request(&ears, 0), "end");
    assert_answer(fd, "HTTP/1.1 200 ", "Connection: close\r\n\r\nend");
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

static void head_gets_a_length_but_no_body(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, "HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)state;

    struct request *request = await_request(&ears, 0);
    assert_int_equal(request->method, REQUEST_HEAD);
    reply_text(request, "unseen");
    char *answer = wire_answer_to(fd, true);
    assert_non_null(strstr(answer, "Content-Length: 6\r\n"));
    free(answer);
    wire_send(fd, PULL);
    reply_text(await_request(&ears, 1), "seen");
    assert_answer(fd, "HTTP/1.1 200 ", "seen");
    close(fd);
    front_close(front);
}

// ----------------------------------------------------------------- going away

static void who_goes_away_while_held_is_told_of_once(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct request *request = await_request(&ears, 0);
    (void)state;

    assert_null(front_next_gone(front));
    assert_false(request->gone);
    close(fd);
    struct told told = await(&ears, ears.gone, &ears.gone_count, 0);
    assert_ptr_equal(told.request, request);
    assert_true(request->gone);
    assert_ptr_equal(front_next_gone(front), request);
    assert_null(front_next_gone(front));
    reply_text(request, "to nobody");
    front_close(front);
    assert_int_equal(ears.gone_count, 1);
}

static void who_was_answered_is_not_gone(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fds[3];
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        fds[i] = call(front, PULL);
        await_request(&ears, i);
    }
    for (size_t i = 0; i < 3; i++) {
        close(fds[i]);
        await(&ears, ears.gone, &ears.gone_count, i);
    }
    reply_text(ears.arrived[1].request, "");
    struct request *one = front_next_gone(front);
    struct request *other = front_next_gone(front);
    assert_ptr_equal(one, ears.arrived[0].request);
    assert_ptr_equal(other, ears.arrived[2].request);
    assert_null(front_next_gone(front));
    reply_text(one, "");
    reply_text(other, "");
    front_close(front);
}

static void a_request_may_be_answered_from_within_gone(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    (void)state;

    ears.reply_when_gone = true;
    int fd = call(front, PULL);
    await_request(&ears, 0);
    close(fd);
    await(&ears, ears.gone, &ears.gone_count, 0);
    assert_null(front_next_gone(front));
    front_close(front);
}

static void who_only_stops_sending_is_gone_but_gets_his_answer(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    (void)state;

    shutdown(fd, SHUT_WR);
    struct request *request = await_request(&ears, 0);
    await(&ears, ears.gone, &ears.gone_count, 0);
    reply_text(request, "still here");
    assert_answer(fd, "HTTP/1.1 200 ", "still here");
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pull_arrives_as_it_was_sent),
        cmocka_unit_test(a_connection_is_used_again_after_its_answer),
        cmocka_unit_test(a_head_in_pieces_is_put_together),
        cmocka_unit_test(what_is_sent_ahead_waits_for_the_answer),
        cmocka_unit_test(an_answer_comes_from_any_thread),
        cmocka_unit_test(http_1_0_ends_after_its_answer),
        cmocka_unit_test(who_asks_for_an_end_gets_one),
        cmocka_unit_test(head_gets_a_length_but_no_body),
        cmocka_unit_test(who_goes_away_while_held_is_told_of_once),
        cmocka_unit_test(who_was_answered_is_not_gone),
        cmocka_unit_test(a_request_may_be_answered_from_within_gone),
        cmocka_unit_test(who_only_stops_sending_is_gone_but_gets_his_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
