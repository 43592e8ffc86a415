// SPDX-License-Identifier: MIT

#include "hub/descriptors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

static void the_soft_limit_is_raised_to_the_hard_one(void **state)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max < 64 ? limit.rlim_max : 64;
    if (limit.rlim_max > 4096)
        limit.rlim_max = 4096;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);

    struct descriptors descriptors;
    assert_true(descriptors_raise(&descriptors));
    assert_int_equal(descriptors.before, limit.rlim_cur);
    assert_int_equal(descriptors.now, limit.rlim_max);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(limit.rlim_cur, limit.rlim_max);

    assert_true(descriptors_raise(&descriptors));
    assert_int_equal(descriptors.before, descriptors.now);
    (void)state;
}

static void connections_get_what_requests_leave(void **state)
{
    assert_int_equal(descriptors_connections(524288, 1024, 16384), 16384);
    assert_int_equal(descriptors_connections(4096, 1024, 16384),
                     4096 - 1024 - 128);
    (void)state;
}

static void connections_get_half_where_there_are_few(void **state)
{
    assert_int_equal(descriptors_connections(1024, 1472, 16384), 448);
    assert_int_equal(descriptors_connections(64, 1472, 16384), 16);
    (void)state;
}

static void requests_get_what_connections_leave(void **state)
{
    assert_int_equal(descriptors_outgoing(524288, 32768, 6000), 6000);
    assert_int_equal(descriptors_outgoing(1024, 448, 6000), 448);
    assert_int_equal(descriptors_outgoing(64, 16, 6000), 16);
    assert_int_equal(descriptors_outgoing(64, 40, 6000), 0);
    (void)state;
}

static void an_unknown_limit_is_none(void **state)
{
    assert_int_equal(descriptors_outgoing(0, 448, 6000), 6000);
    assert_int_equal(descriptors_connections(0, 1472, 16384), 16384);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_soft_limit_is_raised_to_the_hard_one),
        cmocka_unit_test(connections_get_what_requests_leave),
        cmocka_unit_test(connections_get_half_where_there_are_few),
        cmocka_unit_test(requests_get_what_connections_leave),
        cmocka_unit_test(an_unknown_limit_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
