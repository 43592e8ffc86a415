// SPDX-License-Identifier: MIT
//
// Rules that come while somebody pulls.

#include "hub/served.h"

#include "pull_rig.h"

#include "fakes/fake_loop.h"

static void rule(const char *domain)
{
    fake_rule(STORE_RULE_DENY_TOPIC, domain);
    pullers_judge(rig.pullers);
    turn();
}

static void assert_denied(const struct fake_request *request)
{
    assert_int_equal(request->answers, 1);
    assert_int_equal(request->status, 403);
    assert_string_equal(request->type, "application/problem+json");
    assert_non_null(strstr(request->body, "\"type\":\"denied-topic\""));
    assert_non_null(
        strstr(request->body, "\"topic\":\"https://blog.example/feed\""));
}

static void who_is_held_for_a_topic_that_is_denied_is_told_so(void **state)
{
    (void)state;
    hold(WAITING);
    rule("other.example");
    assert_int_equal(rig.requests[0].answers, 0);
    assert_int_equal(pull_held(rig.pull), 1);
    rule("blog.example");
    assert_denied(&rig.requests[0]);
    assert_int_equal(pull_held(rig.pull), 0);
    assert_int_equal(counted(METRIC_PULLS_DENIED), 1);
    // The store was not asked for any of it.
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void one_denied_topic_of_several_is_enough_and_is_named(void **state)
{
    (void)state;
    get("topic=https://good.example/&" WAITING);
    follow(TOPIC);
    follow(TOPIC + 1);
    end_empty(reading());
    assert_int_equal(pull_held(rig.pull), 1);
    rule("blog.example");
    assert_denied(&rig.requests[0]);
}

static void a_stream_ends_with_an_abort(void **state)
{
    static const char *const paths[] = { "/events/sse", "/events/stream" };
    (void)state;
    for (size_t i = 0; i < 2; i++)
        hold_at(i, paths[i], ONE);
    struct fake_hold *events = fake_hold_of(&rig.requests[0].request);
    struct fake_hold *lines = fake_hold_of(&rig.requests[1].request);
    rule("blog.example");
    assert_true(events->ended && lines->ended);
    assert_non_null(strstr(events->text, "event: abort"));
    assert_non_null(strstr(events->text, "\"status\":403"));
    assert_non_null(strstr(lines->text, "\"reason\":\"denied-topic\""));
    assert_non_null(
        strstr(lines->text, "\"topic\":\"https://blog.example/feed\""));
}

static void a_rule_that_comes_while_it_is_read_counts(void **state)
{
    (void)state;
    get(WAITING);
    follow(TOPIC);
    struct store_events *op = reading();
    rule("blog.example");
    assert_int_equal(rig.requests[0].answers, 0);
    end_with_event(op, 90);
    assert_denied(&rig.requests[0]);
    assert_null(strstr(rig.requests[0].body, "hello"));
}

static void a_rule_that_comes_while_it_is_followed_counts(void **state)
{
    (void)state;
    get(WAITING);
    rule("blog.example");
    follow(TOPIC);
    assert_denied(&rig.requests[0]);
    assert_int_equal(fake_store_waiting_all(), 0);
}

static void what_an_audience_knew_does_not_let_anybody_in(void **state)
{
    (void)state;
    hold(WAITING);
    rule("blog.example");
    get_at(1, "/events", WAITING);
    assert_denied(&rig.requests[1]);
    // And without the rule it is as before.
    rules_remove(fake_book, STORE_RULE_DENY_TOPIC, "blog.example");
    pullers_judge(rig.pullers);
    turn();
    hold_at(2, "/events", WAITING);
    assert_int_equal(pull_held(rig.pull), 1);
}

static void a_pattern_is_denied_with_its_host(void **state)
{
    (void)state;
    rig.config.pull_open = true;
    hold_at(0, "/events", "match=https://blog.example/*&wait=30");
    hold_at(1, "/events", "match=https://good.example/*&wait=30");
    hold_at(2, "/events", "match=*&wait=30");
    rule("blog.example");
    assert_int_equal(rig.requests[0].status, 403);
    assert_int_equal(rig.requests[1].answers, 0);
    assert_int_equal(rig.requests[2].answers, 0);
    get_at(3, "/events", "match=https://blog.example/*");
    assert_int_equal(rig.requests[3].status, 403);
}

static void the_first_that_allows_denies_who_is_held_elsewhere(void **state)
{
    (void)state;
    hold(WAITING);
    fake_rule(STORE_RULE_ALLOW_TOPIC, "good.example");
    pullers_judge(rig.pullers);
    turn();
    assert_denied(&rig.requests[0]);
}

static void of_many_who_are_held_all_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < 20; i++)
        hold_at(i, "/events", i % 2 ? WAITING : WAITING "&limit=5");
    assert_int_equal(pull_held(rig.pull), 20);
    rule("blog.example");
    for (size_t i = 0; i < 20; i++)
        assert_denied(&rig.requests[i]);
    assert_int_equal(pull_held(rig.pull), 0);
    assert_int_equal(counted(METRIC_PULLS_DENIED), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PULLED(who_is_held_for_a_topic_that_is_denied_is_told_so),
        PULLED(one_denied_topic_of_several_is_enough_and_is_named),
        PULLED(a_stream_ends_with_an_abort),
        PULLED(a_rule_that_comes_while_it_is_read_counts),
        PULLED(a_rule_that_comes_while_it_is_followed_counts),
        PULLED(what_an_audience_knew_does_not_let_anybody_in),
        PULLED(a_pattern_is_denied_with_its_host),
        PULLED(the_first_that_allows_denies_who_is_held_elsewhere),
        PULLED(of_many_who_are_held_all_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
