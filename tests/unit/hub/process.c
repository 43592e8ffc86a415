// SPDX-License-Identifier: MIT

#include "hub/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void what_is_touched_shows_in_its_memory(void **state)
{
    (void)state;
    enum { SIZE = 64 << 20 };
    struct process_usage before, after;
    process_usage(&before);
    char *block = malloc(SIZE);
    assert_non_null(block);
    memset(block, 1, SIZE);
    process_usage(&after);
    assert_true(before.rss_anon > 0);
    assert_true(after.rss_anon >= before.rss_anon + SIZE / 2);
    assert_int_equal(block[SIZE - 1], 1);
    free(block);
}

static void time_of_the_processor_only_grows(void **state)
{
    (void)state;
    struct process_usage before, after;
    process_usage(&before);
    do {
        process_usage(&after);
        assert_true(after.cpu_seconds >= before.cpu_seconds);
    } while (after.cpu_seconds == before.cpu_seconds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_touched_shows_in_its_memory),
        cmocka_unit_test(time_of_the_processor_only_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
