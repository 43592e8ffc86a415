// SPDX-License-Identifier: MIT

#include "hub/keyring.h"

#include "hub/config.h"
#include "hub/publisher_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define OWN(text_) ((char[]){ text_ })
#define ONE        "0123456789abcdef-one"
#define TWO        "0123456789abcdef-two"

static struct keyring *ring;

static int setup(void **state)
{
    (void)state;
    ring = keyring_new();
    return ring ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    keyring_free(ring);
    return 0;
}

// Is what `secret` signs good for https://a.example/feed?
static bool counts_among(const struct publisher_keys *keys, const char *secret)
{
    static const char signed_text[] = "t\n1\nc";
    static const char url[] = "https://a.example/feed";
    const struct publisher_message message = { { "t", 1 },
                                               { "1", 1 },
                                               { "c", 1 } };
    uint8_t mac[PUBLISHER_MAC];
    unsigned len = sizeof mac;
    assert_non_null(HMAC(EVP_sha256(), secret, (int)strlen(secret),
                         (const unsigned char *)signed_text,
                         sizeof signed_text - 1, mac, &len));
    return publisher_keys_vouch(keys, (struct bytes){ url, sizeof url - 1 },
                                &message, mac);
}

static bool counts(const char *secret)
{
    struct publisher_keys *keys = keyring_now(ring);
    assert_non_null(keys);
    bool good = counts_among(keys, secret);
    publisher_keys_free(keys);
    return good;
}

static void without_a_ring_there_are_no_keys(void **state)
{
    (void)state;
    struct publisher_keys *keys = keyring_now(NULL);
    assert_non_null(keys);
    assert_false(counts_among(keys, ONE));
    publisher_keys_free(keys);
}

static void a_key_counts_from_when_it_is_added(void **state)
{
    (void)state;
    assert_false(counts(ONE));
    assert_false(atomic_load(keyring_in_use(ring)));
    assert_true(keyring_add(ring, "https://a.example/", ONE));
    assert_true(atomic_load(keyring_in_use(ring)));
    assert_true(counts(ONE));
    assert_false(counts(TWO));
}

static void two_of_one_prefix_count_while_they_change(void **state)
{
    (void)state;
    assert_true(keyring_add(ring, "https://a.example/", ONE));
    assert_true(keyring_add(ring, "https://a.example/", TWO));
    assert_true(counts(ONE));
    assert_true(counts(TWO));
    keyring_remove(ring, "https://a.example/", ONE);
    assert_false(counts(ONE));
    assert_true(counts(TWO));
    keyring_remove(ring, "https://a.example/", NULL);
    assert_false(counts(TWO));
    assert_false(atomic_load(keyring_in_use(ring)));
}

static void a_prefix_is_removed_and_no_longer_one(void **state)
{
    (void)state;
    assert_true(keyring_add(ring, "https://a.example/feed", ONE));
    keyring_remove(ring, "https://a.example/", NULL);
    assert_true(counts(ONE));
}

static void the_configuration_has_its_own(void **state)
{
    (void)state;
    struct config config = {
        .publisher_key = { { OWN("https://a.example/ " ONE) }, 1 },
    };
    assert_true(keyring_configure(ring, &config));
    assert_true(keyring_add(ring, "https://a.example/", TWO));
    keyring_remove(ring, "https://a.example/", NULL);
    assert_true(counts(ONE));
    assert_false(counts(TWO));
    config.publisher_key.count = 0;
    assert_true(keyring_configure(ring, &config));
    assert_false(counts(ONE));
    assert_false(atomic_load(keyring_in_use(ring)));
}

// A long ping may be read on another thread meanwhile.
static void who_holds_keys_keeps_them(void **state)
{
    (void)state;
    assert_true(keyring_add(ring, "https://a.example/", ONE));
    struct publisher_keys *held = keyring_now(ring);
    keyring_remove(ring, "https://a.example/", NULL);
    assert_true(counts_among(held, ONE));
    publisher_keys_free(held);
}

static void there_is_a_ceiling(void **state)
{
    char prefix[64];
    (void)state;
    for (unsigned i = 0; i < KEYRING_MAX; i++) {
        assert_false(keyring_is_full(ring));
        snprintf(prefix, sizeof prefix, "https://n%u.example/", i);
        assert_true(keyring_add(ring, prefix, ONE));
    }
    assert_true(keyring_is_full(ring));
    assert_false(keyring_add(ring, "https://a.example/", ONE));
    keyring_remove(ring, "https://n7.example/", NULL);
    assert_true(keyring_add(ring, "https://a.example/", ONE));
    assert_true(counts(ONE));
}

#define HELD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HELD(without_a_ring_there_are_no_keys),
        HELD(a_key_counts_from_when_it_is_added),
        HELD(two_of_one_prefix_count_while_they_change),
        HELD(a_prefix_is_removed_and_no_longer_one),
        HELD(the_configuration_has_its_own),
        HELD(who_holds_keys_keeps_them),
        HELD(there_is_a_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
