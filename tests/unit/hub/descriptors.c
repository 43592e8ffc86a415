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

static struct descriptors_plan plan(uint64_t limit, uint64_t connections,
                                    bool asked)
{
    const struct descriptors_wish wish = { connections, asked, 7000, 13000 };
    return descriptors_plan(limit, &wish);
}

static void assert_plan(struct descriptors_plan plan, uint64_t front,
                        uint64_t http, uint64_t outgoing)
{
    assert_int_equal(plan.front, front);
    assert_int_equal(plan.http, http);
    assert_int_equal(plan.outgoing, outgoing);
}

static void where_there_are_enough_all_get_what_they_want(void **state)
{
    assert_plan(plan(524288, 16384, false), 16384, 2048, 13000);
    assert_plan(plan(1048576, 100000, true), 100000, 4096, 13000);
    assert_plan(plan(65536, 100, true), 100, 256, 13000);
    (void)state;
}

static void connections_get_what_requests_leave(void **state)
{
    assert_plan(plan(20000, 16384, false), 11442, 1430, 7000);
    (void)state;
}

static void eighteen_thousand_fit_under_twenty_where_asked_for(void **state)
{
    assert_plan(plan(20000, 18500, true), 18500, 379, 993);
    (void)state;
}

static void connections_get_half_where_there_are_few(void **state)
{
    assert_plan(plan(1024, 16384, false), 224, 224, 448);
    assert_plan(plan(64, 16384, false), 8, 8, 16);
    assert_plan(plan(64, 16384, true), 16, 15, 1);
    (void)state;
}

static void an_unknown_limit_is_none(void **state)
{
    assert_plan(plan(0, 16384, false), 16384, 2048, 13000);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_soft_limit_is_raised_to_the_hard_one),
        cmocka_unit_test(where_there_are_enough_all_get_what_they_want),
        cmocka_unit_test(connections_get_what_requests_leave),
        cmocka_unit_test(eighteen_thousand_fit_under_twenty_where_asked_for),
        cmocka_unit_test(connections_get_half_where_there_are_few),
        cmocka_unit_test(an_unknown_limit_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
