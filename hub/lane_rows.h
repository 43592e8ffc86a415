// SPDX-License-Identifier: MIT
//
// lane_rows -- what of the lanes is in the store.
//
// At start all rows are read, so that nothing is sent to an origin that an
// operator has paused, or that was broken when the hub stopped. From then on a
// row is written when a probe has failed, and when nobody waits any more.

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct lane;
struct lane_rows;
struct lanes;
struct services;
struct store_lane;

// From now on the lanes are not known until the rows have been read.
// NULL: out of memory.
struct lane_rows *lane_rows_new(const struct services *services,
                                struct lanes *lanes);
void lane_rows_free(struct lane_rows *rows); // when idle

// A lane as its row says; it keeps what is known of it already. NULL: there is
// no room for it.
struct lane *lane_rows_learn(struct lanes *lanes, const struct store_lane *row,
                             struct moment now);

// Earliest time at which one that was written since the last call is due, unix
// ms; INT64_MAX: none was.
int64_t lane_rows_due(struct lane_rows *rows);

void lane_rows_step(struct lane_rows *rows, struct moment now);
int64_t lane_rows_patience(const struct lane_rows *rows, struct moment now);
bool lane_rows_idle(const struct lane_rows *rows);
