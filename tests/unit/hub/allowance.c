// SPDX-License-Identifier: MIT

#include "hub/allowance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

enum { NOW = 1000000, MINUTE = 60000, DEADLINE = NOW + 10 * MINUTE };

static const struct allowance_rates usual = {
    .strangers = 60,
    .strangers_a_second = 100,
    .strangers_at_once = 60,
    .host_at_once = 8,
};

static struct allowance *allowance;

static int setup(void **state)
{
    (void)state;
    allowance = allowance_new(&usual);
    return allowance ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    allowance_free(allowance);
    return 0;
}

static int setup_with(const struct allowance_rates *rates)
{
    allowance_free(allowance);
    allowance = allowance_new(rates);
    return allowance ? 0 : -1;
}

// As if each were answered at once.
static int64_t ask(enum allowance_rank rank, const char *host, int64_t now)
{
    int64_t wait = allowance_take(allowance, rank, host, now, 0, DEADLINE);
    if (wait == 0)
        allowance_ended(allowance, rank, host);
    return wait;
}

static size_t asked(enum allowance_rank rank, const char *host, int64_t now,
                    size_t count)
{
    size_t at_once = 0;
    for (size_t i = 0; i < count; i++)
        at_once += ask(rank, host, now) == 0;
    return at_once;
}

static void S5_a_stranger_is_asked_a_sixth_of_his_hour_at_once(void **state)
{
    (void)state;
    assert_int_equal(asked(ALLOWANCE_STRANGER, "victim.example", NOW, 50), 10);
    assert_int_equal(asked(ALLOWANCE_STRANGER, "other.example", NOW, 50), 10);
}

static void S5_then_once_for_each_share_of_the_hour(void **state)
{
    (void)state;
    asked(ALLOWANCE_STRANGER, "victim.example", NOW, 10);
    assert_int_equal(ask(ALLOWANCE_STRANGER, "victim.example", NOW), MINUTE);
    assert_int_equal(
        ask(ALLOWANCE_STRANGER, "victim.example", NOW + MINUTE - 1),
        MINUTE + 1);
    assert_int_equal(ask(ALLOWANCE_STRANGER, "victim.example", NOW + MINUTE),
                     0);
    assert_int_not_equal(
        ask(ALLOWANCE_STRANGER, "victim.example", NOW + MINUTE), 0);
}

static void who_waits_has_a_place_in_a_line(void **state)
{
    (void)state;
    asked(ALLOWANCE_STRANGER, "victim.example", NOW, 10);
    for (int64_t i = 1; i < 10; i++)
        assert_int_equal(ask(ALLOWANCE_STRANGER, "victim.example", NOW),
                         i * MINUTE);
    // Each of them has his turn at his place.
    for (int64_t i = 1; i < 10; i++)
        assert_int_equal(
            ask(ALLOWANCE_STRANGER, "victim.example", NOW + i * MINUTE), 0);
}

static void no_place_is_kept_for_who_would_be_too_late(void **state)
{
    (void)state;
    asked(ALLOWANCE_STRANGER, "victim.example", NOW, 19);
    for (int i = 0; i < 2000; i++)
        assert_int_equal(ask(ALLOWANCE_STRANGER, "victim.example", NOW),
                         10 * MINUTE);
    // So a flood does not shut out who comes after it.
    int64_t later = NOW + 9 * MINUTE;
    assert_int_equal(allowance_take(allowance, ALLOWANCE_STRANGER,
                                    "victim.example", later, 0,
                                    later + 10 * MINUTE),
                     0);
    allowance_ended(allowance, ALLOWANCE_STRANGER, "victim.example");
}

