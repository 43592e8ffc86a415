// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rig.h"
#include "stub.h"

#include <time.h>

enum { MANY = 40 };

struct place {
    struct rig rig;
    struct stub *stub;
    char urls[MANY][64];
    struct exchange exchanges[MANY];
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->stub = stub_open("0.0.0.0");
    rig_init(&place->rig);
    place->rig.options.limits.slow = 8;
    place->rig.options.limits.slow_per_origin = 8;
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

static struct exchange *send_to(struct place *place, size_t i,
                                enum exchange_class class, unsigned address,
                                const char *path)
{
    snprintf(place->urls[i], sizeof place->urls[i], "http://127.0.0.%u:%u%s",
             address, place->stub->port, path);
    place->exchanges[i] = rig_post(place->urls[i]);
    place->exchanges[i].class = class;
    // Nothing ends what is held but what the test is about.
    place->exchanges[i].timeout_ms = 3600000;
    rig_submit(&place->rig, &place->exchanges[i]);
    return &place->exchanges[i];
}

static struct engine_numbers numbers(struct place *place)
{
    struct engine_numbers out;
    engine_numbers(place->rig.engine, &out);
    return out;
}

// The engine's clock decides, there is nothing to be woken by.
static void await_slow(struct place *place, uint64_t count)
{
    while (numbers(place).slow != count)
        nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void expect(struct place *place, const struct exchange *exchange,
                   enum exchange_result result)
{
    struct exchange *ended = rig_next(&place->rig);
    assert_ptr_equal(ended, exchange);
    assert_int_equal(ended->result, result);
    exchange_clear(ended);
}

static void what_hangs_gives_its_place_in_the_class_to_others(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.in_flight[EXCHANGE_DELIVER] = 2;
    place->rig.options.limits.in_flight[EXCHANGE_RETRY] = 1;
    rig_open(&place->rig);
    send_to(place, 0, EXCHANGE_DELIVER, 1, "/hold");
    send_to(place, 1, EXCHANGE_DELIVER, 2, "/hold");
    send_to(place, 2, EXCHANGE_RETRY, 3, "/hold");
    stub_await(place->stub, &place->stub->holding, 3);
    struct exchange *first = send_to(place, 3, EXCHANGE_DELIVER, 4, "/");
    expect(place, first, EXCHANGE_ANSWERED);
    struct exchange *again = send_to(place, 4, EXCHANGE_RETRY, 5, "/");
    expect(place, again, EXCHANGE_ANSWERED);
    await_slow(place, 3);
    struct engine_numbers now = numbers(place);
    assert_int_equal(now.in_flight[EXCHANGE_DELIVER], 0);
    assert_int_equal(now.queued[EXCHANGE_DELIVER], 0);
    // They are not given up.
    stub_release(place->stub);
    for (int i = 0; i < 3; i++) {
        struct exchange *ended = rig_next(&place->rig);
        assert_int_equal(ended->result, EXCHANGE_ANSWERED);
        assert_true(ended->ended_ms - ended->started_ms >= EXCHANGE_SLOW_MS);
        exchange_clear(ended);
    }
    assert_int_equal(numbers(place).slow, 0);
}

static void what_hangs_gives_its_place_at_the_origin_to_others(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 1;
    rig_open(&place->rig);
    send_to(place, 0, EXCHANGE_DELIVER, 1, "/hold");
    stub_await(place->stub, &place->stub->holding, 1);
    struct exchange *other = send_to(place, 1, EXCHANGE_DELIVER, 1, "/");
    expect(place, other, EXCHANGE_ANSWERED);
    assert_int_equal(place->stub->holding, 1);
    stub_release(place->stub);
    expect(place, &place->exchanges[0], EXCHANGE_ANSWERED);
}

static void what_hangs_gives_its_place_at_the_address_to_others(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_address = 1;
    struct stub *second = stub_open("127.0.0.1");
    rig_open(&place->rig);
    send_to(place, 0, EXCHANGE_DELIVER, 1, "/hold");
    stub_await(place->stub, &place->stub->holding, 1);
    struct exchange other = rig_post("");
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/hold", second->port);
    other.url = url;
    rig_submit(&place->rig, &other);
    stub_await(second, &second->holding, 1);
    // There are two of them now, and no more will be.
    await_slow(place, 2);
    send_to(place, 1, EXCHANGE_DELIVER, 1, "/");
    while (numbers(place).queued[EXCHANGE_DELIVER] != 1)
        sched_yield();
    stub_release(second);
    expect(place, &other, EXCHANGE_ANSWERED);
    expect(place, &place->exchanges[1], EXCHANGE_ANSWERED);
    stub_release(place->stub);
    expect(place, &place->exchanges[0], EXCHANGE_ANSWERED);
    stub_close(second);
}

static void where_too_many_are_slow_the_oldest_is_cut_off(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.slow = 2;
    rig_open(&place->rig);
    for (unsigned i = 0; i < 4; i++) {
        send_to(place, i, EXCHANGE_DELIVER, 1 + i, "/hold");
        stub_await(place->stub, &place->stub->holding, i + 1);
    }
    for (size_t i = 0; i < 2; i++) {
        struct exchange *ended = rig_next(&place->rig);
        assert_ptr_equal(ended, &place->exchanges[i]);
        assert_int_equal(ended->result, EXCHANGE_TIMEOUT);
        assert_true(ended->ended_ms - ended->started_ms >= EXCHANGE_CUT_MS);
        exchange_clear(ended);
    }
    assert_int_equal(numbers(place).slow, 2);
    assert_int_equal(numbers(place).cut, 2);
    stub_release(place->stub);
    for (size_t i = 2; i < 4; i++) {
        struct exchange *ended = rig_next(&place->rig);
        assert_int_equal(ended->result, EXCHANGE_ANSWERED);
        exchange_clear(ended);
    }
}

static void beyond_their_number_slow_ones_hold_the_origin_up(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 1;
    place->rig.options.limits.slow_per_origin = 1;
    rig_open(&place->rig);
    send_to(place, 0, EXCHANGE_DELIVER, 1, "/hold");
    send_to(place, 1, EXCHANGE_DELIVER, 1, "/hold");
    struct exchange *third = send_to(place, 2, EXCHANGE_DELIVER, 1, "/");
    await_slow(place, 2);
    // Others are not held up.
    struct exchange *other = send_to(place, 3, EXCHANGE_DELIVER, 2, "/");
    expect(place, other, EXCHANGE_ANSWERED);
    assert_int_equal(numbers(place).queued[EXCHANGE_DELIVER], 1);
    assert_int_equal(third->started_ms, 0);
    stub_release(place->stub);
    for (int i = 0; i < 3; i++) {
        struct exchange *ended = rig_next(&place->rig);
        assert_int_equal(ended->result, EXCHANGE_ANSWERED);
        exchange_clear(ended);
    }
}

// How long those who hang kept another one waiting.
static int64_t wait_for_those_who_hang(struct place *place)
{
    for (size_t i = 0; i < MANY; i++) {
        struct exchange *it = send_to(place, i, EXCHANGE_DELIVER, 9, "/");
        expect(place, it, EXCHANGE_ANSWERED);
    }
    stub_hold_again(place->stub);
    send_to(place, 0, EXCHANGE_DELIVER, 1, "/hold");
    send_to(place, 1, EXCHANGE_DELIVER, 2, "/hold");
    stub_await(place->stub, &place->stub->holding, 2);
    struct exchange *other = send_to(place, 2, EXCHANGE_DELIVER, 3, "/");
    assert_ptr_equal(rig_next(&place->rig), other);
    assert_int_equal(other->result, EXCHANGE_ANSWERED);
    int64_t waited_ms = other->ended_ms - place->exchanges[0].started_ms;
    exchange_clear(other);
    stub_release(place->stub);
    for (int i = 0; i < 2; i++)
        exchange_clear(rig_next(&place->rig));
    return waited_ms;
}

static void where_others_wait_what_takes_unusually_long_goes_first(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.in_flight[EXCHANGE_DELIVER] = 2;
    rig_open(&place->rig);
    // What is usual, the machine's load has a say in too; and without a look
    // at it nobody would ever wait for less than that.
    int64_t waited_ms = EXCHANGE_SLOW_MS;
    for (int i = 0; i < 60 && waited_ms >= EXCHANGE_SLOW_MS; i++)
        waited_ms = wait_for_those_who_hang(place);
    assert_in_range(waited_ms, 40, EXCHANGE_SLOW_MS - 1);
}

static void only_deliveries_are_slow(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.in_flight[EXCHANGE_VERIFY] = 1;
    rig_open(&place->rig);
    send_to(place, 0, EXCHANGE_VERIFY, 1, "/hold");
    stub_await(place->stub, &place->stub->holding, 1);
    send_to(place, 1, EXCHANGE_VERIFY, 2, "/");
    send_to(place, 2, EXCHANGE_DELIVER, 3, "/hold");
    await_slow(place, 1);
    assert_int_equal(numbers(place).queued[EXCHANGE_VERIFY], 1);
    stub_release(place->stub);
    for (int i = 0; i < 3; i++)
        exchange_clear(rig_next(&place->rig));
}

static void a_handshake_that_hangs_keeps_nobody_from_his(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.tls_handshakes = 1;
    rig_open(&place->rig);
    struct sockaddr_in at = { .sin_family = AF_INET };
    socklen_t len = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    int peers[2];
    for (size_t i = 0; i < 2; i++) {
        snprintf(place->urls[i], sizeof place->urls[i], "https://127.0.0.1:%u/",
                 ntohs(at.sin_port));
        place->exchanges[i] = rig_post(place->urls[i]);
        place->exchanges[i].class = EXCHANGE_VERIFY;
        rig_submit(&place->rig, &place->exchanges[i]);
    }
    for (size_t i = 0; i < 2; i++)
        peers[i] = accept(fd, NULL, NULL);
    assert_int_equal(numbers(place).ended[EXCHANGE_VERIFY], 0);
    for (size_t i = 0; i < 2; i++)
        close(peers[i]);
    close(fd);
    for (int i = 0; i < 2; i++)
        exchange_clear(rig_next(&place->rig));
}

static void repeated_ones_leave_a_place_to_first_ones(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 3;
    place->rig.options.limits.slow = 0;
    rig_open(&place->rig);
    for (size_t i = 0; i < 4; i++)
        send_to(place, i, EXCHANGE_RETRY, 1, "/hold");
    stub_await(place->stub, &place->stub->holding, 2);
    struct exchange *first = send_to(place, 4, EXCHANGE_DELIVER, 1, "/");
    expect(place, first, EXCHANGE_ANSWERED);
    assert_int_equal(place->stub->most_holding, 2);
    stub_release(place->stub);
    for (int i = 0; i < 4; i++)
        exchange_clear(rig_next(&place->rig));
}

static void an_origin_that_says_too_much_gets_fewer_at_a_time(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 8;
    place->rig.options.limits.slow = 0;
    rig_open(&place->rig);
    for (size_t i = 0; i < 4; i++) {
        struct exchange *it =
            send_to(place, i, EXCHANGE_DELIVER, 1, "/status/503");
        expect(place, it, EXCHANGE_ANSWERED);
        // The next one is another moment's.
        nanosleep(&(struct timespec){ .tv_nsec = 3000000 }, NULL);
    }
    for (size_t i = 4; i < 12; i++)
        send_to(place, i, EXCHANGE_DELIVER, 1, "/hold");
    struct exchange *other = send_to(place, 12, EXCHANGE_DELIVER, 2, "/");
    expect(place, other, EXCHANGE_ANSWERED);
    stub_await(place->stub, &place->stub->holding, 1);
    stub_release(place->stub);
    for (int i = 4; i < 12; i++)
        exchange_clear(rig_next(&place->rig));
    assert_int_equal(place->stub->most_holding, 1);
}

static void an_origin_that_is_fast_gets_more_at_a_time(void **state)
{
    struct place *place = *state;
    place->rig.options.limits.per_origin[EXCHANGE_DELIVER] = 2;
    place->rig.options.limits.per_origin_max = 5;
    place->rig.options.limits.slow = 0;
    rig_open(&place->rig);
    // Whether it is fast, the machine's load has a say in too.
    for (int round = 0; round < 1000 && place->stub->accepted < 5; round++) {
        for (size_t i = 0; i < MANY; i++)
            send_to(place, i, EXCHANGE_DELIVER, 1, "/");
        for (size_t i = 0; i < MANY; i++)
            exchange_clear(rig_next(&place->rig));
    }
    for (size_t i = 0; i < 8; i++)
        send_to(place, i, EXCHANGE_DELIVER, 1, "/hold");
    stub_await(place->stub, &place->stub->holding, 5);
    stub_release(place->stub);
    for (size_t i = 0; i < 8; i++)
        exchange_clear(rig_next(&place->rig));
    assert_int_equal(place->stub->most_holding, 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_hangs_gives_its_place_in_the_class_to_others),
        TEST(what_hangs_gives_its_place_at_the_origin_to_others),
        TEST(what_hangs_gives_its_place_at_the_address_to_others),
        TEST(where_too_many_are_slow_the_oldest_is_cut_off),
        TEST(beyond_their_number_slow_ones_hold_the_origin_up),
        TEST(where_others_wait_what_takes_unusually_long_goes_first),
        TEST(only_deliveries_are_slow),
        TEST(a_handshake_that_hangs_keeps_nobody_from_his),
        TEST(repeated_ones_leave_a_place_to_first_ones),
        TEST(an_origin_that_says_too_much_gets_fewer_at_a_time),
        TEST(an_origin_that_is_fast_gets_more_at_a_time),
    };
    return cmocka_run_group_tests_name("engine_slow", tests, NULL, NULL);
}
