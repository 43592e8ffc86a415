// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rig.h"
#include "stub.h"

#include <time.h>

struct place {
    struct rig rig;
    struct stub *stub;
    char url[512];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->stub = stub_open("127.0.0.1");
    rig_init(&place->rig);
    rig_open(&place->rig);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    rig_close(&place->rig);
    stub_close(place->stub);
    free(place);
    return 0;
}

static const char *at(struct place *place, const char *path)
{
    snprintf(place->url, sizeof place->url, "http://127.0.0.1:%u%s",
             place->stub->port, path);
    return place->url;
}

static void expect(struct place *place, struct exchange *exchange,
                   enum exchange_result result, unsigned status)
{
    rig_run(&place->rig, exchange);
    if (exchange->result != result)
        print_error("%s\n", exchange_result_name(exchange->result));
    assert_int_equal(exchange->result, result);
    assert_int_equal(exchange->status, status);
}

static void every_slow_peer_runs_into_the_timeout(void **state)
{
    static const char *const paths[] = { "/silent", "/drip", "/endless" };
    struct place *place = *state;
    for (size_t i = 0; i < 3; i++) {
        struct exchange get = rig_get(at(place, paths[i]));
        get.timeout_ms = 300;
        get.body_max = SIZE_MAX;
        rig_run(&place->rig, &get);
        assert_int_equal(get.result, EXCHANGE_TIMEOUT);
        assert_true(get.ended_ms - get.started_ms >= 290);
        exchange_clear(&get);
        struct exchange post = rig_post(at(place, paths[i]));
        post.timeout_ms = 300;
        post.body_max = SIZE_MAX;
        rig_run(&place->rig, &post);
        assert_int_equal(post.result, EXCHANGE_TIMEOUT);
        exchange_clear(&post);
    }
}

// A listener whose queue is full drops further SYNs.
struct hole {
    int fd, fill[4];
    char url[64];
};

static void dig(struct hole *hole)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(0x7f000001) };
    socklen_t len = sizeof at;
    hole->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(hole->fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(hole->fd, 0), 0);
    getsockname(hole->fd, (struct sockaddr *)&at, &len);
    for (size_t i = 0; i < 4; i++) {
        hole->fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(hole->fill[i], (struct sockaddr *)&at, len);
    }
    snprintf(hole->url, sizeof hole->url, "http://127.0.0.1:%u/",
             ntohs(at.sin_port));
}

static void fill_in(struct hole *hole)
{
    for (size_t i = 0; i < 4; i++)
        close(hole->fill[i]);
    close(hole->fd);
}

static void a_black_hole_runs_into_the_connect_timeout(void **state)
{
    struct place *place = *state;
    struct hole hole;
    dig(&hole);
    struct exchange tries[2] = { rig_get(hole.url), rig_post(hole.url) };
    for (size_t i = 0; i < 2; i++) {
        tries[i].connect_timeout_ms = 300;
        rig_run(&place->rig, &tries[i]);
        assert_int_equal(tries[i].result, EXCHANGE_TIMEOUT);
        assert_true(tries[i].ended_ms - tries[i].started_ms >= 290);
        exchange_clear(&tries[i]);
    }
    fill_in(&hole);
}

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void who_connects_after_his_time_says_nothing(void **state)
{
    struct place *place = *state;
    struct hole hole;
    dig(&hole);
    int64_t end = wall_ms() + 500;
    struct exchange tries[2] = { rig_get(hole.url), rig_post(hole.url) };
    for (size_t i = 0; i < 2; i++) {
        tries[i].not_after = end;
        tries[i].connect_timeout_ms = 10000;
        rig_submit(&place->rig, &tries[i]);
    }
    while (wall_ms() <= end)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    // Now there is room, and the next SYN gets through.
    assert_int_equal(listen(hole.fd, 64), 0);
    for (size_t i = 0; i < 2; i++)
        assert_non_null(rig_next(&place->rig));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(tries[i].result, EXCHANGE_CANCELLED);
        assert_int_equal(tries[i].status, 0);
        exchange_clear(&tries[i]);
    }
    for (int fd; (fd = accept4(hole.fd, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        char byte;
        assert_true(recv(fd, &byte, 1, 0) <= 0);
        close(fd);
    }
    fill_in(&hole);
}

static void a_closed_port_gives_no_connection(void **state)
{
    struct place *place = *state;
    struct sockaddr_in shut = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(0x7f000001) };
    socklen_t len = sizeof shut;
    int fd = socket(AF_INET, SOCK_STREAM, 0); // bound, and nobody listens
    assert_int_equal(bind(fd, (struct sockaddr *)&shut, len), 0);
    getsockname(fd, (struct sockaddr *)&shut, &len);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(shut.sin_port));
    struct exchange tries[2] = { rig_get(url), rig_post(url) };
    for (size_t i = 0; i < 2; i++) {
        expect(place, &tries[i], EXCHANGE_NO_CONNECT, 0);
        exchange_clear(&tries[i]);
    }
    close(fd);
}

static void a_connection_is_used_again(void **state)
{
    struct place *place = *state;
    for (int i = 0; i < 20; i++) {
        struct exchange post = rig_post(at(place, "/"));
        post.body_max = 0;
        expect(place, &post, EXCHANGE_ANSWERED, 200);
        exchange_clear(&post);
    }
    assert_int_equal(place->stub->accepted, 1);
    for (int i = 0; i < 20; i++) {
        struct exchange get = rig_get(at(place, "/"));
        expect(place, &get, EXCHANGE_ANSWERED, 200);
        exchange_clear(&get);
    }
    assert_true(place->stub->accepted <= 2);
}

static void a_cold_origin_keeps_no_connection(void **state)
{
    struct place *place = *state;
    for (int i = 0; i < 5; i++) {
        struct exchange post = rig_post(at(place, "/"));
        post.cold = true;
        expect(place, &post, EXCHANGE_ANSWERED, 200);
        exchange_clear(&post);
    }
    assert_int_equal(place->stub->accepted, 5);
}

static void a_connection_that_the_peer_closed_costs_no_failure(void **state)
{
    struct place *place = *state;
    for (int i = 0; i < 5; i++) {
        struct exchange post = rig_post(at(place, "/close"));
        expect(place, &post, EXCHANGE_ANSWERED, 200);
        exchange_clear(&post);
        post = rig_post(at(place, "/"));
        expect(place, &post, EXCHANGE_ANSWERED, 200);
        exchange_clear(&post);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_slow_peer_runs_into_the_timeout),
        TEST(a_black_hole_runs_into_the_connect_timeout),
        TEST(who_connects_after_his_time_says_nothing),
        TEST(a_closed_port_gives_no_connection),
        TEST(a_connection_is_used_again),
        TEST(a_cold_origin_keeps_no_connection),
        TEST(a_connection_that_the_peer_closed_costs_no_failure),
    };
    return cmocka_run_group_tests_name("engine_lean", tests, NULL, NULL);
}