static void all_strangers_together_have_a_rate(void **state)
{
    (void)state;
    size_t at_once = 0, soon[10] = { 0 };
    char host[32];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(host, sizeof host, "s%d.example", i);
        int64_t wait = ask(ALLOWANCE_STRANGER, host, NOW);
        at_once += wait == 0;
        if (wait == 0)
            continue;
        assert_in_range(wait, 1001, 2000);
        soon[(wait - 1001) / 100]++;
    }
    assert_int_equal(at_once, 200);
    // They do not come back all together.
    for (size_t i = 0; i < 10; i++)
        assert_in_range(soon[i], 70, 90);
    // Nobody else waits for them.
    assert_int_equal(ask(ALLOWANCE_KNOWN, "s1.example", NOW), 0);
    assert_int_equal(ask(ALLOWANCE_RENEWING, "s1.example", NOW), 0);
    // Nor does a newcomer wait behind them.
    assert_int_equal(ask(ALLOWANCE_STRANGER, "new.example", NOW + 10), 0);
}

static void strangers_who_have_waited_long_come_more_seldom(void **state)
{
    (void)state;
    char host[32];
    for (int i = 0; i < 200; i++) {
        (void)snprintf(host, sizeof host, "s%d.example", i);
        assert_int_equal(ask(ALLOWANCE_STRANGER, host, NOW), 0);
    }
    for (int i = 0; i < 100; i++)
        assert_in_range(allowance_take(allowance, ALLOWANCE_STRANGER,
                                       "old.example", NOW, 4 * MINUTE,
                                       DEADLINE),
                        2 * MINUTE + 1, 4 * MINUTE);
}

static void strangers_leave_room_for_others_while_they_are_slow(void **state)
{
    (void)state;
    char host[32];
    for (int i = 0; i < 60; i++) {
        (void)snprintf(host, sizeof host, "slow%d.example", i);
        assert_int_equal(allowance_take(allowance, ALLOWANCE_STRANGER, host,
                                        NOW, 0, DEADLINE),
                         0);
    }
    assert_in_range(ask(ALLOWANCE_STRANGER, "new.example", NOW), 1001, 2000);
    allowance_ended(allowance, ALLOWANCE_STRANGER, "slow0.example");
    assert_int_equal(ask(ALLOWANCE_STRANGER, "new.example", NOW), 0);
}

// One that is not answered yet.
static int64_t begin(const char *host, int64_t now, int64_t waited)
{
    return allowance_take(allowance, ALLOWANCE_STRANGER, host, now, waited,
                          now + 10 * MINUTE);
}

static void end(const char *host, bool answered)
{
    allowance_ended(allowance, ALLOWANCE_STRANGER, host);
    allowance_heard(allowance, ALLOWANCE_STRANGER, host, answered);
}

// So many hosts of which none has to do with another one.
static void hang(int count, int64_t now)
{
    char host[32];
    for (int i = 0; i < count; i++) {
        (void)snprintf(host, sizeof host, "host.hang%d.example", i);
        assert_int_equal(begin(host, now, 0), 0);
    }
}

static void a_stranger_who_has_not_answered_is_asked_two_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(begin("new.example", NOW, 0), 0);
    assert_int_equal(begin("new.example", NOW, 0), 0);
    assert_int_equal(begin("new.example", NOW, 0), 250);
    assert_int_equal(begin("new.example", NOW, 0), 500);
    // An answer, whatever it is, opens the rest; a silence shuts it again.
    end("new.example", true);
    for (int i = 0; i < 8; i++)
        assert_int_equal(begin("new.example", NOW, 0), 0);
    for (int i = 0; i < 9; i++)
        end("new.example", false);
    assert_int_equal(begin("new.example", NOW + 5 * MINUTE, 0), 0);
    assert_int_equal(begin("new.example", NOW + 5 * MINUTE, 0), 0);
    assert_int_equal(begin("new.example", NOW + 5 * MINUTE, 0), 250);
}

static void no_more_wait_for_a_silent_host_than_may_be_asked(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(begin("new.example", NOW, 0), 0);
    for (int i = 1; i <= 8; i++)
        assert_int_equal(begin("new.example", NOW, 0), 250 * i);
    // The others look again in a moment: it may have agreed by then (R35).
    assert_int_equal(begin("new.example", NOW, 0), 1000);
    assert_int_equal(begin("new.example", NOW, 0), 1020);
    for (int i = 0; i < 2; i++)
        end("new.example", false);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(begin("new.example", NOW + 100, 0), 0);
        end("new.example", false);
    }
    // Silent, and asked enough: now there is a line.
    assert_in_range(begin("new.example", NOW + 200, 0), MINUTE - 1000, MINUTE);
    assert_in_range(begin("new.example", NOW + 200, 0), 2 * MINUTE - 1000,
                    2 * MINUTE);
}

