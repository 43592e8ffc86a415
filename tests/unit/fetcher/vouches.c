// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/address.h"
#include "fetcher/vouches.h"

#include <stdio.h>
#include <string.h>

enum { START_MS = 5000000 };

static struct vouches *vouches;

static int set_up(void **state)
{
    (void)state;
    vouches = vouches_new();
    return vouches ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    vouches_free(vouches);
    return 0;
}

static struct address read_one(const char *text)
{
    struct address address;
    assert_int_equal(address_read(text, strchr(text, ':') != NULL, &address),
                     ADDRESS_LITERAL);
    return address;
}

static void add(const char *text, int64_t now_ms)
{
    struct address address = read_one(text);
    vouches_add(vouches, &address, now_ms);
}

static bool has(const char *text, int64_t now_ms)
{
    struct address address = read_one(text);
    return vouches_has(vouches, &address, now_ms);
}

static void nobody_vouches_for_an_address_unasked(void **state)
{
    (void)state;
    assert_false(has("192.0.2.1", START_MS));
    // Nor for the one that is all zeros, as empty places are.
    assert_false(has("::", START_MS));
    assert_false(has("::1", START_MS));
    vouches_free(NULL);
}

static void who_vouches_does_so_for_one_address(void **state)
{
    (void)state;
    add("192.0.2.1", START_MS);
    assert_true(has("192.0.2.1", START_MS));
    assert_true(has("::ffff:192.0.2.1", START_MS));
    assert_true(has("64:ff9b::192.0.2.1", START_MS));
    assert_false(has("192.0.2.2", START_MS));
    add("2001:db8:1:2::1", START_MS);
    assert_true(has("2001:db8:1:2:ffff::7", START_MS));
    assert_false(has("2001:db8:1:3::1", START_MS));
}

static void it_is_good_for_a_day_from_the_last_time(void **state)
{
    (void)state;
    add("192.0.2.1", START_MS);
    assert_true(has("192.0.2.1", START_MS + VOUCHES_GOOD_MS - 1));
    assert_false(has("192.0.2.1", START_MS + VOUCHES_GOOD_MS));
    add("192.0.2.1", START_MS + 1000);
    assert_true(has("192.0.2.1", START_MS + VOUCHES_GOOD_MS));
    assert_false(has("192.0.2.1", START_MS + 1000 + VOUCHES_GOOD_MS));
}

static void where_there_is_no_room_the_oldest_is_forgotten(void **state)
{
    (void)state;
    unsigned kept = 0;
    add("192.0.2.1", START_MS);
    // More than there are places. Who is asked now and then is kept.
    for (unsigned i = 0; i < 40000; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.%u.%u.7", i >> 8, i & 255);
        add(text, START_MS + i);
        if (i % 500 == 0)
            add("192.0.2.1", START_MS + i);
        kept += has(text, START_MS + i);
    }
    assert_int_equal(kept, 40000);
    assert_true(has("192.0.2.1", START_MS + 40000));
    assert_false(has("10.0.0.7", START_MS + 40000));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nobody_vouches_for_an_address_unasked),
        TEST(who_vouches_does_so_for_one_address),
        TEST(it_is_good_for_a_day_from_the_last_time),
        TEST(where_there_is_no_room_the_oldest_is_forgotten),
    };
    return cmocka_run_group_tests_name("vouches", tests, NULL, NULL);
}
