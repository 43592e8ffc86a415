// SPDX-License-Identifier: MIT
//
// subscriptions -- a subscription with its indexes, and its topic's count.
//
// Each of these changes `topic` (the count, and whether it is followed) in
// memory only; the caller saves it.

#pragma once

#include "topics.h"

// Whether max_subscriptions, or max_topics where it needs a new topic, leaves
// no place for another one.
bool subscriptions_full(const struct engine_context *context,
                        bool topic_exists);

// Whether subscriptions_per_origin leaves no place for another one.
bool origin_full(const struct engine_context *context,
                 const struct store_key *origin);
// Count them anew from the table. False: it cannot be read, or there is no
// memory; txn->status says which.
bool origins_recall(struct txn *txn, struct crowds *origins);

// Put a new one: record, indexes, count. The id is already given.
void subscription_add(struct engine_context *context, struct topic *topic,
                      struct subscription *subscription);
// End it wholly: record, indexes, lagging record, claim, ticket, count.
void subscription_end(struct engine_context *context, struct topic *topic,
                      const struct subscription *subscription);
// Move its key in `leases`; the caller saves the record.
void subscription_lease(struct engine_context *context,
                        struct subscription *subscription, int64_t until);
