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

static bool allows_at(const struct guard *guard, const char *text,
                      uint16_t port)
{
    struct sockaddr_storage address = { 0 };
    struct sockaddr_in four = { .sin_family = AF_INET,
                                .sin_port = htons(port) };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_port = htons(port) };
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        memcpy(&address, &four, sizeof four);
    else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
        memcpy(&address, &six, sizeof six);
    else
        fail_msg("%s is no address", text);
    return guard_allows(guard, (struct sockaddr *)&address);
}

static bool allows(const struct guard *guard, const char *text)
{
    return allows_at(guard, text, 443);
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

static void every_special_ipv6_range_is_refused(void **state)
{
    // First and last of each, and what lies outside of 2000::/3.
    static const char *const special[] = {
        "::",
        "::1",
        "::2",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:ffff:ffff",
        "::fffe:8.8.8.8",
        "::1:0:0:0",
        "::ffff:0:8.8.8.8",
        "64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff",
        "64:ff9b:0:0:0:1::",
        "64:ff9b:1::",
        "64:ff9b:1::8.8.8.8",
        "64:ff9b:1:808:8:800::",
        "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
        "100::",
        "100::ffff:ffff:ffff:ffff",
        "100:0:0:1::",
        "100:0:0:1:ffff:ffff:ffff:ffff",
        "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001::",
        "2001:0:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:1::1",
        "2001:2::1",
        "2001:3::1",
        "2001:4:112::1",
        "2001:10::1",
        "2001:20::1",
        "2001:30::1",
        "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::",
        "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff::",
        "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
        "4000::",
        "5f00::",
        "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fc00::",
        "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fd00:ec2::254",
        "fe00::",
        "fe80::",
        "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "fec0::",
        "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "ff00::",
        "ff02::1",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    };
    (void)state;
    const struct guard guard = { 0 };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (allows(&guard, special[i]))
            fail_msg("%s", special[i]);
}

static void the_internet_of_ipv6_is_called_up_to_the_special_ranges(
    void **state)
{
    static const char *const fine[] = {
        "2000::",
        "2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:200::",
        "2001:4860:4860::8888",
        "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db9::",
        "2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "2003::",
        "2606:4700::1111",
        "2620:4f:8000::1",
        "2a00:1450::1",
        "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "3fff:1000::",
        "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    };
    (void)state;
    const struct guard guard = { 0 };
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (!allows(&guard, fine[i]))
            fail_msg("%s", fine[i]);
}

static void an_embedded_ipv4_address_is_judged_like_itself(void **state)
{
    static const char *const special[] = {
        "::ffff:127.0.0.1",
        "::ffff:0.0.0.0",
        "::ffff:10.1.2.3",
        "::ffff:169.254.169.254",
        "::ffff:192.168.0.1",
        "::ffff:255.255.255.255",
        "64:ff9b::127.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b::10.0.0.1",
        "64:ff9b::",
        "64:ff9b::ffff:ffff",
        "2002:7f00:1::1",
        "2002:c0a8:101::1",
        "2002:a9fe:a9fe::a9fe:a9fe",
        "2002::",
        "2002:ffff:ffff::1",
        "2606:4700::5efe:a00:1",
        "2606:4700::200:5efe:127.0.0.1",
    };
    static const char *const fine[] = {
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "2002:808:808::7f00:1",
        "2606:4700::5efe:8.8.8.8",
        "2606:4700::200:5efe:8.8.8.8",
        "2606:4700::100:5efe:a00:1",
    };
    (void)state;
    const struct guard guard = { 0 };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (allows(&guard, special[i]))
            fail_msg("%s", special[i]);
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        if (!allows(&guard, fine[i]))
            fail_msg("%s", fine[i]);
}

static void an_address_with_a_scope_is_refused(void **state)
{
    (void)state;
    const struct guard guard = { 0 };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_port = htons(80),
                                .sin6_scope_id = 2 };
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

static void what_one_guard_allows_another_does_not(void **state)
{
    (void)state;
    struct guard topics = { 0 }, callbacks = { 0 };
    assert_true(guard_allow(&topics, "10.0.0.0/8"));
    assert_true(guard_allow(&callbacks, "192.168.0.0/16"));
    assert_true(allows(&topics, "10.1.2.3"));
    assert_false(allows(&callbacks, "10.1.2.3"));
    assert_false(allows(&topics, "192.168.1.2"));
    assert_true(allows(&callbacks, "192.168.1.2"));
}

static void a_range_that_is_allowed_is_not_its_neighbours(void **state)
{
    static const struct {
        const char *range, *first, *last, *before, *behind;
    } cases[] = {
        { "127.0.0.2/32", "127.0.0.2", "127.0.0.2", "127.0.0.1", "127.0.0.3" },
        { "127.0.0.4/31", "127.0.0.4", "127.0.0.5", "127.0.0.3", "127.0.0.6" },
        { "10.4.0.0/14", "10.4.0.0", "10.7.255.255", "10.3.255.255",
          "10.8.0.0" },
        { "::2", "::2", "::2", "::1", "::3" },
        { "fd00:0:0:4::/62", "fd00:0:0:4::", "fd00:0:0:7:ffff:ffff:ffff:ffff",
          "fd00:0:0:3:ffff:ffff:ffff:ffff", "fd00:0:0:8::" },
        { "64:ff9b:1::/48", "64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
          "64:ff9b:0:ffff:ffff:ffff:ffff:ffff", "64:ff9b:2::" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct guard guard = { 0 };
        assert_true(guard_allow(&guard, cases[i].range));
        assert_true(allows(&guard, cases[i].first));
        assert_true(allows(&guard, cases[i].last));
        assert_false(allows(&guard, cases[i].before));
        assert_false(allows(&guard, cases[i].behind));
    }
}

static void ports_of_other_protocols_are_refused(void **state)
{
    // S3, and the "bad ports" of the Fetch standard.
    static const uint16_t bad[] = {
        0,    1,    7,    22,   23,   25,   53,   110,  111,   119,
        123,  135,  139,  143,  179,  389,  445,  465,  587,   636,
        993,  995,  2049, 3306, 5060, 5432, 6000, 6379, 6660,  6661,
        6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 10080, 11211,
    };
    static const uint16_t fine[] = { 80,   443,  591,  3000, 8000,
                                     8080, 8443, 6659, 6670, 65535 };
    (void)state;
    struct guard guard = { 0 };
    assert_true(guard_allow(&guard, "127.0.0.0/8"));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(guard_allows_port(bad[i]));
        assert_false(allows_at(&guard, "8.8.8.8", bad[i]));
        assert_false(allows_at(&guard, "127.0.0.1", bad[i]));
        assert_false(allows_at(&guard, "2606:4700::1111", bad[i]));
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        assert_true(guard_allows_port(fine[i]));
        assert_true(allows_at(&guard, "127.0.0.1", fine[i]));
        assert_true(allows_at(&guard, "2606:4700::1111", fine[i]));
    }
}

static void own_listeners_are_refused_whatever_is_allowed(void **state)
{
    static const struct guard_own own[] = {
        { { { [10] = 0xff, [11] = 0xff, 8, 8, 8, 8 }, 128 }, 8080 },
        { { { [10] = 0xff, [11] = 0xff, 127 }, 104 }, 8080 },
        { { { 0x26, 0x06, 0x47, [15] = 1 }, 128 }, 443 },
    };
    (void)state;
    struct guard guard = { .own = own, .own_count = 3 };
    assert_true(guard_allow(&guard, "0.0.0.0/0"));
    assert_false(allows_at(&guard, "8.8.8.8", 8080));
    assert_false(allows_at(&guard, "::ffff:8.8.8.8", 8080));
    assert_false(allows_at(&guard, "64:ff9b::8.8.8.8", 8080));
    assert_false(allows_at(&guard, "2002:808:808::1", 8080));
    assert_true(allows_at(&guard, "8.8.8.8", 80));
    assert_true(allows_at(&guard, "8.8.8.9", 8080));
    assert_false(allows_at(&guard, "127.0.0.1", 8080));
    assert_false(allows_at(&guard, "127.255.255.255", 8080));
    assert_false(allows_at(&guard, "0.0.0.0", 8080));
    assert_true(allows_at(&guard, "127.0.0.1", 443));
    assert_false(allows_at(&guard, "2606:4700::1", 443));
    assert_true(allows_at(&guard, "2606:4700::1", 444));
}

static bool is_inside(const struct guard *guard, const char *text)
{
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(443) };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_port = htons(443) };
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return guard_is_inside(guard, (struct sockaddr *)&four);
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return guard_is_inside(guard, (struct sockaddr *)&six);
}

