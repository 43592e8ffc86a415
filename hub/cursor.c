// SPDX-License-Identifier: MIT

#include "cursor.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 16, TEXT = CURSOR_TEXT - 1 };

// Layout of the block: epoch 6, number 7, tag 2, check 1.
enum { AT_NUMBER = 6, AT_TAG = 13, AT_CHECK = 15, CHECK = 0xa5 };

struct cursor_key {
    EVP_CIPHER_CTX *seal, *open;
    pthread_mutex_t lock; // long answers are written on worker threads
};

static EVP_CIPHER_CTX *context(const uint8_t key[BLOCK], int sealing)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (c && EVP_CipherInit_ex(c, EVP_aes_128_ecb(), NULL, key, NULL, sealing)
        && EVP_CIPHER_CTX_set_padding(c, 0))
        return c;
    EVP_CIPHER_CTX_free(c);
    return NULL;
}

struct cursor_key *cursor_key_new(const uint8_t secret[32])
{
    // The store's secret may serve other purposes; this one has its own key.
    uint8_t material[40], digest[SHA256_DIGEST_LENGTH];
    memcpy(material, "cursor 1", 8);
    memcpy(material + 8, secret, 32);
    SHA256(material, sizeof material, digest);

    struct cursor_key *key = calloc(1, sizeof *key);
    if (!key)
        return NULL;
    pthread_mutex_init(&key->lock, NULL);
    key->seal = context(digest, 1);
    key->open = context(digest, 0);
    if (!key->seal || !key->open) {
        cursor_key_free(key);
        return NULL;
    }
    return key;
}

void cursor_key_free(struct cursor_key *key)
{
    if (!key)
        return;
    EVP_CIPHER_CTX_free(key->seal);
    EVP_CIPHER_CTX_free(key->open);
    pthread_mutex_destroy(&key->lock);
    free(key);
}

static void put(uint8_t *at, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t)value;
}

static uint64_t get(const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static bool run(struct cursor_key *key, EVP_CIPHER_CTX *cipher,
                const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
    int len = 0;
    pthread_mutex_lock(&key->lock);
    bool good = EVP_CipherUpdate(cipher, out, &len, in, BLOCK) && len == BLOCK;
    pthread_mutex_unlock(&key->lock);
    return good;
}

bool cursor_write(struct cursor_key *key, const struct cursor *cursor,
                  char text[CURSOR_TEXT])
{
    uint8_t plain[BLOCK], sealed[BLOCK];
    put(plain, cursor->epoch, 6);
    put(plain + AT_NUMBER, cursor->number, 7);
    put(plain + AT_TAG, cursor->tag, 2);
    plain[AT_CHECK] = CHECK;
    if (!run(key, key->seal, plain, sealed))
        return false;

    uint32_t bits = 0;
    int held = 0;
    size_t at = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        bits = bits << 8 | sealed[i];
        for (held += 8; held >= 6; held -= 6)
            text[at++] = alphabet[bits >> (held - 6) & 63];
    }
    text[at++] = alphabet[bits << (6 - held) & 63];
    text[at] = '\0';
    return true;
}

static bool decode(const char *text, uint8_t out[BLOCK])
{
    uint32_t bits = 0;
    int held = 0;
    size_t at = 0;
    for (size_t i = 0; i < TEXT; i++) {
        const char *digit = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!digit)
            return false;
        bits = bits << 6 | (uint32_t)(digit - alphabet);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[at++] = (uint8_t)(bits >> held);
        }
    }
    // One spelling only: the four bits left over are zero.
    return (bits & ((1U << held) - 1)) == 0;
}

bool cursor_read(struct cursor_key *key, const char *text, size_t len,
                 struct cursor *out)
{
    uint8_t sealed[BLOCK], plain[BLOCK];
    if (len != TEXT || !decode(text, sealed))
        return false;
    if (!run(key, key->open, sealed, plain) || plain[AT_CHECK] != CHECK)
        return false;
    *out = (struct cursor){
        .epoch = get(plain, 6),
        .number = get(plain + AT_NUMBER, 7),
        .tag = (uint16_t)get(plain + AT_TAG, 2),
    };
    return true;
}

uint16_t cursor_tag(const uint64_t topics[], size_t count)
{
    // A sum of scrambled ids does not depend on their order.
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t x = topics[i] + 0x9e3779b97f4a7c15U;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
        x = (x ^ x >> 27) * 0x94d049bb133111ebU;
        sum += x ^ x >> 31;
    }
    return (uint16_t)(sum ^ sum >> 16 ^ sum >> 32 ^ sum >> 48);
}
