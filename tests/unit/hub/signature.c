// SPDX-License-Identifier: MIT

#include "hub/signature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect(enum signature_method method, const char *secret,
                   const char *body, const char *line)
{
    char out[SIGNATURE_LINE_MAX];
    assert_true(signature_line(method, secret, strlen(secret), body,
                               strlen(body), out));
    assert_string_equal(out, line);
}

static void R115_the_known_answers_come_out(void **state)
{
    (void)state;
    expect(SIGNATURE_SHA1, "s3cret", "hello",
           "X-Hub-Signature: sha1=f875ad165d97aba6b68e2c2f7ea314aeb2a0082f");
    expect(SIGNATURE_SHA256, "s3cret", "hello",
           "X-Hub-Signature: sha256="
           "e5a01537481fa0b2c697f787c7aff885412cf0760d08e08502259b39d2d6ae68");
    expect(SIGNATURE_SHA384, "s3cret", "hello",
           "X-Hub-Signature: sha384="
           "4e54e8d2fa73a522418b3694e640f59d4b7046b6682e18c6"
           "1d9e63797d3326b125bf09a7b89ae4486179d71088ad85a6");
    expect(SIGNATURE_SHA512, "s3cret", "hello",
           "X-Hub-Signature: sha512="
           "19be28bc1a54a07419829bba0df0daa580fbde5ddb89cece850074c504f31a6e"
           "f53a80a865448982fca5ae99dffccc99e7115275c721eaefe1c13506b29a7286");
}

static void R24_the_secret_is_taken_as_its_bytes(void **state)
{
    (void)state;
    expect(SIGNATURE_SHA256, "a+b&c=\xc3\xa9", "{\"x\":1}",
           "X-Hub-Signature: sha256="
           "91ea7db06ca7964361d8e9a30d5219116ba077f3416f11805d784f4c027b7cbe");
}

static void two_secrets_in_turn_do_not_disturb_each_other(void **state)
{
    (void)state;
    char first[SIGNATURE_LINE_MAX], again[SIGNATURE_LINE_MAX],
        other[SIGNATURE_LINE_MAX];
    signature_line(SIGNATURE_SHA256, "one", 3, "body", 4, first);
    signature_line(SIGNATURE_SHA1, "two", 3, "body", 4, other);
    signature_line(SIGNATURE_SHA256, "one", 3, "body", 4, again);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
}

static void an_unknown_method_signs_nothing(void **state)
{
    (void)state;
    char line[SIGNATURE_LINE_MAX] = "old";
    assert_false(
        signature_line((enum signature_method)7, "s", 1, "b", 1, line));
    assert_string_equal(line, "");
    assert_null(signature_method_name((enum signature_method)0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(R115_the_known_answers_come_out),
        cmocka_unit_test(R24_the_secret_is_taken_as_its_bytes),
        cmocka_unit_test(two_secrets_in_turn_do_not_disturb_each_other),
        cmocka_unit_test(an_unknown_method_signs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
