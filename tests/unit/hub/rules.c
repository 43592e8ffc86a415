// SPDX-License-Identifier: MIT

#include "hub/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fetcher/url.h"
#include "hub/config.h"

// Options are text of one's own.
#define OWN(text_) ((char[]){ text_ })

static struct rules *rules;

static int setup(void **state)
{
    (void)state;
    rules = rules_new();
    return rules ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    rules_free(rules);
    return 0;
}

static bool topic(const char *url)
{
    return rules_allow_topic(rules, url, strlen(url));
}

static bool callback(const char *url)
{
    return rules_allow_callback(rules, url, strlen(url));
}

static void deny(const char *domain)
{
    assert_true(rules_add(rules, STORE_RULE_DENY_TOPIC, domain));
}

static void without_rules_everything_is_allowed(void **state)
{
    (void)state;
    assert_true(topic("http://example.com/"));
    assert_true(callback("https://192.0.2.1/"));
    assert_true(rules_allow_topic(NULL, "http://a.example/", 17));
    assert_false(rules_judge_topics(NULL));
    assert_false(rules_judge_callbacks(rules));
}

static void R19_a_domain_stands_for_itself_and_all_below_it(void **state)
{
    (void)state;
    deny("Example.com");
    assert_false(topic("http://example.com/a"));
    assert_false(topic("https://www.EXAMPLE.com:8443/"));
    assert_false(topic("http://a.b.example.com"));
    assert_true(topic("http://badexample.com/"));
    assert_true(topic("http://example.com.evil.test/"));
    assert_true(topic("http://com/"));
    assert_true(topic("http://evil.test/?example.com"));
    assert_true(topic("http://example.co/"));
    assert_true(topic("http://example.comm/"));
}

static void a_dot_at_the_end_makes_no_other_name(void **state)
{
    (void)state;
    deny("example.com");
    assert_false(topic("http://example.com./"));
    assert_false(topic("http://www.example.com./"));
    rules_remove(rules, STORE_RULE_DENY_TOPIC, "example.com");
    assert_true(topic("http://example.com./"));
    deny("example.com.");
    assert_false(topic("http://example.com/"));
}

static void a_name_is_compared_as_it_is_looked_up(void **state)
{
    (void)state;
    deny("xn--bcher-kva.example");
    assert_false(topic("http://b\xc3\xbc"
                       "cher.example/"));
    assert_false(topic("http://B%C3%9CCHER.example/"));
    assert_true(topic("http://bucher.example/"));
    rules_remove(rules, STORE_RULE_DENY_TOPIC,
                 "B\xc3\x9c"
                 "CHER.example");
    assert_true(topic("http://xn--bcher-kva.example/"));
    deny("b\xc3\xbc"
         "cher.example");
    assert_false(topic("http://www.xn--bcher-kva.example/"));
}

static void an_address_is_itself_in_every_notation(void **state)
{
    (void)state;
    assert_true(rules_add(rules, STORE_RULE_DENY_CALLBACK, "192.0.2.1"));
    assert_true(rules_add(rules, STORE_RULE_DENY_CALLBACK, "2001:DB8::1"));
    assert_false(callback("http://192.0.2.1/"));
    assert_false(callback("http://0xc0000201/"));
    assert_false(callback("http://[2001:db8:0:0::1]:8080/"));
    assert_false(callback("http://[::ffff:192.0.2.1]/"));
    assert_false(callback("http://[64:ff9b::192.0.2.1]/"));
    assert_true(callback("http://[::ffff:192.0.2.2]/"));
    assert_true(callback("http://192.0.2.11/"));
    assert_true(callback("http://1.192.0.2/"));
    assert_true(callback("http://x.192.0.2.1.example/"));
    rules_remove(rules, STORE_RULE_DENY_CALLBACK, "[2001:db8::0:1]");
    rules_remove(rules, STORE_RULE_DENY_CALLBACK, "3221225985");
    assert_false(rules_judge_callbacks(rules));
}

static void an_ipv4_address_is_itself_in_ipv6_too(void **state)
{
    static const char *const spellings[] = {
        "127.0.0.9",         "0x7f.0.0.9",        "0177.0.0.011",
        "2130706441",        "0x7f000009",        "127.9",
        "127.0.9",           "127.0.0.9.",        "017700000011",
        "[::127.0.0.9]",     "[::7f00:9]",        "[::ffff:127.0.0.9]",
        "[::FFFF:7F00:9]",   "[::ffff:0:7f00:9]", "[64:ff9b::127.0.0.9]",
        "[64:FF9B::7f00:9]", "[2002:7f00:9::1]",
    };
    const size_t count = sizeof spellings / sizeof *spellings;
    char domain[RULES_DOMAIN_MAX], url[64];
    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_null(rules_read(spellings[i], domain));
        assert_string_equal(domain, "127.0.0.9");
        assert_true(rules_add(rules, STORE_RULE_DENY_TOPIC, spellings[i]));
        for (size_t j = 0; j < count; j++) {
            (void)snprintf(url, sizeof url, "http://%s:81/a", spellings[j]);
            if (topic(url))
                fail_msg("%s does not cover %s", spellings[i], url);
        }
        assert_true(topic("http://127.0.0.8/"));
        assert_true(topic("http://[::127.0.0.8]/"));
        assert_true(topic("http://[2001:db8::127.0.0.9]/"));
        rules_remove(rules, STORE_RULE_DENY_TOPIC, spellings[count - 1 - i]);
        assert_false(rules_judge_topics(rules));
    }
}

