// SPDX-License-Identifier: MIT

#include "hub/pull_problem.h"

#include "fakes/fake_request.h"

static struct fake_request asked;

static struct fake_request *ask(void)
{
    fake_request_get(&asked, "/events", "");
    return &asked;
}

static void a_problem_says_whether_to_come_again(void **state)
{
    (void)state;
    pull_problem(&ask()->request, 429, "too-many-requests-held", "too many");
    assert_int_equal(asked.status, 429);
    assert_string_equal(asked.type, "application/problem+json");
    assert_non_null(strstr(asked.body, "\"retryable\":true"));
    assert_non_null(strstr(asked.body, "\"retry_after_ms\":"));
    assert_non_null(strstr(asked.headers[2], "Retry-After: "));

    pull_problem(&ask()->request, 400, "invalid-cursor", "no");
    assert_non_null(strstr(asked.body, "\"retryable\":false"));
    assert_null(strstr(asked.body, "retry_after_ms"));
    assert_non_null(strstr(asked.body, "\"type\":\"invalid-cursor\""));
}

static void who_comes_again_does_not_come_with_all_the_others(void **state)
{
    (void)state;
    uint32_t first = pull_problem_of(503, "a", "b").after_ms;
    bool differs = false;
    for (int i = 0; i < 20; i++)
        differs = differs || pull_problem_of(503, "a", "b").after_ms != first;
    assert_true(differs);
}

static void a_page_may_read_what_is_wrong(void **state)
{
    (void)state;
    struct pull_problem problem = pull_problem_of(401, "token-needed", "no");
    problem.challenge = "WWW-Authenticate: Bearer";
    problem.allow_origin = "Access-Control-Allow-Origin: https://a.example";
    pull_problem_say(&ask()->request, &problem);
    assert_true(fake_request_has(&asked, "WWW-Authenticate: Bearer"));
    assert_true(fake_request_has(&asked, problem.allow_origin));
    assert_true(fake_request_has(&asked, "Vary: Origin"));
    assert_true(fake_request_has(&asked, PULL_EXPOSES));
    assert_false(asked.close);
}

static void a_connection_that_cannot_be_parked_ends_with_it(void **state)
{
    (void)state;
    ask()->request.parkable = false;
    pull_problem(&asked.request, 404, "unknown-topic", "no");
    assert_true(asked.close);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_says_whether_to_come_again),
        cmocka_unit_test(who_comes_again_does_not_come_with_all_the_others),
        cmocka_unit_test(a_page_may_read_what_is_wrong),
        cmocka_unit_test(a_connection_that_cannot_be_parked_ends_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
