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
// Seq of the first that a position asks for; head + 1: none.
uint64_t since_wanted(struct txn *txn, const struct topic *topic,
                      uint64_t first, const struct store_position *position);
// Seq of the last row up to a number, as far as rows tell; `seq`, which is
// known to be no later than that, if there is none after it.
uint64_t since_upto(struct txn *txn, const struct topic *topic, uint64_t seq,
                    uint64_t number);
