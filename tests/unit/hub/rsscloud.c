// SPDX-License-Identifier: MIT

#include "hub/rsscloud.h"

#include "fakes/fake_request.h"
#include "hub/intent.h"
#include "hub/publish.h"

static struct fake_request fake;

static bool read(const char *body, const char *accept, struct intent *intent)
{
    static struct request_field fields[2];
    fields[0] = (struct request_field){
        "Content-Type", "application/x-www-form-urlencoded; charset=utf-8"
    };
    fields[1] = (struct request_field){ "Accept", accept };
    fake_request_get(&fake, "/rsscloud/ping", "");
    fake.request.method = REQUEST_POST;
    fake.request.fields = fields;
    fake.request.field_count = accept ? 2 : 1;
    fake.request.body = body;
    fake.request.body_len = strlen(body);
    return rsscloud_read(&fake.request, intent);
}

static void a_url_is_a_ping_of_it(void **state)
{
    struct intent intent;
    (void)state;
    assert_true(read("url=http%3A%2F%2Fa.example%2Ffeed*", NULL, &intent));
    assert_int_equal(intent.mode, INTENT_PUBLISH);
    assert_int_equal(intent.url_count, 1);
    assert_int_equal(intent.prefix_count, 0);
    assert_int_equal(fake.answers, 0);
    intent_clear(&intent);
}

static void success_is_told_as_xml(void **state)
{
    struct intent intent;
    (void)state;
    assert_true(read("url=http://a.example/", "*/*", &intent));
    intent_clear(&intent);
    rsscloud_face()->accept(&fake.request);
    assert_int_equal(fake.status, 200);
    assert_string_equal(fake.type, "text/xml; charset=utf-8");
    assert_string_equal(fake.body,
                        "<?xml version=\"1.0\"?>\n<result success=\"true\" "
                        "msg=\"Thanks for the ping.\"/>\n");
}

static void json_is_for_who_would_rather_have_it(void **state)
{
    static const struct {
        const char *accept;
        bool json;
    } cases[] = {
        { "application/json", true },
        { "Application/JSON;q=0.9, text/xml;q=0.1", true },
        { "text/xml, application/json", false },
        { "text/html", false },
    };
    struct intent intent;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(read("url=http://a.example/", cases[i].accept, &intent));
        intent_clear(&intent);
        rsscloud_face()->accept(&fake.request);
        assert_int_equal(strcmp(fake.type, "application/json") == 0,
                         cases[i].json);
    }
    rsscloud_face()->refuse(&fake.request, 403, "a.b", "no");
    assert_int_equal(fake.status, 403);
    assert_true(fake_request_has(&fake, "Hub-Error: a.b"));
}

static void bad_ones_are_told(void **state)
{
    static const char *const bad[] = {
        "",    "url=",   "url=x", "url=ftp://a/", "url=http://a/&url=http://b/",
        "u=v", "url=%z",
    };
    struct intent intent;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(read(bad[i], "application/json", &intent));
        assert_int_equal(fake.answers, 1);
        assert_int_equal(fake.status, 400);
        assert_non_null(strstr(fake.body, "\"success\":false"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_a_ping_of_it),
        cmocka_unit_test(success_is_told_as_xml),
        cmocka_unit_test(json_is_for_who_would_rather_have_it),
        cmocka_unit_test(bad_ones_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
