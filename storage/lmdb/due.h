// SPDX-License-Identifier: MIT
//
// due -- the table of what is to be done when, for each kind in order.
//
// A record stores its own due time; these move the key that mirrors it. A
// record has at most one key of a kind.

#pragma once

#include "ops.h"

// The names by which work is known in `due` and to the claims.
// A request waits as a renewal or as something new; one that is idle for
// nobody, under a kind that is never claimed.
enum { DUE_IDLE = STORE_DUE_DENY + 1 };
struct work work_request(const struct request *request);
struct work work_subscription(uint64_t topic, uint64_t subscription);
struct work work_fetch(uint64_t topic);
struct work work_trim(uint64_t topic);
struct work work_denial(uint64_t denial);
struct work work_lane(const struct store_key *origin);

// From one time to another; 0 stands for no key.
void due_move(struct engine_context *context, struct work work, int64_t from,
              int64_t to);

// Set topic->shown.fetch_due or topic->trim_due together with its key; the
// caller saves the topic.
void due_fetch(struct engine_context *context, struct topic *topic,
               int64_t due);
void due_trim(struct engine_context *context, struct topic *topic, int64_t due);

void due_key(struct key *key, struct work work, int64_t due);
// The parts of a key that was found.
struct due_place due_place_of(struct bytes key);
