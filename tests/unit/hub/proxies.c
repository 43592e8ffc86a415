// SPDX-License-Identifier: MIT

#include "hub/proxies.h"

#include "hub/config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool has(struct proxies *proxies, const char *text)
{
    struct sockaddr_in four = { .sin_family = AF_INET };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        return proxies_have(proxies, (struct sockaddr *)&four);
    assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
    return proxies_have(proxies, (struct sockaddr *)&six);
}

static void those_of_the_list_are_trusted_until_there_is_another(void **state)
{
    static char ten[] = "10.0.0.0/8", six[] = "2001:db8::/32";
    struct config_list list = { { ten, six }, 2 }, other = { { six }, 1 };
    struct sockaddr local = { .sa_family = AF_UNIX };
    struct proxies proxies;
    (void)state;
    proxies_init(&proxies);
    assert_false(has(&proxies, "10.1.2.3"));
    proxies_set(&proxies, &list);
    assert_true(has(&proxies, "10.1.2.3"));
    assert_true(has(&proxies, "::ffff:10.1.2.3"));
    assert_true(has(&proxies, "2001:db8::1"));
    assert_false(has(&proxies, "192.0.2.1"));
    assert_false(proxies_have(&proxies, &local));
    proxies_set(&proxies, &other);
    assert_false(has(&proxies, "10.1.2.3"));
    assert_true(has(&proxies, "2001:db8::1"));
    proxies_clear(&proxies);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_of_the_list_are_trusted_until_there_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