static void R35_who_has_just_answered_may_be_known_in_a_moment(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(begin("new.example", NOW, 0), 0);
        end("new.example", true);
    }
    assert_int_equal(begin("new.example", NOW + 100, 0), 1000);
    assert_int_equal(begin("new.example", NOW + 4900, 0), 1000);
    assert_true(begin("new.example", NOW + 5000, 0) > 50000);
}

static void silent_hosts_of_one_family_have_four_between_them(void **state)
{
    (void)state;
    static const char *const families[][7] = {
        { "a.evil.example", "b.evil.example", "c.d.evil.example",
          "evil.example", "e.evil.example", "good.example", "fine.example" },
        { "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5",
          "192.0.3.1", "192.0.4.1" },
        { "[2001:db8::1]", "[2001:db8::2]", "[2001:db8:0:1::1]",
          "[2001:db8:0:2::1]", "[2001:db8:0:3::]", "[2001:db8:1::1]",
          "[2001:db8:2::1]" },
    };
    for (size_t i = 0; i < 3; i++) {
        const char *const *host = families[i];
        // Families are counted by a hash with a key: once in some thousand
        // times a stranger is taken for one of them, but hardly two.
        assert_int_equal(setup_with(&usual), 0);
        for (int j = 0; j < 4; j++)
            assert_int_equal(begin(host[j], NOW, 0), 0);
        assert_in_range(begin(host[4], NOW, 0), 1001, 2000);
        assert_true(begin(host[5], NOW, 0) == 0 || begin(host[6], NOW, 0) == 0);
        // Who answers is no part of the trouble.
        end(host[0], true);
        assert_int_equal(begin(host[0], NOW, 0), 0);
        assert_in_range(begin(host[4], NOW, 0), 1001, 2000);
        end(host[1], false);
        assert_int_equal(begin(host[4], NOW, 0), 0);
    }
}

static void half_of_the_room_is_kept_for_first_questions(void **state)
{
    (void)state;
    assert_int_equal(begin("again.example", NOW, 0), 0);
    end("again.example", false);
    hang(30, NOW);
    assert_in_range(begin("again.example", NOW + 20000, 0), 1001, 2000);
    assert_int_equal(begin("first.example", NOW + 20000, 0), 0);
    end("first.example", true);
    end("host.hang0.example", false);
    assert_int_equal(begin("again.example", NOW + 20000, 0), 0);
    // What was long ago is forgotten.
    end("again.example", false);
    assert_int_equal(begin("host.hang0.example", NOW + 5 * MINUTE, 0), 0);
    assert_in_range(begin("again.example", NOW + 5 * MINUTE, 0), 1001, 2000);
    assert_int_equal(begin("again.example", NOW + 6 * MINUTE, 0), 0);
}

static void a_quarter_is_kept_for_who_has_just_come(void **state)
{
    (void)state;
    hang(45, NOW);
    assert_in_range(begin("old.example", NOW, 4000), 2001, 4000);
    assert_int_equal(begin("young.example", NOW, 3999), 0);
    end("young.example", true);
    end("host.hang0.example", false);
    assert_int_equal(begin("old.example", NOW, 4000), 0);
}

static void strangers_are_hurried_while_a_quarter_is_at_work(void **state)
{
    (void)state;
    hang(15, NOW);
    assert_false(allowance_crowded(allowance));
    assert_int_equal(begin("one.more.example", NOW, 0), 0);
    assert_true(allowance_crowded(allowance));
    end("one.more.example", false);
    assert_false(allowance_crowded(allowance));
}

