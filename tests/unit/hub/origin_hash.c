// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/origin_hash.h"

static void all_urls_of_an_origin_have_one_number(void **state)
{
    (void)state;
    uint64_t one = origin_hash(7, "https://a.example/feed");
    assert_true(one == origin_hash(7, "https://a.example/other?q=1"));
    assert_true(one == origin_hash(7, "https://a.example?q=http://b/"));
    assert_true(one == origin_hash(7, "https://a.example"));
}

static void other_origins_and_keys_have_others(void **state)
{
    (void)state;
    uint64_t one = origin_hash(7, "https://a.example/");
    assert_true(one != 0);
    assert_true(one != origin_hash(8, "https://a.example/"));
    assert_true(one != origin_hash(7, "http://a.example/"));
    assert_true(one != origin_hash(7, "https://a.example:8443/"));
    assert_true(one != origin_hash(7, "https://b.example/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_urls_of_an_origin_have_one_number),
        cmocka_unit_test(other_origins_and_keys_have_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
