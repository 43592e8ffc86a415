// SPDX-License-Identifier: MIT

#include "hub/right.h"

#include "storage/mailbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void what_was_written_is_read(void **state)
{
    char text[RIGHT_TEXT];
    for (unsigned rights = 1; rights < 64; rights++) {
        unsigned again;
        right_write_list(rights, text);
        assert_true(right_read_list(text, &again));
        assert_int_equal(again, rights);
    }
    right_write_list(STORE_RIGHT_PULL | STORE_RIGHT_TICKET, text);
    assert_string_equal(text, "pull,ticket");
    right_write_list(0, text);
    assert_string_equal(text, "");
    (void)state;
}

static void a_name_that_is_none_spoils_the_list(void **state)
{
    unsigned rights;
    assert_false(right_read_list("", &rights));
    assert_false(right_read_list("pull,", &rights));
    assert_false(right_read_list("pull,push", &rights));
    assert_false(right_read_list("PULL", &rights));
    assert_int_equal(right_read("pull", 3), 0);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(a_name_that_is_none_spoils_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
