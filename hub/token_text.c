// SPDX-License-Identifier: MIT

#include "token_text.h"

#include "fetcher/sha256.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

static const char prefix[] = "wsd_";
static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum { PREFIX = sizeof prefix - 1, DIGITS = 43, RANDOM = 32 };

bool token_text_make(char out[TOKEN_TEXT])
{
    uint8_t bytes[RANDOM];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    memcpy(out, prefix, PREFIX);
    char *at = out + PREFIX;
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < RANDOM; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 6; held -= 6)
            *at++ = alphabet[bits >> (held - 6) & 63];
    }
    *at++ = alphabet[bits << (6 - held) & 63];
    *at = '\0';
    OPENSSL_cleanse(bytes, sizeof bytes);
    return true;
}

bool token_text_hash(const char *text, size_t len, uint8_t out[TOKEN_HASH])
{
    if (len != PREFIX + DIGITS || memcmp(text, prefix, PREFIX) != 0)
        return false;
    for (size_t i = PREFIX; i < len; i++)
        if (!text[i] || !strchr(alphabet, text[i]))
            return false;
    sha256(text, len, out);
    return true;
}
