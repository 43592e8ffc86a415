// SPDX-License-Identifier: MIT

#include "hub/janitor.h"

#include "fakes/fake_loop.h"
#include "fakes/fake_store.h"
#include "hub/config.h"
#include "hub/log.h"
#include "hub/metrics.h"
#include "hub/services.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { HOUR = 3600000, MINUTE = 60000 };

struct rig {
    struct config config;
    struct metrics metrics;
    struct janitor *janitor;
    size_t goodbyes;
};

static struct rig rig;

static void turn(void)
{
    janitor_step(rig.janitor, loop_now());
}

static void on_goodbye(void *context)
{
    assert_ptr_equal(context, &rig);
    rig.goodbyes++;
}

static int setup(void **state)
{
    (void)state;
    rig = (struct rig){ .config = { .retention = 10 * HOUR,
                                    .retention_updates = 100,
                                    .retention_bytes = 1 << 20 } };
    struct services services = {
        .config = &rig.config,
        .store = fake_store(),
        .loop = fake_loop(),
        .metrics = &rig.metrics,
    };
    rig.janitor = janitor_new(&services, on_goodbye, &rig);
    return rig.janitor ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bool idle = janitor_idle(rig.janitor);
    janitor_free(rig.janitor);
    return idle && fake_store_clean() ? 0 : -1;
}

static void expire(size_t count, bool more, int64_t next_end)
{
    struct store_expire *op = fake_store_take(STORE_EXPIRE);
    assert_true(op->goodbye == rig.config.goodbye_on_expiry);
    struct store_subscriber ended[4] = { { .id = 1 } };
    for (size_t i = 0; i < 4; i++)
        ended[i].callback = (struct bytes){ "https://reader.example/", 23 };
    op->items = fake_store_give(&op->op, ended, count * sizeof *ended);
    op->count = count;
    op->more = more;
    op->next_end = next_end;
    fake_store_finish(&op->op, STORE_OK);
}

static void trim_nothing(void)
{
    struct store_claim *claim = fake_store_take(STORE_CLAIM);
    assert_int_equal(claim->kind, STORE_DUE_TRIM);
    claim->next_due = INT64_MAX;
    fake_store_finish(&claim->op, STORE_OK);
}

// What is looked for at the start is not there.
static void begin(int64_t next_end)
{
    turn();
    expire(0, false, next_end);
    trim_nothing();
}

static void leases_that_are_over_end_page_by_page(void **state)
{
    (void)state;
    turn();
    trim_nothing();
    expire(4, true, FAKE_UNIX);
    turn();
    expire(3, false, INT64_MAX);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_int_equal(rig.metrics.counts[METRIC_EXPIRED], 7);
}

static void nothing_is_asked_before_the_next_lease_ends(void **state)
{
    (void)state;
    begin(FAKE_UNIX + 5000);
    assert_int_equal(janitor_patience(rig.janitor, loop_now()), 5000);
    fake_loop_pass(4999);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    fake_loop_pass(1);
    turn();
    expire(1, false, INT64_MAX);
    // Once a minute it is looked for, even if nothing says so.
    assert_int_equal(janitor_patience(rig.janitor, loop_now()), MINUTE);
}

static void a_lease_granted_meanwhile_counts(void **state)
{
    (void)state;
    begin(INT64_MAX);
    janitor_lease(rig.janitor, FAKE_UNIX + 700);
    janitor_lease(rig.janitor, FAKE_UNIX + 900);
    assert_int_equal(janitor_patience(rig.janitor, loop_now()), 700);
    fake_loop_pass(700);
    turn();
    // Also one that is granted while the store is looking.
    janitor_lease(rig.janitor, FAKE_UNIX + 800);
    expire(0, false, FAKE_UNIX + 900);
    assert_int_equal(janitor_patience(rig.janitor, loop_now()), 100);
}

static void after_a_failure_it_looks_again_in_a_second(void **state)
{
    (void)state;
    turn();
    trim_nothing();
    struct store_expire *op = fake_store_take(STORE_EXPIRE);
    fake_store_finish(&op->op, STORE_FULL);
    assert_int_equal(janitor_patience(rig.janitor, loop_now()), 1000);
    fake_loop_pass(1000);
    turn();
    expire(0, false, INT64_MAX);
}

static struct store_trim *trimming(void)
{
    struct store_claim *claim = fake_store_take(STORE_CLAIM);
    struct store_claimed item = { .token = 5, .topic = { .id = 7 } };
    claim->items = fake_store_give(&claim->op, &item, sizeof item);
    claim->count = 1;
    claim->next_due = INT64_MAX;
    fake_store_finish(&claim->op, STORE_OK);
    return fake_store_take(STORE_TRIM);
}

static void M10_retention_is_as_configured(void **state)
{
    (void)state;
    turn();
    expire(0, false, INT64_MAX);
    struct store_trim *trim = trimming();
    assert_int_equal(trim->topic, 7);
    assert_int_equal(trim->token, 5);
    assert_int_equal(trim->keep_ms, 10 * HOUR);
    assert_int_equal(trim->keep_updates, 100);
    assert_int_equal(trim->keep_bytes, 1 << 20);
    assert_false(janitor_idle(rig.janitor));
    fake_store_finish(&trim->op, STORE_OK);
    // It goes on in pages: there may be more.
    turn();
    trim = trimming();
    fake_store_finish(&trim->op, STORE_FULL);
    assert_int_equal(janitor_patience(rig.janitor, loop_now()), 1000);
}

static void what_has_grown_is_looked_at_a_little_later(void **state)
{
    (void)state;
    begin(INT64_MAX);
    janitor_grown(rig.janitor);
    assert_int_equal(janitor_patience(rig.janitor, loop_now()), 1000);
}

static void nothing_is_said_where_a_lease_ends(void **state)
{
    (void)state;
    turn();
    trim_nothing();
    expire(3, false, INT64_MAX);
    assert_int_equal(rig.goodbyes, 0);
}

static void goodbye_on_expiry_says_it_to_all_of_a_page(void **state)
{
    (void)state;
    rig.config.goodbye_on_expiry = true;
    turn();
    trim_nothing();
    expire(3, true, FAKE_UNIX);
    assert_int_equal(rig.goodbyes, 1);
    turn();
    expire(0, false, INT64_MAX);
    assert_int_equal(rig.goodbyes, 1);
}

static void draining_ends_nothing_more(void **state)
{
    (void)state;
    turn();
    trim_nothing();
    janitor_drain(rig.janitor);
    assert_false(janitor_idle(rig.janitor));
    expire(1, true, FAKE_UNIX);
    turn();
    assert_int_equal(fake_store_waiting_all(), 0);
    assert_true(janitor_patience(rig.janitor, loop_now()) == LOOP_FOR_EVER);
}

#define ENDED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENDED(leases_that_are_over_end_page_by_page),
        ENDED(nothing_is_asked_before_the_next_lease_ends),
        ENDED(a_lease_granted_meanwhile_counts),
        ENDED(after_a_failure_it_looks_again_in_a_second),
        ENDED(M10_retention_is_as_configured),
        ENDED(what_has_grown_is_looked_at_a_little_later),
        ENDED(nothing_is_said_where_a_lease_ends),
        ENDED(goodbye_on_expiry_says_it_to_all_of_a_page),
        ENDED(draining_ends_nothing_more),
    };
    log_setup(LOG_ERROR, false);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
