// SPDX-License-Identifier: MIT
//
// lookout -- sees early what is running out, and says so.
//
// Looks at the store and at its disk every few seconds. What comes near its
// ceiling is logged (store.filling) once for each level, and shown to
// operators; when there is no room at all the hub is not ready.

#pragma once

#include "filling.h"
#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct lookout;
struct services;

// NULL: out of memory.
struct lookout *lookout_new(const struct services *services);
void lookout_free(struct lookout *lookout); // when idle

bool lookout_step(void *lookout, struct moment now);
int64_t lookout_patience(void *lookout, struct moment now);

void lookout_drain(struct lookout *lookout); // look no more
bool lookout_idle(const struct lookout *lookout);

// How that stands, as of the last look.
const struct filling *lookout_filling(const struct lookout *lookout,
                                      enum filling_what what);

// NULL: the hub can do its work; else why not, in a few words.
const char *lookout_unready(const struct lookout *lookout);
