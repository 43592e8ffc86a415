// SPDX-License-Identifier: MIT

#include "hub/content_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void M3_each_choice_has_its_word(void **state)
{
    static const enum store_content all[] = {
        STORE_CONTENT_DEFAULT,
        STORE_CONTENT_FULL,
        STORE_CONTENT_ENTRIES,
        STORE_CONTENT_EACH,
    };
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        enum store_content read = STORE_CONTENT_DEFAULT;
        assert_true(content_name_read(content_name(all[i]), &read));
        assert_int_equal(read, all[i]);
    }
    assert_string_equal(content_name(STORE_CONTENT_EACH), "each");
}

static void any_other_word_is_none(void **state)
{
    static const char *const words[] = { "", "Full", "eac", "each ", "none" };
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        enum store_content read = STORE_CONTENT_FULL;
        assert_false(content_name_read(words[i], &read));
        assert_int_equal(read, STORE_CONTENT_FULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(M3_each_choice_has_its_word),
        cmocka_unit_test(any_other_word_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
