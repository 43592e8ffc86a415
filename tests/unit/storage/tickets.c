// SPDX-License-Identifier: MIT

#include "storage/lmdb/tickets.h"

#include "place.h"
#include "storage/lmdb/leases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MAP = 64 << 20, ENDED_MAX = 65536, ROOM = 1 << 30 };

// `count` requests end, one each millisecond.
static void end_many(struct engine_context *context, uint64_t first,
                     uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        context->now++;
        ticket_end(context, first + i);
    }
    assert_true(txn_ok(context->txn));
}

static void begin(struct place *place, struct txn *txn,
                  struct engine_context *context)
{
    struct problem problem;
    env_close(&place->env);
    assert_true(env_open(&place->env, place->path, MAP, &problem));
    *context = (struct engine_context){
        .txn = txn,
        .now = 1000,
        .room = ROOM,
    };
    txn_begin_write(txn, &place->env);
}

static void a_flood_of_ends_pushes_out_the_oldest(void **state)
{
    struct txn txn;
    struct engine_context context;
    struct ticket ticket;
    begin(*state, &txn, &context);
    end_many(&context, 1, ENDED_MAX);
    assert_int_equal(txn_count(&txn, TABLE_TICKETS), ENDED_MAX);
    assert_true(ticket_load(&txn, 1, &ticket));
    end_many(&context, ENDED_MAX + 1, 10);
    assert_int_equal(txn_count(&txn, TABLE_TICKETS), ENDED_MAX);
    assert_int_equal(txn_count(&txn, TABLE_LEASES), ENDED_MAX);
    assert_false(ticket_load(&txn, 10, &ticket));
    assert_true(ticket_load(&txn, 11, &ticket));
    assert_true(ticket_load(&txn, ENDED_MAX + 10, &ticket));
    assert_int_equal(ticket.subscription, 0);
    txn_abort(&txn);
}

static void what_ends_without_room_ends_unsaid(void **state)
{
    struct txn txn;
    struct engine_context context;
    struct ticket ticket;
    struct store_subscriber shown = { .topic = 1, .id = 2 };
    begin(*state, &txn, &context);
    ticket_give(&context, 7, &shown);
    assert_true(ticket_load(&txn, 7, &ticket));
    context.room = 0;
    ticket_end(&context, 7);
    assert_false(ticket_load(&txn, 7, &ticket));
    assert_int_equal(txn_count(&txn, TABLE_LEASES), 0);
    assert_true(txn_ok(&txn));
    txn_abort(&txn);
}

static void one_given_later_ends_the_former(void **state)
{
    struct txn txn;
    struct engine_context context;
    struct ticket ticket;
    struct store_subscriber shown = { .topic = 1, .id = 2 };
    begin(*state, &txn, &context);
    ticket_give(&context, 7, &shown);
    ticket_give(&context, 9, &shown);
    assert_true(shown.request == 9);
    assert_true(ticket_load(&txn, 7, &ticket));
    assert_int_equal(ticket.subscription, 0);
    assert_true(ticket_load(&txn, 9, &ticket));
    assert_int_equal(ticket.subscription, 2);
    ticket_drop(&context, 7);
    assert_false(ticket_load(&txn, 7, &ticket));
    assert_int_equal(txn_count(&txn, TABLE_LEASES), 0);
    txn_abort(&txn);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_flood_of_ends_pushes_out_the_oldest),
        TEST(what_ends_without_room_ends_unsaid),
        TEST(one_given_later_ends_the_former),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
