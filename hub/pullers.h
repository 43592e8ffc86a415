// SPDX-License-Identifier: MIT
//
// pullers -- all who pull: their limits, deadlines, connections and end.

#pragma once

#include "loop.h"
#include "pull_write.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct front;
struct pullers;
struct services;

enum { PULLERS_VOICES = VOICE_SOCKET + 1 };

struct pullers_numbers {
    uint64_t held; // connections that wait or stream, now
    uint64_t of_voice[PULLERS_VOICES];
};

// NULL: out of memory. `front` may be NULL in tests, where nobody is held.
struct pullers *pullers_new(const struct services *services,
                            struct front *front);
void pullers_free(struct pullers *pullers); // when idle

bool pullers_step(void *pullers, struct moment now);
int64_t pullers_patience(void *pullers, struct moment now);

void pullers_numbers(const struct pullers *pullers,
                     struct pullers_numbers *out);

// A token has ended: so does whatever is held by it, in the next steps.
void pullers_revoke(struct pullers *pullers, uint64_t token);

// The rules about topics are others: who is held is read for anew, so that his
// source finds out whether he may stay.
void pullers_judge(struct pullers *pullers);

// Hold nobody any more; those who are held are ended bit by bit within
// `spread_ms`.
void pullers_drain(struct pullers *pullers, int64_t spread_ms);
bool pullers_idle(const struct pullers *pullers);
