// SPDX-License-Identifier: MIT

#include "crowd.h"

#include "fetcher/siphash.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { BUCKETS_MIN = 64, BUCKETS_MAX = 65536 };

struct load {
    struct load *next;
    const void *what;
    size_t bytes;
    unsigned count;
};

struct crowd_member {
    struct crowd_member *next;
    uint8_t network[16];
    unsigned count;
    unsigned bucket;
    bool marked;
    struct load *loads; // under the lock
    size_t weight;      // of these
    atomic_bool sated;
};

struct crowd {
    pthread_mutex_t lock; // of all burdens
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
    pthread_mutex_init(&crowd->lock, NULL);
    return crowd;
}

void crowd_free(struct crowd *crowd)
{
    if (!crowd)
        return;
    assert(crowd->members == 0);
    pthread_mutex_destroy(&crowd->lock);
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
    struct crowd_member *member = calloc(1, sizeof *member);
    if (!member)
        return NULL;
    member->next = crowd->buckets[bucket];
    memcpy(member->network, network, 16);
    member->bucket = bucket;
    crowd->buckets[bucket] = member;
    crowd->members++;
    return member;
}

static unsigned bucket_of(const struct crowd *crowd, const uint8_t network[16])
{
    return (unsigned)siphash(&crowd->key, network, 16) & crowd->mask;
}

struct crowd_member *crowd_join(struct crowd *crowd, const uint8_t network[16],
                                unsigned limit)
{
    unsigned bucket = bucket_of(crowd, network);
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
    assert(!member->loads);
    struct crowd_member **link = &crowd->buckets[member->bucket];
    while (*link != member)
        link = &(*link)->next;
    *link = member->next;
    crowd->members--;
    free(member);
}

void crowd_mark(struct crowd *crowd, const uint8_t network[16])
{
    struct crowd_member *member =
        find(crowd->buckets[bucket_of(crowd, network)], network);
    if (member)
        member->marked = true;
}

bool crowd_is_marked(const struct crowd_member *member)
{
    return member->marked;
}

// ---------------------------------------------------------------- burdens

static struct load **find_load(struct crowd_member *member, const void *what)
{
    struct load **link = &member->loads;
    while (*link && (*link)->what != what)
        link = &(*link)->next;
    return link;
}

static bool add_load(struct crowd_member *member, const void *what,
                     size_t bytes, size_t max)
{
    bool fits = max == 0 || member->weight == 0
                || (bytes <= max && member->weight <= max - bytes);
    struct load *load = fits ? malloc(sizeof *load) : NULL;
    if (!fits)
        atomic_store(&member->sated, true);
    if (!load)
        return false;
    *load = (struct load){ member->loads, what, bytes, 1 };
    member->loads = load;
    member->weight += bytes;
    return true;
}

bool crowd_burden(struct crowd *crowd, struct crowd_member *member,
                  const void *what, size_t bytes, size_t max)
{
    pthread_mutex_lock(&crowd->lock);
    struct load *load = *find_load(member, what);
    bool fits = load || add_load(member, what, bytes, max);
    if (load)
        load->count++;
    pthread_mutex_unlock(&crowd->lock);
    return fits;
}

void crowd_relieve(struct crowd *crowd, struct crowd_member *member,
                   const void *what)
{
    pthread_mutex_lock(&crowd->lock);
    struct load **link = find_load(member, what);
    struct load *load = *link;
    assert(load && load->count > 0);
    if (--load->count == 0) {
        *link = load->next;
        member->weight -= load->bytes;
        atomic_store(&member->sated, false);
        free(load);
    }
    pthread_mutex_unlock(&crowd->lock);
}

const atomic_bool *crowd_sated(const struct crowd_member *member)
{
    return &member->sated;
}
