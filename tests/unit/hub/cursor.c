// SPDX-License-Identifier: MIT

#include "hub/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t secret[32] = { 1, 2, 3 };
static const uint8_t other_secret[32] = { 9 };

static int setup(void **state)
{
    *state = cursor_key_new(secret);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    cursor_key_free(*state);
    return 0;
}

static void M17_a_cursor_comes_back_as_it_went(void **state)
{
    const struct cursor sent = { .epoch = 0xa1b2c3d4e5f6,
                                 .number = 0x12345678901234,
                                 .tag = 0xbeef };
    struct cursor got;
    char text[CURSOR_TEXT];
    assert_true(cursor_write(*state, &sent, text));
    assert_int_equal(strlen(text), CURSOR_TEXT - 1);
    assert_true(cursor_read(*state, text, strlen(text), &got));
    assert_int_equal(got.epoch, sent.epoch);
    assert_int_equal(got.number, sent.number);
    assert_int_equal(got.tag, sent.tag);
}

static void M17_neighbouring_numbers_do_not_look_alike(void **state)
{
    struct cursor cursor = { .epoch = 5, .number = 100 };
    char first[CURSOR_TEXT], second[CURSOR_TEXT];
    cursor_write(*state, &cursor, first);
    cursor.number++;
    cursor_write(*state, &cursor, second);
    int same = 0;
    for (int i = 0; i < CURSOR_TEXT - 1; i++)
        same += first[i] == second[i];
    assert_in_range(same, 0, 8);
}

static void a_cursor_of_another_store_is_refused(void **state)
{
    struct cursor_key *other = cursor_key_new(other_secret);
    int accepted = 0;
    for (uint64_t number = 0; number < 1000; number++) {
        struct cursor cursor = { .number = number }, got;
        char text[CURSOR_TEXT];
        cursor_write(other, &cursor, text);
        accepted += cursor_read(*state, text, strlen(text), &got);
    }
    // The check has eight bits; the epoch sorts out the rest.
    assert_in_range(accepted, 0, 20);
    cursor_key_free(other);
}

static void what_is_no_cursor_is_refused(void **state)
{
    static const char *const bad[] = { "",
                                       "latest",
                                       "AAAAAAAAAAAAAAAAAAAAA",
                                       "AAAAAAAAAAAAAAAAAAAAA!",
                                       "AAAAAAAAAAAAAAAAAAAAAB",
                                       "AAAAAAAAAAAAAAAAAAAAAAA" };
    struct cursor got;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(cursor_read(*state, bad[i], strlen(bad[i]), &got));
}

static void M16_the_tag_does_not_depend_on_the_order_of_topics(void **state)
{
    (void)state;
    assert_int_equal(cursor_tag((uint64_t[]){ 1, 2, 3 }, 3),
                     cursor_tag((uint64_t[]){ 3, 1, 2 }, 3));
    assert_int_not_equal(cursor_tag((uint64_t[]){ 1, 2 }, 2),
                         cursor_tag((uint64_t[]){ 1, 3 }, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(M17_a_cursor_comes_back_as_it_went,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            M17_neighbouring_numbers_do_not_look_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cursor_of_another_store_is_refused,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_cursor_is_refused, setup,
                                        teardown),
        cmocka_unit_test(M16_the_tag_does_not_depend_on_the_order_of_topics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
