// SPDX-License-Identifier: MIT

#include "hub/literal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_port_needs_a_numeric_address(void **state)
{
    assert_null(literal_check_port("127.0.0.1:8080"));
    assert_null(literal_check_port("[2001:db8::1]:0"));
    assert_non_null(literal_check_port("localhost:80"));
    assert_non_null(literal_check_port("127.0.0.1"));
    assert_non_null(literal_check_port("127.0.0.1:"));
    assert_non_null(literal_check_port("127.0.0.1:65536"));
    assert_non_null(literal_check_port("127.0.0.1:8o"));
    assert_non_null(literal_check_port("::1:80"));
    assert_non_null(literal_check_port("[127.0.0.1]:80"));
    assert_non_null(literal_check_port("[]:80"));
    assert_non_null(literal_check_port(":80"));
    assert_non_null(literal_check_port(""));
    (void)state;
}

static void only_127_and_1_are_loopback(void **state)
{
    assert_true(literal_is_loopback("127.0.0.1:80"));
    assert_true(literal_is_loopback("127.255.0.9:80"));
    assert_true(literal_is_loopback("[::1]:80"));
    assert_false(literal_is_loopback("0.0.0.0:80"));
    assert_false(literal_is_loopback("[::]:80"));
    assert_false(literal_is_loopback("[::ffff:127.0.0.1]:80"));
    assert_false(literal_is_loopback("128.0.0.1:80"));
    assert_false(literal_is_loopback("nonsense"));
    (void)state;
}

static void a_range_contains_what_shares_its_first_bits(void **state)
{
    assert_true(literal_in_range("10.255.0.1", "10.0.0.0/8"));
    assert_false(literal_in_range("11.0.0.1", "10.0.0.0/8"));
    assert_true(literal_in_range("192.0.2.129", "192.0.2.128/25"));
    assert_false(literal_in_range("192.0.2.127", "192.0.2.128/25"));
    assert_true(literal_in_range("192.0.2.1", "192.0.2.1"));
    assert_false(literal_in_range("192.0.2.2", "192.0.2.1"));
    assert_true(literal_in_range("203.0.113.1", "0.0.0.0/0"));
    assert_false(literal_in_range("203.0.113.1", "::/0"));
    assert_true(literal_in_range("::ffff:10.0.0.1", "10.0.0.0/8"));
    assert_true(literal_in_range("fd12::1", "fd00::/8"));
    assert_false(literal_in_range("", "0.0.0.0/0"));
    (void)state;
}

static void an_origin_is_a_scheme_and_an_authority(void **state)
{
    static const char *const good[] = { "*", "https://a.test",
                                        "http://a.test:81", "HTTP://[::1]:80" };
    static const char *const bad[] = { "",           "a.test",  "https://",
                                       "https://a/", "ftp://a", "https://a?",
                                       "**" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_null(literal_check_origin(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(literal_check_origin(bad[i]));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_needs_a_numeric_address),
        cmocka_unit_test(a_range_contains_what_shares_its_first_bits),
        cmocka_unit_test(only_127_and_1_are_loopback),
        cmocka_unit_test(an_origin_is_a_scheme_and_an_authority),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
