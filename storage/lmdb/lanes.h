// SPDX-License-Identifier: MIT
//
// lanes -- where deliveries wait for their origin: rows, and who is in them.
//
// A row is there while somebody waits in it or it is paused, and a little
// longer: when the last one leaves, it goes as soon as it is looked at
// (STORE_KEEP_LANE). Its key in `due` is there unless it is paused.

#pragma once

#include "tables.h"

// Strings go to `arena`. False: there is no row.
bool lane_load(struct txn *txn, struct arena *arena,
               const struct store_key *origin, struct store_lane *out);
// By the name under which it is in `due`.
bool lane_load_due(struct txn *txn, struct arena *arena, struct due_place place,
                   struct store_lane *out);
// `old` is what was loaded, NULL if there was none.
void lane_save(struct engine_context *context, const struct store_lane *old,
               const struct store_lane *lane);
void lane_remove(struct engine_context *context, const struct store_lane *old);

// Somebody waits there: see to it that there is a row, due now.
void lane_expect(struct engine_context *context,
                 const struct store_key *origin);
// Look at it now, if there is a row.
void lane_hurry(struct engine_context *context, const struct store_key *origin);

// Whether anybody waits there.
bool lane_occupied(struct txn *txn, const struct store_key *origin);
void lane_waiting_key(struct key *key, const struct store_key *origin,
                      uint64_t topic, uint64_t subscription);
