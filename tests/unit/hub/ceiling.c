// SPDX-License-Identifier: MIT

#include "hub/ceiling.h"

#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static size_t of(size_t document, enum request_method method, const char *path)
{
    const struct ceiling ceiling = { 1000, document };
    const struct request request = { .method = method, .path = path };
    return ceiling_of(&ceiling, &request);
}

static void documents_may_be_longer_where_they_are_taken(void **state)
{
    (void)state;
    assert_int_equal(of(5000, REQUEST_POST, "/"), 5000);
    assert_int_equal(of(5000, REQUEST_POST, "/hub"), 5000);
    assert_int_equal(of(5000, REQUEST_POST, "/publish/"), 5000);
}

static void everything_else_is_short(void **state)
{
    (void)state;
    assert_int_equal(of(5000, REQUEST_POST, "/subscribe"), 1000);
    assert_int_equal(of(5000, REQUEST_POST, "/subscription"), 1000);
    assert_int_equal(of(5000, REQUEST_POST, "/RPC2"), 1000);
    assert_int_equal(of(5000, REQUEST_PUT, "/"), 1000);
    assert_int_equal(of(5000, REQUEST_GET, "/"), 1000);
}

static void without_keys_nothing_may_be_long(void **state)
{
    (void)state;
    assert_int_equal(of(0, REQUEST_POST, "/"), 1000);
    assert_int_equal(of(10, REQUEST_POST, "/"), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_may_be_longer_where_they_are_taken),
        cmocka_unit_test(everything_else_is_short),
        cmocka_unit_test(without_keys_nothing_may_be_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
