// SPDX-License-Identifier: MIT
//
// A month of 10,000 feeds: what the plans of polls are worth, in fetches and
// in delay, beside a poller that comes each hour and one that knows all that
// can be known. Prints a report.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulated_pollers.h"

#include <stdio.h>

enum { FEEDS = 10000, SEED = 4 };

struct month {
    struct sim_feed *feeds;
    struct sim_books *planned, *hourly, *knowing;
    double price; // of a fetch, to the one who knows
};

static uint64_t run(const struct month *month, sim_decide *decide, double price,
                    struct sim_books *books)
{
    memset(books, 0, sizeof *books);
    for (unsigned i = 0; i < FEEDS; i++)
        sim_run(&month->feeds[i], i, decide, price, books);
    return sim_total(books->fetches);
}

// So that the one who knows spends as many fetches as ours.
static double price_for(const struct month *month, struct sim_books *books,
                        uint64_t fetches)
{
    double low = 100, high = 3000;
    for (int i = 0; i < 8; i++) {
        double middle = (low + high) / 2;
        for (int j = 0; j < 12; j++)
            middle = (middle + low * high / middle) / 2;
        if (run(month, sim_decide_knowing, middle, books) > fetches)
            low = middle;
        else
            high = middle;
    }
    return high;
}

static struct sim_books *open_books(void)
{
    struct sim_books *books = calloc(1, sizeof *books);
    assert_non_null(books);
    return books;
}

static int live_it(void **state)
{
    struct month *month = calloc(1, sizeof *month);
    assert_non_null(month);
    struct sim_random random = { SEED };
    month->feeds = calloc(FEEDS, sizeof *month->feeds);
    assert_non_null(month->feeds);
    for (size_t i = 0; i < FEEDS; i++)
        sim_make(&month->feeds[i], &random);
    month->planned = open_books();
    month->hourly = open_books();
    month->knowing = open_books();
    uint64_t fetches = run(month, sim_decide_planned, 0, month->planned);
    run(month, sim_decide_hourly, 0, month->hourly);
    month->price = price_for(month, month->knowing, fetches);
    run(month, sim_decide_knowing, month->price, month->knowing);
    *state = month;
    return 0;
}

static int forget_it(void **state)
{
    struct month *month = *state;
    for (size_t i = 0; i < FEEDS; i++)
        free(month->feeds[i].times);
    free(month->feeds);
    free(month->planned);
    free(month->hourly);
    free(month->knowing);
    free(month);
    return 0;
}

// ------------------------------------------------------------------- report

static void print_delay(int64_t seconds)
{
    if (seconds < 120)
        printf(" %5lds", (long)seconds);
    else if (seconds < 2 * SIM_HOUR)
        printf(" %5.1fm", (double)seconds / 60);
    else
        printf(" %5.1fh", (double)seconds / SIM_HOUR);
}

static void print_books(const struct sim_books *books, unsigned kind,
                        size_t feeds)
{
    uint64_t fetches =
        kind == SIM_KINDS ? sim_total(books->fetches) : books->fetches[kind];
    printf(" |%7.1f", (double)fetches / (double)(feeds ? feeds : 1) / SIM_DAYS);
    print_delay(sim_quantile(books, kind, 50));
    print_delay(sim_quantile(books, kind, 90));
}

static void print_row(const struct month *month, unsigned kind)
{
    size_t feeds = 0;
    for (size_t i = 0; i < FEEDS; i++)
        feeds += kind == SIM_KINDS || month->feeds[i].kind == kind;
    uint64_t found = kind == SIM_KINDS ? sim_total(month->planned->found)
                                       : month->planned->found[kind];
    printf("%-8s %5zu %8lu", kind == SIM_KINDS ? "all" : SIM_NAMES[kind], feeds,
           (unsigned long)found);
    print_books(month->planned, kind, feeds);
    print_books(month->hourly, kind, feeds);
    print_books(month->knowing, kind, feeds);
    putchar('\n');
}

static void print_totals(const char *name, const struct sim_books *books)
{
    printf("%-8s %8lu polls, %lu fetches for pings; delay of an update: "
           "median %lds, p90 %lds, mean %.0fs; worst origin after the first "
           "day: %u polls an hour, %u a minute\n",
           name, (unsigned long)sim_total(books->fetches),
           (unsigned long)sim_total(books->pings),
           (long)sim_quantile(books, SIM_KINDS, 50),
           (long)sim_quantile(books, SIM_KINDS, 90), sim_mean(books),
           sim_worst_hour(books, 24), sim_worst_minute(books, 24));
}

