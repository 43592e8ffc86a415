// SPDX-License-Identifier: MIT

#include "publisher_key.h"

#include "fetcher/hex.h"
#include "fetcher/url.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct key {
    char *prefix; // normalised
    size_t prefix_len;
    char *secret;
    size_t secret_len;
};

struct publisher_keys {
    EVP_MAC *hmac; // fetching it for each message would cost more than a hash
    atomic_uint holders;
    size_t count;
    struct key items[];
};

// ---------------------------------------------------------------- reading

// The prefix as url.h normalises it, if it goes as far as the first slash of
// a path: "http://a" would be a prefix of "http://a.evil.example/".
static bool read_prefix(const char *text, size_t len, struct url *out)
{
    const char *authority = memmem(text, len, "://", 3);
    size_t skip = authority ? (size_t)(authority - text) + 3 : len;
    return skip < len && memchr(text + skip, '/', len - skip)
           && !url_read(text, len, out);
}

static bool is_secret(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7F)
            return false;
    return len >= PUBLISHER_SECRET_MIN && len <= PUBLISHER_SECRET_MAX;
}

const char *publisher_key_check(const char *text)
{
    struct url *scratch = malloc(sizeof *scratch);
    size_t len = strcspn(text, " ");
    bool fine = scratch && text[len] && read_prefix(text, len, scratch)
                && is_secret(text + len + 1);
    free(scratch);
    return fine ? NULL
                : "\"PREFIX SECRET\", such as https://HOST/ and 16 to 199 "
                  "bytes without a blank";
}

static bool add(struct publisher_keys *keys, const char *text,
                struct url *scratch)
{
    struct key *key = &keys->items[keys->count];
    size_t len = strcspn(text, " ");
    if (!text[len] || !read_prefix(text, len, scratch))
        return false;
    keys->count++;
    key->prefix = strdup(scratch->normal);
    key->prefix_len = scratch->normal_len;
    key->secret = strdup(text + len + 1);
    key->secret_len = key->secret ? strlen(key->secret) : 0;
    return key->prefix && key->secret;
}

struct publisher_keys *publisher_keys_new(const char *const *texts,
                                          size_t count)
{
    struct publisher_keys *keys =
        calloc(1, sizeof *keys + count * sizeof keys->items[0]);
    struct url *scratch = malloc(sizeof *scratch);
    bool fine = keys && scratch;
    if (keys)
        atomic_init(&keys->holders, 1);
    if (fine)
        keys->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    fine = fine && keys->hmac;
    for (size_t i = 0; fine && i < count; i++)
        fine = add(keys, texts[i], scratch);
    free(scratch);
    if (fine)
        return keys;
    publisher_keys_free(keys);
    return NULL;
}

struct publisher_keys *publisher_keys_hold(struct publisher_keys *keys)
{
    atomic_fetch_add(&keys->holders, 1);
    return keys;
}

void publisher_keys_free(struct publisher_keys *keys)
{
    if (!keys || atomic_fetch_sub(&keys->holders, 1) > 1)
        return;
    for (size_t i = 0; i < keys->count; i++) {
        struct key *key = &keys->items[i];
        free(key->prefix);
        if (key->secret)
            explicit_bzero(key->secret, key->secret_len);
        free(key->secret);
    }
    EVP_MAC_free(keys->hmac);
    free(keys);
}

bool publisher_key_prefix(const char *text, struct url *out)
{
    return read_prefix(text, strlen(text), out);
}

bool publisher_key_secret(const char *text)
{
    return is_secret(text);
}

bool publisher_mac_read(const char *text, uint8_t mac[PUBLISHER_MAC])
{
    static const char method[] = "sha256=";
    size_t skip = sizeof method - 1;
    if (strncmp(text, method, skip) != 0
        || strlen(text + skip) != (size_t)2 * PUBLISHER_MAC)
        return false;
    for (size_t i = 0; i < PUBLISHER_MAC; i++) {
        int high = hex_digit(text[skip + 2 * i]);
        int low = hex_digit(text[skip + 2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        mac[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

// ---------------------------------------------------------------- judging

static bool sign(const struct publisher_keys *keys, const char *secret,
                 size_t secret_len, const struct publisher_message *message,
                 uint8_t out[PUBLISHER_MAC])
{
    static const unsigned char feed[] = { '\n' };
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    const struct bytes *topic = &message->topic;
    const struct bytes *timestamp = &message->timestamp;
    const struct bytes *content = &message->content;
    size_t len = 0;
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(keys->hmac);
    bool fine =
        context
        && EVP_MAC_init(context, (const unsigned char *)secret, secret_len,
                        params)
        && EVP_MAC_update(context, (const void *)topic->at, topic->len)
        && EVP_MAC_update(context, feed, sizeof feed)
        && EVP_MAC_update(context, (const void *)timestamp->at, timestamp->len)
        && EVP_MAC_update(context, feed, sizeof feed)
        && EVP_MAC_update(context, (const void *)content->at, content->len)
        && EVP_MAC_final(context, out, &len, PUBLISHER_MAC);
    EVP_MAC_CTX_free(context);
    return fine && len == PUBLISHER_MAC;
}

static bool covers(const struct key *key, struct bytes url)
{
    return url.len >= key->prefix_len
           && memcmp(url.at, key->prefix, key->prefix_len) == 0;
}

static size_t longest(const struct publisher_keys *keys, struct bytes url)
{
    size_t len = 0;
    for (size_t i = 0; i < keys->count; i++)
        if (covers(&keys->items[i], url) && keys->items[i].prefix_len > len)
            len = keys->items[i].prefix_len;
    return len;
}

bool publisher_keys_vouch(const struct publisher_keys *keys, struct bytes url,
                          const struct publisher_message *message,
                          const uint8_t mac[PUBLISHER_MAC])
{
    static const char nobody[] = "whose key is that?";
    uint8_t ours[PUBLISHER_MAC];
    size_t len = longest(keys, url);
    bool good = false;
    if (len == 0) {
        // Whoever measures time must not learn whose keys are here.
        (void)sign(keys, nobody, sizeof nobody - 1, message, ours);
        return false;
    }
    for (size_t i = 0; i < keys->count && !good; i++) {
        const struct key *key = &keys->items[i];
        good = key->prefix_len == len && covers(key, url)
               && sign(keys, key->secret, key->secret_len, message, ours)
               && CRYPTO_memcmp(ours, mac, sizeof ours) == 0;
    }
    explicit_bzero(ours, sizeof ours);
    return good;
}
