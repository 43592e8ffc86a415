// SPDX-License-Identifier: MIT
//
// aliases -- other names under which a topic is pinged (M15).
//
// A document may say anything of where it stands, so its word counts only
// within its origin, or where the other says the same of it; else a stranger's
// document would be fetched with every ping of a topic that it claims to be.
// The table holds those within an origin: who names another origin has no
// place in it, however many there are.

#pragma once

#include "tables.h"

// The topic's discovered self has become this; all zero: it has none. Changes
// `topic`; the caller saves its names.
void alias_set(struct engine_context *context, struct topic *topic,
               const struct store_key *self, bool same_origin);
// The topic is removed.
void alias_forget(struct engine_context *context, const struct topic *topic);

// The followed topics that a ping of `key` also means, each once, at most
// STORE_ALIASES_MAX; `topic` is its own, 0: it has none. Returns how many.
size_t aliases_of(struct engine_context *context, const struct store_key *key,
                  uint64_t topic, uint64_t out[STORE_ALIASES_MAX]);
