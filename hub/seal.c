// SPDX-License-Identifier: MIT

#include "seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = SEAL_TEXT - 1 };

struct seal {
    EVP_CIPHER_CTX *close, *open;
    pthread_mutex_t lock;
};

static EVP_CIPHER_CTX *context(const uint8_t key[SEAL_BLOCK], int closing)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (c && EVP_CipherInit_ex(c, EVP_aes_128_ecb(), NULL, key, NULL, closing)
        && EVP_CIPHER_CTX_set_padding(c, 0))
        return c;
    EVP_CIPHER_CTX_free(c);
    return NULL;
}

struct seal *seal_new(const char purpose[8], const uint8_t secret[32],
                      uint64_t epoch)
{
    uint8_t material[48], digest[SHA256_DIGEST_LENGTH];
    struct seal *seal = calloc(1, sizeof *seal);
    if (!seal)
        return NULL;
    memcpy(material, purpose, 8);
    memcpy(material + 8, secret, 32);
    seal_put(material + 40, epoch, 8);
    SHA256(material, epoch ? sizeof material : 40, digest);
    pthread_mutex_init(&seal->lock, NULL);
    seal->close = context(digest, 1);
    seal->open = context(digest, 0);
    OPENSSL_cleanse(material, sizeof material);
    OPENSSL_cleanse(digest, sizeof digest);
    if (seal->close && seal->open)
        return seal;
    seal_free(seal);
    return NULL;
}

void seal_free(struct seal *seal)
{
    if (!seal)
        return;
    EVP_CIPHER_CTX_free(seal->close);
    EVP_CIPHER_CTX_free(seal->open);
    pthread_mutex_destroy(&seal->lock);
    free(seal);
}

void seal_put(uint8_t *at, uint64_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--, value >>= 8)
        at[i] = (uint8_t)value;
}

uint64_t seal_get(const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static bool run(struct seal *seal, EVP_CIPHER_CTX *cipher,
                const uint8_t in[SEAL_BLOCK], uint8_t out[SEAL_BLOCK])
{
    int len = 0;
    pthread_mutex_lock(&seal->lock);
    bool good = EVP_CipherUpdate(cipher, out, &len, in, SEAL_BLOCK)
                && len == SEAL_BLOCK;
    pthread_mutex_unlock(&seal->lock);
    return good;
}

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

bool seal_write(struct seal *seal, const uint8_t block[SEAL_BLOCK],
                char text[SEAL_TEXT])
{
    uint8_t sealed[SEAL_BLOCK];
    if (!run(seal, seal->close, block, sealed))
        return false;
    uint32_t bits = 0;
    int held = 0;
    size_t at = 0;
    for (size_t i = 0; i < SEAL_BLOCK; i++) {
        bits = bits << 8 | sealed[i];
        for (held += 8; held >= 6; held -= 6)
            text[at++] = alphabet[bits >> (held - 6) & 63];
    }
    text[at++] = alphabet[bits << (6 - held) & 63];
    text[at] = '\0';
    return true;
}

static bool decode(const char *text, uint8_t out[SEAL_BLOCK])
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

bool seal_read(struct seal *seal, const char *text, size_t len,
               uint8_t block[SEAL_BLOCK])
{
    uint8_t sealed[SEAL_BLOCK];
    return len == TEXT && decode(text, sealed)
           && run(seal, seal->open, sealed, block);
}
