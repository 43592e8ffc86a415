// SPDX-License-Identifier: MIT

#include "hub/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fetcher/url.h"
#include "hub/config.h"

// Options are text of one's own.
#define OWN(text_) ((char[]){ text_ })

static bool topic(const struct config *config, const char *url)
{
    return policy_allows_topic(config, url, strlen(url));
}

static bool callback(const struct config *config, const char *url)
{
    return policy_allows_callback(config, url, strlen(url));
}

static bool own(const struct config *config, const char *text)
{
    struct url url;
    assert_null(url_read(text, strlen(text), &url));
    return policy_is_own(config, &url);
}

static void without_rules_everything_is_allowed(void **state)
{
    (void)state;
    struct config config = { .public_url = OWN("") };
    assert_true(topic(&config, "http://example.com/"));
    assert_true(callback(&config, "https://192.0.2.1/"));
}

static void R19_a_domain_stands_for_itself_and_all_below_it(void **state)
{
    (void)state;
    struct config config = { .deny_topic = { { OWN("Example.com") }, 1 } };
    assert_false(topic(&config, "http://example.com/a"));
    assert_false(topic(&config, "https://www.EXAMPLE.com:8443/"));
    assert_false(topic(&config, "http://a.b.example.com"));
    assert_true(topic(&config, "http://badexample.com/"));
    assert_true(topic(&config, "http://example.com.evil.test/"));
    assert_true(topic(&config, "http://com/"));
    assert_true(topic(&config, "http://evil.test/?example.com"));
}

static void a_dot_at_the_end_makes_no_other_name(void **state)
{
    (void)state;
    struct config config = { .deny_topic = { { OWN("example.com") }, 1 } };
    assert_false(topic(&config, "http://example.com./"));
    assert_false(topic(&config, "http://www.example.com./"));
    config.deny_topic.items[0] = OWN("example.com.");
    assert_false(topic(&config, "http://example.com/"));
}

static void a_name_is_compared_as_it_is_looked_up(void **state)
{
    (void)state;
    struct config config = { .deny_topic = { { OWN("xn--bcher-kva.example") },
                                             1 } };
    assert_false(topic(&config, "http://b\xc3\xbc"
                                "cher.example/"));
    assert_false(topic(&config, "http://B%C3%9CCHER.example/"));
    assert_true(topic(&config, "http://bucher.example/"));
}

static void an_address_is_itself_in_every_notation(void **state)
{
    (void)state;
    struct config config = {
        .deny_callback = { { OWN("192.0.2.1"), OWN("2001:DB8::1") }, 2 }
    };
    assert_false(callback(&config, "http://192.0.2.1/"));
    assert_false(callback(&config, "http://0xc0000201/"));
    assert_false(callback(&config, "http://[2001:db8:0:0::1]:8080/"));
    assert_false(callback(&config, "http://[::ffff:192.0.2.1]/"));
    assert_false(callback(&config, "http://[64:ff9b::192.0.2.1]/"));
    assert_true(callback(&config, "http://[::ffff:192.0.2.2]/"));
    assert_true(callback(&config, "http://192.0.2.11/"));
    assert_true(callback(&config, "http://1.192.0.2/"));
    assert_true(callback(&config, "http://x.192.0.2.1.example/"));
    config.deny_callback.items[0] = OWN("2.1");
    assert_true(callback(&config, "http://192.0.2.1/"));
}

static void where_some_are_allowed_all_others_are_not(void **state)
{
    (void)state;
    struct config config = { .allow_callback = {
                                 { OWN("a.example"), OWN("b.example") }, 2 } };
    assert_true(callback(&config, "http://a.example/"));
    assert_true(callback(&config, "http://x.b.example/"));
    assert_false(callback(&config, "http://c.example/"));
    assert_false(callback(&config, "http://192.0.2.1/"));
    // Topics have lists of their own.
    assert_true(topic(&config, "http://c.example/"));
}

