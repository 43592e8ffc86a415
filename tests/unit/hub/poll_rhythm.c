// SPDX-License-Identifier: MIT

#include "hub/poll_rhythm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { HOUR = 3600, DAY = 24 * HOUR, WEEK = 7 * DAY, PRICE = 600 };

// A Thursday, 00:00.
static const int64_t START = INT64_C(2922) * WEEK;

// `count` events, so many seconds apart, from START on. When the last was.
static int64_t follow(struct poll_rhythm *rhythm, int64_t first, int64_t apart,
                      size_t count)
{
    int64_t at = START + first;
    for (size_t i = 0; i < count; i++, at += apart) {
        poll_rhythm_wait(rhythm, i > 0 ? apart : 0);
        poll_rhythm_note(rhythm, at, true);
    }
    return at - apart;
}

static int64_t worth(const struct poll_rhythm *rhythm, int64_t now)
{
    return poll_rhythm_worth(rhythm, now, PRICE, 30 * DAY);
}

static void what_nobody_knows_happens_about_once_a_day(void **state)
{
    (void)state;
    const struct poll_rhythm rhythm = { 0 };
    double a_day = poll_rhythm_rate(&rhythm, START) * DAY;
    assert_true(a_day > 0.9 && a_day < 1.1);
}

static void a_rate_is_learnt_and_fades_into_another(void **state)
{
    (void)state;
    struct poll_rhythm rhythm = { 0 };
    // 7 h, so that no hour of the day is preferred.
    int64_t now = follow(&rhythm, 0, 7 * HOUR, 100);
    double interval = 1 / poll_rhythm_rate(&rhythm, now);
    assert_true(interval > 6.5 * HOUR && interval < 7.5 * HOUR);
    for (int i = 0; i < 100; i++) {
        now += 50 * HOUR;
        poll_rhythm_wait(&rhythm, 50 * HOUR);
        poll_rhythm_note(&rhythm, now, true);
    }
    interval = 1 / poll_rhythm_rate(&rhythm, now);
    assert_true(interval > 40 * HOUR && interval < 51 * HOUR);
}

static void for_an_even_rate_the_interval_goes_with_its_root(void **state)
{
    (void)state;
    struct poll_rhythm often = { 0 }, seldom = { 0 };
    int64_t now = follow(&often, 0, 7 * HOUR + 300, 60);
    int64_t later = follow(&seldom, 0, 4 * (7 * HOUR + 300), 60);
    double ratio = (double)worth(&seldom, later) / (double)worth(&often, now);
    assert_true(ratio > 1.6 && ratio < 2.5);
}

static void twice_the_price_means_longer_intervals(void **state)
{
    (void)state;
    struct poll_rhythm rhythm = { 0 };
    int64_t now = follow(&rhythm, 0, 7 * HOUR, 60);
    assert_true(poll_rhythm_worth(&rhythm, now, 1200, DAY)
                > poll_rhythm_worth(&rhythm, now, 600, DAY));
    assert_int_equal(poll_rhythm_worth(&rhythm, now, 1e12, DAY), DAY);
}

static void what_comes_at_six_each_day_is_looked_for_after_six(void **state)
{
    (void)state;
    struct poll_rhythm rhythm = { 0 };
    int64_t last = follow(&rhythm, 6 * HOUR + 60, DAY, 30);
    // Asked an hour before it comes, when the rest of the day has passed.
    int64_t now = last + 23 * HOUR;
    poll_rhythm_wait(&rhythm, 23 * HOUR);
    assert_in_range(worth(&rhythm, now), HOUR - 5 * 60, HOUR + 40 * 60);
    // When it has come there is no hurry.
    assert_true(worth(&rhythm, last + 2 * HOUR) > 4 * HOUR);
}

static void what_comes_on_tuesdays_is_looked_for_on_tuesdays(void **state)
{
    (void)state;
    struct poll_rhythm rhythm = { 0 };
    // START is a Thursday.
    int64_t last = follow(&rhythm, 5 * DAY + 9 * HOUR + 60, WEEK, 30);
    int64_t now = last + WEEK - HOUR;
    poll_rhythm_wait(&rhythm, WEEK - HOUR);
    assert_in_range(worth(&rhythm, now), HOUR - 5 * 60, 2 * HOUR);
    assert_true(worth(&rhythm, last + DAY) > 4 * HOUR);
}

