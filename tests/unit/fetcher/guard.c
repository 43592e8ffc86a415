// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static bool allows(const struct guard *guard, const char *text)
{
    struct sockaddr_storage address = { 0 };
    struct sockaddr_in four = { .sin_family = AF_INET };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        memcpy(&address, &four, sizeof four);
    else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
        memcpy(&address, &six, sizeof six);
    else
        fail_msg("%s is no address", text);
    return guard_allows(guard, (struct sockaddr *)&address);
}

static void every_special_ipv4_range_is_refused(void **state)
{
    // First and last of each.
    static const char *const special[] = {
        "0.0.0.0",         "0.255.255.255",   "10.0.0.0",
        "10.255.255.255",  "100.64.0.0",      "100.127.255.255",
        "127.0.0.0",       "127.0.0.1",       "127.255.255.255",
        "169.254.0.0",     "169.254.169.254", "169.254.255.255",
        "172.16.0.0",      "172.31.255.255",  "192.0.0.0",
        "192.0.0.255",     "192.0.2.0",       "192.0.2.255",
        "192.88.99.0",     "192.88.99.255",   "192.168.0.0",
        "192.168.255.255", "198.18.0.0",      "198.19.255.255",
        "198.51.100.0",    "198.51.100.255",  "203.0.113.0",
        "203.0.113.255",   "224.0.0.0",       "239.255.255.255",
        "240.0.0.0",       "255.255.255.255",
    };
    (void)state;
    const struct guard guard = { 0 };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (allows(&guard, special[i]))
            fail_msg("%s", special[i]);
}

static void the_neighbours_of_special_ranges_are_fine(void **state)
{
    static const char *const fine[] = {
        "1.0.0.0",         "9.255.255.255",   "11.0.0.0",
        "100.63.255.255",  "100.128.0.0",     "126.255.255.255",
        "128.0.0.0",       "169.253.255.255", "169.255.0.0",
        "172.15.255.255",  "172.32.0.0",      "191.255.255.255",
        "192.0.1.0",       "192.0.3.0",       "192.88.98.255",
        "192.88.100.0",    "192.167.255.255", "192.169.0.0",
        "198.17.255.255",  "198.20.0.0",      "198.51.99.255",
        "198.51.101.0",    "203.0.112.255",   "203.0.114.0",
        "223.255.255.255", "8.8.8.8",
    };
    (void)state;
    const struct guard guard = { 0 };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (!allows(&guard, fine[i]))
            fail_msg("%s", fine[i]);
}

static void of_ipv6_only_the_internet_is_called(void **state)
{
    static const char *const special[] = {
        "::",          "::1",         "::127.0.0.1",     "::8.8.8.8",
        "100::1",      "fc00::1",     "fd00::1",         "fe80::1",
        "febf::1",     "fec0::1",     "ff02::1",         "2001::1",
        "2001:1ff::1", "2001:db8::1", "2001:db8:ffff::", "3fff::1",
        "5f00::1",     "4000::1",     "1fff::1",         "64:ff9b:1::808:808",
    };
    static const char *const fine[] = { "2000::1",      "2606:4700::1111",
                                        "2a00:1450::1", "2001:4860::8888",
                                        "2001:200::1",  "3ffe::1" };
    (void)state;
    const struct guard guard = { 0 };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (allows(&guard, special[i]))
            fail_msg("%s", special[i]);
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (!allows(&guard, fine[i]))
            fail_msg("%s", fine[i]);
}

static void an_embedded_ipv4_address_is_judged_like_itself(void **state)
{
    (void)state;
    const struct guard guard = { 0 };
    assert_false(allows(&guard, "::ffff:127.0.0.1"));
    assert_false(allows(&guard, "::ffff:10.1.2.3"));
    assert_true(allows(&guard, "::ffff:8.8.8.8"));
    assert_false(allows(&guard, "64:ff9b::127.0.0.1"));
    assert_false(allows(&guard, "64:ff9b::169.254.169.254"));
    assert_true(allows(&guard, "64:ff9b::8.8.8.8"));
    assert_false(allows(&guard, "2002:7f00:1::1"));
    assert_false(allows(&guard, "2002:c0a8:101::1"));
    assert_true(allows(&guard, "2002:808:808::1"));
}

