// SPDX-License-Identifier: MIT
//
// placing -- a directory, locked, while a new data.mdb comes into it.
//
// The new one is made as data.part and takes its name at the end; until then,
// and whenever the process dies, what was there is what is there. A part that
// somebody left is taken away by the next one.

#pragma once

#include "storage/store.h"

struct placing {
    char *directory;
    char *part, *whole, *before; // paths
    int lock_file;
    bool was_there; // the directory
    bool replaces;  // there is a store, and it is to be kept aside
    // May be set once it is open: what comes is the same store, not a copy of
    // one: the old one goes, and the epoch stays.
    bool same;
};

// False: *problem says why, nothing is held. `replace` false: a store that is
// there is a problem.
bool placing_open(struct placing *placing, const char *url, bool replace,
                  struct problem *problem);

// The part is whole and closed: it becomes durable, its owner's, and a copy
// that was never opened; it then has its name.
bool placing_settle(struct placing *placing, struct problem *problem);

// In any case; what was not settled is taken away.
void placing_close(struct placing *placing);
