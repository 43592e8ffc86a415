// SPDX-License-Identifier: MIT
//
// lane_turns -- those who wait for their origin are let go, lane by lane.
//
// The store says which lanes are due: a probe may go, or somebody waits where
// there may be room by now. Lanes take turns, so that none starves. From a
// broken one a single subscriber is taken, the probe; from one that answers as
// many as it has room for, until nobody waits there. How a lane stands is then
// written down, for the next time or the next start (lane_rows.h).

#pragma once

#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lanes;
struct lane_turns;
struct services;

// Who sends.
struct lane_turns_listener {
    // So many more may be taken.
    size_t (*room)(void *context);
    // One that was taken, borrowed for the call; for its lane it has begun
    // (lanes_began()), as a probe or not.
    void (*take)(void *context, const struct store_claimed *item, bool probe,
                 struct moment now);
    void *context;
};

// NULL: out of memory.
struct lane_turns *lane_turns_new(const struct services *services,
                                  struct lanes *lanes,
                                  const struct lane_turns_listener *listener);
void lane_turns_free(struct lane_turns *turns); // when idle

// Somebody may wait, or be due.
void lane_turns_poke(struct lane_turns *turns);

// Take nobody, until told otherwise.
void lane_turns_close(struct lane_turns *turns, bool closed);

void lane_turns_step(struct lane_turns *turns, struct moment now);
int64_t lane_turns_patience(const struct lane_turns *turns, struct moment now);
bool lane_turns_idle(const struct lane_turns *turns);
