// SPDX-License-Identifier: MIT

#include "hub/http.h"

#include "http_rig.h"

#include <poll.h>
#include <sched.h>

static void a_request_arrives_as_it_was_sent(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call(http, "PUT /a%2Fb%00+%zz?x=%26&y HTTP/1.1\r\nHost: h\r\n"
                        "X-Twice: 1\r\nx-twice: 2\r\n"
                        "Content-Length: 5\r\n\r\nab\ncd");
    struct request *request = await(&ears, 0);
    (void)state;

    assert_int_equal(request->method, REQUEST_PUT);
    assert_string_equal(request->path, "/a%2Fb%00+%zz");
    assert_string_equal(request->query, "x=%26&y");
    assert_string_equal(request_field(request, "X-TWICE"), "1");
    assert_int_equal(request->field_count, 4);
    assert_int_equal(request->body_len, 5);
    assert_string_equal(request->body, "ab\ncd");
    assert_string_equal(request->peer, "192.0.2.7");
    assert_false(request->admin);
    assert_false(request->parkable);
    assert_int_equal(http_pending(http), 1);

    reply_text(request, 409, "no");
    char *answer = wire_answer(fd);
    assert_int_equal(strncmp(answer, "HTTP/1.1 409 ", 13), 0);
    assert_non_null(strstr(answer, "\r\nContent-Type: text/plain\r\n"));
    assert_non_null(strstr(answer, "\r\nHub-Test: yes, indeed\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\nno"));
    free(answer);
    assert_int_equal(http_pending(http), 0);
    close(fd);
    http_close(http);
}

static void a_connection_is_used_again_after_a_body(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call(http, "");
    (void)state;

    for (size_t i = 0; i < 5; i++) {
        wire_send(fd, "POST /?x HTTP/1.1\r\nHost: h\r\n"
                      "Content-Length: 3\r\n\r\na=b");
        struct request *request = await(&ears, i);
        assert_string_equal(request->query, "x");
        assert_string_equal(request->body, "a=b");
        request_reply(request, &(struct reply){ .status = 202 });
        assert_answer(fd, "HTTP/1.1 202 ", "Content-Length: 0\r\n");
    }
    close(fd);
    http_close(http);
}

static void an_answer_may_come_before_arrived_returns(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    (void)state;

    ears.reply_at_once = true;
    int fd = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(fd, "HTTP/1.1 202 ", "Content-Length: 0\r\n");
    close(fd);
    http_close(http);
}

