// SPDX-License-Identifier: MIT
//
// tables -- load and save whole records inside a transaction.
//
// What is loaded is copied into the arena that is given, so it stays good
// however much is written afterwards. False: there is none, or the
// transaction failed (txn_ok() tells); what is damaged fails it with
// STORE_CORRUPT.

#pragma once

#include "ops.h"

bool topic_load(struct txn *txn, struct arena *arena, uint64_t id,
                struct topic *out);
// Borrowed from the transaction, not copied: good until it next writes.
bool topic_peek(struct txn *txn, uint64_t id, struct topic *out);
// What is shown of a stored incarnation: another one in a restored copy.
uint64_t topic_incarnation(const struct txn *txn, uint64_t stored);
// 0: there is none.
uint64_t topic_find(struct txn *txn, const struct store_key *key);
// Table topic-state. Most changes are only there.
void topic_save(struct txn *txn, const struct topic *topic);
// Table topics: after a change of spelling or of links.
void topic_save_names(struct txn *txn, const struct topic *topic);

bool subscription_load(struct txn *txn, struct arena *arena, uint64_t topic,
                       uint64_t id, struct subscription *out);
// 0: there is none.
uint64_t subscription_find(struct txn *txn, uint64_t topic,
                           const struct store_key *callback);
// Whether anything at this origin is subscribed.
bool subscription_any_at(struct txn *txn, const struct store_key *origin);
// The record alone; the indexes of it are subscriptions.h's.
void subscription_save(struct txn *txn,
                       const struct subscription *subscription);
// A stored one as the contract shows it: a start before the topic's baseline
// counts as the baseline (M7), and so does what is owed. `lagging` NULL: it
// does not lag.
void subscription_show(const struct subscription *subscription,
                       const struct lagging *lagging, uint64_t baseline,
                       struct store_subscriber *out);

bool lagging_load(struct txn *txn, uint64_t topic, uint64_t id,
                  struct lagging *out);

bool request_load(struct txn *txn, struct arena *arena, uint64_t id,
                  struct request *out);
void request_save(struct txn *txn, const struct request *request);

bool denial_load(struct txn *txn, struct arena *arena, uint64_t id,
                 struct denial *out);
void denial_save(struct txn *txn, const struct denial *denial);

// Borrowed from the transaction, not copied: good until it next writes.
bool update_peek(struct txn *txn, uint64_t topic, uint64_t seq,
                 struct update *out);
// The oldest row of a topic. False: there is none.
bool update_oldest(struct txn *txn, uint64_t topic, uint64_t *seq,
                   struct update *out);
// The row and its key in `events`. Encoded into scratch.
void update_save(struct engine_context *context, uint64_t topic, uint64_t seq,
                 const struct update *update);
// The same two; `number` is the event's.
void update_remove(struct txn *txn, uint64_t topic, uint64_t seq,
                   uint64_t number);

bool walk_load(struct txn *txn, uint64_t topic, struct store_walk *out);
void walk_save(struct txn *txn, const struct store_walk *walk);
void walk_remove(struct txn *txn, uint64_t topic);
