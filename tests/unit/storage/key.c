// SPDX-License-Identifier: MIT

#include "storage/lmdb/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// As LMDB compares.
static int compare(const struct key *a, const struct key *b)
{
    size_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->at, b->at, len);
    if (order != 0)
        return order;
    return a->len < b->len ? -1 : a->len > b->len;
}

static void the_order_of_keys_is_that_of_their_numbers(void **state)
{
    static const uint64_t numbers[] = {
        0, 1, 2, 255, 256, 65535, 65536, 1ULL << 32, 1ULL << 63, UINT64_MAX,
    };
    struct key a, b;
    for (size_t i = 0; i + 1 < sizeof numbers / sizeof *numbers; i++) {
        key_one(&a, numbers[i]);
        key_one(&b, numbers[i + 1]);
        assert_true(compare(&a, &b) < 0);
        // The first number decides, whatever follows.
        key_two(&a, numbers[i], UINT64_MAX);
        key_two(&b, numbers[i + 1], 0);
        assert_true(compare(&a, &b) < 0);
        key_two(&a, 7, numbers[i]);
        key_two(&b, 7, numbers[i + 1]);
        assert_true(compare(&a, &b) < 0);
    }
    (void)state;
}

static void times_below_zero_count_as_zero(void **state)
{
    struct key a, b;
    key_start(&a);
    key_time(&a, -5);
    key_start(&b);
    key_time(&b, 0);
    assert_int_equal(compare(&a, &b), 0);
    key_start(&b);
    key_time(&b, 1);
    assert_true(compare(&a, &b) < 0);
    (void)state;
}

static void parts_are_found_where_they_were_put(void **state)
{
    struct key key;
    key_start(&key);
    key_u8(&key, 3);
    key_u64(&key, 0x0102030405060708U);
    key_u32(&key, 0xfffefdfcU);
    struct bytes found = { (const char *)key.at, key.len };
    assert_int_equal(found.len, 13);
    assert_true(key_part(found, 1) == 0x0102030405060708U);
    assert_true(key_part_u32(found, 9) == 0xfffefdfcU);
    assert_true(key_part(found, 6) == 0);
    assert_true(key_part(found, SIZE_MAX) == 0);
    (void)state;
}

static void the_longest_url_leaves_room_for_a_number(void **state)
{
    char url[STORE_URL_MAX];
    struct key key;
    memset(url, 'u', sizeof url);
    key_start(&key);
    key_text(&key, (struct bytes){ url, sizeof url });
    assert_int_equal(key.len, KEY_TEXT_MAX);
    key_u64(&key, 9);
    assert_true(key.len <= KEY_MAX);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_keys_is_that_of_their_numbers),
        cmocka_unit_test(times_below_zero_count_as_zero),
        cmocka_unit_test(parts_are_found_where_they_were_put),
        cmocka_unit_test(the_longest_url_leaves_room_for_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
