// SPDX-License-Identifier: MIT

#include "hub/diagnosis.h"

#include "fetcher/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define CHALLENGE "0123456789abcdef"

static const char *of(unsigned status, const char *body)
{
    char copy[64] = "";
    if (body)
        memcpy(copy, body, strlen(body) + 1);
    struct exchange exchange = {
        .result = EXCHANGE_ANSWERED,
        .status = status,
        .response = body ? copy : NULL,
        .response_len = body ? strlen(body) : 0,
    };
    return diagnosis(&exchange, CHALLENGE);
}

static void R55_a_body_that_is_not_the_challenge_is_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *body, *words;
    } rows[] = {
        { NULL, "the body is empty" },
        { "", "the body is empty" },
        { "\"" CHALLENGE "\"", "the body is the challenge in quotes" },
        { CHALLENGE "\n", "the body is the challenge and more" },
        { CHALLENGE " and so on", "the body is the challenge and more" },
        { "0123456789abcdeX", "the body is not the challenge" },
        { "012", "the body is not the challenge" },
        { "\"", "the body is not the challenge" },
        { "<html>something longer</html>", "the body is not the challenge" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(of(200, rows[i].body), rows[i].words);
}

static void the_status_says_why(void **state)
{
    (void)state;
    assert_string_equal(of(302, CHALLENGE), "the answer is a redirect");
    assert_string_equal(of(404, CHALLENGE), "the subscriber does not want it");
    assert_string_equal(of(410, NULL), "the subscriber does not want it");
    assert_string_equal(of(403, NULL), "the answer is a client error");
    assert_string_equal(of(503, NULL), "the answer is a server error");
    assert_string_equal(of(0, NULL), "the answer is not a success");
}

static void where_no_answer_came_the_network_says_why(void **state)
{
    (void)state;
    const struct exchange exchange = { .result = EXCHANGE_TIMEOUT,
                                       .status = 200 };
    assert_string_equal(diagnosis(&exchange, CHALLENGE),
                        exchange_result_name(EXCHANGE_TIMEOUT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R55_a_body_that_is_not_the_challenge_is_told_apart),
        cmocka_unit_test(the_status_says_why),
        cmocka_unit_test(where_no_answer_came_the_network_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
