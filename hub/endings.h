// SPDX-License-Identifier: MIT
//
// endings -- subscriptions that answered 410, until the store has ended them.
//
// It ends them only if they were not renewed meanwhile. The host is kept for
// the line of the log that says so.

#pragma once

#include <stdint.h>

enum { ENDINGS_MAX = 4096 };

struct ending;

// All zero: there are none. endings_clear() frees what is in it.
struct endings {
    struct ending *buckets[256];
    uint32_t count;
};

// Beyond ENDINGS_MAX, or without memory, its host will not be told.
void endings_add(struct endings *endings, uint64_t topic, uint64_t subscription,
                 const char *host);

// The store has answered: it has ended, or not.
void endings_tell(struct endings *endings, uint64_t topic,
                  uint64_t subscription);
void endings_drop(struct endings *endings, uint64_t topic,
                  uint64_t subscription);

void endings_clear(struct endings *endings);
