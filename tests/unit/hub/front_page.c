// SPDX-License-Identifier: MIT

#include "hub/front_page.h"

#include "fakes/fake_request.h"

#include <stdio.h>

static struct fake_request fake;

static void show(const char *hub_url)
{
    fake_request_get(&fake, "/", "");
    front_page_show(&fake.request, hub_url);
    assert_int_equal(fake.answers, 1);
    assert_int_equal(fake.status, 200);
}

static void R143_it_says_where_the_hub_is(void **state)
{
    (void)state;
    show("https://hub.example/?a&b");
    assert_non_null(strstr(fake.body, "https://hub.example/?a&amp;b</code>"));
}

static void R143_it_has_a_form_for_each_thing_to_do(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "value=\"publish\"",          "value=\"subscribe\"",
        "value=\"unsubscribe\"",      "name=\"hub.url\"",
        "name=\"hub.topic\"",         "name=\"hub.callback\"",
        "name=\"hub.secret\"",        "method=\"get\" action=\"topic\"",
        "name=\"hub.lease_seconds\"", "method=\"post\" action=\"subscription\"",
    };
    show("https://hub.example/");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_non_null(strstr(fake.body, parts[i]));
}

static void a_secret_is_never_sent_in_a_url(void **state)
{
    (void)state;
    show("https://hub.example/");
    // The only form that makes a URL ends before the first secret it could
    // have.
    const char *get = strstr(fake.body, "method=\"get\"");
    assert_non_null(get);
    assert_null(strstr(get + 1, "method=\"get\""));
    const char *end = strstr(get, "</form>");
    const char *secret = strstr(get, "hub.secret");
    assert_true(secret > end);
}

static void it_runs_no_scripts(void **state)
{
    (void)state;
    show("https://hub.example/");
    assert_null(strstr(fake.body, "<script"));
    assert_null(strstr(fake.body, " on"
                                  "click"));
}

static void every_endpoint_is_told_of(void **state)
{
    (void)state;
    static const char *const paths[] = { "events/poll", "events/stream",
                                         "events/sse",  "events/ws",
                                         "mailboxes",   "tickets",
                                         "presence",    "healthz" };
    show("https://hub.example/");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char cell[64];
        snprintf(cell, sizeof cell, "<code>%s</code></th>", paths[i]);
        assert_non_null(strstr(fake.body, cell));
    }
}

static void examples_name_this_hub(void **state)
{
    (void)state;
    show("https://hub.example/a&b/");
    assert_non_null(strstr(fake.body, "curl https://hub.example/a&amp;b/ -d"));
    assert_non_null(
        strstr(fake.body, "https://hub.example/a&amp;b/events/poll"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R143_it_says_where_the_hub_is),
        cmocka_unit_test(R143_it_has_a_form_for_each_thing_to_do),
        cmocka_unit_test(a_secret_is_never_sent_in_a_url),
        cmocka_unit_test(it_runs_no_scripts),
        cmocka_unit_test(every_endpoint_is_told_of),
        cmocka_unit_test(examples_name_this_hub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
