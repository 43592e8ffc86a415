// SPDX-License-Identifier: MIT
//
// walk -- one walk over one topic's subscribers.
//
// The steps of it: page, visit, notice who is late, checkpoint. distribute.h
// has the walks take turns.

#pragma once

#include "content.h"
#include "departed.h"
#include "loop.h"
#include "storage/store.h"
#include "window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger;
struct services;

// What all walks share; distribute's own.
struct walk_means {
    struct services *services;
    struct contents *contents;
    struct ledger *ledger;
    size_t flying;            // deliveries under way, of all walks
    size_t flying_max;        // ceiling
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

    struct store_page_subscribers page;
    bool page_asked, page_there;
    size_t page_at;          // next item of the page
    uint64_t visited;        // ids up to this
    bool end;                // no subscribers after the page
    struct content *content; // the last one used, held; NULL: none
    bool content_asked;

    struct window window;
    struct store_checkpoint checkpoint;
    bool writing;
    size_t passing; // visits in the checkpoint being written
    struct store_outcome outcomes[256];
    struct store_outcome late[64]; // came while it was being written
    size_t late_count;
    int64_t checked_at;  // monotonic: last progress written
    int64_t pause_until; // monotonic: after a failure of the store
    bool over;           // to be freed
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

struct delivery;
// A delivery of this walk has ended with this outcome. The walk lets go of it.
void walk_ended(struct walk *walk, const struct delivery *delivery,
                const struct store_outcome *outcome);

// This subscriber of its topic has ended: what was queued for it is taken
// back. It is in means->departed already.
void walk_depart(struct walk *walk, uint64_t subscription);

// Nothing of it is under way: it may be left as it is (draining).
bool walk_quiet(const struct walk *walk);