static void a_204_has_no_length(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call(http, "POST / HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)state;

    request_reply(await(&ears, 0), &(struct reply){ .status = 204 });
    char *answer = wire_answer(fd);
    assert_int_equal(strncmp(answer, "HTTP/1.1 204 ", 13), 0);
    assert_null(strstr(answer, "Content-Length"));
    free(answer);
    close(fd);
    http_close(http);
}

static void a_reply_may_end_the_connection(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    (void)state;

    for (size_t i = 0; i < 2; i++) {
        int fd = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        request_reply(await(&ears, i),
                      &(struct reply){ .status = 202, .close = true });
        assert_answer(fd, "HTTP/1.1 202 ", "Connection: close\r\n");
        assert_true(wire_ends(fd));
        close(fd);
    }
    http_close(http);
}

static void head_gets_a_length_but_no_body(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call(http, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)state;

    struct request *request = await(&ears, 0);
    assert_int_equal(request->method, REQUEST_HEAD);
    reply_text(request, 200, "unseen");
    char *answer = wire_answer_to(fd, true);
    assert_non_null(strstr(answer, "Content-Length: 6\r\n"));
    free(answer);
    wire_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    reply_text(await(&ears, 1), 200, "seen");
    assert_answer(fd, "HTTP/1.1 200 ", "\r\n\r\nseen");
    close(fd);
    http_close(http);
}

// ------------------------------------------------------------------ peers

static void a_mapped_address_is_shown_as_ipv4(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
    (void)state;

    inet_pton(AF_INET6, "::ffff:198.51.100.3", &at.sin6_addr);
    int fd = call_as(http, (struct sockaddr *)&at,
                     "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    struct request *request = await(&ears, 0);
    assert_string_equal(request->peer, "198.51.100.3");
    reply_text(request, 200, "");
    close(fd);

    inet_pton(AF_INET6, "2001:db8::7", &at.sin6_addr);
    fd = call_as(http, (struct sockaddr *)&at,
                 "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    request = await(&ears, 1);
    assert_string_equal(request->peer, "2001:db8::7");
    reply_text(request, 200, "");
    close(fd);
    http_close(http);
}

static void a_unix_socket_is_the_admins(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int ends[2];
    (void)state;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
                     0);
    wire_set_patience(ends[0]);
    assert_true(http_adopt(http, ends[1],
                           &(struct sockaddr){ .sa_family = AF_UNIX },
                           DOOR_SOCKET));
    for (size_t i = 0; i < 2; i++) {
        wire_send(ends[0], "GET /admin HTTP/1.1\r\nHost: h\r\n\r\n");
        struct request *request = await(&ears, i);
        assert_true(request->admin);
        assert_string_equal(request->peer, "");
        reply_text(request, 200, "operator");
        assert_answer(ends[0], "HTTP/1.1 200 ", "operator");
    }
    close(ends[0]);
    http_close(http);
}

static int call_operators(struct http *http, const char *text)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    int ends[2];
    inet_pton(AF_INET, "192.0.2.9", &at.sin_addr);
    wire_pair(ends);
    wire_send(ends[0], text);
    http_adopt(http, ends[1], (struct sockaddr *)&at, DOOR_OPERATORS);
    return ends[0];
}

static void at_the_operators_door_nobody_is_known_yet(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call_operators(http, "GET /admin HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)state;

    struct request *request = await(&ears, 0);
    assert_int_equal(request->door, DOOR_OPERATORS);
    assert_false(request->admin);
    assert_false(request->steers);
    assert_string_equal(request->peer, "192.0.2.9");
    assert_string_equal(request->who, "");
    reply_text(request, 200, "hello");
    assert_answer(fd, "HTTP/1.1 200 ", "hello");
    close(fd);
    http_close(http);
}

static void softened_each_answer_is_the_last(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)state;

    reply_text(await(&ears, 0), 200, "one");
    assert_answer(fd, "HTTP/1.1 200 ", "one");
    http_soften(http);
    wire_send(fd, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    reply_text(await(&ears, 1), 200, "two");
    assert_answer(fd, "HTTP/1.1 200 ", "Connection: close");
    assert_true(wire_ends(fd));
    close(fd);
    http_close(http);
}

static void settling_ends_who_is_silent_and_waits_for_who_speaks(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int idle = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    int slow = call(http, "POST / HTTP/1.1\r\nHost: h\r\n"
                          "Content-Length: 4\r\n\r\nab");
    (void)state;

    reply_text(await(&ears, 0), 200, "one");
    assert_answer(idle, "HTTP/1.1 200 ", "one");
    http_soften(http);
    for (bool ended = false; !ended;) {
        assert_int_not_equal(http_settle(http), SETTLED);
        struct pollfd poll_of = { .fd = idle, .events = POLLIN };
        ended = poll(&poll_of, 1, 5) == 1;
    }
    assert_true(wire_ends(idle));
    wire_send(slow, "cd");
    reply_text(await(&ears, 1), 200, "heard");
    assert_answer(slow, "HTTP/1.1 200 ", "heard");
    while (http_settle(http) != SETTLED)
        sched_yield();
    close(idle);
    close(slow);
    http_close(http);
}

static void too_many_connections_are_turned_away(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fds[3];
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        fds[i] = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        await(&ears, i);
    }
    int fd = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(fd, "HTTP/1.1 503 ", "Retry-After: ");
    assert_true(wire_ends(fd));
    close(fd);
    for (size_t i = 0; i < 3; i++) {
        reply_text(ears.arrived[i], 200, "");
        assert_answer(fds[i], "HTTP/1.1 200 ", "");
        close(fds[i]);
    }
    http_close(http);
}

// ------------------------------------------------------------------- ends

static void who_went_away_is_answered_all_the_same(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call(http, "POST / HTTP/1.1\r\nHost: h\r\n"
                        "Content-Length: 3\r\n\r\nabc");
    (void)state;

    struct request *request = await(&ears, 0);
    close(fd);
    reply_text(request, 200, "to nobody");
    http_close(http);
}

static void an_answer_just_before_the_end_arrives(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)state;

    reply_text(await(&ears, 0), 200, "just so");
    http_close(http);
    assert_answer(fd, "HTTP/1.1 200 ", "just so");
    assert_true(wire_ends(fd));
    close(fd);
    http_close(NULL);
}

