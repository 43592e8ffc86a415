// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "fetcher/engine_shun.h"

enum { COUNT = 4 };

static void make(struct address all[COUNT])
{
    for (unsigned i = 0; i < COUNT; i++)
        all[i] = (struct address){ .bytes = { 0x20, 1, (uint8_t)i } };
}

static void expect(const struct address *all, const char *order)
{
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(all[i].bytes[2], order[i] - '0');
}

static void the_others_keep_their_order(void **state)
{
    struct shun shun;
    memset(&shun, 0, sizeof shun);
    struct address all[COUNT];
    (void)state;
    make(all);
    shun_sort(&shun, all, COUNT, 5);
    expect(all, "0123");
    shun_add(&shun, &all[0], 5);
    shun_add(&shun, &all[2], 6);
    shun_sort(&shun, all, COUNT, 7);
    expect(all, "1302");
    shun_sort(&shun, all, COUNT, 7);
    expect(all, "1302");
    shun_sort(&shun, all, 1, 7);
    shun_sort(&shun, all, 0, 7);
    expect(all, "1302");
}

static void all_of_them_are_still_tried(void **state)
{
    struct shun shun;
    memset(&shun, 0, sizeof shun);
    struct address all[COUNT];
    (void)state;
    make(all);
    for (size_t i = 0; i < COUNT; i++)
        shun_add(&shun, &all[i], 1);
    shun_sort(&shun, all, COUNT, 2);
    expect(all, "0123");
}

static void it_is_forgotten_after_a_while(void **state)
{
    struct shun shun;
    memset(&shun, 0, sizeof shun);
    struct address all[COUNT];
    (void)state;
    make(all);
    shun_add(&shun, &all[0], 1000);
    shun_sort(&shun, all, COUNT, 999 + SHUN_MS);
    expect(all, "1230");
    make(all);
    shun_sort(&shun, all, COUNT, 1000 + SHUN_MS);
    expect(all, "0123");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_others_keep_their_order),
        cmocka_unit_test(all_of_them_are_still_tried),
        cmocka_unit_test(it_is_forgotten_after_a_while),
    };
    return cmocka_run_group_tests_name("engine_shun", tests, NULL, NULL);
}
