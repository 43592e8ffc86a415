// SPDX-License-Identifier: MIT

#include "hub/asker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t ours[ASKER_SECRET] = { 1 }, theirs[ASKER_SECRET] = { 2 };

static void S5_an_ipv4_address_is_one_asker(void **state)
{
    uint64_t number = asker_number(ours, "192.0.2.1");
    (void)state;
    assert_true(number != 0);
    assert_true(number == asker_number(ours, "192.0.2.1"));
    assert_true(number == asker_number(ours, "::ffff:192.0.2.1"));
    assert_true(number != asker_number(ours, "192.0.2.2"));
}

static void S5_one_customer_of_ipv6_is_one_asker(void **state)
{
    uint64_t number = asker_number(ours, "2001:db8:1:2::1");
    (void)state;
    assert_true(number != 0);
    assert_true(number == asker_number(ours, "2001:db8:1:2:ffff::2"));
    assert_true(number != asker_number(ours, "2001:db8:1:3::1"));
}

static void no_address_is_nobody(void **state)
{
    (void)state;
    assert_true(asker_number(ours, "") == 0);
    assert_true(asker_number(ours, "unknown") == 0);
}

static void another_store_has_other_numbers(void **state)
{
    (void)state;
    assert_true(asker_number(ours, "192.0.2.1")
                != asker_number(theirs, "192.0.2.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S5_an_ipv4_address_is_one_asker),
        cmocka_unit_test(S5_one_customer_of_ipv6_is_one_asker),
        cmocka_unit_test(no_address_is_nobody),
        cmocka_unit_test(another_store_has_other_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
