// SPDX-License-Identifier: MIT

#include "hub/turnstile.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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

    assert_true(turnstile_open(&turnstile, 16, 2, 0));
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

    assert_true(turnstile_open(&turnstile, 16, 0, 0));
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
    size_t first, second, other;
    (void)state;

    assert_true(turnstile_open(&turnstile, 16, 0, 6000));
    assert_ptr_equal(turnstile_weigh(&turnstile, &large, &first), &large);
    assert_int_equal(turnstile_weigh(&turnstile, &large, &second)->status, 503);
    assert_ptr_equal(turnstile_weigh(&turnstile, &small, &other), &small);
    turnstile_relieve(&turnstile, second);
    turnstile_relieve(&turnstile, other);
    assert_int_equal(turnstile_weigh(&turnstile, &large, &second)->status, 503);
    turnstile_relieve(&turnstile, first);
    assert_ptr_equal(turnstile_weigh(&turnstile, &large, &second), &large);
    turnstile_close(&turnstile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_address_does_not_get_more_than_its_share),
        cmocka_unit_test(without_a_limit_there_is_always_room),
        cmocka_unit_test(large_answers_wait_for_their_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
