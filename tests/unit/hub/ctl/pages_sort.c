// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/ctl/pages_sort.h"

#include <stdlib.h>

static void assert_sorted(const char *items, const char *member, bool reverse,
                          const char *wanted)
{
    json_t *list = json_loads(items, 0, NULL);
    assert_non_null(list);
    assert_true(pages_sort(list, member, reverse));
    char *text = json_dumps(list, JSON_COMPACT);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(list);
}

static void numbers_go_by_their_size(void **state)
{
    (void)state;
    assert_sorted("[{\"n\":10},{\"n\":9},{\"n\":-1},{\"n\":2.5}]", "n", false,
                  "[{\"n\":-1},{\"n\":2.5},{\"n\":9},{\"n\":10}]");
}

static void texts_go_by_their_bytes(void **state)
{
    (void)state;
    assert_sorted("[{\"t\":\"b\"},{\"t\":\"aa\"},{\"t\":\"a\"}]", "t", false,
                  "[{\"t\":\"a\"},{\"t\":\"aa\"},{\"t\":\"b\"}]");
}

static void what_has_none_comes_first(void **state)
{
    (void)state;
    assert_sorted("[{\"n\":1},{},{\"n\":null}]", "n", false,
                  "[{},{\"n\":null},{\"n\":1}]");
}

static void the_other_way_round_equals_keep_their_order(void **state)
{
    (void)state;
    assert_sorted("[{\"n\":1,\"a\":1},{\"n\":2},{\"n\":1,\"a\":2}]", "n", true,
                  "[{\"n\":2},{\"n\":1,\"a\":1},{\"n\":1,\"a\":2}]");
}

static void an_empty_list_is_sorted(void **state)
{
    (void)state;
    assert_sorted("[]", "n", false, "[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_go_by_their_size),
        cmocka_unit_test(texts_go_by_their_bytes),
        cmocka_unit_test(what_has_none_comes_first),
        cmocka_unit_test(the_other_way_round_equals_keep_their_order),
        cmocka_unit_test(an_empty_list_is_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
