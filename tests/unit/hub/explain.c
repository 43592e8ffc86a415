// SPDX-License-Identifier: MIT

#include "hub/explain.h"

#include "fetcher/engine.h"
#include "hub/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MINUTE = 60 * 1000 };
static const int64_t now = 1795323130000;

static char told[32768];

static void hear(void *context, const char *about, const char *sentence)
{
    size_t len = strlen(told);
    (void)context;
    snprintf(told + len, sizeof told - len, "%s: %s\n", about, sentence);
}

static const struct explain_voice voice = { .say = hear };

static const char *explain(const struct explain_facts *facts)
{
    told[0] = '\0';
    explain_topic(facts, &voice);
    return told;
}

static const char *explain_to_all(const struct explain_facts *facts)
{
    told[0] = '\0';
    explain_public(facts, &voice);
    return told;
}

static struct bytes bytes(const char *text)
{
    return (struct bytes){ text, strlen(text) };
}

static struct config config = { .topic_gone_after = 72 * 60 * MINUTE };

static struct store_topic followed(void)
{
    return (struct store_topic){
        .id = 7,
        .url = bytes("http://topic.example/feed"),
        .url_normal = bytes("http://topic.example/feed"),
        .self = bytes("http://topic.example/feed"),
        .hubs = bytes("http://hub.example/"),
        .subscriptions = 3,
        .head = 4,
        .baseline = 1,
        .last_status = 200,
        .last_fetch = now - 2 * MINUTE,
        .last_update = now - 2 * MINUTE,
        .fetch_due = now + 60 * MINUTE,
    };
}

static struct explain_facts facts_of(const struct store_topic *topic)
{
    return (struct explain_facts){
        .config = &config,
        .hub_url = "http://hub.example/",
        .now = now,
        .topic = topic,
        .census = { .counted = 3, .complete = true },
    };
}

static void assert_told(const char *sentence)
{
    if (!strstr(told, sentence))
        fail_msg("\"%s\" was not told:\n%s", sentence, told);
}

static void assert_untold(const char *sentence)
{
    if (strstr(told, sentence))
        fail_msg("\"%s\" was told:\n%s", sentence, told);
}

static void where_all_is_well_nothing_stands_in_the_way(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    struct explain_facts facts = facts_of(&topic);
    explain(&facts);
    assert_told("topic: It is followed: 3 webhooks.");
    assert_told("fetch: It was last fetched 2026-11-22 04:50:10 UTC (2 minutes "
                "ago): HTTP 200 (OK).");
    assert_told("update: Its newest version is number 4");
    assert_told("links: It calls itself by the topic's URL.");
    assert_told("links: It names this hub.");
    assert_told("policy: No rule forbids it.");
    assert_told("why: Nothing stands in the way");
}

static void M3_what_is_delivered_is_told_of_the_topic_first(void **state)
{
    (void)state;
    static const struct {
        enum store_content content;
        const char *sentence;
    } all[] = {
        { STORE_CONTENT_DEFAULT,
          "policy: Subscribers of Atom and RSS get new" },
        { STORE_CONTENT_FULL, "policy: Its subscribers get whole documents" },
        { STORE_CONTENT_ENTRIES,
          "policy: Its subscribers get new and changed" },
        { STORE_CONTENT_EACH, "policy: Its subscribers get every version" },
    };
    struct store_topic topic = followed();
    struct explain_facts facts = facts_of(&topic);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        topic.content = all[i].content;
        explain(&facts);
        assert_told(all[i].sentence);
    }
}

static void who_may_pull_it_is_told(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    struct explain_facts facts = facts_of(&topic);
    struct config own = { .pull_anonymous = true };
    facts.config = &own;
    topic.reach = STORE_REACH_PUBLIC;
    explain(&facts);
    assert_told("policy: Anybody may pull it.");
    topic.reach = STORE_REACH_INSIDE;
    explain(&facts);
    assert_told("policy: To pull it, a token is needed whose scope covers it; "
                "to all others it is unknown");
    topic.reach = STORE_REACH_UNTOLD;
    explain(&facts);
    assert_told("until a fetch has shown that anybody could");
    own.pull_open = true;
    explain(&facts);
    assert_told("policy: Anybody may pull it: pull-open is on.");
    own.pull_anonymous = false;
    explain(&facts);
    assert_told("whose scope covers it: pull-anonymous is off.");
    facts.rule = "topic.example";
    explain(&facts);
    assert_told("policy: Nobody may pull it");
    own = (struct config){ .pull_anonymous = true };
    facts.rule = NULL;
    facts.topic = NULL;
    explain(&facts);
    assert_told("policy: To pull it, a token with the right create");
    explain_to_all(&facts);
    assert_untold("policy:");
}

