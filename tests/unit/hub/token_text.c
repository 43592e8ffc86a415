// SPDX-License-Identifier: MIT

#include "hub/token_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_new_one_can_be_hashed(void **state)
{
    char one[TOKEN_TEXT], other[TOKEN_TEXT];
    uint8_t hash[TOKEN_HASH], again[TOKEN_HASH];
    assert_true(token_text_make(one));
    assert_true(token_text_make(other));
    assert_int_equal(strlen(one), TOKEN_TEXT - 1);
    assert_memory_equal(one, "wsd_", 4);
    assert_string_not_equal(one, other);
    assert_true(token_text_hash(one, strlen(one), hash));
    assert_true(token_text_hash(one, strlen(one), again));
    assert_memory_equal(hash, again, TOKEN_HASH);
    assert_true(token_text_hash(other, strlen(other), again));
    assert_memory_not_equal(hash, again, TOKEN_HASH);
    (void)state;
}

static void what_has_another_form_is_none(void **state)
{
    uint8_t hash[TOKEN_HASH];
    char text[TOKEN_TEXT];
    assert_true(token_text_make(text));
    assert_false(token_text_hash(text, strlen(text) - 1, hash));
    assert_false(token_text_hash(text + 1, strlen(text) - 1, hash));
    assert_false(token_text_hash("", 0, hash));
    text[10] = '+';
    assert_false(token_text_hash(text, strlen(text), hash));
    text[10] = 'a';
    text[0] = 'W';
    assert_false(token_text_hash(text, strlen(text), hash));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_one_can_be_hashed),
        cmocka_unit_test(what_has_another_form_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
