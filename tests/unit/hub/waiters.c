// SPDX-License-Identifier: MIT

#include "hub/waiters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// Requests are only names to the module.
static struct request *request(uintptr_t number)
{
    return (struct request *)(number * 64);
}

static struct waiter *hold(struct waiters *waiters, uintptr_t number,
                           uint64_t topic, int64_t deadline)
{
    struct waiter *waiter = waiter_new(1, 0);
    assert_non_null(waiter);
    waiter->request = request(number);
    waiter->interests[0].topic = topic;
    waiter->deadline = deadline;
    waiters_add(waiters, waiter, 1000);
    return waiter;
}

static void let_go(struct waiters *waiters, struct waiter *waiter)
{
    waiters_remove(waiters, waiter);
    waiter_free(waiter);
}

static void count(void *context, struct waiter *waiter)
{
    (void)waiter;
    ++*(int *)context;
}

static int interested(struct waiters *waiters, uint64_t topic)
{
    int found = 0;
    waiters_of(waiters, topic, count, &found);
    return found;
}

static void those_who_wait_are_found_by_their_topic_alone(void **state)
{
    (void)state;
    struct waiters *waiters = waiters_new();
    struct waiter *held[3] = { hold(waiters, 1, 7, 5000),
                               hold(waiters, 2, 7, 5000),
                               hold(waiters, 3, 8, 5000) };
    assert_int_equal(interested(waiters, 7), 2);
    assert_int_equal(interested(waiters, 8), 1);
    assert_int_equal(interested(waiters, 9), 0);
    let_go(waiters, held[0]);
    assert_int_equal(interested(waiters, 7), 1);
    let_go(waiters, held[1]);
    let_go(waiters, held[2]);
    waiters_free(waiters);
}

static void one_who_waits_for_two_topics_is_found_by_both(void **state)
{
    (void)state;
    struct waiters *waiters = waiters_new();
    struct waiter *waiter = waiter_new(2, 0);
    waiter->request = request(1);
    waiter->interests[0].topic = 1;
    waiter->interests[1].topic = 2;
    waiter->deadline = 9000;
    waiters_add(waiters, waiter, 1000);
    assert_int_equal(interested(waiters, 1), 1);
    assert_int_equal(interested(waiters, 2), 1);
    let_go(waiters, waiter);
    assert_int_equal(interested(waiters, 2), 0);
    waiters_free(waiters);
}

static void a_deadline_is_never_early_and_hardly_late(void **state)
{
    (void)state;
    struct waiters *waiters = waiters_new();
    struct waiter *waiter = hold(waiters, 1, 1, 31337);
    assert_null(waiters_over(waiters, 31336));
    int64_t patience = waiters_patience(waiters, 31336);
    assert_in_range(patience, 1, 500);
    assert_ptr_equal(waiters_over(waiters, 31336 + patience), waiter);
    let_go(waiters, waiter);
    waiters_free(waiters);
}

static void deadlines_end_in_their_order_over_the_longest_wait(void **state)
{
    (void)state;
    struct waiters *waiters = waiters_new();
    for (uintptr_t i = 1; i <= 270; i++)
        hold(waiters, i, i, 1000 + (int64_t)i * 1000);
    int64_t last = 0;
    for (int64_t now = 1000; waiters_count(waiters) > 0; now += 100) {
        struct waiter *waiter;
        while ((waiter = waiters_over(waiters, now))) {
            assert_true(waiter->deadline <= now);
            assert_true(waiter->deadline >= last);
            last = waiter->deadline;
            let_go(waiters, waiter);
        }
        assert_in_range(now, 0, 300000);
    }
    waiters_free(waiters);
}

static void nobody_waiting_wakes_nobody(void **state)
{
    (void)state;
    struct waiters *waiters = waiters_new();
    assert_int_equal(waiters_patience(waiters, 0), INT64_MAX);
    assert_null(waiters_over(waiters, 1 << 30));
    assert_null(waiters_any(waiters));
    waiters_free(waiters);
}

static void a_request_that_was_answered_is_not_found(void **state)
{
    (void)state;
    struct waiters *waiters = waiters_new();
    struct waiter *waiter = hold(waiters, 5, 1, 9000);
    assert_ptr_equal(waiters_by_request(waiters, request(5)), waiter);
    assert_ptr_equal(waiters_any(waiters), waiter);
    assert_null(waiters_by_request(waiters, request(6)));
    let_go(waiters, waiter);
    assert_null(waiters_by_request(waiters, request(5)));
    waiters_free(waiters);
}

static void who_comes_after_a_long_standstill_is_held_all_the_same(void **state)
{
    (void)state;
    struct waiters *waiters = waiters_new();
    struct waiter *old = hold(waiters, 1, 1, 9000);
    int64_t now = 20 * 60 * 1000; // nobody asked for who is over meanwhile
    struct waiter *late = hold(waiters, 2, 2, now + 60000);
    assert_ptr_equal(waiters_over(waiters, now), old);
    let_go(waiters, old);
    assert_ptr_equal(waiters_by_request(waiters, request(2)), late);
    assert_ptr_equal(waiters_over(waiters, now + 61000), late);
    let_go(waiters, late);
    waiters_free(waiters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_who_wait_are_found_by_their_topic_alone),
        cmocka_unit_test(one_who_waits_for_two_topics_is_found_by_both),
        cmocka_unit_test(a_deadline_is_never_early_and_hardly_late),
        cmocka_unit_test(deadlines_end_in_their_order_over_the_longest_wait),
        cmocka_unit_test(
            who_comes_after_a_long_standstill_is_held_all_the_same),
        cmocka_unit_test(nobody_waiting_wakes_nobody),
        cmocka_unit_test(a_request_that_was_answered_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
