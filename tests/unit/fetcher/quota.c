// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/address.h"
#include "fetcher/quota.h"

#include <stdio.h>
#include <string.h>

enum { HOUR_MS = 3600000, START_MS = 5000000 };

static struct address read_one(const char *text)
{
    struct address address;
    assert_int_equal(address_read(text, strchr(text, ':') != NULL, &address),
                     ADDRESS_LITERAL);
    return address;
}

static bool take(struct quota *quota, const char *text, int64_t now_ms)
{
    struct address address = read_one(text);
    return quota_take(quota, &address, now_ms);
}

static unsigned take_all(struct quota *quota, const char *text, int64_t now_ms)
{
    unsigned taken = 0;
    while (taken < 1000 && take(quota, text, now_ms))
        taken++;
    return taken;
}

static void a_sixth_may_be_taken_at_once(void **state)
{
    static const struct {
        unsigned an_hour, at_once;
    } cases[] = { { 1, 1 },  { 5, 1 },   { 6, 1 },    { 11, 1 },
                  { 12, 2 }, { 60, 10 }, { 600, 100 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct quota *quota = quota_new(cases[i].an_hour);
        assert_non_null(quota);
        assert_int_equal(take_all(quota, "192.0.2.1", START_MS),
                         cases[i].at_once);
        assert_int_equal(take_all(quota, "192.0.2.2", START_MS),
                         cases[i].at_once);
        quota_free(quota);
    }
}

static void what_was_taken_is_earned_again_bit_by_bit(void **state)
{
    (void)state;
    struct quota *quota = quota_new(60); // one a minute
    assert_int_equal(take_all(quota, "192.0.2.1", START_MS), 10);
    assert_int_equal(take_all(quota, "192.0.2.1", START_MS + 59999), 0);
    assert_int_equal(take_all(quota, "192.0.2.1", START_MS + 60000), 1);
    assert_int_equal(take_all(quota, "192.0.2.1", START_MS + 4 * 60000), 3);
    // But no more than a sixth is saved up.
    assert_int_equal(take_all(quota, "192.0.2.1", START_MS + 9 * HOUR_MS), 10);
    quota_free(quota);
}

static void an_hour_gives_no_more_than_its_number_and_a_sixth(void **state)
{
    (void)state;
    struct quota *quota = quota_new(60);
    unsigned taken = 0;
    for (int64_t at = 0; at < HOUR_MS; at += 500)
        taken += take(quota, "192.0.2.1", START_MS + at);
    assert_in_range(taken, 60, 70);
    quota_free(quota);
}

static void what_one_customer_has_is_one_address(void **state)
{
    (void)state;
    struct quota *quota = quota_new(6);
    assert_true(take(quota, "2001:db8:1:2::1", START_MS));
    assert_false(take(quota, "2001:db8:1:2:ffff:ffff:ffff:ffff", START_MS));
    assert_true(take(quota, "2001:db8:1:3::1", START_MS));
    assert_true(take(quota, "192.0.2.1", START_MS));
    assert_false(take(quota, "::ffff:192.0.2.1", START_MS));
    assert_false(take(quota, "64:ff9b::192.0.2.1", START_MS));
    assert_false(take(quota, "2002:c000:201:5::1", START_MS));
    assert_true(take(quota, "64:ff9b::192.0.2.2", START_MS));
    quota_free(quota);
}

static void who_has_had_enough_is_not_forgotten_for_others(void **state)
{
    (void)state;
    struct quota *quota = quota_new(60);
    assert_int_equal(take_all(quota, "192.0.2.1", START_MS), 10);
    // More addresses than there are places, each called once.
    for (unsigned i = 0; i < 20000; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.%u.%u.7", i >> 8, i & 255);
        assert_true(take(quota, text, START_MS));
    }
    assert_false(take(quota, "192.0.2.1", START_MS));
    quota_free(quota);
}

static void the_largest_number_is_kept_too(void **state)
{
    (void)state;
    struct quota *quota = quota_new(1000000);
    unsigned taken = 0;
    while (taken < 200000 && take(quota, "192.0.2.1", START_MS))
        taken++;
    assert_int_equal(taken, 166666);
    quota_free(quota);
    quota_free(NULL);
}

static void another_rate_counts_from_then_on(void **state)
{
    struct quota *quota = quota_new(6);
    (void)state;
    assert_true(take(quota, "192.0.2.1", START_MS));
    assert_false(take(quota, "192.0.2.1", START_MS));
    quota_set(quota, 0);
    for (int i = 0; i < 100; i++)
        assert_true(take(quota, "192.0.2.1", START_MS));
    quota_set(quota, 12);
    assert_true(take(quota, "192.0.2.2", START_MS));
    assert_true(take(quota, "192.0.2.2", START_MS));
    assert_false(take(quota, "192.0.2.2", START_MS));
    quota_free(quota);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sixth_may_be_taken_at_once),
        cmocka_unit_test(what_was_taken_is_earned_again_bit_by_bit),
        cmocka_unit_test(an_hour_gives_no_more_than_its_number_and_a_sixth),
        cmocka_unit_test(what_one_customer_has_is_one_address),
        cmocka_unit_test(who_has_had_enough_is_not_forgotten_for_others),
        cmocka_unit_test(the_largest_number_is_kept_too),
        cmocka_unit_test(another_rate_counts_from_then_on),
    };
    return cmocka_run_group_tests_name("quota", tests, NULL, NULL);
}
