// SPDX-License-Identifier: MIT
//
// farewell -- telling subscribers that the hub does not serve them (any more).
//
// WebSub 5.2: one GET with hub.mode=denied to the callback, of which nothing
// is expected: the answer is ignored and no redirect followed (R56). If none
// comes it is said once more, a minute later; what could not be said within an
// hour is old news and stays unsaid. What is to be said is in the store: a
// crash loses none of it. Who never verified anything is called no oftener for
// this than for a verification (allowance.h).

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct allowance;
struct exchange;
struct farewell;
struct services;

// At most `slots` at a time. NULL: out of memory.
struct farewell *farewell_new(const struct services *services,
                              struct allowance *allowance, size_t slots);
void farewell_free(struct farewell *farewell); // when idle

// Something may have to be said.
void farewell_poke(struct farewell *farewell);

bool farewell_step(void *farewell, struct moment now);
int64_t farewell_patience(void *farewell, struct moment now);

// Is this one of ours? Then it is back from the engine.
bool farewell_answered(struct farewell *farewell, struct exchange *exchange);

void farewell_drain(struct farewell *farewell);
bool farewell_idle(const struct farewell *farewell);
