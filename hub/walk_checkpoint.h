// SPDX-License-Identifier: MIT
//
// walk_checkpoint -- how far a walk has come, made durable (M1).
//
// A checkpoint moves over visits that are settled, in their order, and takes
// with it what has to be recorded of them. It is written every so many, or
// every quarter of a second; the last one ends the walk.

#pragma once

#include "walk.h"

enum { WALK_CHECKPOINT_MS = 250 };

// Write one if it is time; none may be under way.
void walk_checkpoint(struct walk *walk, struct moment now);
