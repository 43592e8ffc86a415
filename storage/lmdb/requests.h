// SPDX-License-Identifier: MIT
//
// requests -- (un)subscribe requests that wait for their verification.
//
// At most STORE_PENDING_MAX of one (topic, callback) at a time. A request
// never touches the subscription before it is settled (semantics, B).

#pragma once

#include "pairs.h"
#include "tables.h"

// Put a new one: record, keys, due. The id is already given; fewer than
// STORE_PENDING_MAX wait for its pair, and there is room among the pairs.
void request_add(struct engine_context *context, const struct request *request);
// Take it away with all of its keys and its claim.
void request_drop(struct engine_context *context,
                  const struct request *request);
// It ends without effect: besides dropping it, a subscription that was only
// kept for its sake (state G) ends too.
void request_fail(struct engine_context *context,
                  const struct request *request);

// Make the pairs anew from the table. False: it cannot be read, or there is
// no memory; txn->status says which.
bool requests_recall(struct txn *txn, struct pairs *pairs);

// The last deadline among live subscribes of this key; 0: there are none.
int64_t requests_renewing(struct engine_context *context,
                          const struct store_key *topic,
                          const struct store_key *callback);
