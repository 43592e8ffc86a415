// SPDX-License-Identifier: MIT

#include "hub/subscriber_filter.h"

#include "fetcher/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct store_subscriber at(const char *callback)
{
    return (struct store_subscriber){
        .topic = 1,
        .id = 7,
        .callback = { callback, strlen(callback) },
    };
}

static bool takes_host(const char *host, const char *callback)
{
    struct subscriber_filter filter = { .number = 0 };
    struct store_subscriber one = at(callback);
    assert_null(rules_read(host, filter.host));
    return subscriber_filter_takes(&filter, &one);
}

static void without_a_wish_everybody_is_taken(void **state)
{
    (void)state;
    struct subscriber_filter filter = { .number = 0 };
    struct store_subscriber one = at("https://a.example/cb");
    assert_true(subscriber_filter_takes(&filter, &one));
    assert_false(subscriber_filter_picks(&filter));
}

static void a_host_is_taken_with_all_below_it(void **state)
{
    (void)state;
    assert_true(takes_host("a.example", "https://a.example/cb"));
    assert_true(takes_host("A.example.", "https://x.a.example:8443/cb"));
    assert_false(takes_host("a.example", "https://ba.example/cb"));
    assert_false(takes_host("a.example", "https://a.example.test/cb"));
    assert_false(takes_host("x.a.example", "https://a.example/cb"));
    assert_true(takes_host("192.0.2.1", "http://0xc0000201/cb"));
    assert_false(takes_host("2.1", "http://192.0.2.1/cb"));
    assert_true(takes_host("2001:db8::1", "http://[2001:DB8:0::1]/cb"));
}

static void a_callback_is_one_url_however_it_is_spelt(void **state)
{
    (void)state;
    struct url url;
    struct subscriber_filter filter = { .by_callback = true };
    struct store_subscriber same = at("HTTPS://A.example:443/c%62");
    struct store_subscriber other = at("https://a.example/cB");
    assert_null(url_read("https://a.example/cb", 20, &url));
    url_key(&url, filter.callback.bytes);
    assert_true(subscriber_filter_takes(&filter, &same));
    assert_false(subscriber_filter_takes(&filter, &other));
    assert_true(subscriber_filter_picks(&filter));
}

static void all_that_is_named_must_be_so(void **state)
{
    (void)state;
    struct store_key origin = { { 1 } };
    struct subscriber_filter filter = {
        .state = "lagging",
        .number = 7,
        .origin = &origin,
    };
    struct store_subscriber one = at("https://a.example/cb");
    one.origin = origin;
    assert_false(subscriber_filter_takes(&filter, &one));
    one.lagging = true;
    one.due = 1;
    assert_true(subscriber_filter_takes(&filter, &one));
    one.id = 8;
    assert_false(subscriber_filter_takes(&filter, &one));
    one.id = 7;
    one.origin.bytes[31] = 1;
    assert_false(subscriber_filter_takes(&filter, &one));
}

static void states_are_those_that_are_shown(void **state)
{
    (void)state;
    assert_true(subscriber_filter_is_state("active"));
    assert_true(subscriber_filter_is_state("waiting"));
    assert_false(subscriber_filter_is_state("Active"));
    assert_false(subscriber_filter_is_state(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_wish_everybody_is_taken),
        cmocka_unit_test(a_host_is_taken_with_all_below_it),
        cmocka_unit_test(a_callback_is_one_url_however_it_is_spelt),
        cmocka_unit_test(all_that_is_named_must_be_so),
        cmocka_unit_test(states_are_those_that_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
