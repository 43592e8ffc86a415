// SPDX-License-Identifier: MIT
//
// pairs -- which requests wait for a (topic, callback), in memory.
//
// As an index on disk it would be in the order of hashes, so that each
// request of a commit dirtied a page of its own (contrib/decisions/0001). It
// holds only what waits for its verification, minutes old at most, and is
// made anew from the table `requests` when the store is opened.
//
// The writer's alone. Changes follow a transaction: each is undone by
// pairs_abort() until pairs_commit().

#pragma once

#include "storage/store.h"

enum { PAIRS_MAX = 2 * 1024 * 1024 }; // that wait at a time: 56 bytes each

// Those of one key, oldest first, expired ones included.
struct pending {
    size_t count;
    uint64_t ids[STORE_WAITING_MAX];
};

struct pairs;

struct pairs *pairs_new(void); // NULL: no memory
void pairs_free(struct pairs *pairs);

// Whether another pair may be added.
bool pairs_room(const struct pairs *pairs);

void pairs_find(const struct pairs *pairs, const struct store_key *topic,
                const struct store_key *callback, struct pending *out);
// Replace what waits for the key. False: no memory; nothing has changed.
bool pairs_set(struct pairs *pairs, const struct store_key *topic,
               const struct store_key *callback, const struct pending *pending);

void pairs_commit(struct pairs *pairs);
void pairs_abort(struct pairs *pairs);
