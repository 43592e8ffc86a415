// SPDX-License-Identifier: MIT
//
// walk -- how far a walk has brought whom (M1).
//
// Before a sweep, the cursors of those who do not lag are a staircase over
// their ids: `steps`, and `from` beyond the last one. The sweep brings ids in
// (start, position] to `to`. Where it turns to a newer head, and where it has
// come to the end of the ids, what it has done becomes a step. Pure.

#pragma once

#include "store.h"

// What one was taken to have before this sweep came by.
uint64_t walk_before(const struct store_walk *walk, uint64_t subscription);

// The least that anybody is taken to have after it has come to the end.
uint64_t walk_least(const struct store_walk *walk);

// Go on from its position with a newer head. False: the staircase has too many
// steps for that; nothing was changed.
bool walk_turn(struct store_walk *walk, uint64_t head);

// All ids are settled: sweep again from the first one on, up to `head`.
void walk_again(struct store_walk *walk, uint64_t head);
