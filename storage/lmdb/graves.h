// SPDX-License-Identifier: MIT
//
// graves -- topics that were removed, so that who comes back to a new one of
// that name is told that it is another (M7).

#pragma once

#include "leases.h"
#include "ops.h"

enum { GRAVES_MAX = 65536 }; // beyond, the oldest go

// A topic with updates is removed now.
void grave_dig(struct engine_context *context, const struct store_key *key);
// One of that name is made. The newest event when the older one was removed;
// 0: there was none, or that is forgotten.
uint64_t grave_open(struct engine_context *context,
                    const struct store_key *key);
// As a row: `lease` has the first half of its key, and its end.
void grave_put(struct txn *txn, const struct lease *lease, uint64_t number);
bool grave_decode(struct bytes record, uint64_t *number, int64_t *end);
// Its time is over; the lease is the caller's to remove.
void grave_drop(struct txn *txn, const struct lease *lease);
