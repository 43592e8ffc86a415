// SPDX-License-Identifier: MIT

#include "engine_gate.h"

#include "engine_origin.h"

#include <stdlib.h>
#include <sys/random.h>

enum { GATE_BUCKETS = 1024 };

bool gates_init(struct gates *gates, unsigned cap)
{
    *gates = (struct gates){ .cap = cap };
    if (getrandom(&gates->key, sizeof gates->key, 0)
        != (ssize_t)sizeof gates->key)
        return false;
    gates->buckets = calloc(GATE_BUCKETS, sizeof(struct gate *));
    return gates->buckets;
}

void gates_clear(struct gates *gates)
{
    for (size_t i = 0; gates->buckets && i < GATE_BUCKETS; i++)
        while (gates->buckets[i]) {
            struct gate *gate = gates->buckets[i];
            gates->buckets[i] = gate->in_bucket;
            free(gate);
        }
    free(gates->buckets);
    gates->buckets = NULL;
}

static struct gate **bucket_of(struct gates *gates,
                               const struct address *address)
{
    uint64_t hash = siphash(&gates->key, address, sizeof *address);
    return &gates->buckets[hash % GATE_BUCKETS];
}

struct gate *gates_at(struct gates *gates, const struct address *address)
{
    struct gate **bucket = bucket_of(gates, address);
    for (struct gate *gate = *bucket; gate; gate = gate->in_bucket)
        if (address_same(&gate->address, address))
            return gate;
    struct gate *gate = malloc(sizeof *gate);
    if (!gate)
        return NULL;
    *gate = (struct gate){ .cap = gates->cap,
                           .in_bucket = *bucket,
                           .address = *address };
    *bucket = gate;
    gates->count++;
    return gate;
}

void gate_park(struct gate *gate, struct origin *origin)
{
    origin->parked_at = gate;
    origin->parked_next = NULL;
    if (gate->last)
        gate->last->parked_next = origin;
    else
        gate->first = origin;
    gate->last = origin;
}

struct origin *gate_empty(struct gate *gate)
{
    struct origin *all = gate->first;
    for (struct origin *origin = all; origin; origin = origin->parked_next)
        origin->parked_at = NULL;
    gate->first = NULL;
    gate->last = NULL;
    return all;
}

struct origin *gate_leave(struct gate *gate, bool slow)
{
    gate->busy -= !slow;
    gate->slow -= slow;
    if (gate->busy == 0)
        return gate_empty(gate);
    struct origin *origin = gate->first;
    if (!origin)
        return NULL;
    gate->first = origin->parked_next;
    if (!gate->first)
        gate->last = NULL;
    origin->parked_at = NULL;
    origin->parked_next = NULL;
    return origin;
}

struct origin *gate_slow(struct gate *gate)
{
    gate->slow++;
    return gate_leave(gate, false);
}

void gates_drop_unused(struct gates *gates, struct gate *gate)
{
    if (gate->busy > 0 || gate->slow > 0 || gate->first)
        return;
    struct gate **at = bucket_of(gates, &gate->address);
    while (*at != gate)
        at = &(*at)->in_bucket;
    *at = gate->in_bucket;
    gates->count--;
    free(gate);
}