static void M20_an_unknown_topic_is_like_an_unfollowed_one(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    topic.subscriptions = 0;
    topic.unfollowed_at = now - MINUTE;
    struct explain_facts facts = facts_of(&topic);
    static char unfollowed[sizeof told];
    snprintf(unfollowed, sizeof unfollowed, "%s", explain_to_all(&facts));
    facts.topic = NULL;
    assert_string_equal(explain_to_all(&facts), unfollowed);
    assert_string_equal(told, "topic: This hub does not follow it.\n");
}

static void operators_hear_more_of_an_unfollowed_one(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    topic.subscriptions = 0;
    topic.unfollowed_at = now - MINUTE;
    struct explain_facts facts = facts_of(&topic);
    facts.census.counted = 0;
    explain(&facts);
    assert_told("topic: It was followed until");
    assert_told("why: Pings for it are answered 204 and cause no fetch");
    assert_untold("fetch:");
}

static void the_public_hears_nothing_of_subscribers(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    struct explain_facts facts = facts_of(&topic);
    facts.census.stopped = 1;
    explain_to_all(&facts);
    assert_told("topic: It is followed, and has subscribers.");
    assert_untold("subscribers:");
    assert_untold("policy:");
    assert_untold("why:");
    assert_untold("webhook");
}

static void pulling_follows_too(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    topic.subscriptions = 0;
    topic.pulled_until = now + MINUTE;
    struct explain_facts facts = facts_of(&topic);
    assert_true(explain_followed(&facts));
    explain(&facts);
    assert_told("topic: It is followed by pulling; nobody is subscribed.");
    assert_told("why: Nobody is subscribed with a callback.");
}

static void failed_fetches_are_blamed(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    topic.failures = 3;
    topic.failing_since = now - 60 * MINUTE;
    topic.last_status = 403;
    struct explain_facts facts = facts_of(&topic);
    explain(&facts);
    assert_told("3 fetches failed in a row since");
    assert_told("the last one: HTTP 403 (Forbidden).");
    assert_told("why: What is new is not known while fetches fail");
    assert_told("turn this hub away");
    assert_int_equal(explain_cause(&facts), EXPLAIN_CAUSE_FAILURE);
    topic.last_status = -EXCHANGE_NO_NAME;
    explain(&facts);
    assert_told("the last one: its name did not resolve.");
    assert_untold("turn this hub away");
}

static void a_dying_topic_is_counted_out(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    topic.failures = 2;
    topic.failing_since = topic.gone_since = now - MINUTE;
    topic.gone = 2;
    topic.last_status = 410;
    struct explain_facts facts = facts_of(&topic);
    explain(&facts);
    assert_told("It has answered 410 (Gone) 2 times since");
    assert_told("after 3 times over 3 days its subscriptions end.");
}

static void the_next_fetch_has_a_cause(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    struct explain_facts facts = facts_of(&topic);
    assert_int_equal(explain_cause(&facts), EXPLAIN_CAUSE_POLL);
    topic.dirty = 1;
    assert_int_equal(explain_cause(&facts), EXPLAIN_CAUSE_HELD);
    explain(&facts);
    assert_told("next: It was pinged, but pings at its origin have brought");
    assert_told("why: A ping waits to be looked at.");
    topic.fetch_due = now;
    assert_int_equal(explain_cause(&facts), EXPLAIN_CAUSE_PING);
    topic.fetch_due = 0;
    assert_int_equal(explain_cause(&facts), EXPLAIN_CAUSE_NONE);
    for (enum explain_cause cause = EXPLAIN_CAUSE_NONE;
         cause <= EXPLAIN_CAUSE_POLL; cause++)
        assert_non_null(explain_cause_name(cause));
}

static void what_was_there_before_is_old(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    topic.head = topic.baseline = 1;
    struct explain_facts facts = facts_of(&topic);
    explain(&facts);
    assert_told("why: Nothing has changed since it is followed");
    topic.head = 2;
    topic.last_update = topic.last_fetch - MINUTE;
    explain(&facts);
    assert_told("why: The last fetch brought nothing new");
}

static void other_names_of_the_hub_are_ours_too(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    struct explain_facts facts = facts_of(&topic);
    topic.hubs = bytes("http://other.example/\nHTTP://HUB.example:80");
    assert_true(explain_names_us(&facts));
    topic.hubs = bytes("http://other.example/\nhttp://alias.example/");
    assert_false(explain_names_us(&facts));
    static char alias[] = "http://alias.example/";
    config.hub_alias = (struct config_list){ .items = { alias }, .count = 1 };
    assert_true(explain_names_us(&facts));
    config.hub_alias.count = 0;
}

