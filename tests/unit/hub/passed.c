// SPDX-License-Identifier: MIT

#include "hub/passed.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void after_the_end_none_is_added(void **state)
{
    struct passed passed;
    (void)state;

    passed_init(&passed);
    assert_true(passed_add(&passed));
    assert_int_equal(passed.pending, 1);
    passed_end(&passed);
    assert_false(passed_add(&passed));
    assert_int_equal(passed.pending, 1);
    passed_answer(&passed);
    assert_int_equal(passed.pending, 0);
    passed_finish(&passed);
    passed_await(&passed, 60);
    passed_clear(&passed);
}

static void *finish(void *context)
{
    struct passed *passed = context;
    for (unsigned i = 0; i < 100; i++) {
        passed_answer(passed);
        passed_finish(passed);
    }
    return NULL;
}

static void what_was_added_is_awaited(void **state)
{
    struct passed passed;
    pthread_t thread;
    (void)state;

    passed_init(&passed);
    for (unsigned i = 0; i < 100; i++)
        assert_true(passed_add(&passed));
    assert_int_equal(pthread_create(&thread, NULL, finish, &passed), 0);
    passed_await(&passed, 60);
    assert_int_equal(passed.unfinished, 0);
    assert_int_equal(passed.pending, 0);
    pthread_join(thread, NULL);
    passed_clear(&passed);
}

static void nobody_is_awaited_for_ever(void **state)
{
    struct passed passed;
    (void)state;

    passed_init(&passed);
    assert_true(passed_add(&passed));
    passed_await(&passed, 0);
    assert_int_equal(passed.unfinished, 1);
    passed_clear(&passed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_the_end_none_is_added),
        cmocka_unit_test(what_was_added_is_awaited),
        cmocka_unit_test(nobody_is_awaited_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
