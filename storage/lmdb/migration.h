// SPDX-License-Identifier: MIT
//
// migration -- a store of an older format becomes one of the newest, step by
// step, before anything else is done with it.
//
// Most formats only add: records of older versions are read as they are and
// change as they are touched, so that their step is nothing but the number.
// A step that has to rewrite does so in pages, each a transaction that also
// says how far it is: whoever is killed goes on from there.

#pragma once

#include "txn.h"

struct migration_step {
    uint64_t from; // makes the next format of this one
    // NULL: nothing has to be rewritten. Else one page, from `place` on (empty
    // at first), which it moves; true: there is more. What it cannot read fails
    // the transaction.
    bool (*page)(struct txn *txn, struct key *place);
};

// The steps of this program: one for each format but the newest, in order.
const struct migration_step *migration_steps(size_t *count);

// From the format that the store has, or the step that was interrupted, to the
// end of the steps. False: *problem says why; what is done is done.
bool migration_run(struct env *env, const struct migration_step *steps,
                   size_t count, struct problem *problem);
