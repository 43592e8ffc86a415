// SPDX-License-Identifier: MIT

#include "hub/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_port_needs_a_numeric_address(void **state)
{
    assert_null(address_check_port("127.0.0.1:8080"));
    assert_null(address_check_port("[2001:db8::1]:0"));
    assert_non_null(address_check_port("localhost:80"));
    assert_non_null(address_check_port("127.0.0.1"));
    assert_non_null(address_check_port("127.0.0.1:"));
    assert_non_null(address_check_port("127.0.0.1:65536"));
    assert_non_null(address_check_port("127.0.0.1:8o"));
    assert_non_null(address_check_port("::1:80"));
    assert_non_null(address_check_port("[127.0.0.1]:80"));
    assert_non_null(address_check_port("[]:80"));
    assert_non_null(address_check_port(":80"));
    assert_non_null(address_check_port(""));
    (void)state;
}

static void only_127_and_1_are_loopback(void **state)
{
    assert_true(address_is_loopback("127.0.0.1:80"));
    assert_true(address_is_loopback("127.255.0.9:80"));
    assert_true(address_is_loopback("[::1]:80"));
    assert_false(address_is_loopback("0.0.0.0:80"));
    assert_false(address_is_loopback("[::]:80"));
    assert_false(address_is_loopback("[::ffff:127.0.0.1]:80"));
    assert_false(address_is_loopback("128.0.0.1:80"));
    assert_false(address_is_loopback("nonsense"));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_needs_a_numeric_address),
        cmocka_unit_test(only_127_and_1_are_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
