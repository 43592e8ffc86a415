// SPDX-License-Identifier: MIT

#include "hub/ledger.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"
#include "hub/log.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { BATCH = 256, LINGER_MS = 20, PAGES = 16 };

static struct ledger *ledger;
static size_t told;

static void recorded(void *context)
{
    assert_ptr_equal(context, &told);
    told++;
}

static int setup(void **state)
{
    (void)state;
    struct services services = { .store = fake_store(), .loop = fake_loop() };
    told = 0;
    ledger = ledger_new(&services, recorded, &told);
    return ledger ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    ledger_free(ledger);
    return fake_store_clean() ? 0 : -1;
}

static void add(uint64_t subscription, int64_t due)
{
    struct store_outcome outcome = {
        .kind = STORE_OWED, .subscription = subscription, .topic = 7, .due = due
    };
    ledger_add(ledger, &outcome);
}

static void step(void)
{
    ledger_step(ledger, loop_now());
}

static struct store_record *written(void)
{
    step();
    return fake_store_take(STORE_RECORD);
}

static bool writes(void)
{
    step();
    return fake_store_waiting(STORE_RECORD) > 0;
}

static void a_burst_of_answers_is_one_operation(void **state)
{
    (void)state;
    assert_true(ledger_patience(ledger, loop_now()) == LOOP_FOR_EVER);
    add(1, 500);
    fake_loop_pass(LINGER_MS - 1);
    add(2, 300);
    assert_false(writes());
    assert_int_equal(ledger_patience(ledger, loop_now()), 1);
    fake_loop_pass(1);
    struct store_record *record = written();
    assert_int_equal(record->count, 2);
    assert_int_equal(record->outcomes[0].subscription, 1);
    assert_int_equal(record->outcomes[1].subscription, 2);
    assert_int_equal(told, 0);
    fake_store_finish(&record->op, STORE_OK);
    assert_int_equal(told, 1);
    assert_true(ledger_idle(ledger));
}

static void a_full_batch_does_not_linger(void **state)
{
    (void)state;
    for (uint64_t i = 1; i < BATCH; i++)
        add(i, 500);
    assert_false(writes());
    add(BATCH, 500);
    struct store_record *record = written();
    assert_int_equal(record->count, BATCH);
    fake_store_finish(&record->op, STORE_OK);
}

static void what_comes_while_it_writes_is_the_next_batch(void **state)
{
    (void)state;
    add(1, 500);
    fake_loop_pass(LINGER_MS);
    struct store_record *first = written();
    add(2, 500);
    fake_loop_pass(LINGER_MS);
    assert_false(writes());
    assert_true(ledger_patience(ledger, loop_now()) == LOOP_FOR_EVER);
    assert_int_equal(first->count, 1);
    assert_int_equal(first->outcomes[0].subscription, 1);
    fake_store_finish(&first->op, STORE_OK);

    assert_false(ledger_idle(ledger));
    struct store_record *second = written();
    assert_int_equal(second->count, 1);
    assert_int_equal(second->outcomes[0].subscription, 2);
    fake_store_finish(&second->op, STORE_OK);
}

// What was written may be due earlier than it says: the store knows of an
// update or of a renewal that came while the attempt was under way.
static void M4_whatever_was_recorded_something_may_be_due_now(void **state)
{
    (void)state;
    struct store_outcome delivered = { .kind = STORE_DELIVERED, .due = 900 };
    ledger_add(ledger, &delivered);
    fake_loop_pass(LINGER_MS);
    fake_store_finish(&written()->op, STORE_OK);
    assert_int_equal(told, 1);

    add(1, 800);
    fake_loop_pass(LINGER_MS);
    fake_store_finish(&written()->op, STORE_OK);
    assert_int_equal(told, 2);
}

static void a_batch_for_which_there_was_no_room_is_written_again(void **state)
{
    (void)state;
    static const enum store_status statuses[] = { STORE_FULL, STORE_AGAIN,
                                                  STORE_UNKNOWN };
    add(1, 500);
    fake_loop_pass(LINGER_MS);
    struct store_record *record = written();
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        fake_store_finish(&record->op, statuses[i]);
        assert_int_equal(told, 0);
        assert_false(ledger_idle(ledger));
        assert_int_equal(ledger_patience(ledger, loop_now()), 1000);
        fake_loop_pass(999);
        assert_false(writes());
        fake_loop_pass(1);
        record = written();
        assert_int_equal(record->count, 1);
        assert_int_equal(record->outcomes[0].subscription, 1);
    }
    fake_store_finish(&record->op, STORE_OK);
    assert_int_equal(told, 1);
}

static void what_the_store_cannot_take_holds_up_nothing_else(void **state)
{
    (void)state;
    add(1, 500);
    fake_loop_pass(LINGER_MS);
    fake_store_finish(&written()->op, STORE_CORRUPT);
    assert_int_equal(told, 0);
    add(2, 500);
    fake_loop_pass(LINGER_MS);
    struct store_record *record = written();
    assert_int_equal(record->count, 1);
    assert_int_equal(record->outcomes[0].subscription, 2);
    fake_store_finish(&record->op, STORE_OK);
}

static void while_the_store_fails_no_more_than_some_pages_are_kept(void **state)
{
    (void)state;
    add(1, 500);
    fake_loop_pass(LINGER_MS);
    struct store_record *record = written();
    assert_false(ledger_busy(ledger));
    for (uint64_t i = 0; i < 20 * STORE_BATCH_MAX; i++)
        add(100 + i, 500);
    assert_true(ledger_busy(ledger));
    fake_store_finish(&record->op, STORE_FULL);
    fake_loop_pass(1000);
    record = written();
    assert_int_equal(record->count, 1);
    fake_store_finish(&record->op, STORE_OK);
    for (uint64_t page = 0; page < PAGES - 1; page++) {
        assert_int_equal(ledger_patience(ledger, loop_now()), 0);
        record = written();
        assert_int_equal(record->count, STORE_BATCH_MAX);
        assert_int_equal(record->outcomes[0].subscription,
                         100 + page * STORE_BATCH_MAX);
        fake_store_finish(&record->op, STORE_OK);
    }
    assert_true(ledger_idle(ledger));
    assert_false(ledger_busy(ledger));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_burst_of_answers_is_one_operation,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_batch_does_not_linger, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            what_comes_while_it_writes_is_the_next_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(
            M4_whatever_was_recorded_something_may_be_due_now, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_batch_for_which_there_was_no_room_is_written_again, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            what_the_store_cannot_take_holds_up_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(
            while_the_store_fails_no_more_than_some_pages_are_kept, setup,
            teardown),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
