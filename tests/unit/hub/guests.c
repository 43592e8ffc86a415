// SPDX-License-Identifier: MIT

#include "hub/guests.h"

#include "ears.h"

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
    for (unsigned i = 0; i < 12000 && numbers.open_now > 0; i++) {
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
        front_numbers(front, &numbers);
    }
    assert_int_equal(numbers.open_now, 0);
    free(body);
    close(fd);
    front_close(front);
}

static void who_does_not_read_leaves_the_others_their_room(void **state)
{
    enum { LEN = 8 * 1024 * 1024 };
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.limits.answers = (struct answer_limits){ 0, LEN + 1000 };
    options.unlimited = is_no_proxy;
    struct front *front = open_front(&ears, &options);
    const char *at = front_address(front, 0);
    char *body = big_body(LEN);
    int fds[4];
    static const char *const from[] = { "127.0.0.3", "127.0.0.3", "127.0.0.4",
                                        "127.0.0.77" };
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        fds[i] = wire_connect_from(from[i], at);
        wire_send(fds[i], PULL);
        await_request(&ears, i);
    }
    const atomic_bool *sated = ears.arrived[1].request->sated;
    reply_text(ears.arrived[0].request, body);
    assert_false(atomic_load(sated));
    for (size_t i = 1; i < 4; i++) {
        body[0] = (char)('A' + i); // what equals another's is no burden
        reply_text(ears.arrived[i].request, body);
        if (i == 1)
            assert_true(atomic_load(sated));
    }
    assert_answer(fds[1], "HTTP/1.1 503 ", "\r\n\r\ntoo much is on its way");
    assert_answer(fds[2], "HTTP/1.1 200 ", "\r\n\r\nCbcd");
    assert_answer(fds[3], "HTTP/1.1 200 ", "\r\n\r\nDbcd");
    assert_answer(fds[0], "HTTP/1.1 200 ", "\r\n\r\nabcd");

    // That one has been sent, so it may have the next.
    wire_send(fds[0], PULL);
    reply_text(await_request(&ears, 4), body);
    assert_answer(fds[0], "HTTP/1.1 200 ", "\r\n\r\nDbcd");
    for (size_t i = 0; i < 4; i++)
        close(fds[i]);
    free(body);
    front_close(front);
}

static void at_the_end_nothing_arrives_any_more(void **state)
{
    struct ears ears;
    struct front *front = open_default(&ears);
    int fds[2] = { call(front, PULL), call(front, "GET /events HTTP/1.1\r\n") };
    struct request *before = await_request(&ears, 0);
    (void)state;

    front_drain(front);
    front_end(front);
    wire_send(fds[1], "Host: h\r\n\r\n");
    assert_answer(fds[1], "HTTP/1.1 503 ", "stopping");
    reply_text(before, "in time");
    assert_answer(fds[0], "HTTP/1.1 200 ", "in time");
    close(fds[0]);
    close(fds[1]);
    front_close(front);
    assert_int_equal(ears.arrived_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_many_connections_are_turned_away),
        cmocka_unit_test(at_the_end_nothing_arrives_any_more),
        cmocka_unit_test(one_address_has_a_share_and_others_theirs),
        cmocka_unit_test(so_many_pulls_are_held_and_no_more),
        cmocka_unit_test(half_a_head_is_ended_in_time_without_spinning),
        cmocka_unit_test(an_idle_connection_is_ended_in_time),
        cmocka_unit_test(a_slow_reader_gets_all_of_a_long_answer),
        cmocka_unit_test(who_does_not_read_is_ended_in_time),
        cmocka_unit_test(who_does_not_read_leaves_the_others_their_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
