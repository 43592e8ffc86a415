// SPDX-License-Identifier: MIT
//
// loading -- one content while it is being made.
//
// What content.h (which versions), news.h (which entries of them) and nobody
// else works with: the operations that read it, and how it ends. Whoever
// begins one sees to it that one of the three endings is called, once.

#pragma once

#include "bodies.h"
#include "content.h"
#include "services.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct news;

enum loading_gap {
    LOADING_GAP_NONE,
    LOADING_GAP_ALL,    // what it brings stands for all that was owed
    LOADING_GAP_BEFORE, // all before the version that it brings is lost
};

struct loading {
    struct content content; // first: a content is found in its loading
    const struct services *services;
    // Exactly once. Not good: nothing of it may be used.
    void (*made)(struct loading *loading, bool good, bool gone);

    struct store_topics topics;
    struct store_topic *topic;   // a copy; NULL before it was read
    uint64_t asked_to;           // the head, if that was asked for
    struct store_read_body body; // whose bytes the content borrows
    struct body *held;           // they are this one's
    struct bodies *bodies;
    struct body_wait body_wait;
    void (*body_done)(struct store_op *op);
    char *cut; // or these, which are its own
    size_t cut_len;
    enum loading_gap gap;
    bool tried_again; // the body that was asked for was gone already
    struct news *news;

    // content.c's:
    struct contents *contents;
    struct loading *next;
    size_t holders;
    uint64_t used; // order of last use
    bool ready;
    bool fleeting; // is not kept for the next who asks
    struct content_wait *waits;
};

// Let go of all that was read.
void loading_clear(struct loading *loading);

// Read one body; `done` finds the loading as the operation's context.
void loading_read(struct loading *loading, enum store_body which, uint64_t seq,
                  void (*done)(struct store_op *op));

// Read the whole document of `asked_to` and end with it: or, if retention took
// that meanwhile, with the newest, which is never taken (M10).
void loading_whole(struct loading *loading);
// The same as a continuation, for who has tried to read it himself.
void loading_whole_read(struct store_op *op);

// The endings: with the body that was read, or with what was cut out of it;
// with nothing for who wishes so; without a content.
void loading_finish(struct loading *loading);
void loading_finish_empty(struct loading *loading);
void loading_fail(struct loading *loading, bool gone);
