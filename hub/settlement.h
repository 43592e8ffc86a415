// SPDX-License-Identifier: MIT
//
// settlement -- handing over to the store what became of an observation (M5).
//
// Large bodies go ahead in pieces, so that no commit grows long; then one
// operation settles it all. The pieces of an update that nobody has seen yet
// lie where its topic's next one will be: so of one topic only one observation
// may put some at a time, or bytes of two documents would be mixed.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct observation;

// All zero at first, but for the store.
struct settlements {
    struct store *store;
    struct observation *putting; // a list
};

// Another one of this topic is putting pieces: not now.
bool settlement_waits(const struct settlements *settlements,
                      const struct observation *observation);

// Its `publish` is filled in. `settled` is called with the operation that
// failed, or with the last one.
void settlement_begin(struct settlements *settlements,
                      struct observation *observation,
                      void (*settled)(struct observation *observation,
                                      const struct store_op *op));
