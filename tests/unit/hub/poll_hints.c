// SPDX-License-Identifier: MIT

#include "hub/poll_hints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// Sun, 06 Nov 1994 08:49:37 GMT
static const int64_t NOW = 784111777000;

static int64_t by_cache_control(const char *cache_control)
{
    return poll_hints_fresh(
        &(struct poll_fields){ .cache_control = cache_control }, NOW);
}

static void an_answer_without_a_word_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(poll_hints_fresh(&(struct poll_fields){ 0 }, NOW), -1);
    assert_int_equal(by_cache_control(""), -1);
    assert_int_equal(by_cache_control("public, must-revalidate"), -1);
    assert_int_equal(by_cache_control("max-age"), -1);
    assert_int_equal(by_cache_control("max-age="), -1);
    assert_int_equal(by_cache_control("max-age=soon"), -1);
}

static void max_age_is_found_among_other_directives(void **state)
{
    (void)state;
    assert_int_equal(by_cache_control("max-age=600"), 600000);
    assert_int_equal(by_cache_control("public, Max-Age=600"), 600000);
    assert_int_equal(by_cache_control(" public ,max-age=\"60\" , x"), 60000);
    assert_int_equal(by_cache_control("s-maxage=9, max-age=60"), 60000);
    assert_int_equal(by_cache_control("x=\"max-age=1, y\", max-age=60"), 60000);
    assert_int_equal(by_cache_control("xmax-age=5"), -1);
    assert_int_equal(by_cache_control("max-ages=5"), -1);
}

static void what_must_not_be_kept_is_not_fresh(void **state)
{
    (void)state;
    assert_int_equal(by_cache_control("no-cache"), 0);
    assert_int_equal(by_cache_control("max-age=600, NO-STORE"), 0);
    assert_int_equal(by_cache_control("no-cache=\"set-cookie\""), 0);
    assert_int_equal(by_cache_control("no-caches, max-age=1"), 1000);
}

static void a_huge_max_age_does_not_overflow(void **state)
{
    (void)state;
    assert_int_equal(by_cache_control("max-age=99999999999999999999999999"),
                     (int64_t)INT32_MAX * 1000);
}

static void max_age_wins_over_expires(void **state)
{
    (void)state;
    const struct poll_fields fields = {
        .cache_control = "max-age=60",
        .expires = "Sun, 06 Nov 1994 09:49:37 GMT",
    };
    assert_int_equal(poll_hints_fresh(&fields, NOW), 60000);
}

static void expires_counts_from_the_origins_own_clock(void **state)
{
    (void)state;
    struct poll_fields fields = {
        .expires = "Sun, 06 Nov 1994 08:59:37 GMT",
        .date = "Sun, 06 Nov 1994 08:58:37 GMT",
    };
    assert_int_equal(poll_hints_fresh(&fields, NOW), 60000);
    fields.date = NULL;
    assert_int_equal(poll_hints_fresh(&fields, NOW), 600000);
}

static void what_has_expired_or_is_no_date_is_not_fresh(void **state)
{
    (void)state;
    static const char *const values[] = { "0", "-1", "never", "",
                                          "Sun, 06 Nov 1994 08:00:00 GMT" };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_int_equal(
            poll_hints_fresh(&(struct poll_fields){ .expires = values[i] },
                             NOW),
            0);
}

static void time_in_caches_on_the_way_has_passed(void **state)
{
    (void)state;
    struct poll_fields fields = { .cache_control = "max-age=60", .age = "45" };
    assert_int_equal(poll_hints_fresh(&fields, NOW), 15000);
    fields.age = "99";
    assert_int_equal(poll_hints_fresh(&fields, NOW), 0);
    fields.age = "long";
    assert_int_equal(poll_hints_fresh(&fields, NOW), 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_without_a_word_says_nothing),
        cmocka_unit_test(max_age_is_found_among_other_directives),
        cmocka_unit_test(what_must_not_be_kept_is_not_fresh),
        cmocka_unit_test(a_huge_max_age_does_not_overflow),
        cmocka_unit_test(max_age_wins_over_expires),
        cmocka_unit_test(expires_counts_from_the_origins_own_clock),
        cmocka_unit_test(what_has_expired_or_is_no_date_is_not_fresh),
        cmocka_unit_test(time_in_caches_on_the_way_has_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