static void without_a_ceiling_silence_costs_nothing(void **state)
{
    (void)state;
    const struct allowance_rates rates = { .strangers_at_once = 60,
                                           .host_at_once = 60 };
    assert_int_equal(setup_with(&rates), 0);
    for (int i = 0; i < 60; i++)
        assert_int_equal(begin("new.example", NOW, 60000), 0);
    assert_false(allowance_crowded(allowance));
    for (int i = 0; i < 60; i++)
        end("new.example", false);
}

static void whom_we_know_is_asked_much_more(void **state)
{
    (void)state;
    assert_int_equal(asked(ALLOWANCE_KNOWN, "reader.example", NOW, 1000), 200);
    assert_int_equal(asked(ALLOWANCE_KNOWN, "reader.example", NOW + 1000, 1000),
                     20);
    assert_int_equal(asked(ALLOWANCE_RENEWING, "reader.example", NOW, 2000),
                     1000);
    assert_int_equal(
        asked(ALLOWANCE_RENEWING, "reader.example", NOW + 1000, 1000), 50);
}

static void ask_in_vain(enum allowance_rank rank, int64_t now)
{
    assert_int_equal(ask(rank, "reader.example", now), 0);
    allowance_failed(allowance, rank, "reader.example", now);
}

static void what_fails_where_we_are_known_costs_as_much_as_ten(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        ask_in_vain(ALLOWANCE_KNOWN, NOW);
    // There is no line: who has just come has the best chance.
    assert_in_range(ask(ALLOWANCE_KNOWN, "reader.example", NOW), 1000, 2000);
    assert_in_range(allowance_take(allowance, ALLOWANCE_KNOWN, "reader.example",
                                   NOW, 60000, DEADLINE),
                    30000, 60000);
    // One more makes debts, and half a second pays for one.
    ask_in_vain(ALLOWANCE_KNOWN, NOW + 100);
    assert_int_equal(
        allowance_left(allowance, ALLOWANCE_KNOWN, "reader.example", NOW + 100),
        0);
    assert_int_not_equal(ask(ALLOWANCE_KNOWN, "reader.example", NOW + 500), 0);
    ask_in_vain(ALLOWANCE_KNOWN, NOW + 560);
    // Others are as they were.
    assert_int_equal(asked(ALLOWANCE_KNOWN, "other.example", NOW, 1000), 200);
    for (int i = 0; i < 1000; i++)
        ask_in_vain(ALLOWANCE_RENEWING, NOW);
}

static void what_was_under_way_makes_no_debts_without_end(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(allowance_take(allowance, ALLOWANCE_KNOWN,
                                        "reader.example", NOW, 0, DEADLINE),
                         0);
    for (int i = 0; i < 1000; i++)
        allowance_failed(allowance, ALLOWANCE_KNOWN, "reader.example", NOW);
    for (int i = 0; i < 8; i++)
        allowance_ended(allowance, ALLOWANCE_KNOWN, "reader.example");
    assert_int_not_equal(ask(ALLOWANCE_KNOWN, "reader.example", NOW + 10000),
                         0);
    assert_int_equal(ask(ALLOWANCE_KNOWN, "reader.example", NOW + 10100), 0);
}

static void a_slow_host_has_so_many_questions_and_no_more(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(allowance_take(allowance, ALLOWANCE_KNOWN,
                                        "slow.example", NOW, 0, DEADLINE),
                         0);
    assert_int_equal(ask(ALLOWANCE_KNOWN, "slow.example", NOW), 20);
    assert_int_equal(ask(ALLOWANCE_KNOWN, "slow.example", NOW), 40);
    assert_int_equal(ask(ALLOWANCE_KNOWN, "quick.example", NOW), 0);
    allowance_ended(allowance, ALLOWANCE_KNOWN, "slow.example");
    assert_int_equal(ask(ALLOWANCE_KNOWN, "slow.example", NOW), 0);
}

