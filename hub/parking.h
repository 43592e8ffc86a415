// SPDX-License-Identifier: MIT
//
// parking -- a guest whose request is with somebody.
//
// From when its request is whole until it is answered, or a hold (hold.h).

#pragma once

#include "guest.h"

// Its request is whole: pass it on. It may be answered, by another thread,
// before this returns.
void parking_enter(struct guest *guest);

// Something happened to one that is parked: tell if it is gone.
void parking_look(struct guest *guest);

// The answer to who has too much on its way already; one share. NULL: out of
// memory. From any thread, as is what follows.
struct answer *parking_too_much(const struct guest *guest);

// One request less is with somebody.
void parking_less(struct guests *all);
