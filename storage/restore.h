// SPDX-License-Identifier: MIT
//
// restore -- put a copy of a store in the place of one that nobody has open.
//
// The copy is what store_copy() wrote. Opened there for the first time it gets
// a new epoch, so that who comes with a cursor from after it was made is told
// of a gap, and is not believed (M8).

#pragma once

#include "store.h"

// Who puts something in a place is mostly root, and who opens it there not:
// what is made belongs to whom the directory belongs to.
struct store_restoring {
    const char *file; // the copy; it stays as it is
    const char *url;  // "lmdb:DIRECTORY", made if it is not there, mode 0700
    // What is there stays beside it, as data.mdb.before.
    bool replace;
    uint64_t bytes; // out
};

// False: *problem says why, and what was there is as it was: the place is in
// use, or not empty, or the file is no copy of a store, or not a whole one.
bool store_restore(struct store_restoring *restoring, struct problem *problem);
