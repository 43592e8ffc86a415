// SPDX-License-Identifier: MIT

#include "hub/status_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t secret[32] = { 1, 2, 3 };
enum { EPOCH = 5 };

static int setup(void **state)
{
    *state = status_key_new(secret, EPOCH);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    status_key_free(*state);
    return 0;
}

static void M18_a_token_comes_back_as_it_went(void **state)
{
    const struct status_token sent[] = {
        { 0xa1b2c3d4e5f6, 1800000000, false },
        { 0, 1, true },
        { 1, UINT32_MAX, true },
    };
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        struct status_token got;
        char text[STATUS_TOKEN_TEXT];
        assert_true(status_token_write(*state, &sent[i], text));
        assert_int_equal(strlen(text), STATUS_TOKEN_TEXT - 1);
        assert_int_equal(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "abcdefghijklmnopqrstuvwxyz0123456789-_"),
                         strlen(text));
        assert_true(status_token_read(*state, text, strlen(text), &got));
        assert_int_equal(got.request, sent[i].request);
        assert_int_equal(got.accepted, sent[i].accepted);
        assert_int_equal(got.unsubscribes, sent[i].unsubscribes);
    }
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, STATUS_TOKEN_TEXT);
}

static void M18_no_two_tokens_of_one_request_are_the_same(void **state)
{
    enum { COUNT = 200000 };
    const struct status_token token = { 7, 1800000000, true };
    char(*all)[STATUS_TOKEN_TEXT] = calloc(COUNT, sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(status_token_write(*state, &token, all[i]));
    qsort(all, COUNT, sizeof *all, compare);
    for (size_t i = 1; i < COUNT; i++)
        assert_memory_not_equal(all[i - 1], all[i], STATUS_TOKEN_TEXT);
    free(all);
}

static void M18_a_token_of_another_store_is_none(void **state)
{
    static const uint8_t other[32] = { 9 };
    struct status_key *keys[] = { status_key_new(other, EPOCH),
                                  status_key_new(secret, EPOCH + 1) };
    const struct status_token sent = { 7, 1800000000, false };
    struct status_token got;
    char text[STATUS_TOKEN_TEXT];
    for (size_t i = 0; i < 2; i++) {
        assert_non_null(keys[i]);
        for (int j = 0; j < 50; j++) {
            assert_true(status_token_write(*state, &sent, text));
            assert_false(status_token_read(keys[i], text, strlen(text), &got));
        }
        status_key_free(keys[i]);
    }
}

static void M18_its_key_survives_a_restart(void **state)
{
    struct status_key *again = status_key_new(secret, EPOCH);
    const struct status_token sent = { 7, 1800000000, false };
    struct status_token got;
    char text[STATUS_TOKEN_TEXT];
    assert_true(status_token_write(*state, &sent, text));
    assert_true(status_token_read(again, text, strlen(text), &got));
    assert_int_equal(got.request, 7);
    status_key_free(again);
}

// Each character counts, and there is one spelling only. By chance one in 2^24
// is good, so not very many are tried.
static void M18_a_changed_token_is_none(void **state)
{
    static const char digits[] = "AQgw_-9 =%\n\x80";
    const struct status_token sent = { 7, 1800000000, false };
    struct status_token got;
    char text[STATUS_TOKEN_TEXT + 1];
    assert_true(status_token_write(*state, &sent, text));
    for (size_t i = 0; i < STATUS_TOKEN_TEXT - 1; i++)
        for (size_t d = 0; d < sizeof digits; d++) {
            char kept = text[i];
            if (kept == digits[d])
                continue;
            text[i] = digits[d];
            assert_false(
                status_token_read(*state, text, STATUS_TOKEN_TEXT - 1, &got));
            text[i] = kept;
        }
}

static void M18_a_token_of_another_length_is_none(void **state)
{
    const struct status_token sent = { 7, 1800000000, false };
    struct status_token got;
    char text[STATUS_TOKEN_TEXT + 1];
    assert_true(status_token_write(*state, &sent, text));
    for (size_t len = 0; len < STATUS_TOKEN_TEXT - 1; len++)
        assert_false(status_token_read(*state, text, len, &got));
    text[STATUS_TOKEN_TEXT - 1] = 'A';
    text[STATUS_TOKEN_TEXT] = '\0';
    assert_false(status_token_read(*state, text, STATUS_TOKEN_TEXT, &got));
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(M18_a_token_comes_back_as_it_went),
        WITH(M18_no_two_tokens_of_one_request_are_the_same),
        WITH(M18_a_token_of_another_store_is_none),
        WITH(M18_its_key_survives_a_restart),
        WITH(M18_a_changed_token_is_none),
        WITH(M18_a_token_of_another_length_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