static void half_a_request_does_not_keep_it_open(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int half = call(http, "POST / HTTP/1.1\r\nHost: h\r\n"
                          "Content-Length: 3\r\n\r\na");
    int idle = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)state;

    reply_text(await(&ears, 0), 200, "");
    assert_answer(idle, "HTTP/1.1 200 ", "");
    http_close(http);
    assert_true(wire_ends(half));
    assert_true(wire_ends(idle));
    close(half);
    close(idle);
}

static void where_it_is_crowded_nobody_stays(void **state)
{
    struct ears ears;
    struct http *http = open_wide(&ears, 8);
    int fds[8];
    (void)state;

    for (size_t i = 0; i < 8; i++) {
        fds[i] = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        request_reply(await(&ears, i), &(struct reply){ .status = 204 });
        char *answer = wire_answer_to(fds[i], true);
        bool last = strstr(answer, "Connection: close") != NULL;
        assert_int_equal(last, i >= 6);
        free(answer);
        if (last)
            assert_true(wire_ends(fds[i]));
    }
    for (size_t i = 0; i < 8; i++)
        close(fds[i]);
    http_close(http);
}

static void after_its_end_nothing_is_passed_on(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    struct request *before = await(&ears, 0);
    (void)state;

    http_end(http);
    int late = call(http, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_answer(late, "HTTP/1.1 503 ", "stopping");
    assert_int_equal(http_pending(http), 1);
    reply_text(before, 200, "in time");
    assert_answer(fd, "HTTP/1.1 200 ", "in time");
    assert_int_equal(ears.count, 1);
    close(fd);
    close(late);
    http_close(http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_arrives_as_it_was_sent),
        cmocka_unit_test(a_connection_is_used_again_after_a_body),
        cmocka_unit_test(an_answer_may_come_before_arrived_returns),
        cmocka_unit_test(a_204_has_no_length),
        cmocka_unit_test(a_reply_may_end_the_connection),
        cmocka_unit_test(head_gets_a_length_but_no_body),
        cmocka_unit_test(a_mapped_address_is_shown_as_ipv4),
        cmocka_unit_test(a_unix_socket_is_the_admins),
        cmocka_unit_test(at_the_operators_door_nobody_is_known_yet),
        cmocka_unit_test(softened_each_answer_is_the_last),
        cmocka_unit_test(settling_ends_who_is_silent_and_waits_for_who_speaks),
        cmocka_unit_test(too_many_connections_are_turned_away),
        cmocka_unit_test(where_it_is_crowded_nobody_stays),
        cmocka_unit_test(after_its_end_nothing_is_passed_on),
        cmocka_unit_test(who_went_away_is_answered_all_the_same),
        cmocka_unit_test(an_answer_just_before_the_end_arrives),
        cmocka_unit_test(half_a_request_does_not_keep_it_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
