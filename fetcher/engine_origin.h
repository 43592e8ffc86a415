// SPDX-License-Identifier: MIT
//
// engine_origin -- who waits for which origin, and whose turn it is.
//
// An origin is scheme, host and port. It has a queue for each class; a ring
// for each class holds the origins that have work there which nothing of
// their own holds back, and gives them turns. An origin exists while anything
// waits, runs or is connected there, and what was learned of how much it takes
// is kept for a while longer. Pure bookkeeping: no sockets, no clock.

#pragma once

#include "engine.h"
#include "engine_gate.h"
#include "parallel.h"
#include "resolve.h"
#include "target.h"

struct lean;
struct network;
struct origins;

struct origin {
    struct origin *in_bucket;
    struct origins *table;
    uint64_t hash;
    struct exchange *first[EXCHANGE_CLASSES], *last[EXCHANGE_CLASSES];
    unsigned in_flight[EXCHANGE_CLASSES];
    unsigned slow;            // deliveries beside those (engine_slow.h)
    struct parallel parallel; // how many deliveries
    unsigned connections;     // open ones
    unsigned spare_count;
    struct lean *spare; // of them, idle ones that are not curl's
    struct origin *ring_next[EXCHANGE_CLASSES];
    struct origin *ring_previous[EXCHANGE_CLASSES];
    bool in_ring[EXCHANGE_CLASSES];
    bool asking; // for its addresses
    struct resolve_waiter waiter;
    struct resolve_answer answer;
    struct gate *parked_at;
    struct origin *parked_next;
    struct origin *idle_next;
    bool idle_listed;
    bool https, literal;
    uint16_t port;
    size_t host_len;
    char host[];
};

struct origins {
    struct network *network; // whose they are
    struct siphash_key key;
    unsigned per_origin[EXCHANGE_CLASSES];
    unsigned slow_per_origin;
    struct parallel_bounds parallel;
    struct parallel_memory *memory;
    // NULL, or whether more connections to it would take the place of others
    // that are kept: then it does with those it has.
    bool (*crowded)(const struct origin *origin);
    struct origin *ring[EXCHANGE_CLASSES]; // whose turn it is
    struct origin **buckets;
    size_t bucket_count, count;
    struct origin *idle; // perhaps
};

// False: out of memory.
bool origins_init(struct origins *origins, struct network *network,
                  const struct siphash_key *key,
                  const struct engine_limits *limits);
// Frees the origins; what waits at them is the caller's.
void origins_clear(struct origins *origins);

// Found or made. NULL: out of memory.
struct origin *origins_at(struct origins *origins, const struct target *target,
                          int64_t now_ms);

// Frees those that nothing keeps any more. Until then an origin that ran
// empty may still be looked at.
void origins_drop_idle(struct origins *origins);

void origin_append(struct origin *origin, struct exchange *exchange);
// For one that was on its way already.
void origin_prepend(struct origin *origin, struct exchange *exchange);
// NULL: none waits.
struct exchange *origin_pop(struct origin *origin, enum exchange_class class);
unsigned origin_busy(const struct origin *origin); // of all classes, and slow

// Of its addresses, the one to begin with and the one to try last. One that
// the name does not have, or has no more, is in no list.
void origin_prefer(struct origin *origin, const struct address *address);
void origin_shun(struct origin *origin, const struct address *address);
bool origin_has_address(const struct origin *origin,
                        const struct address *address);

// Deliveries wait for nothing but that it gets more of them at a time.
bool origin_wants_more(const struct origin *origin);

// Puts it into the rings it belongs to, behind the others, and takes it out
// of the rest. Call it after every change of what it depends on.
void origin_settle(struct origin *origin);

// The origin whose turn it is; it loses its place. NULL: none.
struct origin *origins_turn(struct origins *origins, enum exchange_class class);
