// SPDX-License-Identifier: MIT

#include "hub/front.h"

#include "ears.h"
#include "hub/inherit.h"
#include "hub/listener.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

// -------------------------------------------------------------------- handing

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

    assert_int_equal(told.door, DOOR_PUBLIC);
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
    static const char *const targets[] = {
        "/eventsx", "/event",  "/mailboxes", "/presence/",
        "//events", "/Events", "/presences",
    };
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

// Handed over it could hold nothing any more.
static void a_connection_of_who_pulls_stays_whatever_he_asks(void **state)
{
    static const char *const lines[] = {
        "GET /events/sse",     "POST /mailboxes/m/acks", "PATCH /mailboxes/m",
        "DELETE /mailboxes/m", "OPTIONS /events",        "GET /presence",
        "PUT /mailboxes/m",
    };
    struct ears ears;
    struct front *front = open_default(&ears);
    int fd = call(front, "");
    (void)state;

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[128];
        snprintf(text, sizeof text,
                 "%s HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nb",
                 lines[i]);
        wire_send(fd, text);
        struct request *request = await_request(&ears, i);
        assert_string_equal(request->path, strchr(lines[i], '/'));
        assert_string_equal(request->body, "b");
        reply_text(request, "");
        assert_answer(fd, "HTTP/1.1 200 ", NULL);
    }
    assert_int_equal(ears.handed_count, 0);
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

// ------------------------------------------------------------------ listeners

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
    assert_int_equal(told.door, DOOR_SOCKET);
    close(told.fd);
    close(fd);
    front_close(front);
    assert_int_not_equal(access(at.sun_path, F_OK), 0);
    assert_int_equal(rmdir(directory), 0);
}

// Whoever comes while the last one is still being turned away is turned away,
// too.
static int call_until_let_in(struct ears *ears, struct front *front)
{
    for (;;) {
        int fd = call(front, PULL);
        char byte;
        for (;;) {
            pthread_mutex_lock(&ears->lock);
            size_t arrived = ears->arrived_count;
            pthread_mutex_unlock(&ears->lock);
            if (arrived > 0)
                return fd;
            if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0
                || errno != EAGAIN)
                break;
            sched_yield();
        }
        close(fd);
    }
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

    int again = call_until_let_in(&ears, front);
    reply_text(await_request(&ears, 0), "");
    assert_answer(again, "HTTP/1.1 200 ", NULL);
    close(again);
    front_close(front);
}

// ---------------------------------------------------------------------- drain

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

static void softened_it_goes_on_but_each_answer_is_the_last(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int idle = call(front, PULL);
    (void)state;

    reply_text(await_request(&ears, 0), "");
    assert_answer(idle, "HTTP/1.1 200 ", NULL);
    front_soften(front);
    wire_send(idle, PULL);
    reply_text(await_request(&ears, 1), "again");
    assert_answer(idle, "HTTP/1.1 200 ", "Connection: close\r\n\r\nagain");
    int fresh = call(front, PULL);
    reply_text(await_request(&ears, 2), "new");
    assert_answer(fresh, "HTTP/1.1 200 ", "Connection: close\r\n\r\nnew");
    close(idle);
    close(fresh);
    front_close(front);
}

static void who_has_not_asked_yet_unsettles(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int slow = call(front, "GET /events?topic=a HTTP/1.1\r\n");
    (void)state;

    front_drain(front);
    assert_int_not_equal(front_settling(front), SETTLED);
    wire_send(slow, "Host: h\r\n\r\n");
    reply_text(await_request(&ears, 0), "heard");
    assert_answer(slow, "HTTP/1.1 200 ", "Connection: close\r\n\r\nheard");
    assert_true(wire_ends(slow));
    close(slow);
    while (front_settling(front) != SETTLED)
        sched_yield();
    front_close(front);
}

// What somebody else has opened, as a service manager does.
static int open_for_others(struct inherit *inherited)
{
    struct listener listener;
    char problem[LISTENER_PROBLEM_MAX];
    assert_true(listener_open("127.0.0.1:0", &listener, problem));
    int ours = dup(listener.fd);
    assert_true(ours >= 0);
    *inherited =
        (struct inherit){ .count = 1, .items = { { ours, DOOR_PUBLIC } } };
    return listener.fd;
}

static void an_inherited_listener_stays_open_for_the_next(void **state)
{
    struct ears ears;
    struct inherit inherited, again;
    struct front_options options = default_options(&ears);
    int theirs = open_for_others(&inherited);
    (void)state;

    options.inherited = &inherited;
    again = inherited;
    again.items[0].fd = dup(theirs);
    struct front *front = open_front(&ears, &options);
    front_drain(front);
    int waiting = wire_connect(front_address(front, 0));
    assert_true(waiting >= 0);
    wire_send(waiting, PULL);
    front_close(front);

    options.inherited = &again;
    front = open_front(&ears, &options);
    reply_text(await_request(&ears, 0), "from the next");
    assert_answer(waiting, "HTTP/1.1 200 ", "from the next");
    close(waiting);
    front_close(front);
    close(theirs);
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
        cmocka_unit_test(everything_else_is_handed_with_nothing_read),
        cmocka_unit_test(paths_that_only_begin_alike_are_handed),
        cmocka_unit_test(a_connection_of_who_pulls_stays_whatever_he_asks),
        cmocka_unit_test(accepted_sockets_have_the_listeners_options),
        cmocka_unit_test(a_connection_may_go_elsewhere_after_a_pull),
        cmocka_unit_test(an_address_in_use_is_named),
        cmocka_unit_test(several_listeners_have_their_addresses),
        cmocka_unit_test(the_admin_socket_hands_over_at_once),
        cmocka_unit_test(without_descriptors_one_hears_so),
        cmocka_unit_test(draining_stops_listening_and_ends_what_is_idle),
        cmocka_unit_test(softened_it_goes_on_but_each_answer_is_the_last),
        cmocka_unit_test(who_has_not_asked_yet_unsettles),
        cmocka_unit_test(an_inherited_listener_stays_open_for_the_next),
        cmocka_unit_test(an_answer_just_before_the_end_arrives),
        cmocka_unit_test(one_that_was_never_started_can_be_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
