// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/address.h"
#include "fetcher/engine.h"
#include "fetcher/engine_admission.h"
#include "fetcher/vouches.h"

enum { START_MS = 5000000, TRIED = 50 };

static struct admission admission;
static struct address here, there;

static int open_with(unsigned strangers, unsigned fetches)
{
    struct engine_limits limits = { .strangers = strangers,
                                    .stranger_fetches = fetches };
    address_read("192.0.2.1", false, &here);
    address_read("192.0.2.2", false, &there);
    return admission_open(&admission, &limits) ? 0 : -1;
}

// Two at once, and three fetches.
static int set_up(void **state)
{
    (void)state;
    return open_with(12, 18);
}

static int set_up_without(void **state)
{
    (void)state;
    return open_with(0, 0);
}

static int tear_down(void **state)
{
    (void)state;
    admission_close(&admission);
    return 0;
}

static unsigned admitted(struct exchange exchange,
                         const struct address *address, int64_t now_ms)
{
    unsigned count = 0;
    for (int i = 0; i < TRIED; i++)
        count += admission_admits(&admission, &exchange, address, now_ms);
    return count;
}

static const struct exchange stranger = { .class = EXCHANGE_VERIFY,
                                          .stranger = true };
static const struct exchange known = { .class = EXCHANGE_VERIFY };
static const struct exchange renewal = { .class = EXCHANGE_VERIFY,
                                         .renews = true };
static const struct exchange fetch = { .class = EXCHANGE_FETCH,
                                       .stranger = true };

static void each_kind_has_a_quota_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(admitted(stranger, &here, START_MS), 2);
    assert_int_equal(admitted(known, &here, START_MS), 2);
    assert_int_equal(admitted(renewal, &here, START_MS), 2);
    assert_int_equal(admitted(fetch, &here, START_MS), 3);
    assert_int_equal(admitted(renewal, &there, START_MS), 2);
}

static void what_is_no_verification_of_a_stranger_is_free(void **state)
{
    (void)state;
    static const enum exchange_class free[] = { EXCHANGE_FETCH,
                                                EXCHANGE_DELIVER,
                                                EXCHANGE_RETRY };
    for (size_t i = 0; i < sizeof free / sizeof *free; i++) {
        struct exchange it = { .class = free[i] };
        assert_int_equal(admitted(it, &here, START_MS), TRIED);
    }
}

static void where_somebody_vouches_only_strangers_are_counted(void **state)
{
    (void)state;
    admission_vouch(&admission, &here, START_MS);
    assert_int_equal(admitted(known, &here, START_MS), TRIED);
    assert_int_equal(admitted(renewal, &here, START_MS), TRIED);
    assert_int_equal(admitted(stranger, &here, START_MS), 2);
    assert_int_equal(admitted(known, &there, START_MS), 2);
    // What was free has used up nothing.
    int64_t later = START_MS + VOUCHES_GOOD_MS;
    assert_int_equal(admitted(known, &here, later), 2);
    assert_int_equal(admitted(renewal, &here, later), 2);
}

static void one_good_answer_frees_who_waits(void **state)
{
    (void)state;
    assert_int_equal(admitted(renewal, &here, START_MS), 2);
    admission_vouch(&admission, &here, START_MS);
    assert_int_equal(admitted(renewal, &here, START_MS), TRIED);
}

static void without_a_limit_nothing_is_counted(void **state)
{
    (void)state;
    admission_vouch(&admission, &there, START_MS);
    assert_int_equal(admitted(stranger, &here, START_MS), TRIED);
    assert_int_equal(admitted(known, &here, START_MS), TRIED);
    assert_int_equal(admitted(renewal, &here, START_MS), TRIED);
    assert_int_equal(admitted(fetch, &here, START_MS), TRIED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_has_a_quota_of_its_own),
        TEST(what_is_no_verification_of_a_stranger_is_free),
        TEST(where_somebody_vouches_only_strangers_are_counted),
        TEST(one_good_answer_frees_who_waits),
        cmocka_unit_test_setup_teardown(without_a_limit_nothing_is_counted,
                                        set_up_without, tear_down),
    };
    return cmocka_run_group_tests_name("engine_admission", tests, NULL, NULL);
}
