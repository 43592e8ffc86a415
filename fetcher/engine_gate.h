// SPDX-License-Identifier: MIT
//
// engine_gate -- so many at a time, and who stands in line for it.
//
// One gate for each address that is being called and one for TLS handshakes.
// An origin that finds a gate shut is parked at it, at one at most, and let
// out again when somebody leaves.

#pragma once

#include "address.h"
#include "siphash.h"

#include <stdbool.h>
#include <stddef.h>

struct origin;

struct gate {
    unsigned busy, cap;
    unsigned slow;               // beside them (engine_slow.h)
    struct origin *first, *last; // parked
    struct gate *in_bucket;
    struct address address;
};

struct gates {
    struct siphash_key key;
    unsigned cap;
    struct gate **buckets;
    size_t count;
};

// False: out of memory.
bool gates_init(struct gates *gates, unsigned cap);
void gates_clear(struct gates *gates);

// NULL: out of memory. A gate that nobody entered or is parked at does not
// outlive the next gate_leave() or gate_drop_unused().
struct gate *gates_at(struct gates *gates, const struct address *address);

static inline bool gate_is_shut(const struct gate *gate)
{
    unsigned beyond = gate->slow > gate->cap ? gate->slow - gate->cap : 0;
    return gate->busy + beyond >= gate->cap;
}

static inline void gate_enter(struct gate *gate, bool slow)
{
    gate->busy += !slow;
    gate->slow += slow;
}

void gate_park(struct gate *gate, struct origin *origin);

// One leaves, a slow one or not. Returns whom to let in: a list through
// `parked_next` of the origins that are no longer parked. They need not use the
// place: the last one who leaves lets all out, so that nobody is forgotten.
struct origin *gate_leave(struct gate *gate, bool slow);

// One that is in becomes slow. Returns the same.
struct origin *gate_slow(struct gate *gate);

// Everybody parked, as a list.
struct origin *gate_empty(struct gate *gate);

// Frees a gate of the table that has become useless.
void gates_drop_unused(struct gates *gates, struct gate *gate);
