// SPDX-License-Identifier: MIT
//
// walk_visit -- what a walk does about one subscriber.
//
// Whoever is up to date is sent what the walk carries, unless his origin is
// waited for (lanes.h). Nobody is waited for here: who has not answered for a
// while is late, and a lagging record of his lets the walk go on (M1).

#pragma once

#include "loop.h"

#include <stdbool.h>

struct visit;
struct walk;

// True: there are more to be visited at once.
bool walk_visit_some(struct walk *walk, struct moment now);

// A delivery of this one, which was not late, has just ended.
void walk_visit_learn(struct walk *walk, const struct visit *visit,
                      struct moment now);

// Those that have been under way for too long are to be recorded as late.
void walk_visit_late(struct walk *walk, struct moment now);
