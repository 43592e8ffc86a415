// SPDX-License-Identifier: MIT
//
// walk -- one walk over one topic's subscribers.
//
// The steps of it: read pages, visit, notice who is late, checkpoint; each
// has its file. distribute.h has the walks take turns.
//
// When the head rises during a long walk, it turns to that: as soon as all whom
// it has visited are settled, those whom it visits next are sent the newest at
// once, and those before come again in another sweep (M1, storage/walk.h).
//
// One that is told to rest visits nobody more. When all whom it has visited
// are settled it is over, but for the store, where it goes on from its last
// checkpoint.

#pragma once

#include "content.h"
#include "delivery_pool.h"
#include "departed.h"
#include "loop.h"
#include "storage/store.h"
#include "walk_pages.h"
#include "window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lanes;
struct ledger;
struct services;

enum { WALK_PAUSE_MS = 1000 }; // after a failure of the store

// What all walks share; distribute's own.
struct walk_means {
    struct services *services;
    struct contents *contents;
    struct ledger *ledger;
    struct lanes *lanes; // NULL: everybody may be sent to
    struct delivery_pool pool;
    size_t flying;            // deliveries under way, of all walks
    size_t flying_max;        // ceiling
    size_t late;              // those that fly no more, and have not ended yet
    size_t visits;            // in all windows
    bool paused;              // visit nobody until it is over
    bool draining;            // visit nobody more
    struct departed departed; // nobody of these is visited
    void (*lagging)(void *context);
    void *context;
};

struct walk {
    struct content_wait wait; // first: a walk is found by it
    struct walk_means *means;
    struct walk *next; // distribute's list
    struct store_walk record;
    int64_t began; // monotonic: when it was given its place among the walks

    struct walk_pages pages;
    uint64_t visited;        // ids up to this
    struct content *content; // the last one used, held; NULL: none
    bool content_asked;

    struct window window;
    size_t flying;    // of means->flying
    uint32_t usual;   // milliseconds that a visit takes
    uint64_t noticed; // visits before this one are known to be late
    struct store_checkpoint checkpoint;
    bool writing;
    size_t passing; // visits in the checkpoint being written
    struct store_outcome outcomes[256];
    bool ended[256];                // of these
    struct store_outcome late[256]; // of these, came while it was written
    size_t late_count;
    int64_t checked_at;  // monotonic: last progress written
    int64_t turned_at;   // monotonic: when it began to carry what it carries
    bool turns;          // visits nobody until it carries the newest
    int64_t pause_until; // monotonic: after a failure of the store
    int64_t write_at;    // monotonic: and so for checkpoints alone
    bool rests;
    bool gone;     // with its topic: over as soon as it is quiet
    bool finished; // the store has it no more
    bool over;     // to be freed
    bool lost; // it was not the store's walk any more: ask which is. Over as
               // soon as nothing that was asked can come back
};

// NULL: out of memory.
struct walk *walk_new(struct walk_means *means, const struct store_walk *record,
                      struct moment now);
void walk_free(struct walk *walk); // when over

// True: there is more to do at once.
bool walk_step(struct walk *walk, struct moment now);
int64_t walk_patience(const struct walk *walk, struct moment now);

// There is nobody left whom it would bring anything.
bool walk_is_done(const struct walk *walk);

// Visit nobody more; over as soon as it is quiet.
void walk_rest(struct walk *walk);

// What he was sent, or passed by, may end before the walk does (M13): then
// what is left is owed.
void walk_note_served(const struct walk *walk, struct visit *visit,
                      const struct store_outcome *outcome);

struct delivery;
// A delivery of this walk has ended with this outcome. The walk lets go of it.
void walk_ended(struct walk *walk, const struct delivery *delivery,
                const struct store_outcome *outcome);

// What was queued for this subscriber of its topic is taken back. If it has
// ended, it is in means->departed already.
void walk_depart(struct walk *walk, uint64_t subscription);

// What was queued for this origin is taken back.
void walk_take_back(struct walk *walk, const struct store_key *origin);

// Nothing of it is under way: it may be left as it is.
bool walk_quiet(const struct walk *walk);
