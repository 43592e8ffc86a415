// SPDX-License-Identifier: MIT

#include "hub/http.h"

#include "wire.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

enum { QUEUE_MAX = 64, BODY_MAX = 10000 };

struct ears {
    pthread_mutex_t lock;
    pthread_cond_t heard;
    struct request *arrived[QUEUE_MAX];
    size_t count;
    bool reply_at_once;
    struct http *http;
};

static void reply_text(struct request *request, unsigned status,
                       const char *text)
{
    struct reply reply = {
        .status = status,
        .content_type = "text/plain",
        .body = text,
        .body_len = strlen(text),
        .headers = { "Hub-Test: yes, indeed" },
        .header_count = 1,
    };
    request_reply(request, &reply);
}

static void on_arrived(void *context, struct request *request)
{
    struct ears *ears = context;
    pthread_mutex_lock(&ears->lock);
    assert_true(ears->count < QUEUE_MAX);
    ears->arrived[ears->count++] = request;
    pthread_cond_broadcast(&ears->heard);
    pthread_mutex_unlock(&ears->lock);
    if (ears->reply_at_once)
        request_reply(request, &(struct reply){ .status = 202 });
}

static struct request *await(struct ears *ears, size_t n)
{
    struct timespec until;
    int late = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WIRE_PATIENCE_S;
    pthread_mutex_lock(&ears->lock);
    while (ears->count <= n && late == 0)
        late = pthread_cond_timedwait(&ears->heard, &ears->lock, &until);
    assert_true(ears->count > n);
    struct request *request = ears->arrived[n];
    pthread_mutex_unlock(&ears->lock);
    return request;
}

static struct http *open_http(struct ears *ears)
{
    const char *problem = NULL;
    struct http_options options = {
        .connections_max = 3,
        .idle_seconds = 30,
        .body_max = BODY_MAX,
        .arrived = on_arrived,
        .context = ears,
    };
    *ears = (struct ears){ 0 };
    pthread_mutex_init(&ears->lock, NULL);
    pthread_cond_init(&ears->heard, NULL);
    ears->http = http_open(&options, &problem);
    assert_non_null(ears->http);
    return ears->http;
}

// A connection that http has taken over, and its first bytes.
static int call_as(struct http *http, const struct sockaddr *address,
                   const char *text)
{
    int ends[2];
    wire_pair(ends);
    wire_send(ends[0], text);
    http_adopt(http, ends[1], address, false);
    return ends[0];
}

static int call(struct http *http, const char *text)
{
    struct sockaddr_in at = { .sin_family = AF_INET };
    inet_pton(AF_INET, "192.0.2.7", &at.sin_addr);
    return call_as(http, (struct sockaddr *)&at, text);
}

static void assert_answer(int fd, const char *begin, const char *contains)
{
    char *answer = wire_answer(fd);
    if (strncmp(answer, begin, strlen(begin)) != 0 || !strstr(answer, contains))
        fail_msg("wanted '%s...%s', got '%s'", begin, contains, answer);
    free(answer);
}

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

// ---------------------------------------------------------------- framing

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
                           &(struct sockaddr){ .sa_family = AF_UNIX }, true));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_arrives_as_it_was_sent),
        cmocka_unit_test(a_connection_is_used_again_after_a_body),
        cmocka_unit_test(an_answer_may_come_before_arrived_returns),
        cmocka_unit_test(a_204_has_no_length),
        cmocka_unit_test(a_reply_may_end_the_connection),
        cmocka_unit_test(head_gets_a_length_but_no_body),
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
        cmocka_unit_test(a_mapped_address_is_shown_as_ipv4),
        cmocka_unit_test(a_unix_socket_is_the_admins),
        cmocka_unit_test(too_many_connections_are_turned_away),
        cmocka_unit_test(who_went_away_is_answered_all_the_same),
        cmocka_unit_test(an_answer_just_before_the_end_arrives),
        cmocka_unit_test(half_a_request_does_not_keep_it_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
