// SPDX-License-Identifier: MIT

#include "hub/hold.h"

#include "hold_rig.h"

enum { MANY = 200 };

static void on_news(void *context)
{
    struct ears *ears = context;
    pthread_mutex_lock(&ears->lock);
    pthread_cond_broadcast(&ears->heard);
    pthread_mutex_unlock(&ears->lock);
}

static struct front *open_wide(struct ears *ears)
{
    struct front_options options = default_options(ears);
    options.limits.connections = options.limits.per_address = MANY + 16;
    options.limits.parked = MANY + 16;
    options.wake = on_news;
    return open_front(ears, &options);
}

static void what_is_held_is_answered_and_its_connection_used_again(void **state)
{
    struct ears ears;
    struct front *front = open_wide(&ears);
    int fd = call(front, "");
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        wire_send(fd, PULL);
        struct hold *hold = take_next(&ears, i, &ears);
        answer_all(front, &hold, 1, "held");
        assert_answer(fd, "HTTP/1.1 200 ", "held");
    }
    struct front_numbers numbers;
    front_numbers(front, &numbers);
    assert_int_equal(numbers.accepted, 1);
    assert_int_equal(numbers.parked_now, 0);
    close(fd);
    front_close(front);
}

// More than one lock's worth would be the same: the list is what matters.
static void many_are_answered_at_once_each_as_he_asked(void **state)
{
    static char body[5000];
    static int fds[32];
    static struct hold *holds[32];
    struct ears ears;
    struct front *front = open_wide(&ears);
    (void)state;

    memset(body, 'x', sizeof body - 1);
    for (size_t i = 0; i < 32; i++) {
        fds[i] = call(front, i % 4 == 0   ? PULL
                             : i % 4 == 1 ? "HEAD /events HTTP/1.1\r\n"
                                            "Host: h\r\n\r\n"
                             : i % 4 == 2 ? "GET /events HTTP/1.0\r\n\r\n"
                                          : "POST /events HTTP/1.1\r\n"
                                            "Host: h\r\nContent-Length: 1\r\n"
                                            "\r\na");
        holds[i] = take_next(&ears, i, &ears);
    }
    answer_all(front, holds, 32, body);
    for (size_t i = 0; i < 32; i++) {
        char *answer = wire_answer_to(fds[i], i % 4 == 1);
        assert_non_null(strstr(answer, "Content-Length: 4999\r\n"));
        const char *end = strstr(answer, "\r\n\r\n") + 4;
        assert_int_equal(strlen(end), i % 4 == 1 ? 0 : 4999);
        bool last = strstr(answer, "Connection: close\r\n") != NULL;
        assert_int_equal(last, i % 4 == 2);
        if (last)
            assert_true(wire_ends(fds[i]));
        free(answer);
        close(fds[i]);
    }
    front_close(front);
}

static void who_goes_away_is_told_of_once(void **state)
{
    struct ears ears;
    struct front *front = open_wide(&ears);
    int fd = call(front, PULL);
    struct hold *hold = take_next(&ears, 0, &fd);
    struct hold_event event;
    (void)state;

    assert_false(hold_next(front, &event));
    close(fd);
    event = await_event(front);
    assert_int_equal(event.kind, HOLD_GONE);
    assert_ptr_equal(event.hold, hold);
    assert_ptr_equal(event.owner, &fd);
    assert_false(hold_next(front, &event));
    hold_end(front, hold, NULL, 0, NULL);
    await_open(front, 0);
    front_close(front);
}

static void who_went_before_he_was_held_is_told_of_too(void **state)
{
    struct ears ears;
    struct front *front = open_wide(&ears);
    int fd = call(front, PULL);
    struct request *request = await_request(&ears, 0);
    (void)state;

    close(fd);
    await(&ears, ears.gone, &ears.gone_count, 0);
    struct hold *hold = hold_take(request, &fd);
    assert_null(front_next_gone(front));
    await_kind(front, HOLD_GONE, &fd);
    hold_end(front, hold, NULL, 0, NULL);
    front_close(front);
}

static void nobody_is_told_of_what_has_no_owner(void **state)
{
    struct ears ears;
    struct front *front = open_wide(&ears);
    int fds[2] = { call(front, PULL), call(front, PULL) };
    struct hold *first = take_next(&ears, 0, &ears);
    struct hold *second = take_next(&ears, 1, &fds);
    struct hold_event event;
    (void)state;

    hold_own(first, NULL);
    close(fds[0]);
    close(fds[1]);
    await_kind(front, HOLD_GONE, &fds);
    assert_false(hold_next(front, &event));
    // Whoever takes it up later learns what there was.
    hold_own(first, &front);
    await_kind(front, HOLD_GONE, &front);
    hold_end(front, first, NULL, 0, NULL);
    hold_end(front, second, NULL, 0, NULL);
    front_close(front);
}

static void an_answered_one_is_told_of_no_more(void **state)
{
    struct ears ears;
    struct front *front = open_wide(&ears);
    int fds[2] = { call(front, PULL), call(front, PULL) };
    struct hold *first = take_next(&ears, 0, &ears);
    struct hold *second = take_next(&ears, 1, &fds);
    struct hold_event event;
    (void)state;

    close(fds[0]);
    close(fds[1]);
    event = await_event(front);
    struct hold *other = event.hold == first ? second : first;
    answer_all(front, &other, 1, "too late");
    hold_end(front, event.hold, NULL, 0, NULL);
    assert_false(hold_next(front, &event));
    front_close(front);
}

