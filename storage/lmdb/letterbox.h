// SPDX-License-Identifier: MIT
//
// letterbox -- a mailbox while it is read: what it listens to, as one log.

#pragma once

#include "listens.h"
#include "mailboxes.h"
#include "scan.h"
#include "tracks.h"

// Seqs.
struct span {
    uint64_t from, to, count;
};

struct letterbox {
    struct engine_context *context;
    struct mailbox mailbox;
    struct listens listens;
    // One for each listen; that of a prefix is always done. `first` is what
    // comes after what its reader has, `seq` what he can have next.
    struct track *tracks;
    uint64_t *starts;     // seq of the first event that is there for each
    bool *had;            // something was told of it
    struct span *skipped; // passed over on the way, of each
    uint64_t passed;      // number of the last of all these
    bool prefixes;
    struct scan scan;
    size_t *listen_of; // for each prefix
    uint64_t settled;  // what was lost up to this number was told before
    uint64_t reached;  // number of the last that was told of a prefix
    uint64_t cut;      // passed over up to this number, by overflow
    bool changed;      // the mailbox's own record is to be saved
};

// The mailbox and what it listens to. STORE_NOT_FOUND.
enum store_status letterbox_load(struct letterbox *box,
                                 struct engine_context *context,
                                 uint64_t mailbox);
// Everything up to this number is done with (M9: also what was lost there).
// Whether that changes anything; with `write` it does. `old`: but for what
// came to be listened to after that.
struct move {
    uint64_t number;
    bool old, write;
};
bool letterbox_move(struct letterbox *box, struct move move);

// Begin to read, above `after` only. False: a failure.
bool letterbox_begin(struct letterbox *box, uint64_t after);
// What comes next, and of which listen. NULL: nothing, or nothing that is
// known (box->scan.spent), or a failure.
struct track *letterbox_next(struct letterbox *box, size_t *listen);
// Go on after that.
void letterbox_step(struct letterbox *box, struct track *track);
// What was told, or is passed over as if it had been.
void letterbox_told(struct letterbox *box, size_t listen);

// What was lost on the way to `place`. False: a failure.
bool letterbox_gaps(struct letterbox *box, uint64_t place,
                    struct store_gap **gaps, size_t *count);
// Save what has changed of the mailbox itself.
void letterbox_save(struct letterbox *box);
