// SPDX-License-Identifier: MIT
//
// sweep -- pieces of bodies whose publish never came.
//
// A topic that has got pieces is noted in `meta` until their publish comes,
// so that the start looks at those topics alone.

#pragma once

#include "ops.h"

// The key in `meta` of such a note.
void sweep_key(struct key *key, uint64_t topic);

void sweep_later(struct txn *txn, uint64_t topic);
void sweep_not(struct txn *txn, uint64_t topic);

// At the start: remove what no publish has made visible. False: there is
// more, for another transaction.
bool sweep_orphans(struct engine_context *context);
