// SPDX-License-Identifier: MIT

#include "hub/question.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *callback, const char *topic, const char *start,
                   const char *rest)
{
    char url[QUESTION_URL_MAX], wanted[QUESTION_URL_MAX];
    struct question question = {
        .mode = "subscribe",
        .callback = callback,
        .callback_len = strlen(callback),
        .topic = topic,
        .topic_len = strlen(topic),
        .challenge = "c0ffee",
        .lease_s = 864000,
    };
    assert_true(question_url(&question, url));
    snprintf(wanted, sizeof wanted, "%s%s", start, rest);
    assert_string_equal(url, wanted);
}

#define REST                                                                   \
    "hub.mode=subscribe&hub.topic=http%3A%2F%2Fe%2Ffeed&hub.challenge=c0ffee"  \
    "&hub.lease_seconds=864000"

static void R50_parameters_begin_the_query_of_a_bare_callback(void **state)
{
    (void)state;
    expect("http://h/cb", "http://e/feed", "http://h/cb?", REST);
}

static void R51_an_existing_query_stays_as_it_is(void **state)
{
    (void)state;
    expect("http://h/cb?b=%2B+%20&a&hub.mode=x&&c=1;2", "http://e/feed",
           "http://h/cb?b=%2B+%20&a&hub.mode=x&&c=1;2&", REST);
}

static void R50_no_separator_is_doubled(void **state)
{
    (void)state;
    expect("http://h/cb?", "http://e/feed", "http://h/cb?", REST);
    expect("http://h/cb?a=1&", "http://e/feed", "http://h/cb?a=1&", REST);
}

static void R52_the_topic_is_encoded_once_and_wholly(void **state)
{
    (void)state;
    expect("http://h/", "http://e/?a=1&b=%26+c d",
           "http://h/?hub.mode=subscribe&hub.topic="
           "http%3A%2F%2Fe%2F%3Fa%3D1%26b%3D%2526%2Bc%20d",
           "&hub.challenge=c0ffee&hub.lease_seconds=864000");
}

static void R59_a_verify_token_is_echoed(void **state)
{
    (void)state;
    char url[QUESTION_URL_MAX];
    struct question question = {
        .mode = "unsubscribe",
        .callback = "http://h/",
        .callback_len = 9,
        .topic = "http://e/",
        .topic_len = 9,
        .challenge = "c",
        .verify_token = "a b",
        .verify_token_len = 3,
    };
    assert_true(question_url(&question, url));
    assert_non_null(strstr(url, "hub.mode=unsubscribe&"));
    assert_non_null(strstr(url, "&hub.verify_token=a%20b"));
}

static void what_does_not_fit_is_not_asked(void **state)
{
    (void)state;
    static char topic[QUESTION_URL_MAX];
    char url[QUESTION_URL_MAX];
    memset(topic, '/', sizeof topic - 1);
    struct question question = {
        .mode = "subscribe",
        .callback = "http://h/",
        .callback_len = 9,
        .topic = topic,
        .topic_len = sizeof topic - 1,
        .challenge = "c",
    };
    assert_false(question_url(&question, url));
}

static void R54_challenges_are_distinct_and_in_every_alphabet(void **state)
{
    (void)state;
    char last[QUESTION_CHALLENGE + 1] = "", challenge[QUESTION_CHALLENGE + 1];
    for (int i = 0; i < 100; i++) {
        assert_true(question_challenge(challenge));
        assert_int_equal(strlen(challenge), QUESTION_CHALLENGE);
        assert_int_equal(strspn(challenge, "0123456789abcdef"),
                         QUESTION_CHALLENGE);
        assert_string_not_equal(challenge, last);
        memcpy(last, challenge, sizeof last);
    }
}

static void expect_denial(const char *callback, const char *wanted)
{
    char url[QUESTION_URL_MAX];
    struct question question = {
        .mode = "denied",
        .callback = callback,
        .callback_len = strlen(callback),
        .topic = "http://e/?a=1&b=%26+c",
        .topic_len = strlen("http://e/?a=1&b=%26+c"),
    };
    assert_true(question_denial_url(&question, "not here & now", url));
    assert_string_equal(url, wanted);
}

#define DENIAL                                                                 \
    "hub.mode=denied&hub.topic=http%3A%2F%2Fe%2F%3Fa%3D1%26b%3D%2526%2Bc"      \
    "&hub.reason=not%20here%20%26%20now"

static void R56_a_denial_is_built_by_the_same_rules(void **state)
{
    (void)state;
    expect_denial("http://h/cb", "http://h/cb?" DENIAL);
    expect_denial("http://h/cb?b=%2B+%20&a&hub.mode=x&&c=1;2",
                  "http://h/cb?b=%2B+%20&a&hub.mode=x&&c=1;2&" DENIAL);
    expect_denial("http://h/cb?", "http://h/cb?" DENIAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R50_parameters_begin_the_query_of_a_bare_callback),
        cmocka_unit_test(R51_an_existing_query_stays_as_it_is),
        cmocka_unit_test(R50_no_separator_is_doubled),
        cmocka_unit_test(R52_the_topic_is_encoded_once_and_wholly),
        cmocka_unit_test(R59_a_verify_token_is_echoed),
        cmocka_unit_test(what_does_not_fit_is_not_asked),
        cmocka_unit_test(R56_a_denial_is_built_by_the_same_rules),
        cmocka_unit_test(R54_challenges_are_distinct_and_in_every_alphabet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
