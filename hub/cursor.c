// SPDX-License-Identifier: MIT

#include "cursor.h"

#include "seal.h"

#include <stdlib.h>

// Layout of the block: epoch 6, number 7, tag 2, check 1.
enum { AT_NUMBER = 6, AT_TAG = 13, AT_CHECK = 15, CHECK = 0xa5 };

struct cursor_key {
    struct seal *seal;
};

struct cursor_key *cursor_key_new(const uint8_t secret[32])
{
    struct cursor_key *key = calloc(1, sizeof *key);
    if (!key)
        return NULL;
    // Of another epoch it is still a cursor (M17).
    key->seal = seal_new("cursor 1", secret, 0);
    if (key->seal)
        return key;
    cursor_key_free(key);
    return NULL;
}

void cursor_key_free(struct cursor_key *key)
{
    if (!key)
        return;
    seal_free(key->seal);
    free(key);
}

bool cursor_write(struct cursor_key *key, const struct cursor *cursor,
                  char text[CURSOR_TEXT])
{
    uint8_t block[SEAL_BLOCK];
    seal_put(block, cursor->epoch, 6);
    seal_put(block + AT_NUMBER, cursor->number, 7);
    seal_put(block + AT_TAG, cursor->tag, 2);
    block[AT_CHECK] = CHECK;
    return seal_write(key->seal, block, text);
}

bool cursor_read(struct cursor_key *key, const char *text, size_t len,
                 struct cursor *out)
{
    uint8_t block[SEAL_BLOCK];
    if (!seal_read(key->seal, text, len, block) || block[AT_CHECK] != CHECK)
        return false;
    *out = (struct cursor){
        .epoch = seal_get(block, 6),
        .number = seal_get(block + AT_NUMBER, 7),
        .tag = (uint16_t)seal_get(block + AT_TAG, 2),
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
