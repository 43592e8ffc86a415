// SPDX-License-Identifier: MIT

#include "engine_origin.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 256 };

bool origins_init(struct origins *origins, struct network *network,
                  const struct siphash_key *key,
                  const struct engine_limits *limits)
{
    *origins = (struct origins){
        .network = network,
        .key = *key,
        .slow_per_origin = limits->slow_per_origin,
        .parallel = { limits->per_origin[EXCHANGE_DELIVER],
                      limits->per_origin_max },
        .bucket_count = FIRST_BUCKETS,
    };
    for (int c = 0; c < EXCHANGE_CLASSES; c++)
        origins->per_origin[c] = limits->per_origin[c];
    origins->memory = calloc(1, sizeof *origins->memory);
    origins->buckets = calloc(FIRST_BUCKETS, sizeof(struct origin *));
    return origins->buckets && origins->memory;
}

void origins_clear(struct origins *origins)
{
    for (size_t i = 0; origins->buckets && i < origins->bucket_count; i++)
        while (origins->buckets[i]) {
            struct origin *origin = origins->buckets[i];
            origins->buckets[i] = origin->in_bucket;
            free(origin);
        }
    free(origins->buckets);
    origins->buckets = NULL;
    free(origins->memory);
    origins->memory = NULL;
}

static void grow(struct origins *origins)
{
    size_t count = origins->bucket_count * 2;
    struct origin **buckets = calloc(count, sizeof(struct origin *));
    if (!buckets)
        return; // longer chains, no harm else
    for (size_t i = 0; i < origins->bucket_count; i++)
        while (origins->buckets[i]) {
            struct origin *origin = origins->buckets[i];
            origins->buckets[i] = origin->in_bucket;
            origin->in_bucket = buckets[origin->hash % count];
            buckets[origin->hash % count] = origin;
        }
    free(origins->buckets);
    origins->buckets = buckets;
    origins->bucket_count = count;
}

static bool is_at(const struct origin *origin, const struct target *target,
                  uint64_t hash)
{
    return origin->hash == hash && origin->https == target->https
           && origin->port == target->port
           && strcmp(origin->host, target->host) == 0;
}

static struct origin *make(struct origins *origins, const struct target *target,
                           uint64_t hash, int64_t now_ms)
{
    struct origin *origin = calloc(1, sizeof *origin + target->host_len + 1);
    if (!origin)
        return NULL;
    if (origins->count >= origins->bucket_count)
        grow(origins);
    origin->table = origins;
    if (!parallel_recall(origins->memory, hash, now_ms, &origin->parallel))
        parallel_begin(&origin->parallel, &origins->parallel);
    origin->hash = hash;
    origin->https = target->https;
    origin->literal = target->literal;
    origin->port = target->port;
    origin->host_len = target->host_len;
    memcpy(origin->host, target->host, target->host_len);
    if (target->literal) {
        origin->answer.count = 1;
        origin->answer.addresses[0] = target->address;
        origin->answer.expires_ms = INT64_MAX;
    }
    struct origin **bucket = &origins->buckets[hash % origins->bucket_count];
    origin->in_bucket = *bucket;
    *bucket = origin;
    origins->count++;
    return origin;
}

struct origin *origins_at(struct origins *origins, const struct target *target,
                          int64_t now_ms)
{
    uint64_t hash = target_hash(target, &origins->key);
    struct origin *origin = origins->buckets[hash % origins->bucket_count];
    while (origin && !is_at(origin, target, hash))
        origin = origin->in_bucket;
    return origin ? origin : make(origins, target, hash, now_ms);
}

static size_t index_of(const struct origin *origin,
                       const struct address *address)
{
    const struct resolve_answer *answer = &origin->answer;
    size_t i = 0;
    while (i < answer->count && !address_same(&answer->addresses[i], address))
        i++;
    return i;
}

bool origin_has_address(const struct origin *origin,
                        const struct address *address)
{
    return index_of(origin, address) < origin->answer.count;
}

void origin_prefer(struct origin *origin, const struct address *address)
{
    struct address *all = origin->answer.addresses, chosen = *address;
    size_t at = index_of(origin, &chosen);
    if (at == origin->answer.count)
        return;
    memmove(all + 1, all, at * sizeof *all);
    all[0] = chosen;
}

void origin_shun(struct origin *origin, const struct address *address)
{
    struct address *all = origin->answer.addresses, chosen = *address;
    size_t count = origin->answer.count, at = index_of(origin, &chosen);
    if (at == count)
        return;
    memmove(all + at, all + at + 1, (count - at - 1) * sizeof *all);
    all[count - 1] = chosen;
}

static bool has_waiting(const struct origin *origin)
{
    for (int c = 0; c < EXCHANGE_CLASSES; c++)
        if (origin->first[c])
            return true;
    return false;
}

unsigned origin_busy(const struct origin *origin)
{
    unsigned busy = origin->slow;
    for (int c = 0; c < EXCHANGE_CLASSES; c++)
        busy += origin->in_flight[c];
    return busy;
}

