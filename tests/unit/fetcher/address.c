// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static void an_ipv4_address_goes_to_a_socket_and_back(void **state)
{
    (void)state;
    struct address address, again;
    struct sockaddr_storage to;
    char text[ADDRESS_TEXT_MAX];
    assert_int_equal(address_read("192.0.2.7", false, &address),
                     ADDRESS_LITERAL);
    assert_true(address_is_ipv4(&address));
    assert_int_equal(address_to_socket(&address, 8080, &to),
                     sizeof(struct sockaddr_in));
    struct sockaddr_in four;
    memcpy(&four, &to, sizeof four);
    assert_int_equal(ntohs(four.sin_port), 8080);
    assert_true(address_from_socket((struct sockaddr *)&to, &again));
    assert_true(address_same(&address, &again));
    address_text(&again, text);
    assert_string_equal(text, "192.0.2.7");
}

static void an_ipv6_address_goes_to_a_socket_and_back(void **state)
{
    (void)state;
    struct address address, again;
    struct sockaddr_storage to;
    char text[ADDRESS_TEXT_MAX];
    assert_int_equal(address_read("2001:DB8:0::1", true, &address),
                     ADDRESS_LITERAL);
    assert_false(address_is_ipv4(&address));
    assert_int_equal(address_to_socket(&address, 443, &to),
                     sizeof(struct sockaddr_in6));
    assert_true(address_from_socket((struct sockaddr *)&to, &again));
    assert_true(address_same(&address, &again));
    address_text(&again, text);
    assert_string_equal(text, "2001:db8::1");
}

static void a_mapped_address_is_the_ipv4_address(void **state)
{
    (void)state;
    struct address mapped, plain;
    address_read("::ffff:192.0.2.7", true, &mapped);
    address_read("192.0.2.7", false, &plain);
    assert_true(address_same(&mapped, &plain));
}

static void an_embedded_ipv4_address_is_found(void **state)
{
    static const struct {
        const char *outer, *inner;
    } cases[] = {
        { "64:ff9b::192.0.2.7", "192.0.2.7" },
        { "64:ff9b::", "0.0.0.0" },
        { "2002:c000:207::1", "192.0.2.7" },
        { "2002:c000:207:ffff:ffff:ffff:ffff:ffff", "192.0.2.7" },
        { "64:ff9b:0:0:0:1:c000:207", NULL },
        { "64:ff9b:1::192.0.2.7", NULL },
        { "2003:c000:207::1", NULL },
        { "::192.0.2.7", NULL },
        { "::ffff:192.0.2.7", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address outer, inner, wanted;
        assert_int_equal(address_read(cases[i].outer, true, &outer),
                         ADDRESS_LITERAL);
        assert_int_equal(address_embedded(&outer, &inner),
                         cases[i].inner != NULL);
        if (!cases[i].inner)
            continue;
        address_read(cases[i].inner, false, &wanted);
        assert_true(address_same(&inner, &wanted));
    }
}

static void whoever_writes_an_ipv4_address_as_ipv6_means_that(void **state)
{
    static const struct {
        const char *written, *meant;
    } cases[] = {
        { "::ffff:192.0.2.7", "192.0.2.7" },
        { "::192.0.2.7", "192.0.2.7" },
        { "::ffff:0:192.0.2.7", "192.0.2.7" },
        { "64:ff9b::192.0.2.7", "192.0.2.7" },
        { "2002:c000:207::1", "192.0.2.7" },
        { "::1", "::1" },
        { "::", "::" },
        { "::ff:ffff", "::0.255.255.255" },
        { "64:ff9b:1::192.0.2.7", "64:ff9b:1::c000:207" },
        { "2001:db8::192.0.2.7", "2001:db8::c000:207" },
        { "fe80::ffff:c000:207", "fe80::ffff:c000:207" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address written;
        char text[ADDRESS_TEXT_MAX];
        assert_int_equal(address_read(cases[i].written, true, &written),
                         ADDRESS_LITERAL);
        written = address_meant(&written);
        address_text(&written, text);
        assert_string_equal(text, cases[i].meant);
    }
}

static void what_one_customer_has_is_one_address(void **state)
{
    static const struct {
        const char *one, *other;
        bool same;
    } cases[] = {
        { "192.0.2.1", "192.0.2.1", true },
        { "192.0.2.1", "192.0.2.2", false },
        { "192.0.2.1", "::ffff:192.0.2.1", true },
        { "192.0.2.1", "64:ff9b::192.0.2.1", true },
        { "192.0.2.1", "2002:c000:201:5::1", true },
        { "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true },
        { "2001:db8:1:2::1", "2001:db8:1:3::1", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address one, other;
        address_read(cases[i].one, strchr(cases[i].one, ':'), &one);
        address_read(cases[i].other, strchr(cases[i].other, ':'), &other);
        one = address_customer(&one);
        other = address_customer(&other);
        assert_int_equal(address_same(&one, &other), cases[i].same);
    }
}

static void a_scope_or_another_family_is_no_address(void **state)
{
    (void)state;
    struct address address;
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_scope_id = 1 };
    struct sockaddr local = { .sa_family = AF_UNIX };
    assert_false(address_from_socket((struct sockaddr *)&six, &address));
    assert_false(address_from_socket(&local, &address));
}

static void a_host_is_a_name_a_literal_or_nonsense(void **state)
{
    static const struct {
        const char *host;
        enum address_kind kind;
    } cases[] = {
        { "example.com", ADDRESS_NAME },
        { "1.example", ADDRESS_NAME },
        { "a1", ADDRESS_NAME },
        { "0xzz", ADDRESS_NAME },
        { "1.2.3.4", ADDRESS_LITERAL },
        { "1.2.3.4.", ADDRESS_LITERAL },
        { "4294967295", ADDRESS_LITERAL },
        { "0x7f.1", ADDRESS_LITERAL },
        { "4294967296", ADDRESS_NONSENSE },
        { "1.2.3.4.5", ADDRESS_NONSENSE },
        { "1.2.3.256", ADDRESS_NONSENSE },
        { "example.1", ADDRESS_NONSENSE },
        { "09", ADDRESS_NONSENSE },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address;
        if (address_read(cases[i].host, false, &address) != cases[i].kind)
            fail_msg("%s", cases[i].host);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ipv4_address_goes_to_a_socket_and_back),
        cmocka_unit_test(an_ipv6_address_goes_to_a_socket_and_back),
        cmocka_unit_test(a_mapped_address_is_the_ipv4_address),
        cmocka_unit_test(an_embedded_ipv4_address_is_found),
        cmocka_unit_test(whoever_writes_an_ipv4_address_as_ipv6_means_that),
        cmocka_unit_test(what_one_customer_has_is_one_address),
        cmocka_unit_test(a_scope_or_another_family_is_no_address),
        cmocka_unit_test(a_host_is_a_name_a_literal_or_nonsense),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
