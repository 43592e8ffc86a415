// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/siphash.h"

static void the_reference_vectors_come_out(void **state)
{
    (void)state;
    // The reference's key 00..0f; of 0 and of 15 bytes 00..0e.
    const struct siphash_key key = { { 0x0706050403020100U,
                                       0x0f0e0d0c0b0a0908U } };
    uint8_t bytes[15];
    for (uint8_t i = 0; i < sizeof bytes; i++)
        bytes[i] = i;
    assert_int_equal(siphash(&key, bytes, 0), 0x726fdb47dd0e0e31U);
    assert_int_equal(siphash(&key, bytes, 15), 0xa129ca6149be45e5U);
}

static void another_key_gives_another_hash(void **state)
{
    (void)state;
    const struct siphash_key one = { { 1, 2 } }, two = { { 1, 3 } };
    assert_int_not_equal(siphash(&one, "origin", 6),
                         siphash(&two, "origin", 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_vectors_come_out),
        cmocka_unit_test(another_key_gives_another_hash),
    };
    return cmocka_run_group_tests_name("siphash", tests, NULL, NULL);
}
