// SPDX-License-Identifier: MIT
//
// requests -- (un)subscribe requests that wait for their verification.
//
// At most STORE_WAITING_MAX of one (topic, callback) at a time. A request
// never touches the subscription before it is settled (semantics, B).

#pragma once

#include "tables.h"

// Whether what it says makes sense.
bool request_sound(const struct store_request *request);
// Whether there is room for it, or for the subscription that it asks for.
// `exists`: it is about one that does.
bool request_fits(struct engine_context *context,
                  const struct store_request *request, bool exists);

// Put a new one: record, keys, due. The id is already given; fewer than
// STORE_WAITING_MAX wait for its pair, and there is room among the pairs.
void request_add(struct engine_context *context, const struct request *request);
// Take it away with all of its keys and its claim.
void request_drop(struct engine_context *context,
                  const struct request *request);
// Those of its key that were accepted before it, or all that wait for a key.
void requests_drop_older(struct engine_context *context,
                         const struct request *request);
void requests_drop_all(struct engine_context *context,
                       const struct store_key *topic,
                       const struct store_key *callback);
// It was dropped without effect: a subscription that was only kept for its
// sake (state G) ends too.
void request_failed(struct engine_context *context,
                    const struct request *request);

// Make pairs and crowds anew from the table. False: it cannot be read, or
// there is no memory; txn->status says which.
bool requests_recall(struct txn *txn, struct pairs *pairs,
                     struct crowds *crowds);

// The last deadline among live subscribes of this key; 0: there are none.
int64_t requests_renewing(struct engine_context *context,
                          const struct store_key *topic,
                          const struct store_key *callback);
