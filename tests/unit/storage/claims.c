// SPDX-License-Identifier: MIT

#include "storage/lmdb/claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct work delivery(uint64_t topic, uint64_t id)
{
    return (struct work){ STORE_DUE_DELIVER, topic, id };
}

static int set_up(void **state)
{
    *state = claims_new(42);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    claims_free(*state);
    return 0;
}

static uint64_t make(struct claims *claims, struct work work, int64_t due,
                     int64_t until)
{
    claims_lock(claims);
    uint64_t token = claims_make(claims, work, due, until);
    claims_unlock(claims);
    assert_true(token != 0);
    return token;
}

static bool held(struct claims *claims, struct work work)
{
    bool settling;
    claims_lock(claims);
    bool is = claims_held(claims, work, &settling);
    claims_unlock(claims);
    return is;
}

static void expire(struct claims *claims, int64_t now)
{
    claims_lock(claims);
    claims_expire(claims, STORE_DUE_DELIVER, now);
    claims_unlock(claims);
}

static struct due_place hint(struct claims *claims)
{
    claims_lock(claims);
    struct due_place place = claims_hint(claims, STORE_DUE_DELIVER);
    claims_unlock(claims);
    return place;
}

static void set_hint(struct claims *claims, int64_t due)
{
    claims_lock(claims);
    claims_set_hint(claims, STORE_DUE_DELIVER, (struct due_place){ due, 0, 0 });
    claims_unlock(claims);
}

static void a_claim_has_the_token_that_was_given(void **state)
{
    uint64_t token = make(*state, delivery(1, 2), 10, 100);
    assert_true(claims_current(*state, delivery(1, 2), token));
    assert_false(claims_current(*state, delivery(1, 2), token + 1));
    assert_false(claims_current(*state, delivery(2, 1), token));
    assert_false(
        claims_current(*state, (struct work){ STORE_DUE_FETCH, 1, 2 }, token));
}

static void a_settlement_counts_with_the_commit(void **state)
{
    uint64_t token = make(*state, delivery(1, 2), 10, 100);
    assert_true(claims_settle(*state, delivery(1, 2), token));
    assert_true(held(*state, delivery(1, 2)));
    claims_commit(*state);
    assert_false(held(*state, delivery(1, 2)));
}

static void an_aborted_settlement_leaves_the_claim(void **state)
{
    uint64_t token = make(*state, delivery(1, 2), 10, 100);
    assert_true(claims_settle(*state, delivery(1, 2), token));
    claims_abort(*state);
    assert_true(held(*state, delivery(1, 2)));
    assert_true(claims_settle(*state, delivery(1, 2), token));
    claims_commit(*state);
    assert_false(held(*state, delivery(1, 2)));
}

static void one_claim_settles_once_in_a_transaction(void **state)
{
    uint64_t token = make(*state, delivery(1, 2), 10, 100);
    assert_true(claims_settle(*state, delivery(1, 2), token));
    assert_false(claims_settle(*state, delivery(1, 2), token));
    assert_false(claims_current(*state, delivery(1, 2), token));
    assert_false(claims_release(*state, delivery(1, 2), token));
}

static void a_claim_runs_out_at_its_time(void **state)
{
    uint64_t token = make(*state, delivery(1, 2), 10, 100);
    make(*state, delivery(1, 3), 11, 50);
    expire(*state, 99);
    assert_true(held(*state, delivery(1, 2)));
    assert_false(held(*state, delivery(1, 3)));
    expire(*state, 100);
    assert_false(held(*state, delivery(1, 2)));
    assert_false(claims_settle(*state, delivery(1, 2), token));
}

static void a_settlement_under_way_does_not_run_out(void **state)
{
    uint64_t token = make(*state, delivery(1, 2), 10, 100);
    assert_true(claims_settle(*state, delivery(1, 2), token));
    expire(*state, 1000);
    assert_true(held(*state, delivery(1, 2)));
    claims_commit(*state);
    assert_false(held(*state, delivery(1, 2)));
}

static void the_first_end_is_told(void **state)
{
    struct claims *claims = *state;
    claims_lock(claims);
    assert_true(claims_next_end(claims, STORE_DUE_DELIVER) == INT64_MAX);
    claims_make(claims, delivery(1, 1), 1, 300);
    claims_make(claims, delivery(1, 2), 1, 100);
    claims_make(claims, delivery(1, 3), 1, 200);
    assert_int_equal(claims_next_end(claims, STORE_DUE_DELIVER), 100);
    assert_true(claims_next_end(claims, STORE_DUE_FETCH) == INT64_MAX);
    claims_unlock(claims);
}

static void a_new_claim_has_a_new_token(void **state)
{
    uint64_t first = make(*state, delivery(1, 2), 10, 100);
    assert_true(claims_release(*state, delivery(1, 2), first));
    uint64_t second = make(*state, delivery(1, 2), 10, 100);
    assert_true(second != first);
    assert_false(claims_settle(*state, delivery(1, 2), first));
    assert_true(claims_settle(*state, delivery(1, 2), second));
}