static void loopback_of_ipv6_is_no_ipv4_address(void **state)
{
    char domain[RULES_DOMAIN_MAX];
    (void)state;
    deny("0.0.0.1");
    assert_true(topic("http://[::1]/"));
    assert_null(rules_read("::1", domain));
    assert_string_equal(domain, "::1");
}

static void a_prefix_of_topics_is_its_hosts(void **state)
{
    (void)state;
    deny("bad.example");
    assert_false(rules_allow_below(rules, "https://a.bad.example/x", 23));
    assert_true(rules_allow_below(rules, "https://good.example/", 21));
    assert_true(rules_allow_below(rules, "", 0));
    assert_true(rules_allow_below(NULL, "https://good.example/", 21));
    assert_true(rules_add(rules, STORE_RULE_ALLOW_TOPIC, "fine.example"));
    assert_false(rules_allow_below(rules, "https://good.example/", 21));
    assert_true(rules_allow_below(rules, "", 0));
}

static void part_of_an_address_is_another_address(void **state)
{
    (void)state;
    deny("2.1");
    assert_true(topic("http://192.0.2.1/"));
    assert_false(topic("http://2.0.0.1/"));
}

static void where_some_are_allowed_all_others_are_not(void **state)
{
    (void)state;
    assert_true(rules_add(rules, STORE_RULE_ALLOW_CALLBACK, "a.example"));
    assert_true(rules_add(rules, STORE_RULE_ALLOW_CALLBACK, "b.example"));
    assert_true(callback("http://a.example/"));
    assert_true(callback("http://x.b.example/"));
    assert_false(callback("http://c.example/"));
    assert_false(callback("http://192.0.2.1/"));
    // Topics have lists of their own.
    assert_true(topic("http://c.example/"));
}

static void what_is_denied_wins(void **state)
{
    (void)state;
    assert_true(rules_add(rules, STORE_RULE_ALLOW_TOPIC, "example.com"));
    deny("bad.example.com");
    assert_true(topic("http://good.example.com/"));
    assert_false(topic("http://bad.example.com/"));
    assert_false(topic("http://x.bad.example.com/"));
}

static void the_rule_that_says_no_can_be_told(void **state)
{
    (void)state;
    struct url url;
    char copy[RULES_DOMAIN_MAX];
    deny("B.example");
    assert_true(rules_add(rules, STORE_RULE_ALLOW_CALLBACK, "a.example"));
    assert_null(url_read("http://x.b.example/", 19, &url));
    const char *rule = rules_copy(rules_topic(rules, &url), copy);
    rules_remove(rules, STORE_RULE_DENY_TOPIC, "b.example");
    assert_string_equal(rule, "b.example");
    assert_string_equal(rules_callback(rules, &url), "");
    assert_null(url_read("http://a.example/", 17, &url));
    assert_null(rules_copy(rules_topic(rules, &url), copy));
    assert_null(rules_callback(rules, &url));
}

static void what_is_no_url_is_not_allowed(void **state)
{
    (void)state;
    assert_false(topic("ftp://example.com/"));
    assert_false(callback(""));
}

static void what_is_no_domain_is_no_rule(void **state)
{
    static const char *const bad[] = {
        "",
        "*.example.com",
        "example.com/",
        "http://example.com",
        "a@b",
        "a.example:80",
        "a b",
        "10.0.0.0/8",
        "[::1]:80",
        "[a.example]",
        "fe80::1%eth0",
        "a..example",
        "256.1.1.1",
        "?",
        "a.example#x",
        "a\\b",
        "[::1].a.example",
    };
    char domain[RULES_DOMAIN_MAX];
    char longest[300];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!rules_read(bad[i], domain))
            fail_msg("%s is a rule: %s", bad[i], domain);
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_non_null(rules_read(longest, domain));
    assert_false(rules_add(rules, STORE_RULE_QUOTA, "a.example"));
}

