// SPDX-License-Identifier: MIT

#include "hub/pump.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { CAP = 100, HOLD_MS = 5000 };

struct rig {
    struct pump pump;
    size_t taken;
    uint64_t last;
};

static struct rig rig;

static void take(void *self, const struct store_claimed *item,
                 struct moment now)
{
    struct rig *mine = self;
    (void)now;
    mine->taken++;
    mine->last = item->topic.id;
}

static int setup(void **state)
{
    (void)state;
    fake_loop();
    rig = (struct rig){ .taken = 0 };
    pump_init(&rig.pump, fake_store(), STORE_DUE_FETCH, CAP, HOLD_MS);
    rig.pump.take = take;
    rig.pump.self = &rig;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return fake_store_clean() ? 0 : -1;
}

static struct store_claim *asked(void)
{
    pump_step(&rig.pump, loop_now());
    return fake_store_take(STORE_CLAIM);
}

static bool asks(void)
{
    pump_step(&rig.pump, loop_now());
    return fake_store_waiting(STORE_CLAIM) > 0;
}

// Answer with so many topics, numbered from 1.
static void give(struct store_claim *claim, size_t count, int64_t next_due)
{
    struct store_claimed items[CAP] = { { .token = 0 } };
    for (size_t i = 0; i < count; i++)
        items[i] =
            (struct store_claimed){ .token = i + 1, .topic = { .id = i + 1 } };
    claim->items = fake_store_give(&claim->op, items, count * sizeof *items);
    claim->count = count;
    claim->next_due = next_due;
    fake_store_finish(&claim->op, STORE_OK);
}

static void what_is_due_is_claimed_in_batches_and_taken(void **state)
{
    (void)state;
    assert_int_equal(pump_patience(&rig.pump, loop_now()), 0);
    struct store_claim *claim = asked();
    assert_int_equal(claim->kind, STORE_DUE_FETCH);
    assert_int_equal(claim->hold_ms, HOLD_MS);
    assert_int_equal(claim->max, 64);
    give(claim, 3, INT64_MAX);
    assert_int_equal(rig.taken, 3);
    assert_int_equal(rig.last, 3);
}

static void no_more_is_claimed_than_there_are_places(void **state)
{
    (void)state;
    give(asked(), 64, 0);
    struct store_claim *claim = asked();
    assert_int_equal(claim->max, CAP - 64);
    give(claim, CAP - 64, 0);
    assert_false(asks());
    assert_true(pump_patience(&rig.pump, loop_now()) == LOOP_FOR_EVER);

    pump_ended(&rig.pump);
    assert_int_equal(pump_patience(&rig.pump, loop_now()), 0);
    claim = asked();
    assert_int_equal(claim->max, 1);
    give(claim, 0, INT64_MAX);
}

static void one_claim_at_a_time_is_with_the_store(void **state)
{
    (void)state;
    struct store_claim *claim = asked();
    pump_due(&rig.pump, 0);
    assert_false(asks());
    assert_true(pump_patience(&rig.pump, loop_now()) == LOOP_FOR_EVER);
    assert_false(pump_idle(&rig.pump));
    give(claim, 0, INT64_MAX);
    assert_true(pump_idle(&rig.pump));
}

static void the_store_is_left_alone_until_the_next_is_due(void **state)
{
    (void)state;
    give(asked(), 0, FAKE_UNIX + 700);
    assert_int_equal(pump_patience(&rig.pump, loop_now()), 700);
    fake_loop_pass(699);
    assert_false(asks());
    fake_loop_pass(1);
    give(asked(), 0, INT64_MAX);
    fake_loop_pass(INT64_C(100) * 24 * 60 * 60 * 1000);
    assert_false(asks());
}

static void something_due_earlier_moves_the_next_claim(void **state)
{
    (void)state;
    give(asked(), 0, FAKE_UNIX + 9000);
    pump_due(&rig.pump, FAKE_UNIX + 20000);
    assert_int_equal(pump_patience(&rig.pump, loop_now()), 9000);
    pump_due(&rig.pump, FAKE_UNIX + 500);
    assert_int_equal(pump_patience(&rig.pump, loop_now()), 500);
    pump_due(&rig.pump, 0);
    give(asked(), 0, INT64_MAX);
}

static void what_became_due_while_the_store_answered_is_not_missed(void **state)
{
    (void)state;
    struct store_claim *claim = asked();
    pump_due(&rig.pump, 0);
    give(claim, 0, FAKE_UNIX + 9000);
    give(asked(), 0, INT64_MAX);
}

static void after_a_failure_of_the_store_it_pauses_for_a_second(void **state)
{
    (void)state;
    fake_store_finish(&asked()->op, STORE_CORRUPT);
    assert_int_equal(rig.taken, 0);
    assert_int_equal(pump_patience(&rig.pump, loop_now()), 1000);
    fake_loop_pass(999);
    assert_false(asks());
    fake_loop_pass(1);
    give(asked(), 1, INT64_MAX);
    assert_int_equal(rig.taken, 1);
}

static void a_closed_one_claims_nothing_and_is_idle_when_all_has_ended(
    void **state)
{
    (void)state;
    give(asked(), 2, 0);
    rig.pump.closed = true;
    assert_false(asks());
    assert_true(pump_patience(&rig.pump, loop_now()) == LOOP_FOR_EVER);
    pump_ended(&rig.pump);
    assert_false(pump_idle(&rig.pump));
    pump_ended(&rig.pump);
    assert_true(pump_idle(&rig.pump));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_is_due_is_claimed_in_batches_and_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(
            no_more_is_claimed_than_there_are_places, setup, teardown),
        cmocka_unit_test_setup_teardown(one_claim_at_a_time_is_with_the_store,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            the_store_is_left_alone_until_the_next_is_due, setup, teardown),
        cmocka_unit_test_setup_teardown(
            something_due_earlier_moves_the_next_claim, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_became_due_while_the_store_answered_is_not_missed, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            after_a_failure_of_the_store_it_pauses_for_a_second, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            a_closed_one_claims_nothing_and_is_idle_when_all_has_ended, setup,
            teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
