// SPDX-License-Identifier: MIT

#include "hub/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { NOW = 1000000, MIDDLE = 500 };

static const struct breaker_pace pace = { 10000, 30 * 60 * 1000 };

static void learn(struct breaker *breaker, enum breaker_sign sign,
                  uint64_t subscription, int64_t now)
{
    struct breaker_event event = {
        .sign = sign, .subscription = subscription, .since = now, .asked = -1
    };
    breaker_learn(breaker, &event, &pace, MIDDLE, now);
}

static void learn_probe(struct breaker *breaker, enum breaker_sign sign,
                        int64_t asked, int64_t now)
{
    struct breaker_event event = {
        .sign = sign, .probe = true, .since = now, .asked = asked
    };
    breaker_learn(breaker, &event, &pace, MIDDLE, now);
}

// Five failures of two.
static struct breaker opened(void)
{
    struct breaker breaker = { .alive_at = 0 };
    for (uint64_t i = 0; i < BREAKER_FAILURES; i++)
        learn(&breaker, BREAKER_DEAD, i % 2, NOW);
    assert_int_equal(breaker.state, BREAKER_OPEN);
    return breaker;
}

static void no_answer_and_overload_are_no_sign_of_life(void **state)
{
    static const unsigned dead[] = { 0, 429, 502, 503, 504 };
    static const unsigned alive[] = { 200, 204, 301, 400, 401, 404,
                                      408, 410, 413, 500, 501, 505 };
    (void)state;
    for (size_t i = 0; i < sizeof dead / sizeof *dead; i++)
        assert_int_equal(breaker_sign(dead[i], true), BREAKER_DEAD);
    for (size_t i = 0; i < sizeof alive / sizeof *alive; i++)
        assert_int_equal(breaker_sign(alive[i], true), BREAKER_ALIVE);
    assert_int_equal(breaker_sign(0, false), BREAKER_NOTHING);
}

static void it_opens_after_five_failures_in_a_row(void **state)
{
    (void)state;
    struct breaker breaker = { .alive_at = 0 };
    for (uint64_t i = 0; i < 4; i++) {
        learn(&breaker, BREAKER_DEAD, i, NOW);
        assert_true(breaker_allows(&breaker, NOW));
    }
    learn(&breaker, BREAKER_DEAD, 4, NOW);
    assert_false(breaker_allows(&breaker, NOW));
    assert_false(breaker_allows(&breaker, NOW + 9999));
    assert_true(breaker_allows(&breaker, NOW + 10000));
}

static void a_single_subscription_opens_nothing(void **state)
{
    (void)state;
    struct breaker breaker = { .alive_at = 0 };
    for (int i = 0; i < 50; i++)
        learn(&breaker, BREAKER_DEAD, 7, NOW);
    assert_true(breaker_allows(&breaker, NOW));
    learn(&breaker, BREAKER_DEAD, 8, NOW);
    assert_false(breaker_allows(&breaker, NOW));
}

static void a_sign_of_life_begins_the_count_anew(void **state)
{
    (void)state;
    struct breaker breaker = { .alive_at = 0 };
    for (uint64_t i = 0; i < 40; i++)
        learn(&breaker, i % 5 == 4 ? BREAKER_ALIVE : BREAKER_DEAD, i, NOW);
    assert_true(breaker_allows(&breaker, NOW));
    assert_int_equal(breaker.failures, 0);
}

static void who_failed_while_others_were_answered_does_not_count(void **state)
{
    (void)state;
    struct breaker breaker = { .alive_at = 0 };
    learn(&breaker, BREAKER_ALIVE, 1, NOW);
    for (uint64_t i = 0; i < 50; i++) {
        // They hung from before that on.
        struct breaker_event event = { .sign = BREAKER_DEAD,
                                       .subscription = i,
                                       .since = NOW - 1,
                                       .asked = -1 };
        breaker_learn(&breaker, &event, &pace, MIDDLE, NOW + 10000);
    }
    assert_true(breaker_allows(&breaker, NOW + 10000));
    assert_int_equal(breaker.failures, 0);
}

static void one_probe_at_a_time_decides(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    assert_true(breaker_began(&breaker));
    assert_false(breaker_allows(&breaker, NOW + 60000));
    learn_probe(&breaker, BREAKER_ALIVE, -1, NOW + 10000);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    assert_true(breaker_allows(&breaker, NOW + 10000));
    assert_false(breaker_began(&breaker)); // that is no probe any more
    assert_int_equal(breaker.step, 0);
}

static void each_probe_that_fails_doubles_the_time_to_the_next(void **state)
{
    (void)state;
    static const int64_t delays[] = { 20000,  40000,   80000,   160000, 320000,
                                      640000, 1280000, 1800000, 1800000 };
    struct breaker breaker = opened();
    int64_t now = NOW + 10000;
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        assert_true(breaker_allows(&breaker, now));
        assert_true(breaker_began(&breaker));
        learn_probe(&breaker, BREAKER_DEAD, -1, now);
        assert_int_equal(breaker.next - now, delays[i]);
        now = breaker.next;
    }
}