static void an_address_with_a_scope_is_refused(void **state)
{
    (void)state;
    const struct guard guard = { 0 };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_scope_id = 2 };
    inet_pton(AF_INET6, "2606:4700::1111", &six.sin6_addr);
    assert_false(guard_allows(&guard, (struct sockaddr *)&six));
    struct sockaddr local = { .sa_family = AF_UNIX };
    assert_false(guard_allows(&guard, &local));
}

static void an_allowed_range_is_let_through_to_its_last_bit(void **state)
{
    (void)state;
    struct guard guard = { 0 };
    assert_true(guard_allow(&guard, "10.1.0.0/16"));
    assert_true(guard_allow(&guard, "192.168.7.9"));
    assert_true(guard_allow(&guard, "fd12:3456::/33"));
    assert_true(guard_allow(&guard, "::1"));
    assert_true(allows(&guard, "10.1.0.0"));
    assert_true(allows(&guard, "10.1.255.255"));
    assert_true(allows(&guard, "::ffff:10.1.2.3"));
    assert_true(allows(&guard, "2002:a01:203::1"));
    assert_false(allows(&guard, "10.2.0.0"));
    assert_true(allows(&guard, "192.168.7.9"));
    assert_false(allows(&guard, "192.168.7.8"));
    assert_true(allows(&guard, "fd12:3456:7fff::1"));
    assert_false(allows(&guard, "fd12:3456:8000::1"));
    assert_true(allows(&guard, "::1"));
    assert_false(allows(&guard, "::2"));
}

static void what_is_no_range_is_not_taken(void **state)
{
    static const char *const bad[] = {
        "",           "localhost",  "10.0.0.0/33", "10.0.0.0/",
        "10.0.0.0/a", "10.0.0.1/8", "10.0.0/8",    "fd00::/129",
        "fd00::1/8",  "/8",         "10.0.0.0/-1", "10.0.0.0/08x",
        "fe80::1%lo", "127.1",
    };
    (void)state;
    struct guard guard = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (guard_allow(&guard, bad[i]))
            fail_msg("%s", bad[i]);
    assert_int_equal(guard.count, 0);
    assert_true(guard_allow(&guard, "0.0.0.0/0"));
    assert_true(allows(&guard, "127.0.0.1"));
    assert_false(allows(&guard, "::1"));
}

static void a_guard_takes_so_many_ranges_and_no_more(void **state)
{
    (void)state;
    struct guard guard = { 0 };
    for (int i = 0; i < GUARD_RANGES_MAX; i++)
        assert_true(guard_allow(&guard, "10.0.0.1"));
    assert_false(guard_allow(&guard, "10.0.0.1"));
}

static void listed_ranges_are_told_without_a_judgement(void **state)
{
    (void)state;
    struct guard guard = { .count = 0 };
    assert_true(guard_allow(&guard, "10.0.0.0/8"));
    assert_true(guard_allow(&guard, "fd00::/8"));
    assert_true(guard_lists(&guard, "10.1.2.3"));
    assert_true(guard_lists(&guard, "fd00::1"));
    assert_true(guard_lists(&guard, "::ffff:10.1.2.3"));
    assert_false(guard_lists(&guard, "8.8.8.8"));
    assert_false(guard_lists(&guard, "not an address"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_special_ipv4_range_is_refused),
        cmocka_unit_test(the_neighbours_of_special_ranges_are_fine),
        cmocka_unit_test(of_ipv6_only_the_internet_is_called),
        cmocka_unit_test(an_embedded_ipv4_address_is_judged_like_itself),
        cmocka_unit_test(an_address_with_a_scope_is_refused),
        cmocka_unit_test(an_allowed_range_is_let_through_to_its_last_bit),
        cmocka_unit_test(what_is_no_range_is_not_taken),
        cmocka_unit_test(a_guard_takes_so_many_ranges_and_no_more),
        cmocka_unit_test(listed_ranges_are_told_without_a_judgement),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
