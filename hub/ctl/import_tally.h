// SPDX-License-Identifier: MIT
//
// import_tally -- what became of each line of a list that is imported.
//
// A line that does not work is said, and the next one is looked at.

#pragma once

#include "admin.h"
#include "import_crew.h"
#include "progress.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct import_tally {
    const struct ctl *ctl;
    const char *file;
    bool dry; // nothing is changed
    int64_t added, there, pending, failed;
    bool stopped; // there is no daemon any more
    // What a 200 of the daemon's counts for.
    void (*judge)(struct import_tally *tally, const json_t *answer);
    // import_tally.c's:
    struct import_crew *crew;
    const char *who; // asks; NULL: not known
    json_t *errors;
    struct progress progress;
};

// ctl, file, dry and judge are filled in. False: it has been said.
bool import_tally_begin(struct import_tally *tally);

void import_tally_wrong(struct import_tally *tally, unsigned line,
                        const char *why);

// This line could be imported.
void import_tally_fine(struct import_tally *tally);

// Ask the daemon for one line's sake; who asks is added. The answer counts
// later. False: there is no use in going on.
bool import_tally_ask(struct import_tally *tally,
                      const struct import_order *order);

// `what`: "topics". Says how it went; returns the exit code.
int import_tally_end(struct import_tally *tally, const char *what);
