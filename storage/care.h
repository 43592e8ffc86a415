// SPDX-License-Identifier: MIT
//
// care -- look after a store that nobody has open: check it, make it small.
//
// A check follows every page of the file, and if these are whole it reads every
// record and follows every key: that each can be read, and that tables which
// say the same thing agree. It writes nothing, whatever it finds.

#pragma once

#include "store.h"

struct care_finding {
    const char *table; // as in storage/README.md; "" of the file as a whole
    const char *text;  // one line; no secrets, no whole URLs
};

struct care {
    // NULL, or told of each finding in the order in which they are found.
    void (*found)(void *context, const struct care_finding *finding);
    // NULL, or called now and then, at the end with both the same.
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
    // Answers:
    uint64_t format;  // 0: pages are damaged, so no record was looked at
    uint64_t records; // looked at
    uint64_t findings;
};

// The data.mdb of a store, or a copy of one, that nobody writes to meanwhile;
// what older formats do not have is not missed. False: it could not be looked
// at (it is no store, cut short, of a newer format), and *problem says why.
bool care_check_file(struct care *care, const char *file,
                     struct problem *problem);
// The same of the store at `url` ("lmdb:DIRECTORY"). A problem too: another
// process has it open.
bool care_check(struct care *care, const char *url, struct problem *problem);

struct care_compacting {
    const char *url;
    uint64_t before, after; // out: size of data.mdb, bytes
};

// Without its free pages, and with its tables in order; everything else is as
// it was. The new file takes the place of the old one when it is whole. False:
// *problem says why, and the store is as it was.
bool care_compact(struct care_compacting *compacting, struct problem *problem);