static void what_is_denied_wins(void **state)
{
    (void)state;
    struct config config = { .allow_topic = { { OWN("example.com") }, 1 },
                             .deny_topic = { { OWN("bad.example.com") }, 1 } };
    assert_true(topic(&config, "http://good.example.com/"));
    assert_false(topic(&config, "http://bad.example.com/"));
    assert_false(topic(&config, "http://x.bad.example.com/"));
}

static void the_rule_that_says_no_can_be_told(void **state)
{
    (void)state;
    struct config config = {
        .deny_topic = { { OWN("x.example"), OWN("b.example") }, 2 },
        .allow_callback = { { OWN("a.example") }, 1 }
    };
    struct url url;
    assert_null(url_read("http://b.example/", 17, &url));
    assert_string_equal(policy_topic_rule(&config, &url), "b.example");
    assert_string_equal(policy_callback_rule(&config, &url), "");
    assert_null(url_read("http://a.example/", 17, &url));
    assert_null(policy_topic_rule(&config, &url));
    assert_null(policy_callback_rule(&config, &url));
}

static void secrets_are_pinned_by_the_callbacks_domain(void **state)
{
    (void)state;
    struct config config = { .pin_secret = { { OWN("example.com") }, 1 } };
    static const char inside[] = "https://www.example.com/cb";
    static const char outside[] = "https://badexample.com/cb";
    assert_true(policy_pins_secret(&config, inside, sizeof inside - 1));
    assert_false(policy_pins_secret(&config, outside, sizeof outside - 1));
    assert_false(policy_pins_secret(&config, "", 0));
    config.pin_secret.count = 0;
    assert_false(policy_pins_secret(&config, inside, sizeof inside - 1));
}

static void what_is_no_url_is_not_allowed(void **state)
{
    (void)state;
    struct config config = { .public_url = OWN("") };
    assert_false(topic(&config, "ftp://example.com/"));
    assert_false(callback(&config, ""));
}

static void S18_the_hub_knows_its_own_url(void **state)
{
    (void)state;
    struct config config = { .public_url = OWN("https://Hub.example/hub/"),
                             .hub_alias = { { OWN("http://[::1]:8080/") },
                                            1 } };
    assert_true(own(&config, "https://hub.example/hub"));
    assert_true(own(&config, "https://hub.example./hub/"));
    assert_true(own(&config, "https://hub.example:443/%68ub/publish"));
    assert_true(own(&config, "https://hub.example/hub?x=1"));
    assert_true(own(&config, "http://hub.example/hub"));
    assert_true(own(&config, "http://[0:0::1]:8080/anything/at/all"));
    assert_false(own(&config, "https://hub.example/hubris"));
    assert_false(own(&config, "https://hub.example/"));
    assert_false(own(&config, "https://hub.example/?/hub"));
    assert_false(own(&config, "https://hub.example:8443/hub"));
    assert_false(own(&config, "https://www.hub.example/hub"));
    assert_false(own(&config, "http://[::1]:8081/"));
}

static void S18_a_hub_at_the_root_has_all_of_its_origin(void **state)
{
    (void)state;
    struct config config = { .public_url = OWN("http://127.0.0.1:8080/") };
    assert_true(own(&config, "http://127.0.0.1:8080"));
    assert_true(own(&config, "http://127.1:8080/events?topic=x"));
    assert_false(own(&config, "http://127.0.0.1:8081/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_rules_everything_is_allowed),
        cmocka_unit_test(R19_a_domain_stands_for_itself_and_all_below_it),
        cmocka_unit_test(a_dot_at_the_end_makes_no_other_name),
        cmocka_unit_test(a_name_is_compared_as_it_is_looked_up),
        cmocka_unit_test(an_address_is_itself_in_every_notation),
        cmocka_unit_test(where_some_are_allowed_all_others_are_not),
        cmocka_unit_test(what_is_denied_wins),
        cmocka_unit_test(the_rule_that_says_no_can_be_told),
        cmocka_unit_test(secrets_are_pinned_by_the_callbacks_domain),
        cmocka_unit_test(what_is_no_url_is_not_allowed),
        cmocka_unit_test(S18_the_hub_knows_its_own_url),
        cmocka_unit_test(S18_a_hub_at_the_root_has_all_of_its_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
