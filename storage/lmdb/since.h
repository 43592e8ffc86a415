// SPDX-License-Identifier: MIT
//
// since -- where in a topic's log a number or a time is.

#pragma once

#include "tables.h"

// Seq of the oldest row that is left; head + 1: none.
uint64_t since_first(struct txn *txn, const struct topic *topic);
// Seq of the first row after a number, or at or after a time, from `first` on,
// which is the oldest; head + 1: none.
uint64_t since_search(struct txn *txn, const struct topic *topic,
                      uint64_t first, const struct store_position *position);
