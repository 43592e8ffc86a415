// SPDX-License-Identifier: MIT

#include "hub/credential.h"

#include "hub/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TOKEN "wsd_0123456789abcdefghijABCDEFGHIJ0123456789-_x"

static struct credential read_fields(const char *query,
                                     const struct request_field *fields,
                                     size_t count, const char *body)
{
    struct credential out;
    struct request request = {
        .path = "/events",
        .query = query,
        .fields = fields,
        .field_count = count,
        .body = body,
        .body_len = strlen(body),
    };
    credential_read(&request, &out);
    return out;
}

static enum credential_kind kind(const char *query, const char *authorization)
{
    struct request_field field = { "authorization", authorization };
    return read_fields(query, &field, authorization != NULL, "").kind;
}

static void nothing_is_nothing(void **state)
{
    assert_int_equal(kind("", NULL), CREDENTIAL_NONE);
    assert_int_equal(kind("topic=http://a/?token=1&&x&=y", NULL),
                     CREDENTIAL_NONE);
    assert_int_equal(kind("tokens=1&atoken=2&%00=3&%", NULL), CREDENTIAL_NONE);
    (void)state;
}

static void a_token_is_shown_in_its_field(void **state)
{
    assert_int_equal(kind("", "Bearer " TOKEN), CREDENTIAL_TOKEN);
    assert_int_equal(kind("", "bEARER   " TOKEN), CREDENTIAL_TOKEN);
    assert_int_equal(kind("", "Bearer " TOKEN "x"), CREDENTIAL_FOREIGN);
    assert_int_equal(kind("", "Bearer"), CREDENTIAL_FOREIGN);
    assert_int_equal(kind("", ""), CREDENTIAL_FOREIGN);
    assert_int_equal(kind("", "Basic dTpw"), CREDENTIAL_FOREIGN);
    assert_int_equal(kind("", TOKEN), CREDENTIAL_FOREIGN);
    (void)state;
}

static void a_token_in_the_url_is_seen_in_any_spelling(void **state)
{
    assert_int_equal(kind("token=" TOKEN, NULL), CREDENTIAL_EXPOSED);
    assert_int_equal(kind("a=b&access_token=x", NULL), CREDENTIAL_EXPOSED);
    assert_int_equal(kind("%74oken=x", NULL), CREDENTIAL_EXPOSED);
    assert_int_equal(kind("token", NULL), CREDENTIAL_EXPOSED);
    assert_int_equal(kind("ticket=a&token=b", NULL), CREDENTIAL_EXPOSED);
    assert_int_equal(kind("token=b&ticket=a", NULL), CREDENTIAL_EXPOSED);
    assert_int_equal(kind("token=b", "Bearer " TOKEN), CREDENTIAL_EXPOSED);
    (void)state;
}

static void a_token_in_a_form_is_exposed_too(void **state)
{
    struct request_field field = { "Content-Type",
                                   "application/x-www-form-urlencoded" };
    assert_int_equal(read_fields("", &field, 1, "access_token=x").kind,
                     CREDENTIAL_EXPOSED);
    field.value = "application/json";
    assert_int_equal(read_fields("", &field, 1, "access_token=x").kind,
                     CREDENTIAL_NONE);
    (void)state;
}

static void a_ticket_comes_in_the_query(void **state)
{
    struct credential shown = read_fields("a=b&ticket=ab%2Dc_d", NULL, 0, "");
    assert_int_equal(shown.kind, CREDENTIAL_TICKET);
    assert_string_equal(shown.ticket, "ab-c_d");
    assert_int_equal(shown.ticket_len, 6);
    assert_int_equal(kind("ticket=", NULL), CREDENTIAL_TICKET);

    char query[TICKET_TEXT_MAX + 64];
    memset(query, 'A', sizeof query);
    memcpy(query, "ticket=", 7);
    query[sizeof query - 1] = '\0';
    assert_int_equal(kind(query, NULL), CREDENTIAL_FOREIGN);
    (void)state;
}

static void one_thing_is_enough(void **state)
{
    struct request_field fields[] = { { "Authorization", "Bearer " TOKEN },
                                      { "AUTHORIZATION", "Bearer " TOKEN } };
    assert_int_equal(read_fields("", fields, 2, "").kind, CREDENTIAL_TWICE);
    assert_int_equal(kind("ticket=a", "Bearer " TOKEN), CREDENTIAL_TWICE);
    assert_int_equal(kind("ticket=a&ticket=b", NULL), CREDENTIAL_TWICE);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_nothing),
        cmocka_unit_test(a_token_is_shown_in_its_field),
        cmocka_unit_test(a_token_in_the_url_is_seen_in_any_spelling),
        cmocka_unit_test(a_token_in_a_form_is_exposed_too),
        cmocka_unit_test(a_ticket_comes_in_the_query),
        cmocka_unit_test(one_thing_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
