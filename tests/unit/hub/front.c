// SPDX-License-Identifier: MIT

#include "hub/front.h"

#include "wire.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include <cmocka.h>

enum { QUEUE_MAX = 64 };

// What front told, in its order.
struct told {
    struct request *request;
    int fd;
    bool admin;
    int family;
};

struct ears {
    pthread_mutex_t lock;
    pthread_cond_t heard;
    struct told arrived[QUEUE_MAX], gone[QUEUE_MAX], handed[QUEUE_MAX];
    size_t arrived_count, gone_count, handed_count;
    bool reply_when_gone;
    struct front *front;
};

static void reply_text(struct request *request, const char *text)
{
    struct reply reply = {
        .status = 200,
        .content_type = "text/plain",
        .body = text,
        .body_len = strlen(text),
    };
    request_reply(request, &reply);
}

static void hear(struct ears *ears, struct told *queue, size_t *count,
                 struct told told)
{
    pthread_mutex_lock(&ears->lock);
    assert_true(*count < QUEUE_MAX);
    queue[(*count)++] = told;
    pthread_cond_broadcast(&ears->heard);
    pthread_mutex_unlock(&ears->lock);
}

static void on_arrived(void *context, struct request *request)
{
    struct ears *ears = context;
    hear(ears, ears->arrived, &ears->arrived_count,
         (struct told){ .request = request });
}

static void on_gone(void *context, struct request *request)
{
    struct ears *ears = context;
    if (ears->reply_when_gone)
        reply_text(request, "too late");
    hear(ears, ears->gone, &ears->gone_count,
         (struct told){ .request = request });
}

static void on_handed(void *context, int fd, const struct sockaddr *address,
                      bool admin)
{
    struct ears *ears = context;
    hear(ears, ears->handed, &ears->handed_count,
         (struct told){
             .fd = fd, .admin = admin, .family = address->sa_family });
}

// The n-th (from 0) of what was told, when it has been.
static struct told await(struct ears *ears, const struct told *queue,
                         const size_t *count, size_t n)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WIRE_PATIENCE_S;
    pthread_mutex_lock(&ears->lock);
    int late = 0;
    while (*count <= n && late == 0)
        late = pthread_cond_timedwait(&ears->heard, &ears->lock, &until);
    assert_true(*count > n);
    struct told told = queue[n];
    pthread_mutex_unlock(&ears->lock);
    return told;
}

static struct request *await_request(struct ears *ears, size_t n)
{
    return await(ears, ears->arrived, &ears->arrived_count, n).request;
}

static struct told await_handed(struct ears *ears, size_t n)
{
    return await(ears, ears->handed, &ears->handed_count, n);
}

static const char *const anywhere[] = { "127.0.0.1:0" };

static struct front_options default_options(struct ears *ears)
{
    return (struct front_options){
        .listen = anywhere,
        .listen_count = 1,
        .limits = { .connections = 32,
                    .per_address = 16,
                    .parked = 8,
                    .head_ms = 5000,
                    .idle_ms = 5000,
                    .write_ms = 5000,
                    .head_max = 4096,
                    .body_max = 10000 },
        .arrived = on_arrived,
        .gone = on_gone,
        .handed = on_handed,
        .context = ears,
    };
}

static struct front *open_front(struct ears *ears,
                                const struct front_options *options)
{
    const char *problem = NULL;
    *ears = (struct ears){ 0 };
    pthread_mutex_init(&ears->lock, NULL);
    pthread_cond_init(&ears->heard, NULL);
    ears->front = front_open(options, &problem);
    assert_non_null(ears->front);
    assert_true(front_start(ears->front));
    return ears->front;
}

static struct front *open_default(struct ears *ears)
{
    struct front_options options = default_options(ears);
    return open_front(ears, &options);
}

static int call(struct front *front, const char *text)
{
    int fd = wire_connect(front_address(front, 0));
    assert_true(fd >= 0);
    wire_send(fd, text);
    return fd;
}

static void assert_answer(int fd, const char *begin, const char *contains)
{
    char *answer = wire_answer(fd);
    if (strncmp(answer, begin, strlen(begin)) != 0
        || (contains && !strstr(answer, contains)))
        fail_msg("wanted '%s...%s', got '%s'", begin, contains ? contains : "",
                 answer);
    free(answer);
}

#define PULL "GET /events?topic=a HTTP/1.1\r\nHost: h\r\n\r\n"

// ---------------------------------------------------------------- holding

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

// ----------------------------------------------------------------- bodies

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

// ---------------------------------------------------------------- refusing

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

// --------------------------------------------------------------- handing

