// SPDX-License-Identifier: MIT

#include "status_token.h"

#include "seal.h"

#include <openssl/rand.h>
#include <stdatomic.h>
#include <stdlib.h>

// Layout of the block: request 6, time 4, mode and serial 3, check 3.
enum { AT_TIME = 6, AT_SERIAL = 10, AT_CHECK = 13 };
enum { CHECK = 0x5a96c3, UNSUBSCRIBES = 0x800000, SERIALS = 0x7fffff };

struct status_key {
    struct seal *seal;
    // Random bits would do for one token. But who joins a request again and
    // again would know by two equal tokens that there is one to join.
    atomic_uint serial;
};

struct status_key *status_key_new(const uint8_t secret[32], uint64_t epoch)
{
    unsigned first;
    struct status_key *key = calloc(1, sizeof *key);
    if (!key)
        return NULL;
    key->seal = seal_new("status 1", secret, epoch);
    if (!key->seal || RAND_bytes((unsigned char *)&first, sizeof first) != 1) {
        status_key_free(key);
        return NULL;
    }
    atomic_init(&key->serial, first);
    return key;
}

void status_key_free(struct status_key *key)
{
    if (!key)
        return;
    seal_free(key->seal);
    free(key);
}

bool status_token_write(struct status_key *key,
                        const struct status_token *token,
                        char text[STATUS_TOKEN_TEXT])
{
    uint8_t block[SEAL_BLOCK];
    unsigned serial = atomic_fetch_add(&key->serial, 1) & SERIALS;
    unsigned mode = token->unsubscribes ? UNSUBSCRIBES : 0;
    seal_put(block, token->request, 6);
    seal_put(block + AT_TIME, (uint64_t)token->accepted, 4);
    seal_put(block + AT_SERIAL, serial | mode, 3);
    seal_put(block + AT_CHECK, CHECK, 3);
    return seal_write(key->seal, block, text);
}

bool status_token_read(struct status_key *key, const char *text, size_t len,
                       struct status_token *out)
{
    uint8_t block[SEAL_BLOCK];
    if (!seal_read(key->seal, text, len, block)
        || seal_get(block + AT_CHECK, 3) != CHECK)
        return false;
    *out = (struct status_token){
        .request = seal_get(block, 6),
        .accepted = (int64_t)seal_get(block + AT_TIME, 4),
        .unsubscribes = seal_get(block + AT_SERIAL, 3) & UNSUBSCRIBES,
    };
    return true;
}
