// SPDX-License-Identifier: MIT
//
// One test for each row of the table of subscriptions, in its order, and what
// holds for all of them.

#include "storage/lifecycle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const enum lifecycle_state subscribed[] = {
    LIFECYCLE_ACTIVE,
    LIFECYCLE_LAGGING,
    LIFECYCLE_STOPPED,
    LIFECYCLE_GRACE,
};
enum { SUBSCRIBED = sizeof subscribed / sizeof *subscribed };

static void expect(enum lifecycle_state state, enum lifecycle_event event,
                   unsigned facts, unsigned effects, enum lifecycle_state next)
{
    struct lifecycle_step step = lifecycle_step(state, event, facts);
    assert_int_equal(step.effects, effects);
    assert_int_equal(step.next, next);
}

static void expect_in_all(enum lifecycle_event event, unsigned facts,
                          unsigned effects)
{
    for (int s = 0; s < LIFECYCLE_STATES; s++)
        expect((enum lifecycle_state)s, event, facts, effects,
               (enum lifecycle_state)s);
}

// What ends, whatever it was.
static void expect_end(enum lifecycle_event event, unsigned facts,
                       unsigned effects)
{
    for (int s = 0; s < SUBSCRIBED; s++)
        expect(subscribed[s], event, facts, effects | LIFECYCLE_END,
               LIFECYCLE_NONE);
}

// ----------------------------------------------------------------- requests

static void subscribe_accepted_identical_is_joined(void **state)
{
    expect_in_all(LIFECYCLE_SUBSCRIBE, LIFECYCLE_IDENTICAL, LIFECYCLE_JOIN);
    expect_in_all(LIFECYCLE_SUBSCRIBE,
                  LIFECYCLE_IDENTICAL | LIFECYCLE_SUBSCRIBES | LIFECYCLE_CROWD,
                  LIFECYCLE_JOIN);
    (void)state;
}

static void subscribe_accepted_else_is_inserted(void **state)
{
    expect_in_all(LIFECYCLE_SUBSCRIBE, 0, LIFECYCLE_INSERT);
    expect_in_all(LIFECYCLE_SUBSCRIBE, LIFECYCLE_SUBSCRIBES, LIFECYCLE_INSERT);
    (void)state;
}

static void a_fifth_of_a_key_is_refused(void **state)
{
    expect_in_all(LIFECYCLE_SUBSCRIBE, LIFECYCLE_CROWD | LIFECYCLE_SUBSCRIBES,
                  LIFECYCLE_REFUSE);
    // Whether it would change something or not, so that nobody can tell.
    expect_in_all(LIFECYCLE_UNSUBSCRIBE, LIFECYCLE_CROWD | LIFECYCLE_SUBSCRIBES,
                  LIFECYCLE_DUMMY);
    expect_in_all(LIFECYCLE_UNSUBSCRIBE, LIFECYCLE_CROWD, LIFECYCLE_DUMMY);
    (void)state;
}

static void unsubscribe_accepted_of_nothing_commits_a_dummy(void **state)
{
    expect(LIFECYCLE_NONE, LIFECYCLE_UNSUBSCRIBE, 0, LIFECYCLE_DUMMY,
           LIFECYCLE_NONE);
    expect(LIFECYCLE_GRACE, LIFECYCLE_UNSUBSCRIBE, 0, LIFECYCLE_DUMMY,
           LIFECYCLE_GRACE);
    (void)state;
}

static void unsubscribe_accepted_else_is_inserted(void **state)
{
    static const enum lifecycle_state served[] = {
        LIFECYCLE_ACTIVE,
        LIFECYCLE_LAGGING,
        LIFECYCLE_STOPPED,
    };
    for (int i = 0; i < 3; i++)
        expect(served[i], LIFECYCLE_UNSUBSCRIBE, 0, LIFECYCLE_INSERT,
               served[i]);
    expect_in_all(LIFECYCLE_UNSUBSCRIBE, LIFECYCLE_SUBSCRIBES,
                  LIFECYCLE_INSERT);
    expect_in_all(LIFECYCLE_UNSUBSCRIBE, LIFECYCLE_IDENTICAL, LIFECYCLE_JOIN);
    (void)state;
}

