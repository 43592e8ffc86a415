// SPDX-License-Identifier: MIT

#include "hub/intake.h"

#include "ears.h"

// --------------------------------------------------------------------- bodies

static void assert_body(const char *request_text, const char *body)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, request_text);
    struct request *request = await_request(&ears, 0);
    assert_int_equal(request->method, REQUEST_POST);
    assert_int_equal(request->body_len, strlen(body));
    assert_string_equal(request->body, body);
    reply_text(request, "thanks");
    assert_answer(fd, "HTTP/1.1 200 ", "thanks");
    // The body ended where it should: the next request is understood.
    wire_send(fd, PULL);
    reply_text(await_request(&ears, 1), "next");
    assert_answer(fd, "HTTP/1.1 200 ", "next");
    close(fd);
    front_close(front);
}

static void a_body_comes_by_its_length(void **state)
{
    (void)state;
    assert_body("POST /events HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n"
                "topic=a",
                "topic=a");
}

static void a_body_comes_in_chunks(void **state)
{
    (void)state;
    assert_body("POST /events HTTP/1.1\r\nHost: h\r\n"
                "Transfer-Encoding: chunked\r\n\r\n"
                "3;x=y\r\ntop\r\n4\r\nic=a\r\n0\r\nTrailer: t\r\n\r\n",
                "topic=a");
}

static void an_empty_body_in_chunks_is_empty(void **state)
{
    (void)state;
    assert_body("POST /events HTTP/1.1\r\nHost: h\r\n"
                "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "");
}

static void a_body_in_pieces_is_put_together(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, "POST /events HTTP/1.1\r\nHost: h\r\n"
                         "Content-Length: 10000\r\n"
                         "Expect: 100-continue\r\n\r\n");
    char piece[101];
    (void)state;

    assert_answer(fd, "HTTP/1.1 100 Continue", NULL);
    memset(piece, 'x', 100);
    piece[100] = '\0';
    for (unsigned i = 0; i < 100; i++)
        wire_send(fd, piece);
    struct request *request = await_request(&ears, 0);
    assert_int_equal(request->body_len, 10000);
    assert_int_equal(strspn(request->body, "x"), 10000);
    reply_text(request, "all of it");
    assert_answer(fd, "HTTP/1.1 200 ", "all of it");
    close(fd);
    front_close(front);
}

// ------------------------------------------------------------------- refusing

static void assert_refused(const char *request_text, const char *status,
                           const char *reason)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, request_text);
    char *answer = wire_answer(fd);
    assert_non_null(strstr(answer, status));
    assert_non_null(strstr(answer, "Content-Type: text/plain"));
    assert_non_null(strstr(answer, "Connection: close\r\n"));
    assert_non_null(strstr(answer, reason));
    free(answer);
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
    assert_int_equal(ears.arrived_count, 0);
    assert_int_equal(ears.handed_count, 0);
}

static void a_malformed_head_is_refused(void **state)
{
    (void)state;
    assert_refused("GET /events HTTP/1.1\r\nHost : h\r\n\r\n", " 400 ",
                   "name is malformed");
    assert_refused("GET /events HTTP/1.1\nHost: h\n\n", " 400 ", "CRLF");
    assert_refused("GET /events HTTP/1.1\r\nHost: h\r\n b\r\n\r\n", " 400 ",
                   "blank");
}

static void a_malformed_head_of_what_is_handed_is_refused(void **state)
{
    (void)state;
    assert_refused("GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", " 400 ",
                   "Host is given twice");
    assert_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   " 400 ", "exclude");
    assert_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", " 505 ", "HTTP/1.1");
}

static void a_head_that_is_too_long_is_refused(void **state)
{
    char text[5000];
    int len = snprintf(text, sizeof text, "GET /events?");
    memset(text + len, 'a', sizeof text - (size_t)len - 1);
    text[sizeof text - 1] = '\0';
    (void)state;
    assert_refused(text, " 431 ", "too long");
}

static void a_body_that_is_too_long_is_refused(void **state)
{
    char text[12000];
    int len = snprintf(text, sizeof text,
                       "POST /events HTTP/1.1\r\nHost: h\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n2711\r\n");
    memset(text + len, 'a', 10001);
    text[len + 10001] = '\0';
    (void)state;
    assert_refused(text, " 413 ", "too long");
    assert_refused("POST /events HTTP/1.1\r\nHost: h\r\n"
                   "Content-Length: 10001\r\n\r\n",
                   " 413 ", "too long");
}

static void broken_chunks_are_refused(void **state)
{
    (void)state;
    assert_refused("POST /events HTTP/1.1\r\nHost: h\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
                   " 400 ", "chunks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_comes_by_its_length),
        cmocka_unit_test(a_body_comes_in_chunks),
        cmocka_unit_test(an_empty_body_in_chunks_is_empty),
        cmocka_unit_test(a_body_in_pieces_is_put_together),
        cmocka_unit_test(a_malformed_head_is_refused),
        cmocka_unit_test(a_malformed_head_of_what_is_handed_is_refused),
        cmocka_unit_test(a_head_that_is_too_long_is_refused),
        cmocka_unit_test(a_body_that_is_too_long_is_refused),
        cmocka_unit_test(broken_chunks_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
