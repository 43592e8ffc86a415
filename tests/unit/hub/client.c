// SPDX-License-Identifier: MIT

#include "hub/client.h"

#include "fetcher/guard.h"
#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void expect(const char *peer, const char *forwarded, const char *client)
{
    struct guard proxies = { .count = 0 };
    assert_true(guard_allow(&proxies, "127.0.0.0/8"));
    assert_true(guard_allow(&proxies, "fd00::/8"));
    const struct request_field field = { "x-forwarded-for", forwarded };
    struct request request = { .fields = &field,
                               .field_count = forwarded ? 1 : 0 };
    char out[CLIENT_MAX];
    snprintf(request.peer, sizeof request.peer, "%s", peer);
    client_address(&request, &proxies, out);
    assert_string_equal(out, client);
}

static void S19_a_stranger_is_not_believed(void **state)
{
    (void)state;
    expect("192.0.2.1", "198.51.100.7", "192.0.2.1");
}

static void S19_a_trusted_proxy_tells_the_client(void **state)
{
    (void)state;
    expect("127.0.0.1", "198.51.100.7", "198.51.100.7");
    expect("127.0.0.1", "198.51.100.7:4711", "198.51.100.7");
    expect("fd00::1", "[2001:db8::1]:80", "2001:db8::1");
    expect("fd00::1", " 2001:db8::1 ", "2001:db8::1");
}

static void S19_only_the_end_of_the_list_counts(void **state)
{
    (void)state;
    expect("127.0.0.1", "10.0.0.1, 198.51.100.7, 127.0.0.2", "198.51.100.7");
    expect("127.0.0.1", "1.1.1.1,198.51.100.7", "198.51.100.7");
}

static void without_anything_readable_the_peer_counts(void **state)
{
    (void)state;
    expect("127.0.0.1", NULL, "127.0.0.1");
    expect("127.0.0.1", "", "127.0.0.1");
    expect("127.0.0.1", " , ", "127.0.0.1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S19_a_stranger_is_not_believed),
        cmocka_unit_test(S19_a_trusted_proxy_tells_the_client),
        cmocka_unit_test(S19_only_the_end_of_the_list_counts),
        cmocka_unit_test(without_anything_readable_the_peer_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
