// SPDX-License-Identifier: MIT

#include "budget.h"

#include <openssl/rand.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 8192, WAYS = 8, BURST_S = 2 };

struct bucket {
    uint64_t who;   // keyed hash of the address; 0: unused
    int64_t filled; // when `left` was true, ms
    int64_t left;   // thousandths of a request
};

struct budget {
    uint32_t rate;
    uint64_t key; // unknown outside, so that nobody can aim at a bucket
    struct bucket buckets[BUCKETS];
};

struct budget *budget_new(uint32_t rate)
{
    struct budget *budget = calloc(1, sizeof *budget);
    if (!budget)
        return NULL;
    budget->rate = rate;
    if (RAND_bytes((unsigned char *)&budget->key, sizeof budget->key) != 1) {
        free(budget);
        return NULL;
    }
    return budget;
}

void budget_free(struct budget *budget)
{
    free(budget);
}

static uint64_t hash(uint64_t key, const char *who)
{
    uint64_t h = key ^ 0xcbf29ce484222325U;
    for (; *who; who++) {
        h = (h ^ (unsigned char)*who) * 0x100000001b3U;
        h ^= h >> 29;
    }
    h = (h ^ h >> 32) * 0x9e3779b97f4a7c15U;
    return h ? h : 1;
}

static int64_t fill(const struct budget *budget, const struct bucket *bucket,
                    int64_t now_ms)
{
    int64_t full = (int64_t)budget->rate * BURST_S * 1000;
    int64_t passed = now_ms - bucket->filled;
    if (bucket->who == 0 || passed >= BURST_S * 1000)
        return full;
    int64_t left = bucket->left + passed * budget->rate;
    return left < full ? left : full;
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

bool budget_take(struct budget *budget, const char *who, int64_t now_ms)
{
    if (budget->rate == 0)
        return true;
    uint64_t name = hash(budget->key, who);
    struct bucket *bucket = bucket_of(budget, name, now_ms);
    int64_t left = fill(budget, bucket, now_ms);
    bool allowed = left >= 1000;
    *bucket = (struct bucket){
        .who = name,
        .filled = now_ms,
        .left = allowed ? left - 1000 : left,
    };
    return allowed;
}
