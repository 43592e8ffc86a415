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
#include <stdint.h>

struct ledger;
struct services;

// `recorded` is called after a batch has been committed: something may be due,
// also earlier than its outcome said, since a renewal or an update may have
// come while the attempt was under way. NULL: out of memory.
struct ledger *ledger_new(const struct services *services,
                          void (*recorded)(void *context), void *context);
void ledger_free(struct ledger *ledger); // when idle

void ledger_add(struct ledger *ledger, const struct store_outcome *outcome);

bool ledger_step(void *ledger, struct moment now);
int64_t ledger_patience(void *ledger, struct moment now);
bool ledger_idle(const struct ledger *ledger);
