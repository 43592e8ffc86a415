// SPDX-License-Identifier: MIT

#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// The last reply.
struct kept {
    struct request request; // first: one is made into the other
    unsigned status;
    char type[64], body[16384];
    size_t len;
    bool nosniff;
    char retry_after[32], error[64];
};

static void keep(struct request *request, const struct reply *reply)
{
    struct kept *kept = (struct kept *)request;
    kept->status = reply->status;
    kept->len = reply->body_len;
    assert_true(reply->body_len < sizeof kept->body);
    memcpy(kept->body, reply->body, reply->body_len);
    kept->body[reply->body_len] = '\0';
    snprintf(kept->type, sizeof kept->type, "%s", reply->content_type);
    for (size_t i = 0; i < reply->header_count; i++) {
        if (strncmp(reply->headers[i], "Retry-After: ", 13) == 0)
            snprintf(kept->retry_after, sizeof kept->retry_after, "%s",
                     reply->headers[i] + 13);
        if (strncmp(reply->headers[i], "Hub-Error: ", 11) == 0)
            snprintf(kept->error, sizeof kept->error, "%s",
                     reply->headers[i] + 11);
        if (strcmp(reply->headers[i], "X-Content-Type-Options: nosniff") == 0)
            kept->nosniff = true;
    }
}

static struct kept say(unsigned status, const char *reason)
{
    struct kept kept = { .request.answer = keep };
    request_say(&kept.request, status, reason);
    return kept;
}

static void a_field_is_found_in_any_case(void **state)
{
    static const struct request_field fields[] = { { "Accept", "a" },
                                                   { "aCCept", "b" } };
    struct request request = { .fields = fields, .field_count = 2 };
    (void)state;

    assert_string_equal(request_field(&request, "ACCEPT"), "a");
    assert_null(request_field(&request, "Accep"));
}

static void a_reason_is_a_line_of_plain_text(void **state)
{
    struct kept kept = say(400, "hub.mode is missing");
    (void)state;

    assert_int_equal(kept.status, 400);
    assert_string_equal(kept.body, "hub.mode is missing\n");
    assert_string_equal(kept.type, "text/plain; charset=utf-8");
    assert_true(kept.nosniff);
    assert_string_equal(kept.retry_after, "");
    assert_string_equal(kept.error, "");
}

static void a_browser_gets_a_page_and_the_way_back(void **state)
{
    static const struct request_field fields[] = { { "Accept", "text/html" } };
    struct kept kept = {
        .request = { .answer = keep, .fields = fields, .field_count = 1 }
    };
    (void)state;

    request_refuse(&kept.request, 429, "client.rate", "not <b>now</b>", 7);
    assert_int_equal(kept.status, 429);
    assert_string_equal(kept.type, "text/html; charset=utf-8");
    assert_non_null(strstr(kept.body, "not &lt;b&gt;now&lt;/b&gt;"));
    assert_non_null(strstr(kept.body, "<a href=\"./\">"));
    assert_string_equal(kept.error, "client.rate");
    assert_string_equal(kept.retry_after, "7");
    assert_true(kept.nosniff);
}

static void who_may_come_again_is_told_when(void **state)
{
    (void)state;
    assert_string_equal(say(429, "").retry_after, "10");
    assert_string_equal(say(503, "").retry_after, "10");
    assert_string_equal(say(404, "").retry_after, "");
}

static void R26_a_refusal_has_a_code_for_programs(void **state)
{
    (void)state;
    struct kept kept = { .request.answer = keep };
    request_refuse(&kept.request, 400, "topic.port", "a sentence", 7);
    assert_string_equal(kept.error, "topic.port");
    assert_string_equal(kept.body, "a sentence\n");
    assert_string_equal(kept.retry_after, "");
    assert_true(kept.nosniff);
    request_refuse(&kept.request, 429, "client.rate", "a sentence", 7);
    assert_string_equal(kept.error, "client.rate");
    assert_string_equal(kept.retry_after, "7");
}

static void a_long_reason_is_cut(void **state)
{
    char reason[1024];
    (void)state;
    memset(reason, 'x', sizeof reason);
    reason[sizeof reason - 1] = '\0';
    struct kept kept = say(400, reason);
    assert_true(kept.len < 512);
    assert_int_equal(kept.len, strlen(kept.body));
}

static void R26_what_is_no_request_has_a_code_too(void **state)
{
    (void)state;
    assert_string_equal(request_trouble(400), "Hub-Error: request.malformed");
    assert_string_equal(request_trouble(413), "Hub-Error: request.long");
    assert_string_equal(request_trouble(431), "Hub-Error: head.long");
    assert_string_equal(request_trouble(503), "Retry-After: 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_found_in_any_case),
        cmocka_unit_test(a_reason_is_a_line_of_plain_text),
        cmocka_unit_test(a_browser_gets_a_page_and_the_way_back),
        cmocka_unit_test(who_may_come_again_is_told_when),
        cmocka_unit_test(R26_a_refusal_has_a_code_for_programs),
        cmocka_unit_test(R26_what_is_no_request_has_a_code_too),
        cmocka_unit_test(a_long_reason_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
