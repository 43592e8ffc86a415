// SPDX-License-Identifier: MIT

#include "hub/poll_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "poll_looks.h"

// The dates of `count` entries, the newest at `now`.
static struct document_hints dated(int64_t now, int64_t apart, size_t count)
{
    struct document_hints hints = { .date_count = count };
    for (size_t i = 0; i < count; i++)
        hints.dates[i] = (now - (int64_t)i * apart) / 1000;
    return hints;
}

// ------------------------------------------------------------------- bounds

static void nothing_is_polled_before_poll_min(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = START + 1;
    const struct document_hints hints = dated(now, MINUTE, 32);
    read_document(&plan, now, POLL_BASELINE, &hints);
    assert_in_range(soonest(&plan, now), BOUNDS.min, BOUNDS.min + MINUTE);
}

static void M5_the_dead_are_polled_hardly_more_than_once_in_poll_max(
    void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = START;
    look(&plan, now, POLL_BASELINE, false);
    for (int i = 0; i < 200; i++) {
        now = poll_plan_next(&plan, now, &BOUNDS, (uint32_t)i);
        look(&plan, now, POLL_SAME, false);
    }
    assert_in_range(soonest(&plan, now), DAY / 8 * 7 - 1000, DAY);
    assert_true(latest(&plan, now) <= DAY + 1000);
    assert_int_equal(reason_at(&plan, now), POLL_LONGEST);
}

static void polls_without_news_grow_rarer(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = START, before = 0;
    look(&plan, now, POLL_BASELINE, false);
    for (int i = 0; i < 4; i++) {
        now += DAY;
        look(&plan, now, POLL_SAME, false);
        assert_true(soonest(&plan, now) > before);
        before = soonest(&plan, now);
    }
}

static void news_make_polls_come_sooner(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = START;
    look(&plan, now, POLL_BASELINE, false);
    look(&plan, now += 2 * HOUR, POLL_SAME, false);
    int64_t before = soonest(&plan, now);
    for (int i = 0; i < 6; i++)
        look(&plan, now += 2 * HOUR, POLL_NEW, false);
    assert_true(soonest(&plan, now) < before);
    assert_int_equal(reason_at(&plan, now), POLL_LEARNT);
}

static void bounds_of_seconds_are_kept_as_well(void **state)
{
    (void)state;
    const struct poll_bounds seconds = { 1000, 2000 };
    struct poll_plan plan = { 0 };
    look(&plan, START, POLL_BASELINE, false);
    for (uint32_t i = 0; i < 100; i++) {
        int64_t delay =
            poll_plan_next(&plan, START, &seconds, i * 77777) - START;
        assert_in_range(delay, 1000, 3000);
    }
}

// ------------------------------------------------------------------- spread

static void ten_thousand_new_topics_do_not_come_back_together(void **state)
{
    (void)state;
    enum { TOPICS = 10000, PARTS = 10 };
    unsigned counts[PARTS + 1] = { 0 };
    struct poll_plan plan = { 0 };
    look(&plan, START, POLL_BASELINE, false);
    int64_t longest = 0;
    for (uint32_t pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < TOPICS; i++) {
            struct poll_plan copy = plan;
            int64_t delay =
                poll_plan_next(&copy, START, &BOUNDS, i * 2654435761U) - START;
            if (pass == 0)
                longest = delay > longest ? delay : longest;
            else
                counts[(delay - 1) * PARTS / longest]++;
        }
    // No tenth of the time has more than thrice its share.
    for (size_t i = 0; i < PARTS; i++)
        assert_true(counts[i] < 3 * TOPICS / PARTS);
}

static void nor_do_those_that_are_fresh_for_an_hour(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    poll_plan_learn(&plan, &(struct poll_look){ .now = START,
                                                .finding = POLL_BASELINE,
                                                .fresh = HOUR });
    int64_t least, most;
    range(&plan, START, &least, &most);
    assert_in_range(least, HOUR, HOUR + 10 * MINUTE);
    assert_true(most > HOUR + 40 * MINUTE);
}

