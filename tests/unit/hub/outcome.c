// SPDX-License-Identifier: MIT

#include "hub/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void R97_any_2xx_is_a_delivery(void **state)
{
    (void)state;
    for (unsigned status = 200; status < 300; status++)
        assert_int_equal(outcome_of_delivery(status), OUTCOME_DELIVERED);
}

static void R98_a_410_ends_the_subscription(void **state)
{
    (void)state;
    assert_int_equal(outcome_of_delivery(410), OUTCOME_GONE);
}

static void R99_everything_else_is_a_failure_redirects_too(void **state)
{
    (void)state;
    static const unsigned statuses[] = { 0,   100, 199, 300, 301, 302, 307,
                                         308, 400, 404, 429, 500, 503 };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        assert_int_equal(outcome_of_delivery(statuses[i]), OUTCOME_RETRY);
}

static void R55_only_a_2xx_with_the_challenge_verifies(void **state)
{
    (void)state;
    assert_int_equal(outcome_of_verification(200, true), OUTCOME_VERIFIED);
    assert_int_equal(outcome_of_verification(202, true), OUTCOME_VERIFIED);
    assert_int_equal(outcome_of_verification(200, false), OUTCOME_REFUSED);
    assert_int_equal(outcome_of_verification(404, true), OUTCOME_REFUSED);
    assert_int_equal(outcome_of_verification(302, true), OUTCOME_REFUSED);
    assert_int_equal(outcome_of_verification(410, false), OUTCOME_REFUSED);
}

static void R55_trouble_is_asked_again_later(void **state)
{
    (void)state;
    static const unsigned statuses[] = { 0, 408, 425, 429, 500, 502, 503 };
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        assert_int_equal(outcome_of_verification(statuses[i], false),
                         OUTCOME_LATER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R97_any_2xx_is_a_delivery),
        cmocka_unit_test(R98_a_410_ends_the_subscription),
        cmocka_unit_test(R99_everything_else_is_a_failure_redirects_too),
        cmocka_unit_test(R55_only_a_2xx_with_the_challenge_verifies),
        cmocka_unit_test(R55_trouble_is_asked_again_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
