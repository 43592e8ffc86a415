// SPDX-License-Identifier: MIT

#include "hub/endings.h"

#include "hub/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void each_is_kept_once_until_the_store_has_answered(void **state)
{
    (void)state;
    struct endings endings = { .count = 0 };
    endings_add(&endings, 7, 31, "reader.example");
    endings_add(&endings, 7, 31, "reader.example");
    endings_add(&endings, 8, 30, "other.example"); // of the same bucket
    assert_int_equal(endings.count, 2);
    endings_tell(&endings, 7, 31);
    assert_int_equal(endings.count, 1);
    endings_drop(&endings, 8, 30);
    assert_int_equal(endings.count, 0);
    // Nobody heard of these.
    endings_drop(&endings, 8, 30);
    endings_tell(&endings, 1, 1);
    assert_int_equal(endings.count, 0);
}

static void there_is_a_ceiling(void **state)
{
    (void)state;
    struct endings endings = { .count = 0 };
    for (uint64_t i = 0; i < ENDINGS_MAX + 10; i++)
        endings_add(&endings, 1, i, "reader.example");
    assert_int_equal(endings.count, ENDINGS_MAX);
    endings_clear(&endings);
    assert_int_equal(endings.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_kept_once_until_the_store_has_answered),
        cmocka_unit_test(there_is_a_ceiling),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