static void M20_inside_is_what_is_called_by_leave_alone(void **state)
{
    (void)state;
    struct guard guard = { 0 };
    assert_false(is_inside(&guard, "10.0.0.1")); // it is not called at all
    assert_true(guard_allow(&guard, "10.0.0.0/8"));
    assert_true(guard_allow(&guard, "fd00::/8"));
    assert_true(guard_allow(&guard, "8.8.8.0/24"));
    assert_true(guard_allow(&guard, "::ffff:0:0/96"));
    assert_true(is_inside(&guard, "10.0.0.1"));
    assert_true(is_inside(&guard, "::ffff:10.0.0.1"));
    assert_true(is_inside(&guard, "fd00::1"));
    // Whoever is allowed to call it would be anyhow.
    assert_false(is_inside(&guard, "8.8.8.8"));
    assert_false(is_inside(&guard, "1.1.1.1"));
    assert_false(is_inside(&guard, "2606:4700::1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_special_ipv4_range_is_refused),
        cmocka_unit_test(the_neighbours_of_special_ranges_are_fine),
        cmocka_unit_test(every_special_ipv6_range_is_refused),
        cmocka_unit_test(
            the_internet_of_ipv6_is_called_up_to_the_special_ranges),
        cmocka_unit_test(an_embedded_ipv4_address_is_judged_like_itself),
        cmocka_unit_test(an_address_with_a_scope_is_refused),
        cmocka_unit_test(an_allowed_range_is_let_through_to_its_last_bit),
        cmocka_unit_test(what_is_no_range_is_not_taken),
        cmocka_unit_test(a_guard_takes_so_many_ranges_and_no_more),
        cmocka_unit_test(listed_ranges_are_told_without_a_judgement),
        cmocka_unit_test(what_one_guard_allows_another_does_not),
        cmocka_unit_test(a_range_that_is_allowed_is_not_its_neighbours),
        cmocka_unit_test(ports_of_other_protocols_are_refused),
        cmocka_unit_test(own_listeners_are_refused_whatever_is_allowed),
        cmocka_unit_test(M20_inside_is_what_is_called_by_leave_alone),
    };
    return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
