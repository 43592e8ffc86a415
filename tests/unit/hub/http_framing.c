// SPDX-License-Identifier: MIT

#include "hub/http.h"

#include "http_rig.h"

static void assert_refused(const char *text, const char *status,
                           const char *reason)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call(http, text);
    char *answer = wire_answer(fd);
    if (strncmp(answer, status, strlen(status)) != 0 || !strstr(answer, reason))
        fail_msg("wanted '%s...%s', got '%s'", status, reason, answer);
    free(answer);
    // Nothing that hides behind it is answered.
    assert_true(wire_ends(fd));
    close(fd);
    http_close(http);
    assert_int_equal(ears.count, 0);
}

#define SMUGGLED "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

static void a_doubled_length_is_refused(void **state)
{
    (void)state;
    assert_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n"
                   "Content-Length: 36\r\n\r\n" SMUGGLED,
                   "HTTP/1.1 400 ", "Content-Length is given twice");
}

static void a_length_with_chunks_is_refused(void **state)
{
    (void)state;
    assert_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 41\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
                   "HTTP/1.1 400 ", "exclude each other");
}

static void another_coding_is_refused(void **state)
{
    (void)state;
    assert_refused("POST / HTTP/1.1\r\nHost: h\r\n"
                   "Transfer-Encoding: gzip, chunked\r\n\r\n"
                   "0\r\n\r\n" SMUGGLED,
                   "HTTP/1.1 400 ", "not chunked");
}

static void a_blank_before_the_colon_is_refused(void **state)
{
    (void)state;
    assert_refused("POST / HTTP/1.1\r\nHost: h\r\n"
                   "Content-Length : 36\r\n\r\n" SMUGGLED,
                   "HTTP/1.1 400 ", "name is malformed");
}

static void hosts_are_counted(void **state)
{
    (void)state;
    assert_refused("GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n" SMUGGLED,
                   "HTTP/1.1 400 ", "Host is given twice");
    assert_refused("GET / HTTP/1.1\r\nX: y\r\n\r\n" SMUGGLED, "HTTP/1.1 400 ",
                   "Host is missing");
}

static void too_many_fields_are_refused(void **state)
{
    char text[2000];
    size_t len =
        (size_t)snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (unsigned i = 0; i < REQUEST_FIELDS_MAX; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "A: %u\r\n", i);
    snprintf(text + len, sizeof text - len, "\r\n" SMUGGLED);
    (void)state;
    assert_refused(text, "HTTP/1.1 431 ", "too many header fields");
}

static void a_fragment_in_the_target_is_refused(void **state)
{
    (void)state;
    assert_refused("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n" SMUGGLED,
                   "HTTP/1.1 400 ", "target is malformed");
}

// libmicrohttpd 0.9.75 appends a folded line to the name of the field before.
static void a_folded_field_cannot_hide_a_body(void **state)
{
    (void)state;
    assert_refused("POST / HTTP/1.1\r\nHost: h\r\n"
                   "Content-Length:\r\n 36\r\n\r\n" SMUGGLED,
                   "HTTP/1.1 400 ", "name is malformed");
    assert_refused("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:"
                   "\r\n chunked\r\n\r\n24\r\n" SMUGGLED,
                   "HTTP/1.1 400 ", "name is malformed");
}

// ----------------------------------------------------------------- bodies

static void a_body_of_too_great_a_length_is_refused_unread(void **state)
{
    char text[200];
    (void)state;
    snprintf(text, sizeof text,
             "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
             "Content-Length: %d\r\n\r\n",
             BODY_MAX + 1);
    assert_refused(text, "HTTP/1.1 413 ", "too long");
}

static void a_body_of_too_many_chunks_is_refused(void **state)
{
    char text[BODY_MAX + 200];
    (void)state;
    size_t len = (size_t)snprintf(text, sizeof text,
                                  "POST / HTTP/1.1\r\nHost: h\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n%x\r\n",
                                  BODY_MAX + 1);
    memset(text + len, 'x', BODY_MAX + 1);
    snprintf(text + len + BODY_MAX + 1, sizeof text - len - BODY_MAX - 1,
             "\r\n0\r\n\r\n" SMUGGLED);
    assert_refused(text, "HTTP/1.1 413 ", "too long");
}

static void a_long_body_comes_in_pieces(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    char text[200];
    char piece[101];
    (void)state;

    snprintf(text, sizeof text,
             "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
             "Content-Length: %d\r\n\r\n",
             BODY_MAX);
    int fd = call(http, text);
    assert_answer(fd, "HTTP/1.1 100 ", "");
    memset(piece, 'x', 100);
    piece[100] = '\0';
    for (unsigned i = 0; i < BODY_MAX / 100; i++)
        wire_send(fd, piece);
    struct request *request = await(&ears, 0);
    assert_int_equal(request->body_len, BODY_MAX);
    assert_int_equal(strspn(request->body, "x"), BODY_MAX);
    reply_text(request, 200, "all of it");
    assert_answer(fd, "HTTP/1.1 200 ", "all of it");
    close(fd);
    http_close(http);
}

static void a_body_comes_in_chunks(void **state)
{
    struct ears ears;
    struct http *http = open_http(&ears);
    int fd = call(http, "POST / HTTP/1.1\r\nHost: h\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n"
                        "3\r\nhub\r\n5\r\n.mode\r\n0\r\n\r\n");
    (void)state;

    struct request *request = await(&ears, 0);
    assert_string_equal(request->body, "hub.mode");
    reply_text(request, 200, "");
    assert_answer(fd, "HTTP/1.1 200 ", "");
    close(fd);
    http_close(http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_doubled_length_is_refused),
        cmocka_unit_test(a_length_with_chunks_is_refused),
        cmocka_unit_test(another_coding_is_refused),
        cmocka_unit_test(a_blank_before_the_colon_is_refused),
        cmocka_unit_test(hosts_are_counted),
        cmocka_unit_test(too_many_fields_are_refused),
        cmocka_unit_test(a_fragment_in_the_target_is_refused),
        cmocka_unit_test(a_folded_field_cannot_hide_a_body),
        cmocka_unit_test(a_body_of_too_great_a_length_is_refused_unread),
        cmocka_unit_test(a_body_of_too_many_chunks_is_refused),
        cmocka_unit_test(a_long_body_comes_in_pieces),
        cmocka_unit_test(a_body_comes_in_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
