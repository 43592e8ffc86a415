// SPDX-License-Identifier: MIT
//
// ledger -- outcomes of deliveries outside a walk, written in batches.
//
// An outcome that is lost here (no room, a crash) costs a repeated delivery,
// never a lost one: the lagging record it speaks of is still there.

#pragma once

#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endings;
struct ledger;
struct services;

// `recorded` is called after a batch has been committed: something may be due,
// also earlier than its outcome said, since a renewal or an update may have
// come while the attempt was under way. NULL: out of memory.
struct ledger *ledger_new(const struct services *services,
                          void (*recorded)(void *context), void *context);
void ledger_free(struct ledger *ledger); // when idle

void ledger_add(struct ledger *ledger, const struct store_outcome *outcome);

// So much waits to be written that no more of it should be begun.
bool ledger_busy(const struct ledger *ledger);

// A delivery could not be begun for want of memory or descriptors: that is
// logged, once a minute at most. It comes again by itself.
void ledger_short(struct ledger *ledger);

// Who answered 410, and may have been ended by it (delivery_end.h). When the
// store has taken such outcomes, here or elsewhere: which have.
struct endings *ledger_endings(struct ledger *ledger);
void ledger_settled(struct ledger *ledger, const struct store_outcome *outcomes,
                    const bool *ended, size_t count);

bool ledger_step(void *ledger, struct moment now);
int64_t ledger_patience(void *ledger, struct moment now);
bool ledger_idle(const struct ledger *ledger);