static bool is_idle(const struct origin *origin)
{
    return origin->connections == 0 && origin_busy(origin) == 0
           && !origin->asking && !origin->parked_at && !has_waiting(origin);
}

static void drop(struct origin *origin)
{
    struct origins *origins = origin->table;
    struct origin **at =
        &origins->buckets[origin->hash % origins->bucket_count];
    while (*at != origin)
        at = &(*at)->in_bucket;
    *at = origin->in_bucket;
    origins->count--;
    if (origin->parallel.limit != origins->parallel.first)
        parallel_keep(origins->memory, origin->hash, &origin->parallel);
    free(origin);
}

void origins_drop_idle(struct origins *origins)
{
    while (origins->idle) {
        struct origin *origin = origins->idle;
        origins->idle = origin->idle_next;
        origin->idle_listed = false;
        if (is_idle(origin))
            drop(origin);
    }
}

void origin_append(struct origin *origin, struct exchange *exchange)
{
    enum exchange_class class = exchange->class;
    exchange->link = NULL;
    if (origin->last[class])
        origin->last[class]->link = exchange;
    else
        origin->first[class] = exchange;
    origin->last[class] = exchange;
}

void origin_prepend(struct origin *origin, struct exchange *exchange)
{
    enum exchange_class class = exchange->class;
    exchange->link = origin->first[class];
    origin->first[class] = exchange;
    if (!origin->last[class])
        origin->last[class] = exchange;
}

struct exchange *origin_pop(struct origin *origin, enum exchange_class class)
{
    struct exchange *exchange = origin->first[class];
    if (!exchange)
        return NULL;
    origin->first[class] = exchange->link;
    if (!exchange->link)
        origin->last[class] = NULL;
    exchange->link = NULL;
    return exchange;
}

static void ring_add(struct origin *origin, int class)
{
    struct origin **ring = &origin->table->ring[class];
    if (*ring) {
        struct origin *last = (*ring)->ring_previous[class];
        origin->ring_previous[class] = last;
        origin->ring_next[class] = *ring;
        last->ring_next[class] = origin;
        (*ring)->ring_previous[class] = origin;
    } else {
        origin->ring_next[class] = origin;
        origin->ring_previous[class] = origin;
        *ring = origin;
    }
    origin->in_ring[class] = true;
}

static void ring_remove(struct origin *origin, int class)
{
    struct origin **ring = &origin->table->ring[class];
    struct origin *next = origin->ring_next[class];
    next->ring_previous[class] = origin->ring_previous[class];
    origin->ring_previous[class]->ring_next[class] = next;
    if (*ring == origin)
        *ring = next == origin ? NULL : next;
    origin->in_ring[class] = false;
}

// First and repeated ones, and what slow ones still keep.
static unsigned deliveries(const struct origin *origin)
{
    unsigned free_of_charge = origin->table->slow_per_origin;
    unsigned slow =
        origin->slow > free_of_charge ? origin->slow - free_of_charge : 0;
    return origin->in_flight[EXCHANGE_DELIVER]
           + origin->in_flight[EXCHANGE_RETRY] + slow;
}

// One more would take a new connection, where there are too many: a TLS
// handshake costs as much as some twenty requests on an open one. One of those
// under way will end, or become slow.
static bool makes_do(const struct origin *origin)
{
    unsigned busy = origin_busy(origin);
    return busy > origin->slow && origin->connections > 0
           && busy >= origin->connections && origin->table->crowded
           && origin->table->crowded(origin);
}

static bool has_place(const struct origin *origin, int class)
{
    unsigned limit = origin->parallel.limit;
    if (class != EXCHANGE_DELIVER && class != EXCHANGE_RETRY)
        return origin->in_flight[class] < origin->table->per_origin[class];
    if (deliveries(origin) >= limit || makes_do(origin))
        return false;
    // A delivery tried again never delays one that was not tried yet.
    return class == EXCHANGE_DELIVER
           || (!origin->first[EXCHANGE_DELIVER]
               && origin->in_flight[EXCHANGE_RETRY] < limit - (limit > 1));
}

static bool belongs(const struct origin *origin, int class)
{
    return origin->first[class] && !origin->asking && !origin->parked_at
           && has_place(origin, class);
}

bool origin_wants_more(const struct origin *origin)
{
    return (origin->first[EXCHANGE_DELIVER] || origin->first[EXCHANGE_RETRY])
           && !origin->asking && !origin->parked_at
           && deliveries(origin) >= origin->parallel.limit;
}

void origin_settle(struct origin *origin)
{
    for (int c = 0; c < EXCHANGE_CLASSES; c++) {
        bool wanted = belongs(origin, c);
        if (wanted && !origin->in_ring[c])
            ring_add(origin, c);
        else if (!wanted && origin->in_ring[c])
            ring_remove(origin, c);
    }
    if (!origin->idle_listed && is_idle(origin)) {
        origin->idle_listed = true;
        origin->idle_next = origin->table->idle;
        origin->table->idle = origin;
    }
}

struct origin *origins_turn(struct origins *origins, enum exchange_class class)
{
    struct origin *origin = origins->ring[class];
    if (origin)
        ring_remove(origin, (int)class);
    return origin;
}