static void everything_else_is_handed_with_nothing_read(void **state)
{
    static const char text[] = "POST / HTTP/1.1\r\nHost: h\r\n"
                               "Content-Length: 3\r\n\r\nabc";
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, text);
    struct told told = await_handed(&ears, 0);
    char got[256] = { 0 };
    (void)state;

    assert_false(told.admin);
    assert_int_equal(told.family, AF_INET);
    assert_int_not_equal(fcntl(told.fd, F_GETFL) & O_NONBLOCK, 0);
    size_t len = 0;
    while (len < sizeof text - 1) {
        ssize_t more = recv(told.fd, got + len, sizeof got - len, 0);
        if (more > 0)
            len += (size_t)more;
        else
            assert_int_equal(errno, EAGAIN);
    }
    assert_string_equal(got, text);
    close(fd);
    close(told.fd);
    front_close(front);
}

static void paths_that_only_begin_alike_are_handed(void **state)
{
    static const char *const targets[] = { "/eventsx", "/event", "/mailboxes",
                                           "//events", "/Events" };
    struct ears ears;
    struct front *front = open_default(&ears);
    (void)state;

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        char text[64];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n",
                 targets[i]);
        int fd = call(front, text);
        close(await_handed(&ears, i).fd);
        close(fd);
    }
    int fd = call(front, "GET http://h/mailboxes/m/messages HTTP/1.1\r\n"
                         "Host: h\r\n\r\n");
    struct request *request = await_request(&ears, 0);
    assert_string_equal(request->path, "/mailboxes/m/messages");
    reply_text(request, "");
    close(fd);
    front_close(front);
}

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;
    getsockopt(fd, level, name, &value, &len);
    return value;
}

