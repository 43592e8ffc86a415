// SPDX-License-Identifier: MIT
//
// probe -- what is known of a callback, in sentences.
//
// Pure: facts in, sentences out, as in explain.h. Nothing is sent to a
// callback to learn them: its name is resolved and its addresses are judged,
// no more (M4).

#pragma once

#include "explain.h"
#include "fetcher/engine.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe_facts {
    // By name:
    bool own;         // it is a URL of this hub
    const char *rule; // of rules.h; NULL: it is allowed
    // By address; result 0: not looked at.
    enum exchange_result result;
    const char *addresses; // as the engine judged them, one a line; or NULL
    // What lives at its origin:
    struct census census;
    struct census mine; // of these, the ones with this very callback
    // How the lane of its origin stands; NULL: nobody waits there.
    const struct store_lane *lane;
    bool halted; // all deliveries are paused by an operator
    // Verifications that its host could have right now; UINT32_MAX: any.
    uint32_t left;
    int64_t now; // unix ms
    // Only if a topic was named as well:
    bool topic_named, subscribed;
    size_t pending;
};

// Would it be called?
bool probe_fine(const struct probe_facts *facts);

// `about` is one of url, address, subscriptions, deliveries, requests, budget,
// verdict.
void probe_say(const struct probe_facts *facts,
               const struct explain_voice *voice);
