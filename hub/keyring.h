// SPDX-License-Identifier: MIT
//
// keyring -- the keys of publishers, from the configuration and from the store.
//
// What publisher_key.h judges with never changes; here is which of these counts
// now. Main thread; NULL is a ring without keys.

#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct config;
struct keyring;
struct publisher_keys;

// Of those in the store: each ping looks at all of them.
enum { KEYRING_MAX = 1000 };

// NULL: out of memory.
struct keyring *keyring_new(void);
void keyring_free(struct keyring *keyring);

// What the configuration says now, instead of what it said. False: out of
// memory, and all is as it was.
bool keyring_configure(struct keyring *keyring, const struct config *config);

// One that is in the store: a good prefix and secret. False: out of memory, or
// KEYRING_MAX are there; nothing has changed.
bool keyring_add(struct keyring *keyring, const char *prefix,
                 const char *secret);
// The store's with this prefix and secret; NULL: all with the prefix.
void keyring_remove(struct keyring *keyring, const char *prefix,
                    const char *secret);

bool keyring_is_full(const struct keyring *keyring);

// Are there any? For any thread, and for as long as the ring.
const atomic_bool *keyring_in_use(const struct keyring *keyring);

// Those that count now, held for the caller, who frees them. NULL: out of
// memory; of an empty ring they are none.
struct publisher_keys *keyring_now(struct keyring *keyring);