static void an_attempt_needs_a_deadline_that_is_ahead(void **state)
{
    expect_in_all(LIFECYCLE_ATTEMPT, lifecycle_deadline(101, 100),
                  LIFECYCLE_ASK);
    expect_in_all(LIFECYCLE_ATTEMPT, lifecycle_deadline(100, 100), 0);
    (void)state;
}

static void verified_when_r_is_gone_is_nothing(void **state)
{
    static const enum lifecycle_event answers[] = {
        LIFECYCLE_VERIFIED_SUBSCRIBE,
        LIFECYCLE_VERIFIED_UNSUBSCRIBE,
        LIFECYCLE_NOT_CONFIRMED,
        LIFECYCLE_NOT_REACHED,
        LIFECYCLE_DENIED,
    };
    for (int i = 0; i < 5; i++)
        expect_in_all(answers[i], LIFECYCLE_VANISHED, 0);
    (void)state;
}

static void verified_subscribe_of_none_creates(void **state)
{
    expect(LIFECYCLE_NONE, LIFECYCLE_VERIFIED_SUBSCRIBE, 0,
           LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER | LIFECYCLE_CREATE,
           LIFECYCLE_ACTIVE);
    (void)state;
}

static void verified_subscribe_of_one_renews_it(void **state)
{
    const unsigned renew =
        LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER | LIFECYCLE_RENEW;
    const unsigned anew = renew | LIFECYCLE_RESET | LIFECYCLE_HURRY;
    expect(LIFECYCLE_ACTIVE, LIFECYCLE_VERIFIED_SUBSCRIBE, 0, renew,
           LIFECYCLE_ACTIVE);
    expect(LIFECYCLE_LAGGING, LIFECYCLE_VERIFIED_SUBSCRIBE, LIFECYCLE_LAGS,
           renew | LIFECYCLE_HURRY, LIFECYCLE_LAGGING);
    expect(LIFECYCLE_STOPPED, LIFECYCLE_VERIFIED_SUBSCRIBE, LIFECYCLE_LAGS,
           anew, LIFECYCLE_LAGGING);
    expect(LIFECYCLE_GRACE, LIFECYCLE_VERIFIED_SUBSCRIBE, LIFECYCLE_LAGS, anew,
           LIFECYCLE_LAGGING);
    expect(LIFECYCLE_GRACE, LIFECYCLE_VERIFIED_SUBSCRIBE, 0, renew,
           LIFECYCLE_ACTIVE);
    (void)state;
}

static void verified_subscribe_whose_lease_is_over_is_as_failed(void **state)
{
    expect_in_all(LIFECYCLE_VERIFIED_SUBSCRIBE, lifecycle_lease(10, 90, 100),
                  LIFECYCLE_DROP);
    assert_int_equal(lifecycle_lease(10, 91, 100), 0);
    (void)state;
}

static void verified_subscribe_with_another_secret_than_the_pinned_fails(
    void **state)
{
    for (int i = 0; i < SUBSCRIBED; i++)
        expect(subscribed[i], LIFECYCLE_VERIFIED_SUBSCRIBE, LIFECYCLE_PINNED,
               LIFECYCLE_DROP, subscribed[i]);
    assert_true(lifecycle_step(LIFECYCLE_NONE, LIFECYCLE_VERIFIED_SUBSCRIBE,
                               LIFECYCLE_PINNED)
                    .effects
                & LIFECYCLE_CREATE);
    (void)state;
}

static void verified_subscribe_without_a_place_is_denied(void **state)
{
    expect(LIFECYCLE_NONE, LIFECYCLE_VERIFIED_SUBSCRIBE, LIFECYCLE_NO_PLACE,
           LIFECYCLE_DROP | LIFECYCLE_DENY, LIFECYCLE_NONE);
    for (int i = 0; i < SUBSCRIBED; i++)
        assert_true(lifecycle_step(subscribed[i], LIFECYCLE_VERIFIED_SUBSCRIBE,
                                   LIFECYCLE_NO_PLACE)
                        .effects
                    & LIFECYCLE_RENEW);
    (void)state;
}

