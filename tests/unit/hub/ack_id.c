// SPDX-License-Identifier: MIT

#include "hub/ack_id.h"
#include "hub/cursor.h"
#include "hub/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t secret[32] = { 7 };

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct seal *seal = ack_id_seal(secret);
    char text[ACK_ID_TEXT];
    uint64_t number = 0, claim = 0;
    assert_non_null(seal);
    assert_true(ack_id_write(seal, 123456789, UINT64_MAX - 1, text));
    assert_int_equal(strlen(text), ACK_ID_TEXT - 1);
    assert_true(ack_id_read(seal, text, strlen(text), &number, &claim));
    assert_int_equal(number, 123456789);
    assert_int_equal(claim, UINT64_MAX - 1);
    seal_free(seal);
}

static void another_lease_of_it_has_another_name(void **state)
{
    (void)state;
    struct seal *seal = ack_id_seal(secret);
    char first[ACK_ID_TEXT], second[ACK_ID_TEXT];
    assert_true(ack_id_write(seal, 5, 1, first));
    assert_true(ack_id_write(seal, 5, 2, second));
    assert_string_not_equal(first, second);
    seal_free(seal);
}

static void what_is_made_up_is_none(void **state)
{
    (void)state;
    struct seal *seal = ack_id_seal(secret);
    uint64_t number, claim;
    assert_false(ack_id_read(seal, "", 0, &number, &claim));
    assert_false(
        ack_id_read(seal, "AAAAAAAAAAAAAAAAAAAAAA", 22, &number, &claim));
    seal_free(seal);
}

static void a_cursor_is_none(void **state)
{
    (void)state;
    struct seal *seal = ack_id_seal(secret);
    struct cursor_key *key = cursor_key_new(secret);
    uint64_t number, claim;
    // One in 256 passes by chance: not all of eight.
    size_t taken = 0;
    for (uint64_t i = 1; i <= 8; i++) {
        char text[CURSOR_TEXT];
        assert_true(cursor_write(key, &(struct cursor){ .number = i }, text));
        taken += ack_id_read(seal, text, strlen(text), &number, &claim);
    }
    assert_int_equal(taken, 0);
    cursor_key_free(key);
    seal_free(seal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(another_lease_of_it_has_another_name),
        cmocka_unit_test(what_is_made_up_is_none),
        cmocka_unit_test(a_cursor_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
