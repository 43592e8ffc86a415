// SPDX-License-Identifier: MIT

#include "token_cache.h"

#include "fetcher/siphash.h"
#include "visitor.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { NOBODY_SETS = 64 };

struct entry {
    uint8_t hash[TOKEN_HASH];
    const struct visitor *visitor; // NULL: the place is free
    int64_t used;                  // monotonic ms
};

struct missing {
    uint8_t hash[TOKEN_HASH];
    int64_t until; // 0: the place is free
};

struct token_cache {
    struct siphash_key key;
    struct entry known[TOKEN_CACHE_SETS][TOKEN_CACHE_WAYS];
    struct missing nobody[NOBODY_SETS][TOKEN_CACHE_WAYS];
};

struct token_cache *token_cache_new(void)
{
    struct token_cache *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    if (RAND_bytes((unsigned char *)&cache->key, sizeof cache->key) == 1)
        return cache;
    free(cache);
    return NULL;
}

void token_cache_free(struct token_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < TOKEN_CACHE_SETS; i++)
        for (size_t j = 0; j < TOKEN_CACHE_WAYS; j++)
            visitor_drop(cache->known[i][j].visitor);
    free(cache);
}

static size_t place(const struct token_cache *cache,
                    const uint8_t hash[TOKEN_HASH], size_t sets)
{
    return siphash(&cache->key, hash, TOKEN_HASH) % sets;
}

static bool same(const uint8_t a[TOKEN_HASH], const uint8_t b[TOKEN_HASH])
{
    return CRYPTO_memcmp(a, b, TOKEN_HASH) == 0;
}

static bool is_nobodys(const struct token_cache *cache,
                       const uint8_t hash[TOKEN_HASH], int64_t mono)
{
    const struct missing *set = cache->nobody[place(cache, hash, NOBODY_SETS)];
    for (size_t i = 0; i < TOKEN_CACHE_WAYS; i++)
        if (set[i].until > mono && same(set[i].hash, hash))
            return true;
    return false;
}

bool token_cache_find(struct token_cache *cache, const uint8_t hash[TOKEN_HASH],
                      int64_t mono, const struct visitor **out)
{
    struct entry *set = cache->known[place(cache, hash, TOKEN_CACHE_SETS)];
    *out = NULL;
    for (size_t i = 0; i < TOKEN_CACHE_WAYS; i++) {
        if (!set[i].visitor || !same(set[i].hash, hash))
            continue;
        set[i].used = mono;
        *out = set[i].visitor;
        return true;
    }
    return is_nobodys(cache, hash, mono);
}

// The one that is free, or will be soonest.
static void put_nobody(struct token_cache *cache,
                       const uint8_t hash[TOKEN_HASH], int64_t mono)
{
    struct missing *set = cache->nobody[place(cache, hash, NOBODY_SETS)];
    struct missing *best = set;
    for (size_t i = 1; i < TOKEN_CACHE_WAYS; i++)
        if (set[i].until < best->until)
            best = &set[i];
    memcpy(best->hash, hash, TOKEN_HASH);
    best->until = mono + TOKEN_CACHE_NOBODY_MS;
}

void token_cache_put(struct token_cache *cache, const uint8_t hash[TOKEN_HASH],
                     int64_t mono, const struct visitor *visitor)
{
    if (!visitor) {
        put_nobody(cache, hash, mono);
        return;
    }
    struct entry *set = cache->known[place(cache, hash, TOKEN_CACHE_SETS)];
    struct entry *best = set;
    for (size_t i = 0; i < TOKEN_CACHE_WAYS; i++) {
        if (set[i].visitor && same(set[i].hash, hash)) {
            best = &set[i];
            break;
        }
        if (best->visitor && (!set[i].visitor || set[i].used < best->used))
            best = &set[i];
    }
    visitor_share(visitor);
    visitor_drop(best->visitor);
    memcpy(best->hash, hash, TOKEN_HASH);
    best->visitor = visitor;
    best->used = mono;
}

void token_cache_forget(struct token_cache *cache, uint64_t token)
{
    for (size_t i = 0; i < TOKEN_CACHE_SETS; i++) {
        for (size_t j = 0; j < TOKEN_CACHE_WAYS; j++) {
            struct entry *entry = &cache->known[i][j];
            if (!entry->visitor || entry->visitor->token != token)
                continue;
            visitor_drop(entry->visitor);
            memset(entry, 0, sizeof *entry);
        }
    }
}