static void verified_unsubscribe_ends_any(void **state)
{
    expect_end(LIFECYCLE_VERIFIED_UNSUBSCRIBE, 0,
               LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER);
    expect_end(LIFECYCLE_VERIFIED_UNSUBSCRIBE, LIFECYCLE_TOO_LATE,
               LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER);
    expect(LIFECYCLE_NONE, LIFECYCLE_VERIFIED_UNSUBSCRIBE, 0,
           LIFECYCLE_DROP | LIFECYCLE_DROP_OLDER, LIFECYCLE_NONE);
    (void)state;
}

static void a_wrong_answer_deletes_r_without_a_denial(void **state)
{
    expect_in_all(LIFECYCLE_NOT_CONFIRMED, 0, LIFECYCLE_DROP);
    expect_in_all(LIFECYCLE_NOT_CONFIRMED,
                  LIFECYCLE_TRIES_LEFT | LIFECYCLE_TIME_LEFT, LIFECYCLE_DROP);
    (void)state;
}

static void no_answer_is_due_later_while_tries_and_time_are_left(void **state)
{
    expect_in_all(LIFECYCLE_NOT_REACHED,
                  LIFECYCLE_TRIES_LEFT | LIFECYCLE_TIME_LEFT, LIFECYCLE_DELAY);
    (void)state;
}

static void no_answer_and_nothing_left_deletes_r(void **state)
{
    expect_in_all(LIFECYCLE_NOT_REACHED, 0, LIFECYCLE_DROP);
    expect_in_all(LIFECYCLE_NOT_REACHED, LIFECYCLE_TRIES_LEFT, LIFECYCLE_DROP);
    expect_in_all(LIFECYCLE_NOT_REACHED, LIFECYCLE_TIME_LEFT, LIFECYCLE_DROP);
    (void)state;
}

static void a_request_denied_by_policy_is_deleted_and_told(void **state)
{
    expect_in_all(LIFECYCLE_DENIED, 0, LIFECYCLE_DROP | LIFECYCLE_DENY);
    (void)state;
}

// --------------------------------------------------------------------- ends

static void what_is_removed_goes_with_all_its_requests_and_is_told(void **state)
{
    expect_end(LIFECYCLE_REMOVED, 0, LIFECYCLE_DROP_ALL | LIFECYCLE_DENY);
    (void)state;
}

static void lease_end_with_a_live_subscribe_suspends(void **state)
{
    for (int i = 0; i < SUBSCRIBED; i++) {
        expect(subscribed[i], LIFECYCLE_LEASE_END, LIFECYCLE_SUBSCRIBES,
               LIFECYCLE_SUSPEND, LIFECYCLE_GRACE);
        expect(subscribed[i], LIFECYCLE_LEASE_END,
               LIFECYCLE_SUBSCRIBES | LIFECYCLE_GOODBYE, LIFECYCLE_SUSPEND,
               LIFECYCLE_GRACE);
    }
    (void)state;
}

static void lease_end_else_ends_without_a_denial(void **state)
{
    expect_end(LIFECYCLE_LEASE_END, 0, 0);
    expect_end(LIFECYCLE_LEASE_END, LIFECYCLE_GOODBYE, LIFECYCLE_DENY);
    (void)state;
}

static void r_fails_in_grace_and_none_is_left_ends(void **state)
{
    expect(LIFECYCLE_GRACE, LIFECYCLE_REQUEST_FAILED, 0, LIFECYCLE_END,
           LIFECYCLE_NONE);
    expect(LIFECYCLE_GRACE, LIFECYCLE_REQUEST_FAILED, LIFECYCLE_SUBSCRIBES, 0,
           LIFECYCLE_GRACE);
    expect(LIFECYCLE_ACTIVE, LIFECYCLE_REQUEST_FAILED, 0, 0, LIFECYCLE_ACTIVE);
    expect(LIFECYCLE_STOPPED, LIFECYCLE_REQUEST_FAILED, 0, 0,
           LIFECYCLE_STOPPED);
    (void)state;
}

// --------------------------------------------------------------- deliveries

