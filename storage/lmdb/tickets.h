// SPDX-License-Identifier: MIT
//
// tickets -- what the requests that were verified have led to (M18).
//
// A subscription has at most one: of the request that was verified last. When
// it ends, its ticket says so for a day; of those that have ended at most
// 65,536 are kept, the newest.

#pragma once

#include "tables.h"

bool ticket_load(struct txn *txn, uint64_t request, struct ticket *out);

// One that is new, as a row with its key in `leases`.
void ticket_put(struct txn *txn, uint64_t request, const struct ticket *ticket);

// Its day is over.
void ticket_drop(struct engine_context *context, uint64_t request);
// What this request had led to has ended now, or leads to it by another one,
// or it was an unsubscribe. 0: nothing happens.
void ticket_end(struct engine_context *context, uint64_t request);
// This request was verified, and led to `shown`, whose former ticket ends; the
// caller saves the subscription.
void ticket_give(struct engine_context *context, uint64_t request,
                 struct store_subscriber *shown);