static void without_a_time_only_the_day_counts(void **state)
{
    (void)state;
    struct poll_rhythm rhythm = { 0 };
    for (int i = 0; i < 30; i++) {
        poll_rhythm_wait(&rhythm, DAY);
        poll_rhythm_note(&rhythm, START + i * DAY, false);
    }
    int64_t at_six = worth(&rhythm, START + 30 * DAY + 6 * HOUR);
    int64_t at_noon = worth(&rhythm, START + 30 * DAY + 12 * HOUR);
    assert_in_range(at_noon, at_six - 2, at_six + 2);
}

static void a_few_hours_teach_nothing_of_the_day(void **state)
{
    (void)state;
    struct poll_rhythm rhythm = { 0 };
    int64_t now = follow(&rhythm, 9 * HOUR, 300, 24); // two hours in all
    int64_t soon = worth(&rhythm, now);
    int64_t at_night = worth(&rhythm, now + 300 + 12 * HOUR);
    // Longer for the silence by then, but not by the profile.
    assert_true(soon < HOUR);
    assert_true(at_night < 6 * HOUR);
}

static void the_silence_of_the_dead_is_heard(void **state)
{
    (void)state;
    struct poll_rhythm rhythm = { 0 };
    int64_t now = follow(&rhythm, 0, 7 * HOUR, 100);
    double before = poll_rhythm_rate(&rhythm, now);
    poll_rhythm_wait(&rhythm, 60 * DAY);
    double after = poll_rhythm_rate(&rhythm, now + 60 * DAY);
    assert_true(after < before / 20);
    assert_true(after > 0);
    assert_int_equal(
        poll_rhythm_worth(&rhythm, now + 3000 * (int64_t)DAY, PRICE, DAY), DAY);
}

static void a_weekend_off_is_no_silence(void **state)
{
    (void)state;
    struct poll_rhythm rhythm = { 0 };
    int64_t at = START, last = START;
    // On the hour, 8 to 18, Monday to Friday, ten weeks.
    for (int64_t hour = 0; hour < 10 * 7 * 24; hour++, at += HOUR) {
        int64_t day = hour / 24 % 7; // 0 is Thursday
        poll_rhythm_wait(&rhythm, HOUR);
        if (day == 2 || day == 3 || hour % 24 < 8 || hour % 24 > 18)
            continue;
        poll_rhythm_note(&rhythm, at, true);
        last = at;
    }
    while ((last - START) / DAY % 7 != 1)
        last -= DAY; // the last Friday, 18:00
    int64_t monday = last + 2 * DAY + 14 * HOUR;
    assert_true(worth(&rhythm, monday) < HOUR);
    assert_true(worth(&rhythm, monday - DAY) > 2 * worth(&rhythm, monday));
}

static void a_clock_before_1970_does_no_harm(void **state)
{
    (void)state;
    struct poll_rhythm rhythm = { 0 };
    poll_rhythm_note(&rhythm, -5, true);
    poll_rhythm_wait(&rhythm, -5);
    assert_true(rhythm.events < 0.1 && rhythm.seconds < 0.1);
    assert_true(poll_rhythm_worth(&rhythm, 0, PRICE, DAY) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_knows_happens_about_once_a_day),
        cmocka_unit_test(a_rate_is_learnt_and_fades_into_another),
        cmocka_unit_test(for_an_even_rate_the_interval_goes_with_its_root),
        cmocka_unit_test(twice_the_price_means_longer_intervals),
        cmocka_unit_test(what_comes_at_six_each_day_is_looked_for_after_six),
        cmocka_unit_test(what_comes_on_tuesdays_is_looked_for_on_tuesdays),
        cmocka_unit_test(without_a_time_only_the_day_counts),
        cmocka_unit_test(a_few_hours_teach_nothing_of_the_day),
        cmocka_unit_test(the_silence_of_the_dead_is_heard),
        cmocka_unit_test(a_weekend_off_is_no_silence),
        cmocka_unit_test(a_clock_before_1970_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
