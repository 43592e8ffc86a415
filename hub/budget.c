// SPDX-License-Identifier: MIT

#include "budget.h"

#include <arpa/inet.h>
#include <openssl/rand.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 8192, WAYS = 8 };
#define MINUTE_MS INT64_C(60000)

struct bucket {
    uint64_t who;   // keyed hash of the client; 0: unused
    int64_t filled; // when `left` was true, ms
    int64_t left;   // so many times span_ms
};

// Whatever the rate is, nothing is lost between two calls: one costs
// span_ms, and each millisecond fills `count`.
struct budget {
    int64_t count, span_ms; // so many in that time
    int64_t full;
    uint64_t key; // unknown outside, so that nobody can aim at a bucket
    struct bucket buckets[BUCKETS];
};

static struct budget *make(uint32_t count, int64_t span_ms, uint32_t burst)
{
    struct budget *budget = calloc(1, sizeof *budget);
    if (!budget)
        return NULL;
    budget->count = count;
    budget->span_ms = span_ms;
    budget->full = burst * span_ms;
    if (RAND_bytes((unsigned char *)&budget->key, sizeof budget->key) != 1) {
        free(budget);
        return NULL;
    }
    return budget;
}

struct budget *budget_new(uint32_t rate)
{
    return make(rate, 1000, 2 * rate);
}

struct budget *budget_new_slow(uint32_t per_minute)
{
    return make(per_minute, MINUTE_MS, per_minute);
}

struct budget *budget_new_shaped(uint32_t per_minute, uint32_t at_once)
{
    return make(per_minute, MINUTE_MS, at_once);
}

void budget_set(struct budget *budget, uint32_t per_minute, uint32_t at_once)
{
    if (budget->span_ms != MINUTE_MS)
        memset(budget->buckets, 0, sizeof budget->buckets);
    budget->count = per_minute;
    budget->span_ms = MINUTE_MS;
    budget->full = at_once * MINUTE_MS;
}

void budget_free(struct budget *budget)
{
    free(budget);
}

// What names the client of this address; a part of it for IPv6.
static size_t client_of(const char *who, const void **bytes,
                        struct in6_addr *six)
{
    *bytes = who;
    if (inet_pton(AF_INET6, who, six) != 1)
        return strlen(who);
    bool four = IN6_IS_ADDR_V4MAPPED(six);
    *bytes = four ? six->s6_addr + 12 : six->s6_addr;
    return four ? 4 : 8;
}

static uint64_t hash(uint64_t key, const char *who)
{
    struct in6_addr six;
    const void *bytes;
    size_t len = client_of(who, &bytes, &six);
    const unsigned char *at = bytes;
    uint64_t h = key ^ 0xcbf29ce484222325U;
    for (size_t i = 0; i < len; i++) {
        h = (h ^ at[i]) * 0x100000001b3U;
        h ^= h >> 29;
    }
    h = (h ^ h >> 32) * 0x9e3779b97f4a7c15U;
    return h ? h : 1;
}

static int64_t fill(const struct budget *budget, const struct bucket *bucket,
                    int64_t now_ms)
{
    int64_t passed = now_ms - bucket->filled;
    int64_t missing = budget->full - bucket->left;
    if (bucket->who == 0 || passed >= missing / budget->count + 1)
        return budget->full;
    return bucket->left + passed * budget->count;
}

static struct bucket *bucket_of(struct budget *budget, uint64_t who,
                                int64_t now_ms)
{
    struct bucket *set = &budget->buckets[who % (BUCKETS / WAYS) * WAYS];
    struct bucket *idlest = set;
    for (struct bucket *b = set; b < set + WAYS; b++) {
        if (b->who == who)
            return b;
        if (fill(budget, b, now_ms) > fill(budget, idlest, now_ms))
            idlest = b;
    }
    *idlest = (struct bucket){ .who = 0 };
    return idlest;
}

bool budget_take(struct budget *budget, const char *who, uint32_t cost,
                 int64_t now_ms)
{
    if (budget->count == 0)
        return true;
    int64_t asked = cost * budget->span_ms;
    if (asked > budget->full)
        asked = budget->full;
    uint64_t name = hash(budget->key, who);
    struct bucket *bucket = bucket_of(budget, name, now_ms);
    int64_t left = fill(budget, bucket, now_ms);
    bool allowed = left >= asked;
    *bucket = (struct bucket){
        .who = name,
        .filled = now_ms,
        .left = allowed ? left - asked : left,
    };
    return allowed;
}