static void those_that_ask_for_a_day_are_spread_below_poll_max(void **state)
{
    (void)state;
    struct poll_plan plan = { .ttl = 7 * 24 * 3600,
                              .looks = 9,
                              .last_look = 1 };
    int64_t least, most;
    range(&plan, START, &least, &most);
    assert_in_range(least, DAY / 8 * 7, DAY);
    assert_true(most > least + HOUR && most <= DAY + 1000);
}

static void those_that_share_a_freshness_drift_apart(void **state)
{
    (void)state;
    struct poll_plan plan = { .fresh = 3600, .looks = 9, .last_look = 1 };
    plan.rhythm.events = 30;
    plan.rhythm.seconds = 30 * 600;
    int64_t least, most;
    range(&plan, START, &least, &most);
    assert_true(least >= HOUR);
    assert_in_range(most - least, 5 * MINUTE, 10 * MINUTE);
}

// -------------------------------------------------------------------- dates

static void the_first_document_tells_how_often_it_changes(void **state)
{
    (void)state;
    int64_t now = START + DAY;
    struct poll_plan often = { 0 }, seldom = { 0 };
    struct document_hints hints = dated(now - HOUR, 3 * HOUR, 32);
    read_document(&often, now, POLL_BASELINE, &hints);
    hints = dated(now - HOUR, INT64_C(10) * DAY, 20);
    read_document(&seldom, now, POLL_BASELINE, &hints);
    double rate = poll_plan_rate(&often, now);
    assert_true(rate > 45 && rate < 70);
    rate = poll_plan_rate(&seldom, now);
    assert_true(rate > 0.5 && rate < 0.9);
}

static void dates_long_ago_mean_that_it_is_dead(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    const struct document_hints hints =
        dated(START - INT64_C(900) * DAY, HOUR, 10);
    read_document(&plan, START, POLL_BASELINE, &hints);
    assert_true(poll_plan_rate(&plan, START) < 0.1);
}

static void dates_all_the_same_are_one_event(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    const struct document_hints hints = dated(START - DAY, 0, 32);
    read_document(&plan, START, POLL_BASELINE, &hints);
    assert_true(poll_plan_rate(&plan, START) < 10);
}

static void dates_that_were_known_are_not_counted_again(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 }, once;
    int64_t now = START;
    struct document_hints hints = dated(now - HOUR, INT64_C(2) * DAY, 32);
    read_document(&plan, now, POLL_BASELINE, &hints);
    once = plan;
    // An old entry has changed: one event, without a date of its own.
    read_document(&plan, now += 6 * HOUR, POLL_NEW, &hints);
    assert_true(plan.rhythm.events < once.rhythm.events + 1);
    assert_int_equal(plan.last_date, once.last_date);
    assert_int_equal(plan.rhythm.last, (now - 3 * HOUR) / 1000);
}

static void a_date_between_two_looks_is_when_it_came(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    look(&plan, START, POLL_BASELINE, false);
    const struct document_hints hints =
        dated(START + 50 * MINUTE, INT64_C(9) * DAY, 2);
    read_document(&plan, START + 6 * HOUR, POLL_NEW, &hints);
    assert_int_equal(plan.rhythm.last, (START + 50 * MINUTE) / 1000);
}

// Two hours later: so many entries, none of which says when.
static double events_of(const struct poll_plan *plan, size_t entries)
{
    struct poll_plan copy = *plan;
    poll_plan_learn(&copy, &(struct poll_look){
                               .now = plan->last_look * 1000 + 2 * HOUR,
                               .finding = POLL_NEW,
                               .entries = entries,
                               .fresh = -1,
                           });
    return copy.rhythm.events - plan->rhythm.events;
}