static void post_2xx_at_the_head_drops_lagging(void **state)
{
    expect(LIFECYCLE_ACTIVE, LIFECYCLE_POST_OK, LIFECYCLE_AT_HEAD,
           LIFECYCLE_CATCH_UP, LIFECYCLE_ACTIVE);
    expect(LIFECYCLE_LAGGING, LIFECYCLE_POST_OK, LIFECYCLE_AT_HEAD,
           LIFECYCLE_CATCH_UP, LIFECYCLE_ACTIVE);
    expect(LIFECYCLE_STOPPED, LIFECYCLE_POST_OK, LIFECYCLE_AT_HEAD,
           LIFECYCLE_CATCH_UP, LIFECYCLE_ACTIVE);
    expect(LIFECYCLE_GRACE, LIFECYCLE_POST_OK, LIFECYCLE_AT_HEAD,
           LIFECYCLE_CATCH_UP, LIFECYCLE_GRACE);
    (void)state;
}

static void post_2xx_before_a_walk_of_less_is_remembered(void **state)
{
    const unsigned known = LIFECYCLE_AT_HEAD | LIFECYCLE_AWAITED;
    const unsigned keep = LIFECYCLE_ADVANCE | LIFECYCLE_RESET | LIFECYCLE_STOP;
    expect(LIFECYCLE_LAGGING, LIFECYCLE_POST_OK, known, keep,
           LIFECYCLE_STOPPED);
    expect(LIFECYCLE_STOPPED, LIFECYCLE_POST_OK, known, keep,
           LIFECYCLE_STOPPED);
    expect(LIFECYCLE_GRACE, LIFECYCLE_POST_OK, known, keep, LIFECYCLE_GRACE);
    (void)state;
}

static void post_2xx_below_the_head_advances_and_is_due_now(void **state)
{
    const unsigned on = LIFECYCLE_ADVANCE | LIFECYCLE_RESET | LIFECYCLE_HURRY;
    expect(LIFECYCLE_ACTIVE, LIFECYCLE_POST_OK, 0, on, LIFECYCLE_LAGGING);
    expect(LIFECYCLE_LAGGING, LIFECYCLE_POST_OK, 0, on, LIFECYCLE_LAGGING);
    expect(LIFECYCLE_STOPPED, LIFECYCLE_POST_OK, 0, on, LIFECYCLE_LAGGING);
    expect(LIFECYCLE_GRACE, LIFECYCLE_POST_OK, 0,
           LIFECYCLE_ADVANCE | LIFECYCLE_RESET | LIFECYCLE_STOP,
           LIFECYCLE_GRACE);
    (void)state;
}

static void post_2xx_that_was_overtaken_changes_nothing(void **state)
{
    expect(LIFECYCLE_LAGGING, LIFECYCLE_POST_OK, LIFECYCLE_OVERTAKEN, 0,
           LIFECYCLE_LAGGING);
    expect(LIFECYCLE_STOPPED, LIFECYCLE_POST_OK, LIFECYCLE_OVERTAKEN, 0,
           LIFECYCLE_STOPPED);
    (void)state;
}

static void post_410_of_this_rev_ends_without_a_denial(void **state)
{
    expect_end(LIFECYCLE_POST_GONE, 0, 0);
    expect_end(LIFECYCLE_POST_GONE, LIFECYCLE_TRIES_LEFT | LIFECYCLE_AT_HEAD,
               0);
    (void)state;
}

static void post_410_of_an_older_rev_is_a_failure(void **state)
{
    expect(LIFECYCLE_ACTIVE, LIFECYCLE_POST_GONE, LIFECYCLE_OUTDATED,
           LIFECYCLE_OWE | LIFECYCLE_RESET, LIFECYCLE_LAGGING);
    expect(LIFECYCLE_STOPPED, LIFECYCLE_POST_GONE, LIFECYCLE_OUTDATED,
           LIFECYCLE_OWE | LIFECYCLE_RESET, LIFECYCLE_LAGGING);
    expect(LIFECYCLE_GRACE, LIFECYCLE_POST_GONE, LIFECYCLE_OUTDATED,
           LIFECYCLE_OWE | LIFECYCLE_RESET | LIFECYCLE_STOP, LIFECYCLE_GRACE);
    (void)state;
}

static void post_else_is_due_while_attempts_are_left(void **state)
{
    for (int i = 0; i < 3; i++)
        expect(subscribed[i], LIFECYCLE_POST_FAILED, LIFECYCLE_TRIES_LEFT,
               LIFECYCLE_OWE, LIFECYCLE_LAGGING);
    (void)state;
}

