// SPDX-License-Identifier: MIT
//
// trees -- every page of a data.mdb, followed from its headers without LMDB.
//
// That each page is what it should be, keys are in order, numbers of what
// there is are right, and no page belongs to two. What is well
// here can be given to LMDB; what its records mean is not looked at.

#pragma once

#include "env.h"
#include "storage/store.h"

struct trees {
    // Of the tables only the first page of each: what is looked at before each
    // opening. The list of free pages, which the first commit writes to, is
    // looked at in any case.
    bool roughly;
    // Told of what is wrong; `table` is a table's name, "free pages", "tables"
    // or "". Not of more than TREES_SAID_MAX.
    void (*found)(void *context, const char *table, const char *text);
    void *context;
    // Answers:
    uint64_t findings;
    uint64_t lost;  // pages neither used nor free; harmless. Not roughly
    size_t unknown; // tables whose names this program does not know
};

enum { TREES_SAID_MAX = 50 };

// The file must be as long as it says (datafile.h), and nobody writes to it
// meanwhile. An empty or missing one is fine. False: it could not be looked at.
bool trees_look(struct trees *trees, const char *path, struct problem *problem);