static void undated_entries_count_as_far_as_so_many_are_likely(void **state)
{
    (void)state;
    struct poll_plan often = { 0 }, seldom = { 0 };
    busy(&often); // hardly more than one an hour
    look(&seldom, START, POLL_BASELINE, false);
    for (int i = 1; i < 5; i++)
        look(&seldom, START + i * INT64_C(9) * DAY, POLL_NEW, false);
    assert_true(events_of(&often, 0) < 1);
    assert_true(events_of(&often, 2) > 1.8 * events_of(&often, 1));
    assert_true(events_of(&often, 10000) < 8);
    assert_true(events_of(&seldom, 30) < 1);
}

static void dates_of_midnight_tell_no_hour(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    const struct document_hints hints = dated(START, DAY, 32);
    read_document(&plan, START + HOUR, POLL_BASELINE, &hints);
    assert_true(plan.rhythm.events > 10);
    assert_true(plan.rhythm.timed < 0.1);
}

static void dates_in_the_future_count_for_nothing(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    const struct document_hints hints = dated(START + 3 * HOUR, HOUR, 3);
    read_document(&plan, START, POLL_BASELINE, &hints);
    assert_true(plan.last_date <= START / 1000);
}

// --------------------------------------------------------------------- asked

static void what_is_said_to_be_fresh_is_not_polled(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = busy(&plan);
    assert_true(soonest(&plan, now) < 50 * MINUTE);
    poll_plan_learn(&plan, &(struct poll_look){ .now = now += HOUR,
                                                .finding = POLL_SAME,
                                                .fresh = 50 * MINUTE });
    assert_in_range(soonest(&plan, now), 50 * MINUTE, HOUR);
    assert_int_equal(reason_at(&plan, now), POLL_FRESH);
}

static void a_304_without_a_word_leaves_what_was_said(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    const struct document_hints none = { 0 };
    poll_plan_learn(&plan, &(struct poll_look){ .now = START,
                                                .finding = POLL_BASELINE,
                                                .fresh = 50 * MINUTE,
                                                .hints = &none });
    look(&plan, START + DAY, POLL_SAME, false);
    assert_int_equal(plan.fresh, 50 * 60);
    read_document(&plan, START + 2 * DAY, POLL_SAME, &none);
    assert_int_equal(plan.fresh, 0);
}

static void a_year_of_freshness_does_not_stop_polling(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = busy(&plan);
    poll_plan_learn(&plan, &(struct poll_look){ .now = now += HOUR,
                                                .finding = POLL_NEW,
                                                .fresh = INT64_C(365) * DAY });
    // It brings something each hour: a mistake, that is.
    assert_in_range(soonest(&plan, now), HOUR, 4 * HOUR);
    struct poll_plan quiet = { 0 };
    poll_plan_learn(&quiet, &(struct poll_look){ .now = now,
                                                 .finding = POLL_BASELINE,
                                                 .fresh = INT64_C(365) * DAY });
    assert_true(latest(&quiet, now) <= DAY + 1000);
}

static void ttl_is_honoured(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = busy(&plan);
    const struct document_hints hints = { .ttl = 3600 };
    read_document(&plan, now += HOUR, POLL_SAME, &hints);
    assert_in_range(soonest(&plan, now), HOUR, HOUR + 8 * MINUTE);
    assert_int_equal(reason_at(&plan, now), POLL_TTL);
}

static void the_update_period_is_honoured(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = busy(&plan);
    const struct document_hints hints = { .ttl = 60, .period = 3000 };
    read_document(&plan, now += HOUR, POLL_SAME, &hints);
    assert_in_range(soonest(&plan, now), 50 * MINUTE, HOUR);
}

