// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rig.h"
#include "stub.h"

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
        assert_in_range(get.ended_ms - get.started_ms, 290, 3000);
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
static void a_black_hole_runs_into_the_connect_timeout(void **state)
{
    struct place *place = *state;
    struct sockaddr_in hole = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(0x7f000001) };
    socklen_t len = sizeof hole;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&hole, len), 0);
    assert_int_equal(listen(fd, 0), 0);
    getsockname(fd, (struct sockaddr *)&hole, &len);
    int fill[4];
    for (size_t i = 0; i < 4; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fill[i], (struct sockaddr *)&hole, len);
    }
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(hole.sin_port));
    struct exchange tries[2] = { rig_get(url), rig_post(url) };
    for (size_t i = 0; i < 2; i++) {
        tries[i].connect_timeout_ms = 300;
        rig_run(&place->rig, &tries[i]);
        assert_int_equal(tries[i].result, EXCHANGE_TIMEOUT);
        assert_in_range(tries[i].ended_ms - tries[i].started_ms, 290, 3000);
        exchange_clear(&tries[i]);
    }
    for (size_t i = 0; i < 4; i++)
        close(fill[i]);
    close(fd);
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
        TEST(a_closed_port_gives_no_connection),
        TEST(a_connection_is_used_again),
        TEST(a_cold_origin_keeps_no_connection),
        TEST(a_connection_that_the_peer_closed_costs_no_failure),
    };
    return cmocka_run_group_tests_name("engine_lean", tests, NULL, NULL);
}
