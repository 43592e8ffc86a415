// SPDX-License-Identifier: MIT

#include "origin_budget.h"

#include "origin_hash.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUCKETS = 4096,
    WAYS = 8,
    HOUR_MS = 60 * 60 * 1000,
    // For what is under way to end, if only that is in the way.
    SOON_MS = 1000,
};

// One fetch is HOUR_MS, and each millisecond fills `an_hour`.
struct bucket {
    uint64_t origin; // keyed hash; 0: unused
    int64_t filled;  // when `left` was true, ms
    int64_t left;
    int64_t under_way;  // fetches
    uint64_t elsewhere; // the origin where redirects led last; 0: none
};

struct origin_budget {
    int64_t an_hour, full;
    uint64_t key; // unknown outside, so that nobody can aim at a bucket
    struct bucket buckets[BUCKETS];
};

struct origin_budget *origin_budget_new(int64_t an_hour, int64_t at_once)
{
    struct origin_budget *budget = calloc(1, sizeof *budget);
    if (!budget)
        return NULL;
    origin_budget_set(budget, an_hour, at_once);
    if (RAND_bytes((unsigned char *)&budget->key, sizeof budget->key) == 1)
        return budget;
    free(budget);
    return NULL;
}

void origin_budget_set(struct origin_budget *budget, int64_t an_hour,
                       int64_t at_once)
{
    // Where nothing is counted the end of what was begun is not, either.
    if (an_hour == 0)
        memset(budget->buckets, 0, sizeof budget->buckets);
    budget->an_hour = an_hour;
    budget->full = (at_once > 0 ? at_once : 1) * HOUR_MS;
}

void origin_budget_free(struct origin_budget *budget)
{
    free(budget);
}

static void fill(const struct origin_budget *budget, struct bucket *bucket,
                 int64_t now_ms)
{
    int64_t passed = now_ms - bucket->filled;
    int64_t missing = budget->full - bucket->left;
    if (passed > missing / budget->an_hour)
        bucket->left = budget->full;
    else if (passed > 0)
        bucket->left += passed * budget->an_hour;
    bucket->filled = now_ms;
}

static struct bucket *set_of(struct origin_budget *budget, uint64_t origin)
{
    return &budget->buckets[origin % (BUCKETS / WAYS) * WAYS];
}

static struct bucket *find(struct origin_budget *budget, uint64_t origin,
                           int64_t now_ms)
{
    struct bucket *set = set_of(budget, origin);
    for (struct bucket *b = set; b < set + WAYS; b++) {
        if (b->origin != origin)
            continue;
        fill(budget, b, now_ms);
        return b;
    }
    return NULL;
}

// NULL: all places are taken by origins that are being fetched.
static struct bucket *find_or_add(struct origin_budget *budget, uint64_t origin,
                                  int64_t now_ms)
{
    struct bucket *set = set_of(budget, origin);
    struct bucket *found = find(budget, origin, now_ms), *idlest = NULL;
    if (found)
        return found;
    for (struct bucket *b = set; b < set + WAYS; b++) {
        if (b->origin == 0)
            *b = (struct bucket){ .left = budget->full };
        fill(budget, b, now_ms);
        if (b->under_way == 0 && (!idlest || b->left > idlest->left))
            idlest = b;
    }
    if (idlest)
        *idlest = (struct bucket){ .origin = origin,
                                   .filled = now_ms,
                                   .left = budget->full };
    return idlest;
}

static int64_t wait_of(const struct origin_budget *budget,
                       const struct bucket *bucket)
{
    if (bucket->left >= (bucket->under_way + 1) * HOUR_MS)
        return 0;
    if (bucket->left >= HOUR_MS)
        return SOON_MS;
    int64_t wait = (HOUR_MS - bucket->left) / budget->an_hour + 1;
    return wait > SOON_MS ? wait : SOON_MS;
}

int64_t origin_budget_begin(struct origin_budget *budget, const char *topic,
                            int64_t now_ms)
{
    if (budget->an_hour == 0)
        return 0;
    struct bucket *bucket =
        find_or_add(budget, origin_hash(budget->key, topic), now_ms);
    if (!bucket)
        return 0;
    const struct bucket *elsewhere =
        bucket->elsewhere ? find(budget, bucket->elsewhere, now_ms) : NULL;
    int64_t wait = wait_of(budget, bucket);
    if (wait == 0 && elsewhere)
        wait = wait_of(budget, elsewhere);
    if (wait == 0)
        bucket->under_way++;
    return wait;
}

static void charge(struct bucket *bucket)
{
    bucket->left = bucket->left > HOUR_MS ? bucket->left - HOUR_MS : 0;
}

void origin_budget_end(struct origin_budget *budget, const char *topic,
                       const char *final_url, bool counts, int64_t now_ms)
{
    if (budget->an_hour == 0)
        return;
    uint64_t origin = origin_hash(budget->key, topic);
    uint64_t elsewhere =
        final_url ? origin_hash(budget->key, final_url) : origin;
    struct bucket *bucket = find(budget, origin, now_ms);
    if (bucket && bucket->under_way > 0)
        bucket->under_way--;
    // One that never was leads nowhere else than the one before it.
    if (bucket && (counts || final_url))
        bucket->elsewhere = elsewhere != origin ? elsewhere : 0;
    if (bucket && counts)
        charge(bucket);
    if (counts && elsewhere != origin
        && (bucket = find_or_add(budget, elsewhere, now_ms)))
        charge(bucket);
}