static void skipped_hours_are_skipped(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = busy(&plan);
    now += DAY - now % DAY;                                     // midnight
    const struct document_hints hints = { .skip_hours = 0xff }; // 0 to 7
    read_document(&plan, now, POLL_SAME, &hints);
    assert_in_range(soonest(&plan, now), 8 * HOUR, 8 * HOUR + 30 * MINUTE);
    assert_in_range(latest(&plan, now), 8 * HOUR, 8 * HOUR + 31 * MINUTE);
    assert_int_equal(reason_at(&plan, now), POLL_SKIPPED);
    // Not all at eight sharp.
    assert_true(latest(&plan, now) > 8 * HOUR + 15 * MINUTE);
}

static void skipped_days_are_skipped_even_beyond_poll_max(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    busy(&plan);
    // A Friday, late; not on Saturday (6) and Sunday (0).
    int64_t now = START + INT64_C(5 * 7 + 1) * DAY + 23 * HOUR + 55 * MINUTE;
    const struct document_hints hints = { .skip_days = 1 << 6 | 1 << 0 };
    read_document(&plan, now, POLL_SAME, &hints);
    assert_in_range(soonest(&plan, now), INT64_C(2) * DAY,
                    INT64_C(2) * DAY + HOUR);
}

static void M5_who_skips_everything_is_not_believed(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = busy(&plan);
    const struct document_hints hints = { .skip_hours = 0xffffff,
                                          .skip_days = 0x7f };
    read_document(&plan, now, POLL_SAME, &hints);
    assert_true(latest(&plan, now) < 4 * HOUR);
}

// ------------------------------------------------------------------- strange

static void a_clock_that_went_back_does_no_harm(void **state)
{
    (void)state;
    struct poll_plan plan = { 0 };
    int64_t now = busy(&plan);
    look(&plan, now - INT64_C(400) * DAY, POLL_NEW, false);
    look(&plan, 0, POLL_SAME, true);
    assert_true(plan.rhythm.seconds >= 0);
    int64_t next = poll_plan_next(&plan, now - INT64_C(400) * DAY, &BOUNDS, 1);
    assert_in_range(next - (now - INT64_C(400) * DAY), BOUNDS.min, DAY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_polled_before_poll_min),
        cmocka_unit_test(
            M5_the_dead_are_polled_hardly_more_than_once_in_poll_max),
        cmocka_unit_test(polls_without_news_grow_rarer),
        cmocka_unit_test(news_make_polls_come_sooner),
        cmocka_unit_test(bounds_of_seconds_are_kept_as_well),
        cmocka_unit_test(ten_thousand_new_topics_do_not_come_back_together),
        cmocka_unit_test(nor_do_those_that_are_fresh_for_an_hour),
        cmocka_unit_test(those_that_ask_for_a_day_are_spread_below_poll_max),
        cmocka_unit_test(those_that_share_a_freshness_drift_apart),
        cmocka_unit_test(the_first_document_tells_how_often_it_changes),
        cmocka_unit_test(dates_long_ago_mean_that_it_is_dead),
        cmocka_unit_test(dates_all_the_same_are_one_event),
        cmocka_unit_test(dates_that_were_known_are_not_counted_again),
        cmocka_unit_test(a_date_between_two_looks_is_when_it_came),
        cmocka_unit_test(undated_entries_count_as_far_as_so_many_are_likely),
        cmocka_unit_test(dates_of_midnight_tell_no_hour),
        cmocka_unit_test(dates_in_the_future_count_for_nothing),
        cmocka_unit_test(what_is_said_to_be_fresh_is_not_polled),
        cmocka_unit_test(a_304_without_a_word_leaves_what_was_said),
        cmocka_unit_test(a_year_of_freshness_does_not_stop_polling),
        cmocka_unit_test(ttl_is_honoured),
        cmocka_unit_test(the_update_period_is_honoured),
        cmocka_unit_test(skipped_hours_are_skipped),
        cmocka_unit_test(skipped_days_are_skipped_even_beyond_poll_max),
        cmocka_unit_test(M5_who_skips_everything_is_not_believed),
        cmocka_unit_test(a_clock_that_went_back_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
