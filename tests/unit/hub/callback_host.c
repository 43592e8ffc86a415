// SPDX-License-Identifier: MIT

#include "hub/callback_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const char *host_of(const char *callback)
{
    static char host[CALLBACK_HOST_MAX];
    callback_host(callback, strlen(callback), host);
    return host;
}

static void only_the_host_of_a_callback_is_shown(void **state)
{
    (void)state;
    assert_string_equal(
        host_of("https://reader.example:8443/cb/s3cret?token=t"),
        "reader.example");
    assert_string_equal(host_of("http://reader.example"), "reader.example");
    assert_non_null(strstr(host_of("http://[::1]:80/cb"), "::1"));
}

static void what_cannot_be_read_shows_nothing(void **state)
{
    (void)state;
    assert_string_equal(host_of(""), "?");
    assert_string_equal(host_of("s3cret"), "?");
    assert_string_equal(host_of("ftp://reader.example/s3cret"), "?");
    assert_string_equal(host_of("https://user:pass@/s3cret"), "?");
}

static void the_callback_need_not_end_in_nul(void **state)
{
    (void)state;
    char host[CALLBACK_HOST_MAX];
    callback_host("http://a.example/cbX", 16, host);
    assert_string_equal(host, "a.example");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_host_of_a_callback_is_shown),
        cmocka_unit_test(what_cannot_be_read_shows_nothing),
        cmocka_unit_test(the_callback_need_not_end_in_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
