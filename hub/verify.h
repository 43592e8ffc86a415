// SPDX-License-Identifier: MIT
//
// verify -- verification of intent (WebSub 5.3; semantics, B).
//
// Claims pending requests, asks each callback with a fresh challenge, and
// settles what it answered. The subscription itself, active or not, changes
// only in that settlement, and only as the store's one transaction.
//
// Requests about subscriptions that exist go their own way, with slots of
// their own: no flood of new ones delays a renewal. How often a callback's
// host may be asked is allowance.h's to say; what may not be asked now waits
// in the store, and nothing of it counts as a try. What the options deny is
// not asked at all.

#pragma once

#include "allowance.h"
#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct services;
struct verify;

struct verify_listener {
    // A topic has just begun to be followed, and is due to be fetched.
    void (*followed)(void *context);
    // A lease was granted that ends then, unix ms.
    void (*granted)(void *context, int64_t end);
    // This one has been unsubscribed: nothing is sent to it any more.
    void (*ended)(void *context, uint64_t topic, uint64_t subscription);
    // A denial has become due.
    void (*denied)(void *context);
    void *context;
};

// NULL: out of memory.
struct verify *verify_new(const struct services *services,
                          struct allowance *allowance,
                          const struct verify_listener *listener);
void verify_free(struct verify *verify); // when idle

// A request was accepted.
void verify_poke(struct verify *verify);

bool verify_step(void *verify, struct moment now);
int64_t verify_patience(void *verify, struct moment now);

// One of ours, back from the engine.
void verify_answered(struct verify *verify, struct exchange *exchange);

// Begin no more; idle once what is under way has been settled.
void verify_drain(struct verify *verify);
bool verify_idle(const struct verify *verify);

// As allowance_left().
uint32_t verify_left(const struct verify *verify, enum allowance_rank rank,
                     const char *host, struct moment now);

// Of the slots that the options give, at a time: new requests, requests about
// what exists, farewells (farewell.h); and how many of the first strangers
// may have. A quarter is never anybody's but renewals'.
struct verify_slots {
    size_t fresh, renewals, farewells, strangers;
};
struct verify_slots verify_slots(int64_t verifications);
