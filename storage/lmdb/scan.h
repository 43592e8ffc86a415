// SPDX-License-Identifier: MIT
//
// scan -- events of all topics whose normalised URLs begin with one of some
// prefixes, by number.
//
// It goes along the log of the whole store, and looks at no more of it than
// SCAN_ROWS: then nobody knows what comes after `place`.

#pragma once

#include "log.h"
#include "mailbox_records.h"
#include "tracks.h"

enum { SCAN_ROWS = 4096 };

struct scan_prefix {
    struct bytes text;
    uint64_t above; // events up to this number are not meant
    bool placed;    // what was lost after that is told
};

struct scan_topic;

struct scan {
    struct engine_context *context;
    const struct scan_prefix *prefixes;
    size_t prefix_count;
    // NULL: none. Topics that it listens to are left out, and what it has
    // passed over is lost, also all up to `cut`.
    const struct mailbox *mailbox;
    uint64_t cut;
    uint64_t place; // everything up to this number was looked at
    size_t rows;    // looked at so far
    bool spent;     // there may be more after `place`
    bool found;     // the next event is `next`, of prefix `which`
    struct track next;
    size_t which;
    struct scan_topic **seen; // by number, scattered
    struct scan_loss *losses; // met so far, newest first
    struct scan_topic *lossy; // topics that have lost something
};

// Begins after `place`. False: no memory.
bool scan_begin(struct scan *scan, struct engine_context *context,
                uint64_t place);
// Look for the next event; all fields are as of then. False: a failure.
bool scan_forth(struct scan *scan);
// What was found is told: so is what its topic had lost until then.
void scan_told(struct scan *scan);
// The same downwards: the one below `place`.
bool scan_back(struct scan *scan);

// In how many topics something was lost above the one number and up to the
// other; and what, once, after that. False: a failure.
size_t scan_losses(struct scan *scan, uint64_t above, uint64_t number);
bool scan_gaps(struct scan *scan, struct store_gap *out);
