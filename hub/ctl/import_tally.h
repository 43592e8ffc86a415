// SPDX-License-Identifier: MIT
//
// import_tally -- what became of each line of a list that is imported.
//
// A line that does not work is said, and the next one is looked at.

#pragma once

#include "admin.h"
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
    // import_tally.c's:
    json_t *errors;
    struct progress progress;
};

void import_tally_begin(struct import_tally *tally, const struct ctl *ctl,
                        const char *file, bool dry);

void import_tally_wrong(struct import_tally *tally, unsigned line,
                        const char *why);

// Ask the daemon for one line's sake, with these in the body, and with who
// asks; at most 8. True: `answer` is a 200, to be cleared.
bool import_tally_ask(struct import_tally *tally, unsigned line,
                      const char *path, const struct admin_parameter *fields,
                      size_t count, struct admin_answer *answer);

// One more line is done.
void import_tally_step(struct import_tally *tally);

// `what`: "topics". Says how it went; returns the exit code.
int import_tally_end(struct import_tally *tally, const char *what);
