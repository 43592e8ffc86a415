// SPDX-License-Identifier: MIT
//
// delivery_end -- what the answer to a delivery means.
//
// The schedule of further attempts (WebSub 7, M4), what is counted and logged,
// and what is warned of before attempts run out.

#pragma once

#include "loop.h"
#include "storage/store.h"

struct config;
struct delivery;
struct ledger;
struct services;

// What the answer means. `now` is when it came.
struct store_outcome delivery_outcome(const struct delivery *delivery,
                                      const struct config *config,
                                      struct moment now);

// Count and log what became of it. That a subscription has ended by it is the
// store's to say: see ledger_settled().
void delivery_note(const struct delivery *delivery,
                   const struct store_outcome *outcome,
                   const struct services *services, struct ledger *ledger,
                   struct moment now);