static void a_document_that_points_elsewhere_is_blamed(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    topic.hubs = bytes("http://other.example/");
    topic.self = bytes("http://topic.example/real");
    struct explain_facts facts = facts_of(&topic);
    explain(&facts);
    assert_told("links: It calls itself http://topic.example/real, which is "
                "another topic");
    assert_told("links: It names another hub, http://other.example/.");
    assert_told("why: It does not name this hub");
    topic.hubs = topic.self = bytes("");
    explain(&facts);
    assert_told("links: It does not say what its own URL is.");
    assert_told("links: It names no hub.");
}

static void a_rule_is_named(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    struct explain_facts facts = facts_of(&topic);
    facts.rule = "topic.example";
    explain(&facts);
    assert_told("policy: The rule deny-topic = topic.example forbids");
    assert_told("why: A rule forbids subscriptions to it.");
    facts.rule = "";
    explain(&facts);
    assert_told("none of the domains of allow-topic");
}

static void who_lags_is_counted_by_reason(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    struct explain_facts facts = facts_of(&topic);
    struct census *census = &facts.census;
    *census = (struct census){ .complete = true };
    struct store_subscriber s = { .id = 1 };
    census_count(census, &s);
    s = (struct store_subscriber){ .lagging = true, .last_status = 404 };
    census_count(census, &s);
    s.last_status = 500;
    s.due = now;
    census_count(census, &s);
    census_count(census, &s);
    s = (struct store_subscriber){ .suspended = true };
    census_count(census, &s);

    assert_int_equal(census->counted, 5);
    assert_int_equal(census->reasons[0].status, 500);
    assert_int_equal(census->reasons[0].count, 2);
    explain(&facts);
    assert_told("Of 5 subscribers 2 are at the newest version, 2 wait for "
                "another try, 1 was given up until the next update.");
    assert_told("subscribers: 2 because: HTTP 500 (Internal Server Error).\n"
                "subscribers: 1 because: HTTP 404 (Not Found).\n");
    assert_told("why: Some callbacks failed so often");
    assert_told("why: Some leases are over");
}

static void a_count_that_was_cut_says_so(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    struct explain_facts facts = facts_of(&topic);
    facts.census.complete = false;
    explain(&facts);
    assert_told("Of the first 3 subscribers");
}

static void the_longest_urls_fit_into_a_sentence(void **state)
{
    (void)state;
    static char url[STORE_URL_MAX + 1];
    memset(url, 'a', STORE_URL_MAX);
    memcpy(url, "http://t.example/", strlen("http://t.example/"));
    url[STORE_URL_MAX - 1] = 'z';
    struct store_topic topic = followed();
    topic.self = topic.hubs = topic.moved = bytes(url);
    struct explain_facts facts = facts_of(&topic);
    explain(&facts);
    assert_told("az, which is another topic");
    assert_told("az.\n");
}

static void a_pause_is_blamed(void **state)
{
    (void)state;
    struct store_topic topic = followed();
    struct explain_facts facts = facts_of(&topic);
    explain(&facts);
    assert_untold("pause");
    facts.halted = true;
    facts.census.paused = 1;
    facts.census.lagging = facts.census.waiting = 2;
    explain(&facts);
    assert_told("why: All deliveries are paused by an operator.");
    assert_told("why: Some callbacks are paused by an operator.");
    assert_told("why: Some wait for their server");
    assert_told("subscribers: 1 is paused by an operator.");
    assert_told("subscribers: 2 of them wait for a server");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_all_is_well_nothing_stands_in_the_way),
        cmocka_unit_test(M3_what_is_delivered_is_told_of_the_topic_first),
        cmocka_unit_test(who_may_pull_it_is_told),
        cmocka_unit_test(M20_an_unknown_topic_is_like_an_unfollowed_one),
        cmocka_unit_test(operators_hear_more_of_an_unfollowed_one),
        cmocka_unit_test(the_public_hears_nothing_of_subscribers),
        cmocka_unit_test(pulling_follows_too),
        cmocka_unit_test(failed_fetches_are_blamed),
        cmocka_unit_test(a_dying_topic_is_counted_out),
        cmocka_unit_test(the_next_fetch_has_a_cause),
        cmocka_unit_test(what_was_there_before_is_old),
        cmocka_unit_test(other_names_of_the_hub_are_ours_too),
        cmocka_unit_test(a_document_that_points_elsewhere_is_blamed),
        cmocka_unit_test(a_rule_is_named),
        cmocka_unit_test(who_lags_is_counted_by_reason),
        cmocka_unit_test(a_pause_is_blamed),
        cmocka_unit_test(a_count_that_was_cut_says_so),
        cmocka_unit_test(the_longest_urls_fit_into_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