static void what_comes_back_is_found_by_the_next_scan(void **state)
{
    uint64_t token = make(*state, delivery(1, 2), 10, 100);
    make(*state, delivery(1, 3), 5, 50);
    set_hint(*state, 1000);
    assert_true(claims_release(*state, delivery(1, 2), token));
    assert_int_equal(hint(*state).due, 10);
    expire(*state, 50);
    assert_int_equal(hint(*state).due, 5);
}

static void what_is_planned_is_found_after_the_commit(void **state)
{
    set_hint(*state, 1000);
    claims_moved(*state, delivery(1, 2), 0, 20);
    claims_abort(*state);
    claims_commit(*state);
    assert_int_equal(hint(*state).due, 1000);
    claims_moved(*state, delivery(1, 2), 0, 30);
    claims_moved(*state, delivery(1, 3), 0, 20);
    assert_int_equal(hint(*state).due, 1000);
    claims_commit(*state);
    assert_int_equal(hint(*state).due, 20);
}

static void a_settlement_that_moves_nothing_is_found_again(void **state)
{
    uint64_t token = make(*state, delivery(1, 2), 10, 100);
    set_hint(*state, 1000);
    claims_settle(*state, delivery(1, 2), token);
    claims_commit(*state);
    assert_int_equal(hint(*state).due, 10);
}

// A renewal hurries what nobody has claimed yet; before that is committed, a
// scan of the old state claims it where it was.
static void what_moves_while_it_is_claimed_is_found_where_it_went(void **state)
{
    claims_moved(*state, delivery(1, 2), 10, 5);
    uint64_t token = make(*state, delivery(1, 2), 10, 100);
    set_hint(*state, 1000);
    claims_commit(*state);
    assert_int_equal(hint(*state).due, 5);
    set_hint(*state, 1000);
    claims_settle(*state, delivery(1, 2), token);
    claims_commit(*state);
    assert_int_equal(hint(*state).due, 5);
}

static void many_claims_are_told_apart(void **state)
{
    enum { MANY = 10000 };
    static uint64_t tokens[MANY];
    for (uint64_t i = 0; i < MANY; i++)
        tokens[i] = make(*state, delivery(i % 7, i), (int64_t)i, 1000);
    for (uint64_t i = 0; i < MANY; i += 2)
        assert_true(claims_release(*state, delivery(i % 7, i), tokens[i]));
    for (uint64_t i = 0; i < MANY; i++)
        assert_true(held(*state, delivery(i % 7, i)) == (i % 2 == 1));
    expire(*state, 1000);
    assert_false(held(*state, delivery(1, 1)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

// One claimed elsewhere than in `due`, as in a lane.
static void one_without_a_place_leaves_the_scan_where_it_is(void **state)
{
    set_hint(*state, 50);
    uint64_t token = make(*state, delivery(1, 2), INT64_MAX, 100);
    assert_true(claims_release(*state, delivery(1, 2), token));
    assert_true(hint(*state).due == 50);
    token = make(*state, delivery(1, 2), INT64_MAX, 100);
    expire(*state, 100);
    assert_true(hint(*state).due == 50);
    token = make(*state, delivery(1, 2), INT64_MAX, 200);
    assert_true(claims_settle(*state, delivery(1, 2), token));
    claims_commit(*state);
    assert_true(hint(*state).due == 50);
    // Unless it gets one.
    token = make(*state, delivery(1, 2), INT64_MAX, 200);
    assert_true(claims_settle(*state, delivery(1, 2), token));
    claims_moved(*state, delivery(1, 2), 0, 20);
    claims_commit(*state);
    assert_true(hint(*state).due == 20);
}

static void only_what_is_claimed_is_overtaken(void **state)
{
    claims_overtake(*state, delivery(1, 2));
    assert_false(claims_overtaken(*state, delivery(1, 2)));
    uint64_t token = make(*state, delivery(1, 2), 10, 100);
    assert_false(claims_overtaken(*state, delivery(1, 2)));
    claims_overtake(*state, delivery(1, 2));
    assert_true(claims_overtaken(*state, delivery(1, 2)));
    // It goes on, and whoever comes next is not.
    assert_true(claims_settle(*state, delivery(1, 2), token));
    claims_commit(*state);
    make(*state, delivery(1, 2), 10, 100);
    assert_false(claims_overtaken(*state, delivery(1, 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_claim_has_the_token_that_was_given),
        TEST(a_settlement_counts_with_the_commit),
        TEST(an_aborted_settlement_leaves_the_claim),
        TEST(one_claim_settles_once_in_a_transaction),
        TEST(a_claim_runs_out_at_its_time),
        TEST(a_settlement_under_way_does_not_run_out),
        TEST(the_first_end_is_told),
        TEST(a_new_claim_has_a_new_token),
        TEST(what_comes_back_is_found_by_the_next_scan),
        TEST(what_is_planned_is_found_after_the_commit),
        TEST(a_settlement_that_moves_nothing_is_found_again),
        TEST(what_moves_while_it_is_claimed_is_found_where_it_went),
        TEST(many_claims_are_told_apart),
        TEST(one_without_a_place_leaves_the_scan_where_it_is),
        TEST(only_what_is_claimed_is_overtaken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
