// SPDX-License-Identifier: MIT

#include "storage/lmdb/crowds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 5000 };

static int set_up(void **state)
{
    *state = crowds_new(42);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    crowds_free(*state);
    return 0;
}

static void each_host_is_counted_by_itself(void **state)
{
    struct crowds *crowds = *state;
    for (uint64_t host = 1; host <= MANY; host++)
        for (uint64_t i = 0; i < host % 3; i++)
            assert_true(crowds_add(crowds, host, 0));
    for (uint64_t host = 1; host <= MANY; host++)
        assert_int_equal(crowds_count(crowds, host), host % 3);
    for (uint64_t host = 1; host <= MANY; host += 3)
        assert_true(crowds_remove(crowds, host, 0));
    for (uint64_t host = 1; host <= MANY; host++)
        assert_int_equal(crowds_count(crowds, host),
                         host % 3 == 1 ? 0 : host % 3);
}

static void the_host_of_nobody_is_never_counted(void **state)
{
    struct crowds *crowds = *state;
    assert_true(crowds_add(crowds, 0, 0));
    assert_int_equal(crowds_count(crowds, 0), 0);
    assert_true(crowds_remove(crowds, 0, 0));
}

static void an_asker_is_counted_by_himself_and_with_all(void **state)
{
    struct crowds *crowds = *state;
    assert_true(crowds_add(crowds, 1, 0));
    for (uint64_t asker = 1; asker <= MANY; asker++)
        assert_true(crowds_add(crowds, 1, asker) && crowds_add(crowds, 2, asker)
                    && crowds_add(crowds, 2, asker));
    assert_int_equal(crowds_count(crowds, 1), MANY + 1);
    assert_int_equal(crowds_count(crowds, 2), 2 * MANY);
    for (uint64_t asker = 1; asker <= MANY; asker++)
        assert_true(crowds_remove(crowds, 2, asker));
    for (uint64_t asker = 1; asker <= MANY; asker++) {
        assert_int_equal(crowds_count_of(crowds, 1, asker), 1);
        assert_int_equal(crowds_count_of(crowds, 2, asker), 1);
    }
    assert_int_equal(crowds_count_of(crowds, 3, 1), 0);
    assert_int_equal(crowds_count_of(crowds, 0, 1), 0);
    crowds_abort(crowds);
    assert_int_equal(crowds_count(crowds, 1), 0);
    assert_int_equal(crowds_count_of(crowds, 1, 1), 0);
}

static void an_aborted_transaction_leaves_no_trace(void **state)
{
    struct crowds *crowds = *state;
    for (uint64_t host = 1; host <= 100; host++)
        assert_true(crowds_add(crowds, host, 0));
    crowds_commit(crowds);
    for (uint64_t host = 1; host <= 100; host++)
        assert_true(crowds_remove(crowds, host, 0));
    for (uint64_t host = 1; host <= MANY; host++)
        assert_true(crowds_add(crowds, host, 0) && crowds_add(crowds, host, 0));
    crowds_abort(crowds);
    for (uint64_t host = 1; host <= MANY; host++)
        assert_int_equal(crowds_count(crowds, host), host <= 100 ? 1 : 0);
}

static uint64_t chance(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void it_agrees_with_a_plain_array_over_random_changes(void **state)
{
    enum { HOSTS = 300, ASKERS = 3 };
    struct crowds *crowds = *state;
    static uint64_t now[HOSTS + 1][ASKERS], committed[HOSTS + 1][ASKERS];
    uint64_t seed = 42;
    for (int step = 0; step < 200000; step++) {
        uint64_t host = chance(&seed) % HOSTS + 1;
        uint64_t asker = chance(&seed) % ASKERS;
        if (chance(&seed) % 2 && now[host][asker] > 0) {
            assert_true(crowds_remove(crowds, host, asker));
            now[host][asker]--;
        } else {
            assert_true(crowds_add(crowds, host, asker));
            now[host][asker]++;
        }
        if (seed % 97 == 0) {
            crowds_commit(crowds);
            memcpy(committed, now, sizeof now);
        } else if (seed % 101 == 0) {
            crowds_abort(crowds);
            memcpy(now, committed, sizeof now);
        }
        uint64_t all = 0;
        for (int i = 0; i < ASKERS; i++)
            all += now[host][i];
        assert_true(crowds_count(crowds, host) == all);
        assert_true(asker == 0
                    || crowds_count_of(crowds, host, asker)
                           == now[host][asker]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_host_is_counted_by_itself),
        TEST(the_host_of_nobody_is_never_counted),
        TEST(an_asker_is_counted_by_himself_and_with_all),
        TEST(an_aborted_transaction_leaves_no_trace),
        TEST(it_agrees_with_a_plain_array_over_random_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