static void post_else_stops_after_the_last_attempt(void **state)
{
    for (int i = 0; i < 3; i++)
        expect(subscribed[i], LIFECYCLE_POST_FAILED, 0,
               LIFECYCLE_OWE | LIFECYCLE_STOP, LIFECYCLE_STOPPED);
    expect(LIFECYCLE_GRACE, LIFECYCLE_POST_FAILED, LIFECYCLE_TRIES_LEFT,
           LIFECYCLE_OWE | LIFECYCLE_STOP, LIFECYCLE_GRACE);
    (void)state;
}

static void post_else_does_not_stop_what_came_after_the_send(void **state)
{
    for (int i = 0; i < 3; i++)
        expect(subscribed[i], LIFECYCLE_POST_FAILED, LIFECYCLE_ANEW,
               LIFECYCLE_OWE | LIFECYCLE_RESET, LIFECYCLE_LAGGING);
    (void)state;
}

static void post_else_with_nothing_owed_changes_nothing(void **state)
{
    for (int i = 0; i < SUBSCRIBED; i++)
        expect(subscribed[i], LIFECYCLE_POST_FAILED, LIFECYCLE_AT_HEAD, 0,
               subscribed[i]);
    (void)state;
}

static void a_new_update_is_walked_to_active_ones(void **state)
{
    expect(LIFECYCLE_ACTIVE, LIFECYCLE_UPDATE, LIFECYCLE_AT_HEAD, 0,
           LIFECYCLE_ACTIVE);
    expect(LIFECYCLE_ACTIVE, LIFECYCLE_UPDATE, 0,
           LIFECYCLE_OWE | LIFECYCLE_HURRY, LIFECYCLE_LAGGING);
    (void)state;
}

static void a_new_update_resets_the_attempts_of_lagging_ones(void **state)
{
    expect(LIFECYCLE_LAGGING, LIFECYCLE_UPDATE, LIFECYCLE_LAGS, LIFECYCLE_RESET,
           LIFECYCLE_LAGGING);
    (void)state;
}

static void a_new_update_makes_stopped_ones_due_now(void **state)
{
    expect(LIFECYCLE_STOPPED, LIFECYCLE_UPDATE, LIFECYCLE_LAGS,
           LIFECYCLE_RESET | LIFECYCLE_HURRY, LIFECYCLE_LAGGING);
    (void)state;
}

static void an_update_that_has_arrived_already_ends_the_record(void **state)
{
    const unsigned has = LIFECYCLE_LAGS | LIFECYCLE_AT_HEAD;
    expect(LIFECYCLE_STOPPED, LIFECYCLE_UPDATE, has, LIFECYCLE_CATCH_UP,
           LIFECYCLE_ACTIVE);
    expect(LIFECYCLE_GRACE, LIFECYCLE_UPDATE, has, LIFECYCLE_CATCH_UP,
           LIFECYCLE_GRACE);
    // The next walk would bring it again.
    expect(LIFECYCLE_STOPPED, LIFECYCLE_UPDATE, has | LIFECYCLE_AWAITED, 0,
           LIFECYCLE_STOPPED);
    expect(LIFECYCLE_GRACE, LIFECYCLE_UPDATE, has | LIFECYCLE_AWAITED, 0,
           LIFECYCLE_GRACE);
    (void)state;
}

static void a_new_update_is_kept_for_the_renewal(void **state)
{
    const unsigned keep = LIFECYCLE_OWE | LIFECYCLE_STOP;
    expect(LIFECYCLE_GRACE, LIFECYCLE_UPDATE, LIFECYCLE_UNCALLED, keep,
           LIFECYCLE_GRACE);
    expect(LIFECYCLE_GRACE, LIFECYCLE_UPDATE, LIFECYCLE_LAGS, LIFECYCLE_RESET,
           LIFECYCLE_GRACE);
    expect(LIFECYCLE_ACTIVE, LIFECYCLE_UPDATE,
           LIFECYCLE_UNCALLED | LIFECYCLE_TOO_LATE, keep, LIFECYCLE_STOPPED);
    // He was renewed since the walk read that he was not to be called.
    expect(LIFECYCLE_ACTIVE, LIFECYCLE_UPDATE, LIFECYCLE_UNCALLED,
           LIFECYCLE_OWE | LIFECYCLE_HURRY, LIFECYCLE_LAGGING);
    expect(LIFECYCLE_LAGGING, LIFECYCLE_UPDATE,
           LIFECYCLE_LAGS | LIFECYCLE_UNCALLED, 0, LIFECYCLE_LAGGING);
    (void)state;
}

