// SPDX-License-Identifier: MIT
//
// pump -- claims due work of one kind from the store, so much at a time.
//
// Whoever does the work embeds one, lets it step and wait in his own step and
// patience, and says when a piece has ended. The pump remembers when the next
// piece is due, so that nothing is asked of the store in vain.

#pragma once

#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pump {
    struct store_claim claim;
    struct store *store;
    size_t cap;       // pieces under way at a time
    size_t in_flight; // of them
    bool asking;      // the claim is with the store
    bool closed;      // takes no more
    int64_t next_due; // unix ms; 0: look now; INT64_MAX: none known
    // One claimed piece, borrowed for the call; each is ended by pump_ended().
    void (*take)(void *self, const struct store_claimed *item,
                 struct moment now);
    void *self;
};

void pump_init(struct pump *pump, struct store *store, enum store_due_kind kind,
               size_t cap, int64_t hold_ms);

void pump_step(struct pump *pump, struct moment now);
int64_t pump_patience(const struct pump *pump, struct moment now);

// Something of this kind may be due at `unix_ms`; 0: now.
void pump_due(struct pump *pump, int64_t unix_ms);

void pump_ended(struct pump *pump);

// Nothing is under way, not even a claim.
bool pump_idle(const struct pump *pump);
