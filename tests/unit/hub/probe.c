// SPDX-License-Identifier: MIT

#include "hub/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char told[8192];

static void hear(void *context, const char *about, const char *sentence)
{
    size_t len = strlen(told);
    (void)context;
    snprintf(told + len, sizeof told - len, "%s: %s\n", about, sentence);
}

static const char *probe(const struct probe_facts *facts)
{
    const struct explain_voice voice = { .say = hear };
    told[0] = '\0';
    probe_say(facts, &voice);
    return told;
}

static struct probe_facts plain(void)
{
    return (struct probe_facts){
        .result = EXCHANGE_ANSWERED,
        .addresses = "192.0.2.1 allowed\n",
        .census = { .complete = true },
        .left = UINT32_MAX,
    };
}

static void a_callback_that_may_be_called_is_fine(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    assert_true(probe_fine(&facts));
    assert_non_null(
        strstr(probe(&facts), "address: 192.0.2.1 may be called.\n"));
    assert_non_null(strstr(told, "would be verified"));
    assert_non_null(strstr(told, "stranger"));
}

static void the_hubs_own_url_is_not(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    facts.own = true;
    assert_false(probe_fine(&facts));
    assert_non_null(strstr(probe(&facts), "hub itself"));
    assert_non_null(strstr(told, "fails"));
}

static void a_rule_is_named(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    facts.rule = "bad.example";
    assert_false(probe_fine(&facts));
    assert_non_null(strstr(probe(&facts), "deny-callback = bad.example"));
    facts.rule = "";
    assert_false(probe_fine(&facts));
    assert_non_null(strstr(probe(&facts), "allow-callback"));
}

static void each_address_is_judged(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    facts.result = EXCHANGE_REFUSED;
    facts.addresses = "10.0.0.1 refused\n::1 own\n192.0.2.7 port\n";
    assert_false(probe_fine(&facts));
    assert_non_null(strstr(probe(&facts),
                           "address: 10.0.0.1 is refused: it is not of the "
                           "public internet, and neither allow-address nor "
                           "allow-callback-address has it.\n"));
    assert_non_null(strstr(told, "address: ::1 is refused: this hub"));
    assert_non_null(strstr(told, "address: 192.0.2.7 is refused: its port"));
}

static void a_name_that_does_not_resolve_is_said_so(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    facts.result = EXCHANGE_NO_NAME;
    facts.addresses = NULL;
    assert_false(probe_fine(&facts));
    assert_non_null(strstr(probe(&facts), "its name did not resolve"));
}

static void what_lives_there_is_counted(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    struct store_subscriber s = { .lagging = true,
                                  .due = 1,
                                  .last_status = 500 };
    census_count(&facts.census, &s);
    s.due = 0;
    census_count(&facts.census, &s);
    facts.mine.counted = 1;
    assert_non_null(strstr(probe(&facts), "2 subscriptions at its origin: 1 "
                                          "lagging, 1 stopped, 0 suspended."));
    assert_non_null(strstr(told, "2 because: HTTP 500"));
    assert_non_null(strstr(told, "1 of them is this very callback."));
    facts.census.complete = false;
    assert_non_null(strstr(probe(&facts), "More than 2"));
}

static void the_verdict_on_a_subscribed_one_is_about_its_deliveries(
    void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    struct store_lane lane = { .failing_since = 1, .failures = 5 };
    assert_non_null(strstr(probe(&facts), "with it would be verified."));
    struct store_subscriber s = { .paused = true };
    census_count(&facts.mine, &s);
    assert_non_null(strstr(probe(&facts), "to it: it is paused."));
    s.paused = false;
    census_count(&facts.mine, &s);
    assert_non_null(strstr(probe(&facts), "Some of its subscriptions are"));
    facts.lane = &lane;
    assert_non_null(strstr(probe(&facts), "to it: its origin is broken"));
    lane.paused = true;
    assert_non_null(strstr(probe(&facts), "to it: its origin is paused."));
    facts.halted = true;
    assert_non_null(strstr(probe(&facts), "to it: all deliveries are paused."));
}

static void a_topic_is_spoken_of_only_if_it_was_named(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    facts.pending = 2;
    assert_null(strstr(probe(&facts), "requests:"));
    facts.topic_named = true;
    assert_non_null(strstr(probe(&facts), "It is not subscribed"));
    assert_non_null(strstr(told, "2 requests for that topic wait"));
    facts.subscribed = true;
    assert_non_null(strstr(probe(&facts), "It is subscribed"));
}

static void the_budget_is_told(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    assert_non_null(strstr(probe(&facts), "any time"));
    facts.left = 1;
    assert_non_null(strstr(probe(&facts), "1 time right now"));
    facts.left = 0;
    assert_non_null(strstr(probe(&facts), "have to wait"));
}

static void a_broken_origin_is_told(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    assert_null(strstr(probe(&facts), "deliveries:"));
    struct store_lane lane = {
        .failures = 7,
        .failing_since = 1795323130000,
        .due = 1795323250000,
        .last_status = 503,
    };
    facts.now = 1795323190000;
    facts.lane = &lane;
    assert_non_null(strstr(probe(&facts), "(60 seconds ago): HTTP 503"));
    assert_non_null(strstr(told, "in vain 7 times"));
    assert_non_null(strstr(told, "It is tried again"));
    lane.paused = true;
    assert_non_null(strstr(probe(&facts), "Deliveries to its origin are "
                                          "paused by an operator."));
    assert_null(strstr(told, "It is tried again"));
}

static void who_has_more_than_he_takes_is_told(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    facts.lane = &(struct store_lane){ .due = 1 };
    assert_non_null(strstr(probe(&facts), "more to take than it takes"));
    assert_null(strstr(told, "paused"));
}

static void pauses_are_told(void **state)
{
    (void)state;
    struct probe_facts facts = plain();
    facts.halted = true;
    facts.census.counted = 2;
    facts.census.paused = 1;
    assert_non_null(strstr(probe(&facts), "All deliveries are paused"));
    assert_non_null(strstr(told, "1 subscription at its origin is paused"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_callback_that_may_be_called_is_fine),
        cmocka_unit_test(the_hubs_own_url_is_not),
        cmocka_unit_test(a_rule_is_named),
        cmocka_unit_test(each_address_is_judged),
        cmocka_unit_test(a_name_that_does_not_resolve_is_said_so),
        cmocka_unit_test(what_lives_there_is_counted),
        cmocka_unit_test(a_broken_origin_is_told),
        cmocka_unit_test(who_has_more_than_he_takes_is_told),
        cmocka_unit_test(pauses_are_told),
        cmocka_unit_test(
            the_verdict_on_a_subscribed_one_is_about_its_deliveries),
        cmocka_unit_test(a_topic_is_spoken_of_only_if_it_was_named),
        cmocka_unit_test(the_budget_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
