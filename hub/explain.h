// SPDX-License-Identifier: MIT
//
// explain -- what is known of a topic, in sentences.
//
// Takes the facts that somebody gathered (dossier.h) and says what the hub
// knows, what it is going to do, and why something has not been delivered.
// Pure: the same facts always give the same sentences. URLs in them are
// strangers' text: whoever shows them escapes them.

#pragma once

#include "census.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;

struct explain_facts {
    const struct config *config;
    const char *hub_url;
    int64_t now;                      // unix ms
    const char *rule;                 // of rules.h; NULL: it is allowed
    const struct store_topic *topic;  // NULL: unknown
    const struct store_event *newest; // without its body; NULL: no update
    size_t entries;                   // remembered
    bool walking;                     // an update is being delivered
    bool halted; // all deliveries are paused by an operator
    struct census census;
};

bool explain_followed(const struct explain_facts *facts);

// Why there is a next fetch.
enum explain_cause {
    EXPLAIN_CAUSE_NONE, // there is none
    EXPLAIN_CAUSE_PING,
    EXPLAIN_CAUSE_HELD, // pinged, but its origin has nothing new too often
    EXPLAIN_CAUSE_FAILURE,
    EXPLAIN_CAUSE_POLL,
};
enum explain_cause explain_cause(const struct explain_facts *facts);

// "none", "ping", "held-back", "failure", "poll".
const char *explain_cause_name(enum explain_cause cause);

// Whether the newest document names this hub, under any of its names.
bool explain_names_us(const struct explain_facts *facts);

// Whether it calls itself something else than the topic.
bool explain_other_self(const struct explain_facts *facts);

// Who says it. `about` is one word: topic, fetch, update, next, links,
// subscribers, policy, or why (something was not delivered).
struct explain_voice {
    void (*say)(void *context, const char *about, const char *sentence);
    void *context;
};

// For operators.
void explain_topic(const struct explain_facts *facts,
                   const struct explain_voice *voice);

// For everybody: nothing of subscribers but whether there are any.
void explain_public(const struct explain_facts *facts,
                    const struct explain_voice *voice);
