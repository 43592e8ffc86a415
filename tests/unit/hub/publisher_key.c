// SPDX-License-Identifier: MIT

#include "hub/publisher_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LONG "0123456789abcdef0123456789abcdef"

static struct bytes text(const char *at)
{
    return (struct bytes){ at, strlen(at) };
}

static struct publisher_keys *keys_of(char *first, char *second)
{
    const char *const texts[] = { first, second };
    struct publisher_keys *keys = publisher_keys_new(texts, second ? 2 : 1);
    assert_non_null(keys);
    return keys;
}

static bool vouched(const struct publisher_keys *keys, const char *url,
                    const char *signature)
{
    const struct publisher_message message = { text("https://a.example/feed"),
                                               text("1700000000"),
                                               text("<feed/>") };
    uint8_t mac[PUBLISHER_MAC];
    assert_true(publisher_mac_read(signature, mac));
    return publisher_keys_vouch(keys, text(url), &message, mac);
}

// printf 'https://a.example/feed\n1700000000\n<feed/>' |
//     openssl dgst -sha256 -hmac KEY
#define BY_LONG                                                                \
    "sha256="                                                                  \
    "79e7e2c243c0824b93a5fb33c3acb8237cd72b87fa6e937b7266375993ca75ec"
#define BY_OTHER                                                               \
    "sha256="                                                                  \
    "6087393efa37deae831554e392cf4d4e5826be3b0438e59093ed3e1e002f1ea5"

#define GOOD_LONG "https://a.example/ " LONG

static void keys_are_checked(void **state)
{
    static const char *const good[] = {
        GOOD_LONG,
        "HTTP://A.example:8080/x/y?z= 0123456789abcdef",
        "https://[2001:db8::1]/ 0123456789abcde\xC3\xA9",
    };
    static const char *const bad[] = {
        "",
        LONG,
        "https://a.example/",
        "https://a.example/ ",
        "https://a.example/ 0123456789abcde",
        "https://a.example/ 0123456789 abcdef",
        "https://a.example/  0123456789abcdef",
        "https://a.example " LONG,
        "ftp://a.example/ " LONG,
        "https:/// " LONG,
        "a.example/ " LONG,
        "https://u@a.example/ " LONG,
        "https://a.example/#x " LONG,
        "https://a.example/ 0123456789abcdef\n",
    };
    char most[256];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_null(publisher_key_check(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(publisher_key_check(bad[i]));
    memset(most, 'x', sizeof most);
    memcpy(most, "https://a.example/ ", 19);
    most[19 + PUBLISHER_SECRET_MAX] = '\0';
    assert_null(publisher_key_check(most));
    most[19 + PUBLISHER_SECRET_MAX] = 'x';
    most[20 + PUBLISHER_SECRET_MAX] = '\0';
    assert_non_null(publisher_key_check(most));
}

static void M19_the_signature_of_a_covering_key_counts(void **state)
{
    struct publisher_keys *keys =
        keys_of((char[]){ "HTTPS://A.example:443/ " LONG }, NULL);
    (void)state;
    assert_true(vouched(keys, "https://a.example/feed", BY_LONG));
    assert_false(vouched(keys, "https://a.example/feed", BY_OTHER));
    // Whatever was signed: that key is for other topics.
    assert_false(vouched(keys, "https://a.example.evil/feed", BY_LONG));
    assert_false(vouched(keys, "http://a.example/feed", BY_LONG));
    publisher_keys_free(keys);
}

static void the_longest_prefix_counts_alone(void **state)
{
    struct publisher_keys *keys =
        keys_of((char[]){ "https://a.example/ " LONG },
                (char[]){ "https://a.example/fe fedcba9876543210" });
    (void)state;
    assert_true(vouched(keys, "https://a.example/feed", BY_OTHER));
    assert_false(vouched(keys, "https://a.example/feed", BY_LONG));
    assert_true(vouched(keys, "https://a.example/news", BY_LONG));
    publisher_keys_free(keys);
}

static void two_keys_of_one_prefix_both_count(void **state)
{
    struct publisher_keys *keys =
        keys_of((char[]){ "https://a.example/ " LONG },
                (char[]){ "https://a.example/ fedcba9876543210" });
    (void)state;
    assert_true(vouched(keys, "https://a.example/feed", BY_LONG));
    assert_true(vouched(keys, "https://a.example/feed", BY_OTHER));
    publisher_keys_free(keys);
}

static void without_keys_nobody_is_vouched_for(void **state)
{
    struct publisher_keys *keys = publisher_keys_new(NULL, 0);
    (void)state;
    assert_non_null(keys);
    assert_false(vouched(keys, "https://a.example/feed", BY_LONG));
    publisher_keys_free(keys);
    publisher_keys_free(NULL);
}

static void every_part_of_the_message_is_signed(void **state)
{
    static const struct {
        const char *topic, *timestamp, *content;
    } others[] = {
        { "https://a.example/feed?", "1700000000", "<feed/>" },
        { "https://a.example/feed", "1700000001", "<feed/>" },
        { "https://a.example/feed", "1700000000", "<feed />" },
        { "https://a.example/feed", "1700000000", "" },
    };
    struct publisher_keys *keys =
        keys_of((char[]){ "https://a.example/ " LONG }, NULL);
    uint8_t mac[PUBLISHER_MAC];
    (void)state;
    assert_true(publisher_mac_read(BY_LONG, mac));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct publisher_message message = { text(others[i].topic),
                                                   text(others[i].timestamp),
                                                   text(others[i].content) };
        assert_false(publisher_keys_vouch(keys, text("https://a.example/feed"),
                                          &message, mac));
    }
    publisher_keys_free(keys);
}

static void signatures_are_a_method_and_hex(void **state)
{
    static const char *const bad[] = {
        "",
        "sha256=",
        "sha256",
        LONG LONG,
        "sha1=" LONG LONG,
        "sha256=" LONG LONG "0",
        "sha256=" LONG "0123456789abcdef0123456789abcde",
        "sha256=" LONG "0123456789abcdef0123456789abcdeg",
        "SHA256=" LONG LONG,
    };
    uint8_t mac[PUBLISHER_MAC];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(publisher_mac_read(bad[i], mac));
    assert_true(publisher_mac_read("sha256=" LONG "0123456789ABCDEF"
                                   "0123456789abcdef",
                                   mac));
    assert_int_equal(mac[0], 0x01);
    assert_int_equal(mac[23], 0xEF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_checked),
        cmocka_unit_test(M19_the_signature_of_a_covering_key_counts),
        cmocka_unit_test(the_longest_prefix_counts_alone),
        cmocka_unit_test(two_keys_of_one_prefix_both_count),
        cmocka_unit_test(without_keys_nobody_is_vouched_for),
        cmocka_unit_test(every_part_of_the_message_is_signed),
        cmocka_unit_test(signatures_are_a_method_and_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
