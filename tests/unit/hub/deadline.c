// SPDX-License-Identifier: MIT

#include "hub/deadline.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MANY = 2000 };

static void they_come_in_their_order(void **state)
{
    static struct deadline some[MANY];
    struct deadlines all = { 0 };
    int64_t last = 0;
    (void)state;

    srandom(7);
    for (unsigned i = 0; i < MANY; i++)
        assert_true(deadline_set(&all, &some[i], random() % 100000));
    // A third of them is moved, another dropped.
    for (unsigned i = 0; i < MANY; i += 3) {
        assert_true(deadline_set(&all, &some[i], random() % 100000));
        deadline_drop(&all, &some[i + 1 < MANY ? i + 1 : i]);
    }
    unsigned taken = 0;
    struct deadline *next;
    while ((next = deadline_take(&all, INT64_MAX)) != NULL) {
        assert_true(next->at >= last);
        assert_int_equal(next->place, 0);
        last = next->at;
        taken++;
    }
    assert_int_equal(taken, MANY - (MANY + 2) / 3);
    deadlines_clear(&all);
}

static void none_is_taken_before_its_time(void **state)
{
    struct deadlines all = { 0 };
    struct deadline one = { 0 };
    (void)state;

    assert_int_equal(deadline_wait(&all, 0), -1);
    assert_true(deadline_set(&all, &one, 250));
    assert_int_equal(deadline_wait(&all, 100), 200);
    assert_null(deadline_take(&all, 299));
    assert_int_equal(deadline_wait(&all, 400), 0);
    assert_ptr_equal(deadline_take(&all, 300), &one);
    assert_null(deadline_take(&all, 1000));
    assert_int_equal(deadline_wait(&all, 0), -1);
    deadlines_clear(&all);
}

static void one_that_is_not_set_may_be_dropped(void **state)
{
    struct deadlines all = { 0 };
    struct deadline one = { 0 };
    (void)state;

    deadline_drop(&all, &one);
    assert_true(deadline_set(&all, &one, 1));
    deadline_drop(&all, &one);
    deadline_drop(&all, &one);
    assert_null(deadline_take(&all, INT64_MAX));
    deadlines_clear(&all);
}

static void a_far_one_does_not_overflow_the_wait(void **state)
{
    struct deadlines all = { 0 };
    struct deadline one = { 0 };
    (void)state;

    assert_true(deadline_set(&all, &one, (int64_t)1 << 50));
    assert_int_equal(deadline_wait(&all, 0), INT_MAX);
    deadlines_clear(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_come_in_their_order),
        cmocka_unit_test(none_is_taken_before_its_time),
        cmocka_unit_test(one_that_is_not_set_may_be_dropped),
        cmocka_unit_test(a_far_one_does_not_overflow_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
