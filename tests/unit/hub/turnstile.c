// SPDX-License-Identifier: MIT

#include "hub/turnstile.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static struct sockaddr_in at(const char *text)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
    return address;
}

static void one_address_does_not_get_more_than_its_share(void **state)
{
    struct sockaddr_in mine = at("192.0.2.1"), other = at("192.0.2.2");
    const struct sockaddr *me = (const struct sockaddr *)&mine;
    struct turnstile turnstile = { .crowd = NULL };
    (void)state;

    assert_true(turnstile_open(
        &turnstile,
        &(struct turnstile_limits){ .expected = 16, .per_address = 2 }));
    struct crowd_member *first = turnstile_enter(&turnstile, me);
    assert_true(turnstile_has_room(&turnstile, me));
    struct crowd_member *second = turnstile_enter(&turnstile, me);
    assert_false(turnstile_has_room(&turnstile, me));
    assert_true(
        turnstile_has_room(&turnstile, (const struct sockaddr *)&other));
    turnstile_leave(&turnstile, first);
    assert_true(turnstile_has_room(&turnstile, me));
    turnstile_leave(&turnstile, second);
    turnstile_close(&turnstile);
}

static void without_a_limit_there_is_always_room(void **state)
{
    struct sockaddr_in mine = at("192.0.2.1");
    const struct sockaddr *me = (const struct sockaddr *)&mine;
    struct turnstile turnstile = { .crowd = NULL };
    (void)state;

    assert_true(turnstile_open(&turnstile,
                               &(struct turnstile_limits){ .expected = 16 }));
    struct crowd_member *member = turnstile_enter(&turnstile, me);
    assert_true(turnstile_has_room(&turnstile, me));
    turnstile_leave(&turnstile, member);
    turnstile_close(&turnstile);
}

static void large_answers_wait_for_their_turn(void **state)
{
    static const char bytes[4096];
    struct reply large = { .status = 200,
                           .body = bytes,
                           .body_len = sizeof bytes };
    struct reply small = { .status = 200, .body = bytes, .body_len = 10 };
    struct turnstile turnstile = { .crowd = NULL };
    struct weight first, second, other;
    (void)state;

    assert_true(turnstile_open(
        &turnstile, &(struct turnstile_limits){ .expected = 16,
                                                .answers = { .all = 6000 } }));
    assert_ptr_equal(turnstile_weigh(&turnstile, NULL, &large, &first), &large);
    assert_int_equal(turnstile_weigh(&turnstile, NULL, &large, &second)->status,
                     503);
    assert_ptr_equal(turnstile_weigh(&turnstile, NULL, &small, &other), &small);
    turnstile_relieve(&turnstile, &second);
    turnstile_relieve(&turnstile, &other);
    assert_int_equal(turnstile_weigh(&turnstile, NULL, &large, &second)->status,
                     503);
    turnstile_relieve(&turnstile, &first);
    assert_ptr_equal(turnstile_weigh(&turnstile, NULL, &large, &second),
                     &large);
    turnstile_close(&turnstile);
}

static bool is_at_a_proxy(void *context, const struct sockaddr *address)
{
    struct sockaddr_in four;
    (void)context;
    memcpy(&four, address, sizeof four);
    return four.sin_addr.s_addr == inet_addr("192.0.2.80");
}

static void one_address_has_its_share_of_what_is_on_its_way(void **state)
{
    static const char bytes[4096];
    struct reply large = { .status = 200,
                           .body = bytes,
                           .body_len = sizeof bytes };
    struct sockaddr_in mine = at("192.0.2.1"), other = at("192.0.2.2");
    struct turnstile turnstile = { .crowd = NULL };
    struct weight first, second, third;
    (void)state;

    assert_true(turnstile_open(
        &turnstile, &(struct turnstile_limits){ .expected = 16,
                                                .answers = { 100000, 6000 } }));
    struct crowd_member *me =
        turnstile_enter(&turnstile, (const struct sockaddr *)&mine);
    struct crowd_member *he =
        turnstile_enter(&turnstile, (const struct sockaddr *)&other);
    const atomic_bool *sated = turnstile_sated(me);
    assert_ptr_equal(turnstile_weigh(&turnstile, me, &large, &first), &large);
    assert_false(atomic_load(sated));
    assert_int_equal(turnstile_weigh(&turnstile, me, &large, &second)->status,
                     503);
    assert_true(atomic_load(sated));
    assert_ptr_equal(turnstile_weigh(&turnstile, he, &large, &third), &large);
    turnstile_relieve(&turnstile, &second);
    assert_true(atomic_load(sated));
    turnstile_relieve(&turnstile, &first);
    assert_false(atomic_load(sated));
    assert_ptr_equal(turnstile_weigh(&turnstile, me, &large, &second), &large);
    turnstile_relieve(&turnstile, &second);
    turnstile_relieve(&turnstile, &third);
    turnstile_leave(&turnstile, me);
    turnstile_leave(&turnstile, he);
    assert_int_equal(atomic_load(&turnstile.weight), 0);
    turnstile_close(&turnstile);
}

static void a_proxy_is_many_people(void **state)
{
    struct sockaddr_in proxy = at("192.0.2.80"), mine = at("192.0.2.1");
    const struct sockaddr *addresses[] = { (const struct sockaddr *)&proxy,
                                           (const struct sockaddr *)&mine };
    struct turnstile turnstile = { .crowd = NULL };
    (void)state;

    assert_true(turnstile_open(
        &turnstile, &(struct turnstile_limits){ .expected = 16,
                                                .per_address = 1,
                                                .answers = { 0, 6000 },
                                                .unlimited = is_at_a_proxy }));
    assert_null(turnstile_enter(&turnstile, addresses[0]));
    assert_null(turnstile_sated(NULL));
    struct crowd_member *me = turnstile_enter(&turnstile, addresses[1]);
    assert_non_null(me);
    assert_true(turnstile_has_room(&turnstile, addresses[0]));
    assert_false(turnstile_has_room(&turnstile, addresses[1]));
    turnstile_leave(&turnstile, me);
    turnstile_close(&turnstile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_address_does_not_get_more_than_its_share),
        cmocka_unit_test(without_a_limit_there_is_always_room),
        cmocka_unit_test(large_answers_wait_for_their_turn),
        cmocka_unit_test(one_address_has_its_share_of_what_is_on_its_way),
        cmocka_unit_test(a_proxy_is_many_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
