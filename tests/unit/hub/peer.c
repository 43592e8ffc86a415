// SPDX-License-Identifier: MIT

#include "hub/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

union address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
};

static union address address_of(const char *text)
{
    union address address = { .six.sin6_family = AF_INET6 };
    if (inet_pton(AF_INET6, text, &address.six.sin6_addr) == 1)
        return address;
    address.four.sin_family = AF_INET;
    assert_int_equal(inet_pton(AF_INET, text, &address.four.sin_addr), 1);
    return address;
}

static void assert_text(const char *given, const char *shown)
{
    union address address = address_of(given);
    char text[PEER_TEXT_MAX];
    peer_text(&address.any, text);
    assert_string_equal(text, shown);
}

static bool same_network(const char *one, const char *other)
{
    union address addresses[] = { address_of(one), address_of(other) };
    uint8_t networks[2][16];
    assert_true(peer_network(&addresses[0].any, networks[0]));
    assert_true(peer_network(&addresses[1].any, networks[1]));
    return memcmp(networks[0], networks[1], 16) == 0;
}

static void addresses_are_shown_without_a_port(void **state)
{
    (void)state;
    assert_text("192.0.2.7", "192.0.2.7");
    assert_text("2001:db8:0::7", "2001:db8::7");
    assert_text("::ffff:192.0.2.7", "192.0.2.7");
}

static void a_unix_socket_has_no_address(void **state)
{
    struct sockaddr address = { .sa_family = AF_UNIX };
    char text[PEER_TEXT_MAX] = "x";
    uint8_t network[16];
    (void)state;

    peer_text(&address, text);
    assert_string_equal(text, "");
    assert_false(peer_network(&address, network));
}

static void a_customer_of_ipv6_is_one_address(void **state)
{
    (void)state;
    assert_true(same_network("2001:db8:1:2::1", "2001:db8:1:2:ffff::2"));
    assert_false(same_network("2001:db8:1:2::1", "2001:db8:1:3::1"));
    assert_false(same_network("192.0.2.1", "192.0.2.2"));
    assert_true(same_network("192.0.2.1", "::ffff:192.0.2.1"));
    assert_false(same_network("0.0.0.0", "::"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_shown_without_a_port),
        cmocka_unit_test(a_unix_socket_has_no_address),
        cmocka_unit_test(a_customer_of_ipv6_is_one_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