static void zero_is_no_ceiling(void **state)
{
    (void)state;
    const struct allowance_rates rates = { .strangers_at_once = 60,
                                           .host_at_once = 8 };
    assert_int_equal(setup_with(&rates), 0);
    for (int rank = 0; rank < ALLOWANCE_RANKS; rank++)
        assert_int_equal(
            asked((enum allowance_rank)rank, "victim.example", NOW, 5000),
            5000);
    for (int i = 0; i < 1000; i++)
        allowance_failed(allowance, ALLOWANCE_KNOWN, "victim.example", NOW);
    assert_int_equal(ask(ALLOWANCE_KNOWN, "victim.example", NOW), 0);
    assert_int_equal(
        allowance_left(allowance, ALLOWANCE_STRANGER, "victim.example", NOW),
        UINT32_MAX);
}

static void a_bucket_in_need_is_not_forgotten_for_new_hosts(void **state)
{
    (void)state;
    const struct allowance_rates rates = { .strangers = 60,
                                           .strangers_at_once = 60,
                                           .host_at_once = 8 };
    assert_int_equal(setup_with(&rates), 0);
    asked(ALLOWANCE_STRANGER, "victim.example", NOW, 10);
    char host[32];
    for (int i = 0; i < 100000; i++) {
        (void)snprintf(host, sizeof host, "s%d.example", i);
        (void)ask(ALLOWANCE_STRANGER, host, NOW);
    }
    assert_int_not_equal(ask(ALLOWANCE_STRANGER, "victim.example", NOW), 0);
}

static void what_is_left_can_be_asked_without_being_charged(void **state)
{
    (void)state;
    asked(ALLOWANCE_STRANGER, "victim.example", NOW, 7);
    for (int i = 0; i < 5; i++)
        assert_int_equal(allowance_left(allowance, ALLOWANCE_STRANGER,
                                        "victim.example", NOW),
                         3);
    assert_int_equal(
        allowance_left(allowance, ALLOWANCE_STRANGER, "new.example", NOW), 10);
}

#define ALLOWED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void another_rate_counts_from_then_on(void **state)
{
    struct allowance_rates rates = usual;
    (void)state;
    assert_int_equal(asked(ALLOWANCE_STRANGER, "a.example", NOW, 100), 10);
    rates.strangers = 0;
    allowance_set(allowance, &rates);
    assert_int_equal(asked(ALLOWANCE_STRANGER, "a.example", NOW, 20), 20);
    rates.strangers = 6;
    allowance_set(allowance, &rates);
    assert_int_equal(asked(ALLOWANCE_STRANGER, "b.example", NOW, 20), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ALLOWED(S5_a_stranger_is_asked_a_sixth_of_his_hour_at_once),
        ALLOWED(S5_then_once_for_each_share_of_the_hour),
        ALLOWED(who_waits_has_a_place_in_a_line),
        ALLOWED(no_place_is_kept_for_who_would_be_too_late),
        ALLOWED(all_strangers_together_have_a_rate),
        ALLOWED(strangers_who_have_waited_long_come_more_seldom),
        ALLOWED(strangers_leave_room_for_others_while_they_are_slow),
        ALLOWED(a_stranger_who_has_not_answered_is_asked_two_at_a_time),
        ALLOWED(no_more_wait_for_a_silent_host_than_may_be_asked),
        ALLOWED(R35_who_has_just_answered_may_be_known_in_a_moment),
        ALLOWED(silent_hosts_of_one_family_have_four_between_them),
        ALLOWED(half_of_the_room_is_kept_for_first_questions),
        ALLOWED(a_quarter_is_kept_for_who_has_just_come),
        ALLOWED(strangers_are_hurried_while_a_quarter_is_at_work),
        ALLOWED(without_a_ceiling_silence_costs_nothing),
        ALLOWED(whom_we_know_is_asked_much_more),
        ALLOWED(what_fails_where_we_are_known_costs_as_much_as_ten),
        ALLOWED(what_was_under_way_makes_no_debts_without_end),
        ALLOWED(a_slow_host_has_so_many_questions_and_no_more),
        ALLOWED(zero_is_no_ceiling),
        ALLOWED(a_bucket_in_need_is_not_forgotten_for_new_hosts),
        ALLOWED(what_is_left_can_be_asked_without_being_charged),
        ALLOWED(another_rate_counts_from_then_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
