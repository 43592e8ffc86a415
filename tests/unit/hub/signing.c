// SPDX-License-Identifier: MIT

#include "hub/signing.h"

#include "fakes/fake_loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WANTS = 20 };

struct wish {
    struct signing_want want; // first: a wish is found by it
    char secret[16];
    size_t told;
    bool without;
    char line[SIGNATURE_LINE_MAX];
};

static const char body[] = "a body, and a long one";
static struct signing *signing;
static struct wish wishes[WANTS];

static void ready(struct signing_want *want, const char *line)
{
    struct wish *wish = (struct wish *)want;
    wish->told++;
    wish->without = !line;
    if (line)
        memcpy(wish->line, line, strlen(line) + 1);
}

static int setup(void **state)
{
    (void)state;
    memset(wishes, 0, sizeof wishes);
    signing = signing_new(fake_loop(), body, sizeof body - 1);
    return signing ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    signing_free(signing);
    return 0;
}

static void ask(struct wish *wish, const char *secret,
                enum signature_method method)
{
    (void)snprintf(wish->secret, sizeof wish->secret, "%s", secret);
    wish->want = (struct signing_want){
        .method = method,
        .secret = wish->secret,
        .secret_len = strlen(wish->secret),
        .ready = ready,
    };
    signing_ask(signing, &wish->want);
}

static void check(const struct wish *wish)
{
    char line[SIGNATURE_LINE_MAX];
    assert_int_equal(wish->told, 1);
    assert_false(wish->without);
    assert_true(signature_line(wish->want.method, wish->secret,
                               strlen(wish->secret), body, sizeof body - 1,
                               line));
    assert_string_equal(wish->line, line);
}

static void R110_each_gets_his_own_line_from_a_worker(void **state)
{
    (void)state;
    ask(&wishes[0], "one", SIGNATURE_SHA256);
    ask(&wishes[1], "other", SIGNATURE_SHA256);
    ask(&wishes[2], "one", SIGNATURE_SHA512);
    assert_int_equal(wishes[0].told, 0);
    while (fake_loop_work() > 0)
        ;
    for (size_t i = 0; i < 3; i++)
        check(&wishes[i]);
}

static void who_has_the_same_secret_gets_the_same_line_made_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < WANTS; i++)
        ask(&wishes[i], "shared", SIGNATURE_SHA1);
    assert_int_equal(fake_loop_work(), 1);
    assert_int_equal(fake_loop_work(), 0);
    for (size_t i = 0; i < WANTS; i++)
        check(&wishes[i]);
    // And whoever comes later has it at once.
    struct wish late = { .told = 0 };
    ask(&late, "shared", SIGNATURE_SHA1);
    check(&late);
}

static void the_first_do_not_wait_for_the_last_of_many(void **state)
{
    (void)state;
    for (int i = 0; i < WANTS; i++) {
        char secret[32];
        (void)snprintf(secret, sizeof secret, "secret %d", i);
        ask(&wishes[i], secret, SIGNATURE_SHA256);
    }
    assert_int_equal(fake_loop_work(), 1);
    assert_int_equal(wishes[0].told, 1);
    assert_int_equal(wishes[WANTS - 1].told, 0);
    while (fake_loop_work() > 0)
        ;
    for (size_t i = 0; i < WANTS; i++)
        check(&wishes[i]);
}

static void without_a_worker_everybody_is_told_so(void **state)
{
    (void)state;
    fake_loop_starve();
    for (size_t i = 0; i < 3; i++) {
        ask(&wishes[i], i == 1 ? "b" : "a", SIGNATURE_SHA256);
        assert_int_equal(wishes[i].told, 1);
        assert_true(wishes[i].without);
    }
}

#define SIGNING(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIGNING(R110_each_gets_his_own_line_from_a_worker),
        SIGNING(who_has_the_same_secret_gets_the_same_line_made_once),
        SIGNING(the_first_do_not_wait_for_the_last_of_many),
        SIGNING(without_a_worker_everybody_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
