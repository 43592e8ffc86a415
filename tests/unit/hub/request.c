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
    char type[64], body[1024];
    size_t len;
    bool retry_after, nosniff;
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
            kept->retry_after = true;
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
    assert_false(kept.retry_after);
}

static void who_may_come_again_is_told_when(void **state)
{
    (void)state;
    assert_true(say(429, "").retry_after);
    assert_true(say(503, "").retry_after);
    assert_false(say(404, "").retry_after);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_found_in_any_case),
        cmocka_unit_test(a_reason_is_a_line_of_plain_text),
        cmocka_unit_test(who_may_come_again_is_told_when),
        cmocka_unit_test(a_long_reason_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