static void after_a_kill_r_waits_again(void **state)
{
    expect_in_all(LIFECYCLE_RESTART, 0, LIFECYCLE_AWAIT);
    (void)state;
}

// ---------------------------------------------------------- all combinations

static void check(enum lifecycle_state state, struct lifecycle_step step)
{
    unsigned effects = step.effects;
    bool ends = effects & LIFECYCLE_END;
    bool was = state != LIFECYCLE_NONE, is = step.next != LIFECYCLE_NONE;
    assert_true(step.next < LIFECYCLE_STATES);
    // Only creation and end cross the border between none and some.
    assert_int_equal(ends, was && !is);
    assert_int_equal((effects & LIFECYCLE_CREATE) != 0, !was && is);
    // Nothing is written of what does not exist.
    if (!was)
        assert_int_equal(effects
                             & (LIFECYCLE_RENEW | LIFECYCLE_SUSPEND
                                | LIFECYCLE_OWE | LIFECYCLE_ADVANCE
                                | LIFECYCLE_HURRY | LIFECYCLE_STOP),
                         0);
    if (ends)
        assert_int_equal(effects & (LIFECYCLE_OWE | LIFECYCLE_HURRY), 0);
    // Grace begins with a suspension and ends with a renewal.
    if (state != LIFECYCLE_GRACE && step.next == LIFECYCLE_GRACE)
        assert_true(effects & LIFECYCLE_SUSPEND);
    if (state == LIFECYCLE_GRACE && is && step.next != LIFECYCLE_GRACE)
        assert_true(effects & LIFECYCLE_RENEW);
    // In grace nothing is due.
    if (step.next == LIFECYCLE_GRACE)
        assert_int_equal(effects & LIFECYCLE_HURRY, 0);
    if (step.next == LIFECYCLE_STOPPED && state != LIFECYCLE_STOPPED)
        assert_true(effects & LIFECYCLE_STOP);
    assert_false(effects & LIFECYCLE_HURRY && effects & LIFECYCLE_STOP);
}

static void no_combination_breaks_what_holds_for_all(void **state)
{
    for (int s = 0; s < LIFECYCLE_STATES; s++)
        for (int e = 0; e < LIFECYCLE_EVENTS; e++)
            for (unsigned facts = 0; facts < LIFECYCLE_FACTS; facts++)
                check((enum lifecycle_state)s,
                      lifecycle_step((enum lifecycle_state)s,
                                     (enum lifecycle_event)e, facts));
    (void)state;
}

// A request never touches the subscription before it settles.
static void accepting_and_asking_never_touch_the_subscription(void **state)
{
    static const enum lifecycle_event before[] = {
        LIFECYCLE_SUBSCRIBE,   LIFECYCLE_UNSUBSCRIBE,   LIFECYCLE_ATTEMPT,
        LIFECYCLE_NOT_REACHED, LIFECYCLE_NOT_CONFIRMED, LIFECYCLE_DENIED,
    };
    for (int s = 0; s < LIFECYCLE_STATES; s++)
        for (int e = 0; e < 6; e++)
            for (unsigned facts = 0; facts < LIFECYCLE_FACTS; facts++)
                assert_int_equal(
                    lifecycle_step((enum lifecycle_state)s, before[e], facts)
                        .next,
                    s);
    (void)state;
}

static void only_the_hub_s_own_will_is_told_as_a_denial(void **state)
{
    static const enum lifecycle_event silent[] = {
        LIFECYCLE_VERIFIED_UNSUBSCRIBE,
        LIFECYCLE_NOT_CONFIRMED,
        LIFECYCLE_NOT_REACHED,
        LIFECYCLE_REQUEST_FAILED,
        LIFECYCLE_POST_GONE,
        LIFECYCLE_POST_FAILED,
    };
    for (int s = 0; s < LIFECYCLE_STATES; s++)
        for (int e = 0; e < 6; e++)
            for (unsigned facts = 0; facts < LIFECYCLE_FACTS; facts++)
                assert_int_equal(
                    lifecycle_step((enum lifecycle_state)s, silent[e], facts)
                            .effects
                        & LIFECYCLE_DENY,
                    0);
    (void)state;
}

