// SPDX-License-Identifier: MIT
//
// denials -- who is still to be told that the hub does not serve him.
//
// A denial is made in the transaction that ends what it speaks of, and lives
// apart from it. At most STORE_DENIALS_MAX wait, and none is made where it
// would take the room that removals need: then the end itself still happens.

#pragma once

#include "tables.h"

// For what a subscription was; nothing without a reason.
void denial_of_subscription(struct engine_context *context,
                            const struct store_key *topic_key,
                            const struct subscription *subscription,
                            enum store_denial_reason reason);
// For what a request asked. `verified`: he had verified something.
void denial_of_request(struct engine_context *context,
                       const struct store_request *request, bool verified,
                       enum store_denial_reason reason);
// Put it off; saves it.
void denial_delay(struct engine_context *context, struct denial *denial,
                  int64_t due);
// It was said, or never will be.
void denial_drop(struct engine_context *context, const struct denial *denial);
