// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/own.h"

#include "fetcher/address.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// A guard that allows everything, and is told where it listens.
struct place {
    struct guard guard;
    struct guard_own *own;
};

static bool open_place(struct place *place, const char *item)
{
    *place = (struct place){ .own = NULL };
    assert_true(guard_allow(&place->guard, "0.0.0.0/0"));
    assert_true(guard_allow(&place->guard, "::/0"));
    size_t count = 0;
    if (!own_read(&item, 1, &place->own, &count))
        return false;
    place->guard.own = place->own;
    place->guard.own_count = count;
    return true;
}

static bool calls(const struct place *place, const char *text, uint16_t port)
{
    struct address address;
    struct sockaddr_storage to;
    assert_int_equal(address_read(text, strchr(text, ':') != NULL, &address),
                     ADDRESS_LITERAL);
    address_to_socket(&address, port, &to);
    return guard_allows(&place->guard, (struct sockaddr *)&to);
}

static void a_listener_is_an_address_and_a_port(void **state)
{
    struct place place;
    (void)state;
    assert_true(open_place(&place, "192.0.2.7:8080"));
    assert_false(calls(&place, "192.0.2.7", 8080));
    assert_false(calls(&place, "::ffff:192.0.2.7", 8080));
    assert_false(calls(&place, "64:ff9b::192.0.2.7", 8080));
    assert_true(calls(&place, "192.0.2.7", 8081));
    assert_true(calls(&place, "192.0.2.8", 8080));
    free(place.own);
    assert_true(open_place(&place, "[2001:db8::7]:80"));
    assert_false(calls(&place, "2001:db8::7", 80));
    assert_true(calls(&place, "2001:db8::8", 80));
    free(place.own);
}

static void an_unspecified_address_calls_this_machine(void **state)
{
    struct place place;
    (void)state;
    assert_true(open_place(&place, "127.0.0.1:8080"));
    assert_false(calls(&place, "0.0.0.0", 8080));
    assert_false(calls(&place, "::", 8080));
    assert_true(calls(&place, "0.0.0.0", 8081));
    free(place.own);
}

static void who_listens_everywhere_is_all_of_this_machine(void **state)
{
    static const char *const everywhere[] = { "0.0.0.0:8080", "[::]:8080" };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct place place;
        struct ifaddrs *all;
        assert_true(open_place(&place, everywhere[i]));
        assert_false(calls(&place, "127.0.0.1", 8080));
        assert_false(calls(&place, "127.200.3.4", 8080));
        assert_true(calls(&place, "127.0.0.1", 8081));
        assert_true(calls(&place, "192.0.2.7", 8080));
        assert_int_equal(getifaddrs(&all), 0);
        for (const struct ifaddrs *at = all; at; at = at->ifa_next) {
            struct address address;
            char text[ADDRESS_TEXT_MAX];
            if (!at->ifa_addr || !address_from_socket(at->ifa_addr, &address))
                continue;
            address_text(&address, text);
            if (calls(&place, text, 8080))
                fail_msg("%s", text);
        }
        freeifaddrs(all);
        free(place.own);
    }
}

static void what_is_no_listener_is_told(void **state)
{
    static const char *const bad[] = {
        "",
        "127.0.0.1",
        ":80",
        "127.0.0.1:",
        "localhost:80",
        "127.0.0.1:65536",
        "[::1]",
        "::1:80x",
        "[::1:80",
        "[fe80::1%lo]:80",
        "127.0.0.1:8a",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct place place;
        if (open_place(&place, bad[i]))
            fail_msg("%s", bad[i]);
    }
}

static void nobody_listens_and_everything_is_called(void **state)
{
    struct guard_own *own;
    size_t count;
    (void)state;
    assert_true(own_read(NULL, 0, &own, &count));
    assert_null(own);
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_listener_is_an_address_and_a_port),
        cmocka_unit_test(an_unspecified_address_calls_this_machine),
        cmocka_unit_test(who_listens_everywhere_is_all_of_this_machine),
        cmocka_unit_test(what_is_no_listener_is_told),
        cmocka_unit_test(nobody_listens_and_everything_is_called),
    };
    return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
