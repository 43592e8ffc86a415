// SPDX-License-Identifier: MIT

#include "crowd.h"

#include "fetcher/siphash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { BUCKETS_MIN = 64, BUCKETS_MAX = 65536 };

struct crowd_member {
    struct crowd_member *next;
    uint8_t network[16];
    unsigned count;
    unsigned bucket;
};

struct crowd {
    struct siphash_key key;
    unsigned mask;
    unsigned members;
    struct crowd_member *buckets[];
};

struct crowd *crowd_new(unsigned expected)
{
    unsigned buckets = BUCKETS_MIN;
    while (buckets < expected && buckets < BUCKETS_MAX)
        buckets *= 2;

    struct crowd *crowd =
        calloc(1, sizeof *crowd + buckets * sizeof *crowd->buckets);
    if (!crowd)
        return NULL;
    crowd->mask = buckets - 1;
    if (getrandom(&crowd->key, sizeof crowd->key, 0) != sizeof crowd->key) {
        free(crowd);
        return NULL;
    }
    return crowd;
}

void crowd_free(struct crowd *crowd)
{
    assert(!crowd || crowd->members == 0);
    free(crowd);
}

static struct crowd_member *find(struct crowd_member *member,
                                 const uint8_t network[16])
{
    while (member && memcmp(member->network, network, 16) != 0)
        member = member->next;
    return member;
}

static struct crowd_member *add(struct crowd *crowd, unsigned bucket,
                                const uint8_t network[16])
{
    struct crowd_member *member = malloc(sizeof *member);
    if (!member)
        return NULL;
    member->next = crowd->buckets[bucket];
    memcpy(member->network, network, 16);
    member->count = 0;
    member->bucket = bucket;
    crowd->buckets[bucket] = member;
    crowd->members++;
    return member;
}

struct crowd_member *crowd_join(struct crowd *crowd, const uint8_t network[16],
                                unsigned limit)
{
    unsigned bucket = (unsigned)siphash(&crowd->key, network, 16) & crowd->mask;
    struct crowd_member *member = find(crowd->buckets[bucket], network);

    if (limit == 0 || (member && member->count >= limit))
        return NULL;
    if (!member)
        member = add(crowd, bucket, network);
    if (member)
        member->count++;
    return member;
}

void crowd_leave(struct crowd *crowd, struct crowd_member *member)
{
    assert(member->count > 0);
    if (--member->count > 0)
        return;
    struct crowd_member **link = &crowd->buckets[member->bucket];
    while (*link != member)
        link = &(*link)->next;
    *link = member->next;
    crowd->members--;
    free(member);
}
