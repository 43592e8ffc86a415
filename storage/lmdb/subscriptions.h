// SPDX-License-Identifier: MIT
//
// subscriptions -- a subscription with its indexes, and its topic's count.
//
// Each of these changes `topic` (the count, and whether it is followed) in
// memory only; the caller saves it.

#pragma once

#include "topics.h"

// Put a new one: record, indexes, count. The id is already given.
void subscription_add(struct engine_context *context, struct topic *topic,
                      struct subscription *subscription);
// End it wholly: record, indexes, lagging record, claim, count.
void subscription_end(struct engine_context *context, struct topic *topic,
                      const struct subscription *subscription);
// Move its key in `leases`; the caller saves the record.
void subscription_lease(struct engine_context *context,
                        struct subscription *subscription, int64_t until);
