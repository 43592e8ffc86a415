// SPDX-License-Identifier: MIT

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fetcher/engine.h"

#include <stdlib.h>
#include <string.h>

static void every_result_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int i = EXCHANGE_ANSWERED; i <= EXCHANGE_LIMITED; i++)
        for (int k = EXCHANGE_ANSWERED; k < i; k++)
            assert_string_not_equal(
                exchange_result_name((enum exchange_result)i),
                exchange_result_name((enum exchange_result)k));
    assert_string_equal(exchange_result_name((enum exchange_result)0), "?");
    assert_string_equal(exchange_result_name((enum exchange_result)99), "?");
}

static void fields_of_one_name_come_in_order(void **state)
{
    (void)state;
    struct exchange_field fields[] = { { "link", "1" },
                                       { "etag", "2" },
                                       { "link", "3" } };
    struct exchange exchange = { .fields = fields, .field_count = 3 };
    const struct exchange_field *field =
        exchange_field(&exchange, "link", NULL);
    assert_string_equal(field->value, "1");
    field = exchange_field(&exchange, "link", field);
    assert_string_equal(field->value, "3");
    assert_null(exchange_field(&exchange, "link", field));
    assert_null(exchange_field(&exchange, "date", NULL));
}

static void clearing_frees_the_answers_and_keeps_the_question(void **state)
{
    (void)state;
    struct exchange exchange = { .class = EXCHANGE_RETRY,
                                 .url = "http://e.example/",
                                 .timeout_ms = 7,
                                 .result = EXCHANGE_ANSWERED,
                                 .status = 200,
                                 .response = strdup("x"),
                                 .response_len = 1,
                                 .fields = malloc(64),
                                 .field_count = 1,
                                 .final_url = strdup("y"),
                                 .moved_for_good = true,
                                 .started_ms = 1,
                                 .ended_ms = 2 };
    exchange_clear(&exchange);
    assert_int_equal(exchange.result, 0);
    assert_int_equal(exchange.status, 0);
    assert_null(exchange.response);
    assert_null(exchange.fields);
    assert_null(exchange.final_url);
    assert_false(exchange.moved_for_good);
    assert_int_equal(exchange.started_ms, 0);
    assert_int_equal(exchange.class, EXCHANGE_RETRY);
    assert_int_equal(exchange.timeout_ms, 7);
    exchange_clear(&exchange);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_has_a_name_of_its_own),
        cmocka_unit_test(fields_of_one_name_come_in_order),
        cmocka_unit_test(clearing_frees_the_answers_and_keeps_the_question),
    };
    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