static void however_it_is_spread_a_probe_is_never_later_than_the_most(
    void **state)
{
    (void)state;
    struct breaker breaker = opened();
    breaker.step = 40;
    for (uint32_t chance = 0; chance <= 1000; chance++) {
        struct breaker_event event = { .sign = BREAKER_DEAD,
                                       .probe = true,
                                       .asked = -1 };
        breaker_began(&breaker);
        breaker_learn(&breaker, &event, &pace, chance, NOW);
        assert_in_range(breaker.next - NOW, pace.max * 8 / 10, pace.max);
    }
}

static void retry_after_makes_a_probe_later_and_never_earlier(void **state)
{
    (void)state;
    static const struct {
        int64_t asked, delay;
    } cases[] = { { -1, 20000 },
                  { 0, 20000 },
                  { 19999, 20000 },
                  { 120000, 120000 },
                  { INT64_C(86400000), 30 * 60 * 1000 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct breaker breaker = opened();
        breaker_began(&breaker);
        learn_probe(&breaker, BREAKER_DEAD, cases[i].asked, NOW);
        assert_int_equal(breaker.next - NOW, cases[i].delay);
    }
    (void)state;
}

static void where_somebody_is_there_a_probe_is_never_a_minute_away(void **state)
{
    (void)state;
    // One of many who share an origin may break it for the others, or pretend
    // to: neither by failing again and again nor by what he asks for.
    struct breaker breaker = opened();
    for (int i = 0; i < 50; i++) {
        struct breaker_event event = { .sign = BREAKER_DEAD,
                                       .probe = true,
                                       .present = true,
                                       .asked = INT64_C(3600000) };
        breaker_began(&breaker);
        breaker_learn(&breaker, &event, &pace, MIDDLE, NOW);
        assert_int_equal(breaker.next - NOW, BREAKER_PRESENT_MAX_MS);
    }
}

static void who_has_not_failed_yet_is_tried_before_the_next_probe(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    breaker_began(&breaker);
    learn_probe(&breaker, BREAKER_DEAD, -1, NOW);
    assert_int_equal(breaker.next, NOW + 20000);
    assert_false(breaker_allows(&breaker, NOW + 10000));
    assert_false(breaker_allows_fresh(&breaker, &pace, NOW + 9999));
    assert_true(breaker_allows_fresh(&breaker, &pace, NOW + 10000));
    breaker_hurry_fresh(&breaker, &pace);
    assert_int_equal(breaker.next, NOW + 10000);
    assert_true(breaker_began(&breaker));
    // One at a time, whoever it is.
    assert_false(breaker_allows_fresh(&breaker, &pace, NOW + 60000));
}

static void what_was_begun_before_it_opened_decides_nothing(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    int64_t next = breaker.next;
    learn(&breaker, BREAKER_DEAD, 9, NOW + 5000);
    assert_int_equal(breaker.next, next);
    breaker_began(&breaker);
    learn(&breaker, BREAKER_DEAD, 9, NOW + 11000);
    assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
    learn(&breaker, BREAKER_NOTHING, 9, NOW + 11000);
    assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
    // But a sign of life is one.
    learn(&breaker, BREAKER_ALIVE, 9, NOW + 11000);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
}

static void a_probe_that_could_not_be_sent_is_due_again_soon(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    breaker_began(&breaker);
    learn_probe(&breaker, BREAKER_NOTHING, -1, NOW + 10000);
    assert_int_equal(breaker.state, BREAKER_OPEN);
    assert_int_equal(breaker.step, 0);
    assert_int_equal(breaker.next, NOW + 10000 + BREAKER_UNTRIED_MS);
}

static void what_was_written_down_goes_on_where_it_was(void **state)
{
    (void)state;
    struct breaker breaker;
    breaker_restore(&breaker, 7, 3, NOW + 100, NOW);
    assert_false(breaker_allows(&breaker, NOW));
    assert_true(breaker_allows(&breaker, NOW + 100));
    assert_true(breaker_began(&breaker));
    learn_probe(&breaker, BREAKER_DEAD, -1, NOW + 100);
    assert_int_equal(breaker.failures, 8);
    assert_int_equal(breaker.next - (NOW + 100), 160000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_answer_and_overload_are_no_sign_of_life),
        cmocka_unit_test(it_opens_after_five_failures_in_a_row),
        cmocka_unit_test(a_single_subscription_opens_nothing),
        cmocka_unit_test(a_sign_of_life_begins_the_count_anew),
        cmocka_unit_test(who_failed_while_others_were_answered_does_not_count),
        cmocka_unit_test(one_probe_at_a_time_decides),
        cmocka_unit_test(each_probe_that_fails_doubles_the_time_to_the_next),
        cmocka_unit_test(
            however_it_is_spread_a_probe_is_never_later_than_the_most),
        cmocka_unit_test(retry_after_makes_a_probe_later_and_never_earlier),
        cmocka_unit_test(
            where_somebody_is_there_a_probe_is_never_a_minute_away),
        cmocka_unit_test(who_has_not_failed_yet_is_tried_before_the_next_probe),
        cmocka_unit_test(what_was_begun_before_it_opened_decides_nothing),
        cmocka_unit_test(a_probe_that_could_not_be_sent_is_due_again_soon),
        cmocka_unit_test(what_was_written_down_goes_on_where_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