static void the_month_is_reported(void **state)
{
    const struct month *month = *state;
    printf("polls a feed and day, median and p90 of the delay:\n"
           "%-8s %5s %8s | %-20s| %-20s| %s\n",
           "kind", "feeds", "updates", "planned", "hourly", "knowing");
    for (unsigned kind = 0; kind <= SIM_KINDS; kind++)
        print_row(month, kind);
    print_totals("planned", month->planned);
    print_totals("hourly", month->hourly);
    print_totals("knowing", month->knowing);
    uint64_t polls = sim_total(month->planned->fetches);
    uint64_t hourly = sim_total(month->hourly->fetches);
    printf("bench=poll-simulation feeds=%d days=%d polls=%lu hourly_polls=%lu "
           "median_s=%ld hourly_median_s=%ld mean_s=%.0f hourly_mean_s=%.0f "
           "knowing_mean_s=%.0f\n",
           FEEDS, SIM_DAYS, (unsigned long)polls, (unsigned long)hourly,
           (long)sim_quantile(month->planned, SIM_KINDS, 50),
           (long)sim_quantile(month->hourly, SIM_KINDS, 50),
           sim_mean(month->planned), sim_mean(month->hourly),
           sim_mean(month->knowing));
    assert_true(polls > 0);
}

// -------------------------------------------------------------------- rules

static void half_the_polls_of_an_hourly_poller_find_news_in_half_its_time(
    void **state)
{
    const struct month *month = *state;
    const struct sim_books *planned = month->planned, *hourly = month->hourly;
    assert_true(sim_total(planned->fetches) * 2 < sim_total(hourly->fetches));
    assert_true(sim_quantile(planned, SIM_KINDS, 50) * 2
                < sim_quantile(hourly, SIM_KINDS, 50));
    assert_true(sim_quantile(planned, SIM_KINDS, 90)
                < sim_quantile(hourly, SIM_KINDS, 90));
    assert_true(sim_mean(planned) * 3 < sim_mean(hourly) * 2);
}

static void nobody_does_twice_as_well_with_as_many_polls(void **state)
{
    const struct month *month = *state;
    double ratio = (double)sim_total(month->planned->fetches)
                   / (double)sim_total(month->knowing->fetches);
    assert_true(ratio > 0.93 && ratio < 1.07);
    assert_true(sim_mean(month->planned) < 2 * sim_mean(month->knowing));
}

// Delay and polls together, at the price that the one who knows pays.
static double cost(const struct month *month, const struct sim_books *books,
                   enum sim_kind kind)
{
    return books->delay[kind] + month->price * (double)books->fetches[kind];
}

static void what_is_even_is_polled_nearly_as_well_as_can_be(void **state)
{
    const struct month *month = *state;
    static const enum sim_kind kinds[] = { SIM_NEWS, SIM_BLOG, SIM_BURSTS };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_true(cost(month, month->planned, kinds[i])
                    < 1.5 * cost(month, month->knowing, kinds[i]));
}

static void what_follows_the_clock_is_found_soon_with_few_polls(void **state)
{
    const struct month *month = *state;
    static const enum sim_kind kinds[] = { SIM_DAILY, SIM_WEEKLY };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_true(month->planned->fetches[kinds[i]] * 3
                    < month->hourly->fetches[kinds[i]]);
        assert_true(sim_quantile(month->planned, kinds[i], 50)
                    < sim_quantile(month->hourly, kinds[i], 50));
    }
}

static void what_is_dead_or_pinged_costs_little(void **state)
{
    const struct month *month = *state;
    static const enum sim_kind kinds[] = { SIM_DEAD, SIM_PINGING };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_true(month->planned->fetches[kinds[i]] * 8
                    < month->hourly->fetches[kinds[i]]);
    assert_true(sim_quantile(month->planned, SIM_PINGING, 90) < 60);
}

static void no_origin_gets_a_burst(void **state)
{
    const struct month *month = *state;
    const struct sim_books *planned = month->planned, *hourly = month->hourly;
    assert_true(sim_worst_hour(planned, 1) * 3 < sim_worst_hour(hourly, 1) * 2);
    assert_true(sim_worst_minute(planned, 1) <= sim_worst_minute(hourly, 1));
    // Also not when all had come at once.
    assert_true(sim_worst_minute(planned, 1)
                < 3 * sim_worst_minute(planned, 24 * 7));
}

static void M5_each_feed_is_always_looked_at_again(void **state)
{
    const struct month *month = *state;
    // With six hours of the night that one may not come in.
    assert_true(month->planned->longest <= SIM_DAY + 7 * SIM_HOUR);
}

static void what_publishers_ask_for_is_honoured(void **state)
{
    const struct month *month = *state;
    assert_int_equal(month->planned->early, 0);
    assert_true(month->hourly->early > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_month_is_reported),
        cmocka_unit_test(
            half_the_polls_of_an_hourly_poller_find_news_in_half_its_time),
        cmocka_unit_test(nobody_does_twice_as_well_with_as_many_polls),
        cmocka_unit_test(what_is_even_is_polled_nearly_as_well_as_can_be),
        cmocka_unit_test(what_follows_the_clock_is_found_soon_with_few_polls),
        cmocka_unit_test(what_is_dead_or_pinged_costs_little),
        cmocka_unit_test(no_origin_gets_a_burst),
        cmocka_unit_test(M5_each_feed_is_always_looked_at_again),
        cmocka_unit_test(what_publishers_ask_for_is_honoured),
    };
    return cmocka_run_group_tests(tests, live_it, forget_it);
}
