// SPDX-License-Identifier: MIT
//
// standing -- how a (topic, callback) stands: its records and its state.

#pragma once

#include "storage/lifecycle.h"
#include "tables.h"

struct standing {
    enum lifecycle_state state;
    struct topic topic;               // id 0: there is none
    struct subscription subscription; // not in state NONE
    bool lags;                        // then:
    struct lagging lagging;
};

// Strings go to `arena`. What is damaged fails the transaction.
void standing_find(struct engine_context *context, struct arena *arena,
                   const struct store_key *topic,
                   const struct store_key *callback, struct standing *out);
// By number. False: there is no such subscription.
bool standing_load(struct engine_context *context, struct arena *arena,
                   uint64_t topic, uint64_t subscription, struct standing *out);

// As the contract shows it; strings go to the results. False: there is none.
bool standing_show(struct engine_context *context, uint64_t topic,
                   uint64_t subscription, struct store_subscriber *out);

// Of a subscription and its lagging record; NULL: it has none.
enum lifecycle_state standing_of(const struct subscription *subscription,
                                 const struct lagging *lagging);