static void many_who_go_away_are_all_told_of(void **state)
{
    static int fds[MANY];
    struct ears ears;
    struct front *front = open_wide(&ears);
    (void)state;

    for (size_t i = 0; i < MANY; i++) {
        fds[i] = call(front, PULL);
        take_next(&ears, 0, &fds[i]);
        ears.arrived_count = 0;
    }
    for (size_t i = 0; i < MANY; i++)
        close(fds[i]);
    for (size_t i = 0; i < MANY; i++) {
        struct hold_event event = await_event(front);
        assert_int_equal(event.kind, HOLD_GONE);
        hold_end(front, event.hold, NULL, 0, NULL);
    }
    await_open(front, 0);
    front_close(front);
}

static void ended_without_an_answer_the_connection_ends(void **state)
{
    struct ears ears;
    struct front *front = open_wide(&ears);
    int fd = call(front, PULL);
    struct hold *hold = take_next(&ears, 0, &ears);
    char peer[48];
    (void)state;

    hold_peer(hold, peer);
    assert_string_equal(peer, "127.0.0.1");
    hold_end(front, hold, NULL, 0, NULL);
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

static void who_has_too_much_on_its_way_is_told_to_come_again(void **state)
{
    enum { LEN = 8 * 1024 * 1024 };
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.limits.answers = (struct answer_limits){ 0, LEN + 1000 };
    struct front *front = open_front(&ears, &options);
    char *body = malloc(LEN + 1);
    struct hold *holds[4];
    int fds[4];
    (void)state;

    assert_non_null(body);
    memset(body, 'a', LEN);
    body[LEN] = '\0';
    for (size_t i = 0; i < 4; i++) {
        fds[i] = call(front, PULL);
        holds[i] = take_next(&ears, i, &ears);
    }
    // The same for two is no more than for one.
    answer_all(front, holds, 2, body);
    body[0] = 'b';
    answer_all(front, holds + 2, 2, body);
    assert_answer(fds[2], "HTTP/1.1 503 ", "Retry-After: ");
    assert_answer(fds[3], "HTTP/1.1 503 ", "too much is on its way");
    assert_answer(fds[0], "HTTP/1.1 200 ", "\r\n\r\naaa");
    assert_answer(fds[1], "HTTP/1.1 200 ", "\r\n\r\naaa");
    for (size_t i = 0; i < 4; i++)
        close(fds[i]);
    free(body);
    front_close(front);
}

static void while_draining_each_answer_is_the_last(void **state)
{
    struct ears ears;
    struct front *front = open_wide(&ears);
    int fd = call(front, PULL);
    struct hold *hold = take_next(&ears, 0, &ears);
    (void)state;

    front_drain(front);
    answer_all(front, &hold, 1, "bye");
    assert_answer(fd, "HTTP/1.1 200 ", "Connection: close\r\n\r\nbye");
    assert_true(wire_ends(fd));
    close(fd);
    front_close(front);
}

// What is with somebody is bounded; the rest waits in its sockets, and what
// is nobody's to hold passes by.
static void some_are_asked_for_at_a_time_and_the_rest_in_turn(void **state)
{
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.limits.asking = 2;
    options.limits.parked = 16;
    struct front *front = open_front(&ears, &options);
    int fds[5];
    struct hold *holds[5];
    (void)state;

    for (size_t i = 0; i < 5; i++)
        fds[i] = call(front, PULL);
    await_request(&ears, 1);
    int other = call(front, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
    close(await_handed(&ears, 0).fd);
    assert_int_equal(ears.arrived_count, 2);
    for (size_t i = 0; i < 5; i++)
        holds[i] = take_next(&ears, i, &ears);
    answer_all(front, holds, 5, "all");
    for (size_t i = 0; i < 5; i++) {
        assert_answer(fds[i], "HTTP/1.1 200 ", "all");
        close(fds[i]);
    }
    close(other);
    front_close(front);
}

static void who_leaves_while_he_waits_for_his_turn_is_forgotten(void **state)
{
    struct ears ears;
    struct front_options options = default_options(&ears);
    options.limits.asking = 1;
    options.limits.head_ms = 3000;
    struct front *front = open_front(&ears, &options);
    int first = call(front, PULL);
    struct request *request = await_request(&ears, 0);
    int second = call(front, PULL);
    (void)state;

    assert_true(wire_ends(second)); // his time for a head is over
    close(second);
    reply_text(request, "one");
    assert_answer(first, "HTTP/1.1 200 ", "one");
    wire_send(first, PULL);
    reply_text(await_request(&ears, 1), "two");
    assert_answer(first, "HTTP/1.1 200 ", "two");
    close(first);
    front_close(front);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_is_held_is_answered_and_its_connection_used_again),
        cmocka_unit_test(many_are_answered_at_once_each_as_he_asked),
        cmocka_unit_test(who_goes_away_is_told_of_once),
        cmocka_unit_test(who_went_before_he_was_held_is_told_of_too),
        cmocka_unit_test(nobody_is_told_of_what_has_no_owner),
        cmocka_unit_test(an_answered_one_is_told_of_no_more),
        cmocka_unit_test(many_who_go_away_are_all_told_of),
        cmocka_unit_test(ended_without_an_answer_the_connection_ends),
        cmocka_unit_test(who_has_too_much_on_its_way_is_told_to_come_again),
        cmocka_unit_test(while_draining_each_answer_is_the_last),
        cmocka_unit_test(some_are_asked_for_at_a_time_and_the_rest_in_turn),
        cmocka_unit_test(who_leaves_while_he_waits_for_his_turn_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