static void accepted_sockets_have_the_listeners_options(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    struct told told = await_handed(&ears, 0);
    (void)state;

    assert_int_equal(option(told.fd, IPPROTO_TCP, TCP_NODELAY), 1);
    assert_int_equal(option(told.fd, SOL_SOCKET, SO_KEEPALIVE), 1);
    assert_int_equal(option(told.fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    assert_int_equal(option(told.fd, IPPROTO_TCP, TCP_KEEPINTVL), 10);
    assert_int_equal(option(told.fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
    assert_int_equal(option(told.fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 30000);
    close(fd);
    close(told.fd);
    front_close(front);
}

static void a_connection_may_go_elsewhere_after_a_pull(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    (void)state;

    reply_text(await_request(&ears, 0), "pulled");
    assert_answer(fd, "HTTP/1.1 200 ", "pulled");
    wire_send(fd, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
    close(await_handed(&ears, 0).fd);
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

// ------------------------------------------------------------ going away

static void who_goes_away_while_held_is_told_of_once(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    struct request *request = await_request(&ears, 0);
    (void)state;

    assert_null(front_next_gone(front));
    close(fd);
    struct told told = await(&ears, ears.gone, &ears.gone_count, 0);
    assert_ptr_equal(told.request, request);
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
    assert_ptr_equal(one, ears.arrived[2].request);
    assert_ptr_equal(other, ears.arrived[0].request);
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

// ------------------------------------------------------------------ limits

static void too_many_connections_are_turned_away(void **state)
{
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.limits.connections = 2;
    struct front *front = open_front(&ears, &options);
    int first = call(front, PULL);
    int second = call(front, PULL);
    (void)state;

    struct request *one = await_request(&ears, 0);
    struct request *two = await_request(&ears, 1);
    int third = call(front, PULL);
    assert_answer(third, "HTTP/1.1 503 ", "Retry-After: ");
    assert_true(wire_ends(third));
    close(third);
    struct front_numbers numbers;
    front_numbers(front, &numbers);
    assert_int_equal(numbers.turned_away, 1);

    reply_text(one, "1");
    reply_text(two, "2");
    assert_answer(first, "HTTP/1.1 200 ", NULL);
    assert_answer(second, "HTTP/1.1 200 ", NULL);
    close(first);
    close(second);
    front_close(front);
}

static bool is_no_proxy(void *context, const struct sockaddr *address)
{
    struct sockaddr_in four;
    memcpy(&four, address, sizeof four);
    (void)context;
    return four.sin_addr.s_addr == inet_addr("127.0.0.77");
}

static void one_address_has_a_share_and_others_theirs(void **state)
{
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.limits.per_address = 1;
    options.unlimited = is_no_proxy;
    struct front *front = open_front(&ears, &options);
    const char *at = front_address(front, 0);
    static const char *const fine[] = { "127.0.0.3", "127.0.0.4", "127.0.0.77",
                                        "127.0.0.77" };
    int fds[4];
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        fds[i] = wire_connect_from(fine[i], at);
        wire_send(fds[i], PULL);
        await_request(&ears, i);
    }
    int third = wire_connect_from("127.0.0.3", at);
    assert_answer(third, "HTTP/1.1 503 ", "too many connections");
    close(third);
    for (size_t i = 0; i < 4; i++) {
        reply_text(ears.arrived[i].request, "");
        assert_answer(fds[i], "HTTP/1.1 200 ", NULL);
        close(fds[i]);
    }
    front_close(front);
}

static void so_many_pulls_are_held_and_no_more(void **state)
{
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.limits.parked = 1;
    struct front *front = open_front(&ears, &options);
    int first = call(front, PULL);
    (void)state;

    struct request *one = await_request(&ears, 0);
    int second = call(front, PULL);
    assert_answer(second, "HTTP/1.1 503 ", "Retry-After: ");
    close(second);
    // What is not held is not touched by that.
    int third = call(front, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    close(await_handed(&ears, 0).fd);
    close(third);
    reply_text(one, "");
    assert_answer(first, "HTTP/1.1 200 ", NULL);
    close(first);
    front_close(front);
}

static int64_t cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void half_a_head_is_ended_in_time_without_spinning(void **state)
{
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.limits.head_ms = 800;
    struct front *front = open_front(&ears, &options);
    int fd = call(front, "GET /events HTTP/1.1\r\nHo");
    int silent = call(front, "");
    int64_t before = cpu_ms();
    (void)state;

    assert_true(wire_ends(fd));
    assert_true(wire_ends(silent));
    assert_true(cpu_ms() - before < 400);
    close(fd);
    close(silent);
    front_close(front);
}

static void an_idle_connection_is_ended_in_time(void **state)
{
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.limits.idle_ms = 100;
    struct front *front = open_front(&ears, &options);
    int fd = call(front, PULL);
    (void)state;

    reply_text(await_request(&ears, 0), "");
    assert_answer(fd, "HTTP/1.1 200 ", NULL);
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

static char *big_body(size_t len)
{
    char *body = malloc(len + 1);
    assert_non_null(body);
    for (size_t i = 0; i < len; i++)
        body[i] = (char)('a' + i % 26);
    body[len] = '\0';
    return body;
}

static void a_slow_reader_gets_all_of_a_long_answer(void **state)
{
    enum { LEN = 8 * 1024 * 1024 };
    struct ears ears;
    struct front *front = open_default(&ears);
    int fds[2] = { call(front, PULL), call(front, PULL) };
    char *body = big_body(LEN);
    (void)state;

    reply_text(await_request(&ears, 0), body);
    reply_text(await_request(&ears, 1), body);
    for (size_t i = 0; i < 2; i++) {
        char *answer = wire_answer(fds[i]);
        assert_string_equal(strstr(answer, "\r\n\r\n") + 4, body);
        free(answer);
        close(fds[i]);
    }
    free(body);
    front_close(front);
}

static void who_does_not_read_is_ended_in_time(void **state)
{
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.limits.write_ms = 100;
    struct front *front = open_front(&ears, &options);
    int fd = call(front, PULL);
    char *body = big_body(16 * 1024 * 1024);
    struct front_numbers numbers = { .open_now = 1 };
    (void)state;

    reply_text(await_request(&ears, 0), body);
    for (unsigned i = 0; i < 1000 && numbers.open_now > 0; i++) {
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
        front_numbers(front, &numbers);
    }
    assert_int_equal(numbers.open_now, 0);
    free(body);
    close(fd);
    front_close(front);
}

static void without_descriptors_one_hears_so(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    struct rlimit before;
    struct sockaddr_in at = { .sin_family = AF_INET };
    const char *port = strchr(front_address(front, 0), ':') + 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)state;

    wire_set_patience(fd);
    inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
    at.sin_port = htons((in_port_t)strtol(port, NULL, 10));
    getrlimit(RLIMIT_NOFILE, &before);
    struct rlimit none = { .rlim_cur = (rlim_t)fd + 1,
                           .rlim_max = before.rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_answer(fd, "HTTP/1.1 503 ", "too many connections");
    setrlimit(RLIMIT_NOFILE, &before);
    close(fd);

    int again = call(front, PULL);
    reply_text(await_request(&ears, 0), "");
    assert_answer(again, "HTTP/1.1 200 ", NULL);
    close(again);
    front_close(front);
}

// ------------------------------------------------------------- listeners

static void an_address_in_use_is_named(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    const char *taken[] = { front_address(front, 0) };
    struct front_options options = default_options(&ears);
    const char *problem = NULL;
    (void)state;

    options.listen = taken;
    assert_null(front_open(&options, &problem));
    assert_non_null(strstr(problem, taken[0]));
    front_close(front);
}

static void several_listeners_have_their_addresses(void **state)
{
    static const char *const listen[] = { "127.0.0.1:0", "127.0.0.2:0" };
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.listen = listen;
    options.listen_count = 2;
    struct front *front = open_front(&ears, &options);
    (void)state;

    assert_int_equal(strncmp(front_address(front, 1), "127.0.0.2:", 10), 0);
    int fd = wire_connect(front_address(front, 1));
    wire_send(fd, PULL);
    reply_text(await_request(&ears, 0), "");
    assert_answer(fd, "HTTP/1.1 200 ", NULL);
    close(fd);
    front_close(front);
}

static void the_admin_socket_hands_over_at_once(void **state)
{
    char directory[] = "/tmp/front-XXXXXX";
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct ears ears;
    struct front_options options = default_options(&ears);
    (void)state;

    assert_non_null(mkdtemp(directory));
    snprintf(at.sun_path, sizeof at.sun_path, "%s/admin.sock", directory);
    options.admin_socket = at.sun_path;
    options.limits.connections = 0;
    struct front *front = open_front(&ears, &options);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    struct told told = await_handed(&ears, 0);
    assert_true(told.admin);
    close(told.fd);
    close(fd);
    front_close(front);
    assert_int_not_equal(access(at.sun_path, F_OK), 0);
    assert_int_equal(rmdir(directory), 0);
}

// ------------------------------------------------------------------ drain

static void draining_stops_listening_and_ends_what_is_idle(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int idle = call(front, PULL);
    (void)state;

    reply_text(await_request(&ears, 0), "");
    assert_answer(idle, "HTTP/1.1 200 ", NULL);
    int held = call(front, PULL);
    struct request *request = await_request(&ears, 1);
    front_drain(front);
    assert_int_equal(wire_connect(front_address(front, 0)), -1);
    assert_true(wire_ends(idle));
    reply_text(request, "last");
    assert_answer(held, "HTTP/1.1 200 ", "Connection: close\r\n\r\nlast");
    assert_true(wire_ends(held));
    close(idle);
    close(held);
    front_close(front);
}

static void an_answer_just_before_the_end_arrives(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, PULL);
    (void)state;

    reply_text(await_request(&ears, 0), "just so");
    front_close(front);
    assert_answer(fd, "HTTP/1.1 200 ", "just so");
    close(fd);
}

static void one_that_was_never_started_can_be_closed(void **state)
{
    struct ears ears;
    struct front_options options = default_options(&ears);
    const char *problem = NULL;
    struct front *front = front_open(&options, &problem);
    (void)state;

    assert_non_null(front);
    front_drain(front);
    front_close(front);
    front_close(NULL);
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
        cmocka_unit_test(a_body_comes_by_its_length),
        cmocka_unit_test(a_body_comes_in_chunks),
        cmocka_unit_test(an_empty_body_in_chunks_is_empty),
        cmocka_unit_test(a_body_in_pieces_is_put_together),
        cmocka_unit_test(a_malformed_head_is_refused),
        cmocka_unit_test(a_malformed_head_of_what_is_handed_is_refused),
        cmocka_unit_test(a_head_that_is_too_long_is_refused),
        cmocka_unit_test(a_body_that_is_too_long_is_refused),
        cmocka_unit_test(broken_chunks_are_refused),
        cmocka_unit_test(everything_else_is_handed_with_nothing_read),
        cmocka_unit_test(paths_that_only_begin_alike_are_handed),
        cmocka_unit_test(accepted_sockets_have_the_listeners_options),
        cmocka_unit_test(a_connection_may_go_elsewhere_after_a_pull),
        cmocka_unit_test(who_goes_away_while_held_is_told_of_once),
        cmocka_unit_test(who_was_answered_is_not_gone),
        cmocka_unit_test(a_request_may_be_answered_from_within_gone),
        cmocka_unit_test(who_only_stops_sending_is_gone_but_gets_his_answer),
        cmocka_unit_test(too_many_connections_are_turned_away),
        cmocka_unit_test(one_address_has_a_share_and_others_theirs),
        cmocka_unit_test(so_many_pulls_are_held_and_no_more),
        cmocka_unit_test(half_a_head_is_ended_in_time_without_spinning),
        cmocka_unit_test(an_idle_connection_is_ended_in_time),
        cmocka_unit_test(a_slow_reader_gets_all_of_a_long_answer),
        cmocka_unit_test(who_does_not_read_is_ended_in_time),
        cmocka_unit_test(without_descriptors_one_hears_so),
        cmocka_unit_test(an_address_in_use_is_named),
        cmocka_unit_test(several_listeners_have_their_addresses),
        cmocka_unit_test(the_admin_socket_hands_over_at_once),
        cmocka_unit_test(draining_stops_listening_and_ends_what_is_idle),
        cmocka_unit_test(an_answer_just_before_the_end_arrives),
        cmocka_unit_test(one_that_was_never_started_can_be_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
