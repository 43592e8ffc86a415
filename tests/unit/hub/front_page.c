// SPDX-License-Identifier: MIT

#include "hub/front_page.h"

#include "fakes/fake_request.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R143_it_says_where_the_hub_is),
        cmocka_unit_test(R143_it_has_a_form_for_each_thing_to_do),
        cmocka_unit_test(a_secret_is_never_sent_in_a_url),
        cmocka_unit_test(it_runs_no_scripts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
