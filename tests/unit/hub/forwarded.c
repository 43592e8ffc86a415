// SPDX-License-Identifier: MIT

#include "hub/forwarded.h"

#include "hub/config.h"
#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char loopback[] = "127.0.0.0/8", inner[] = "10.0.0.0/8";
static const struct config_list proxies = { .items = { loopback, inner },
                                            .count = 2 };

static void check(const char *peer, const struct request_field *fields,
                  size_t count, const char *expected)
{
    struct request request = { .fields = fields, .field_count = count };
    snprintf(request.peer, sizeof request.peer, "%s", peer);
    char found[FORWARDED_MAX];
    forwarded_from(&request, &proxies, found);
    assert_string_equal(found, expected);
}

static void check_usual(const char *value, const char *expected)
{
    check("127.0.0.1", &(struct request_field){ "x-forwarded-for", value }, 1,
          expected);
}

static void check_standard(const char *value, const char *expected)
{
    check("127.0.0.1", &(struct request_field){ "Forwarded", value }, 1,
          expected);
}

static void a_stranger_is_not_believed(void **state)
{
    struct request_field field = { "X-Forwarded-For", "192.0.2.1" };
    check("203.0.113.9", &field, 1, "203.0.113.9");
    check("127.0.0.1", NULL, 0, "127.0.0.1");
    check("", &field, 1, "");
    (void)state;
}

static void the_last_hop_before_our_proxies_counts(void **state)
{
    check_usual("192.0.2.1", "192.0.2.1");
    check_usual("198.51.100.7, 192.0.2.1", "192.0.2.1");
    check_usual("198.51.100.7, 192.0.2.1 , 10.1.2.3,10.9.9.9", "192.0.2.1");
    check_usual("2001:db8::0:1", "2001:db8::1");
    check_usual("[2001:db8::1]:4711", "2001:db8::1");
    check_usual("192.0.2.1:4711", "192.0.2.1");
    check_usual("::ffff:192.0.2.1", "192.0.2.1");
    (void)state;
}

static void several_fields_are_one_list(void **state)
{
    const struct request_field fields[] = {
        { "X-Forwarded-For", "198.51.100.7" },
        { "Host", "h" },
        { "X-Forwarded-For", "192.0.2.1, 10.0.0.1" },
    };
    check("127.0.0.1", fields, 3, "192.0.2.1");
    (void)state;
}

static void what_cannot_be_read_ends_the_search(void **state)
{
    check_usual("192.0.2.1, nonsense", "127.0.0.1");
    check_usual("192.0.2.1, nonsense, 10.0.0.7", "10.0.0.7");
    check_usual("", "127.0.0.1");
    check_usual(",,,", "127.0.0.1");
    check_usual("192.0.2.1,", "127.0.0.1");
    check_usual("[::1", "127.0.0.1");
    (void)state;
}

static void the_standard_field_has_parameters(void **state)
{
    check_standard("for=192.0.2.1", "192.0.2.1");
    check_standard("proto=https; For=\"[2001:db8::1]:47\" ;by=10.0.0.1",
                   "2001:db8::1");
    check_standard("for=198.51.100.7, for=192.0.2.1;proto=http, for=10.0.0.1",
                   "192.0.2.1");
    check_standard("for=unknown", "127.0.0.1");
    check_standard("for=_hidden", "127.0.0.1");
    check_standard("proto=https", "127.0.0.1");
    check_standard("for=", "127.0.0.1");
    (void)state;
}

static void of_both_kinds_none_is_believed(void **state)
{
    const struct request_field fields[] = {
        { "Forwarded", "for=198.51.100.7" },
        { "X-Forwarded-For", "192.0.2.1" },
    };
    check("127.0.0.1", fields, 2, "127.0.0.1");
    const struct request_field removed[] = {
        { "Forwarded", "" },
        { "X-Forwarded-For", "192.0.2.1" },
    };
    check("127.0.0.1", removed, 2, "192.0.2.1");
    (void)state;
}

static void of_many_hops_the_nearest_count(void **state)
{
    char value[1024] = "";
    size_t len = 0;
    for (int i = 0; i < 60; i++)
        len += (size_t)snprintf(value + len, sizeof value - len,
                                "198.51.100.%d, ", i);
    snprintf(value + len, sizeof value - len, "192.0.2.1, 10.0.0.1");
    check_usual(value, "192.0.2.1");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_is_not_believed),
        cmocka_unit_test(the_last_hop_before_our_proxies_counts),
        cmocka_unit_test(several_fields_are_one_list),
        cmocka_unit_test(what_cannot_be_read_ends_the_search),
        cmocka_unit_test(the_standard_field_has_parameters),
        cmocka_unit_test(of_both_kinds_none_is_believed),
        cmocka_unit_test(of_many_hops_the_nearest_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