static void all_spellings_of_a_domain_are_one(void **state)
{
    static const char *const pairs[][2] = {
        { "Example.COM.", "example.com" },
        { "0x7f.1", "127.0.0.1" },
        { "[2001:DB8:0::1]", "2001:db8::1" },
        { "::ffff:192.0.2.1", "192.0.2.1" },
        { "localhost", "localhost" },
    };
    char domain[RULES_DOMAIN_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_null(rules_read(pairs[i][0], domain));
        assert_string_equal(domain, pairs[i][1]);
    }
}

static void a_new_configuration_leaves_what_is_stored(void **state)
{
    (void)state;
    struct config config = {
        .deny_topic = { { OWN("a.example"), OWN("b.example") }, 2 },
    };
    assert_true(rules_configure(rules, &config));
    deny("b.example");
    deny("c.example");
    assert_false(topic("http://a.example/"));
    config.deny_topic.count = 0;
    assert_true(rules_configure(rules, &config));
    assert_true(topic("http://a.example/"));
    assert_false(topic("http://b.example/"));
    assert_false(topic("http://c.example/"));
    rules_remove(rules, STORE_RULE_DENY_TOPIC, "b.example");
    rules_remove(rules, STORE_RULE_DENY_TOPIC, "c.example");
    assert_false(rules_judge_topics(rules));
}

static void what_is_configured_is_not_removed_from_the_store(void **state)
{
    (void)state;
    struct config config = { .allow_topic = { { OWN("a.example") }, 1 } };
    assert_true(rules_configure(rules, &config));
    rules_remove(rules, STORE_RULE_ALLOW_TOPIC, "a.example");
    assert_true(rules_judge_topics(rules));
    assert_false(topic("http://b.example/"));
}

static void a_configured_name_that_no_url_has_stands_for_nothing(void **state)
{
    (void)state;
    struct config config = {
        .deny_topic = { { OWN("a..example"), OWN("b.example") }, 2 },
    };
    assert_true(rules_configure(rules, &config));
    assert_false(topic("http://b.example/"));
}

static void only_what_makes_a_difference_is_a_change(void **state)
{
    (void)state;
    struct config config = { .deny_topic = { { OWN("a.example") }, 1 } };
    assert_true(rules_configure(rules, &config));
    uint64_t before = rules_generation(rules);
    assert_true(rules_configure(rules, &config));
    deny("a.example");
    assert_int_equal(rules_generation(rules), before);
    config.deny_topic.count = 0;
    assert_true(rules_configure(rules, &config));
    assert_int_equal(rules_generation(rules), before);
    rules_remove(rules, STORE_RULE_DENY_TOPIC, "a.example");
    assert_int_not_equal(rules_generation(rules), before);
}

static void there_may_be_many(void **state)
{
    char domain[64], url[64];
    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(domain, sizeof domain, "n%u.example", i);
        deny(domain);
    }
    for (unsigned i = 0; i < 20000; i += 2) {
        snprintf(domain, sizeof domain, "n%u.example", i);
        rules_remove(rules, STORE_RULE_DENY_TOPIC, domain);
    }
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(url, sizeof url, "https://www.n%u.example/", i);
        assert_int_equal(topic(url), i % 2 == 0);
    }
}

static void kinds_have_names(void **state)
{
    (void)state;
    for (int kind = STORE_RULE_DENY_TOPIC; kind <= STORE_RULE_ALLOW_CALLBACK;
         kind++) {
        const char *name = rules_kind_name((enum store_rule_kind)kind);
        assert_int_equal(rules_kind_read(name), kind);
    }
    assert_null(rules_kind_name(STORE_RULE_PUBLISHER_KEY));
    assert_int_equal(rules_kind_read("deny"), 0);
}

#define RULED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULED(without_rules_everything_is_allowed),
        RULED(R19_a_domain_stands_for_itself_and_all_below_it),
        RULED(a_dot_at_the_end_makes_no_other_name),
        RULED(a_name_is_compared_as_it_is_looked_up),
        RULED(an_address_is_itself_in_every_notation),
        RULED(an_ipv4_address_is_itself_in_ipv6_too),
        RULED(loopback_of_ipv6_is_no_ipv4_address),
        RULED(a_prefix_of_topics_is_its_hosts),
        RULED(part_of_an_address_is_another_address),
        RULED(where_some_are_allowed_all_others_are_not),
        RULED(what_is_denied_wins),
        RULED(the_rule_that_says_no_can_be_told),
        RULED(what_is_no_url_is_not_allowed),
        RULED(what_is_no_domain_is_no_rule),
        RULED(all_spellings_of_a_domain_are_one),
        RULED(a_new_configuration_leaves_what_is_stored),
        RULED(what_is_configured_is_not_removed_from_the_store),
        RULED(a_configured_name_that_no_url_has_stands_for_nothing),
        RULED(only_what_makes_a_difference_is_a_change),
        RULED(there_may_be_many),
        RULED(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
