// SPDX-License-Identifier: MIT

#include "hub/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void usual_statuses_have_their_phrase(void **state)
{
    (void)state;
    assert_string_equal(reason_phrase(200), "OK");
    assert_string_equal(reason_phrase(410), "Gone");
    assert_string_equal(reason_phrase(505), "HTTP Version Not Supported");
}

static void others_have_none(void **state)
{
    (void)state;
    assert_null(reason_phrase(0));
    assert_null(reason_phrase(299));
    assert_null(reason_phrase(1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_statuses_have_their_phrase),
        cmocka_unit_test(others_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
