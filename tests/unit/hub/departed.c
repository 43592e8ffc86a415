// SPDX-License-Identifier: MIT

#include "hub/departed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct departed departed;

static int setup(void **state)
{
    (void)state;
    departed = (struct departed){ 0 };
    return 0;
}

static void who_has_ended_is_known(void **state)
{
    (void)state;
    departed_add(&departed, 7, 12);
    assert_true(departed_has(&departed, 7, 12));
    assert_false(departed_has(&departed, 7, 13));
    assert_false(departed_has(&departed, 8, 12));
}

static void the_latest_thousands_of_a_topic_are_known(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 3 * DEPARTED_MAX; id++)
        departed_add(&departed, 7, id);
    for (uint64_t id = 2 * DEPARTED_MAX + 1; id <= 3 * DEPARTED_MAX; id++)
        assert_true(departed_has(&departed, 7, id));
}

static void nobody_has_at_first(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= DEPARTED_MAX; id++)
        assert_false(departed_has(&departed, 1, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_has_ended_is_known, setup),
        cmocka_unit_test_setup(the_latest_thousands_of_a_topic_are_known,
                               setup),
        cmocka_unit_test_setup(nobody_has_at_first, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