static void deliveries_to_none_change_nothing(void **state)
{
    static const enum lifecycle_event outcomes[] = {
        LIFECYCLE_POST_OK,
        LIFECYCLE_POST_GONE,
        LIFECYCLE_POST_FAILED,
        LIFECYCLE_UPDATE,
    };
    for (int e = 0; e < 4; e++)
        for (unsigned facts = 0; facts < LIFECYCLE_FACTS; facts++)
            expect(LIFECYCLE_NONE, outcomes[e], facts, 0, LIFECYCLE_NONE);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subscribe_accepted_identical_is_joined),
        cmocka_unit_test(subscribe_accepted_else_is_inserted),
        cmocka_unit_test(a_fifth_of_a_key_is_refused),
        cmocka_unit_test(unsubscribe_accepted_of_nothing_commits_a_dummy),
        cmocka_unit_test(unsubscribe_accepted_else_is_inserted),
        cmocka_unit_test(an_attempt_needs_a_deadline_that_is_ahead),
        cmocka_unit_test(verified_when_r_is_gone_is_nothing),
        cmocka_unit_test(verified_subscribe_of_none_creates),
        cmocka_unit_test(verified_subscribe_of_one_renews_it),
        cmocka_unit_test(verified_subscribe_whose_lease_is_over_is_as_failed),
        cmocka_unit_test(
            verified_subscribe_with_another_secret_than_the_pinned_fails),
        cmocka_unit_test(verified_subscribe_without_a_place_is_denied),
        cmocka_unit_test(verified_unsubscribe_ends_any),
        cmocka_unit_test(a_wrong_answer_deletes_r_without_a_denial),
        cmocka_unit_test(no_answer_is_due_later_while_tries_and_time_are_left),
        cmocka_unit_test(no_answer_and_nothing_left_deletes_r),
        cmocka_unit_test(a_request_denied_by_policy_is_deleted_and_told),
        cmocka_unit_test(
            what_is_removed_goes_with_all_its_requests_and_is_told),
        cmocka_unit_test(lease_end_with_a_live_subscribe_suspends),
        cmocka_unit_test(lease_end_else_ends_without_a_denial),
        cmocka_unit_test(r_fails_in_grace_and_none_is_left_ends),
        cmocka_unit_test(post_2xx_at_the_head_drops_lagging),
        cmocka_unit_test(post_2xx_before_a_walk_of_less_is_remembered),
        cmocka_unit_test(an_update_that_has_arrived_already_ends_the_record),
        cmocka_unit_test(post_2xx_below_the_head_advances_and_is_due_now),
        cmocka_unit_test(post_2xx_that_was_overtaken_changes_nothing),
        cmocka_unit_test(post_410_of_this_rev_ends_without_a_denial),
        cmocka_unit_test(post_410_of_an_older_rev_is_a_failure),
        cmocka_unit_test(post_else_is_due_while_attempts_are_left),
        cmocka_unit_test(post_else_stops_after_the_last_attempt),
        cmocka_unit_test(post_else_does_not_stop_what_came_after_the_send),
        cmocka_unit_test(post_else_with_nothing_owed_changes_nothing),
        cmocka_unit_test(a_new_update_is_walked_to_active_ones),
        cmocka_unit_test(a_new_update_resets_the_attempts_of_lagging_ones),
        cmocka_unit_test(a_new_update_makes_stopped_ones_due_now),
        cmocka_unit_test(a_new_update_is_kept_for_the_renewal),
        cmocka_unit_test(after_a_kill_r_waits_again),
        cmocka_unit_test(no_combination_breaks_what_holds_for_all),
        cmocka_unit_test(accepting_and_asking_never_touch_the_subscription),
        cmocka_unit_test(only_the_hub_s_own_will_is_told_as_a_denial),
        cmocka_unit_test(deliveries_to_none_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
