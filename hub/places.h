// SPDX-License-Identifier: MIT
//
// places -- the fetches that may well come to nothing, and how many of them.
//
// Origins that accept and never answer must not take every place from those
// that do (R85). A topic that never went well, or not last time, needs one of
// these places: half of all, at most 64. Those that failed have two for each
// origin.
//
// Pure: time and chance are parameters.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PLACES_MAX = 64 };

struct places {
    uint64_t origins[PLACES_MAX]; // hashes
    size_t taken, max;
    int64_t second;       // that `sent` counts, ms / 1000
    int64_t sent, before; // away: in that second, and in the one before it
};

// `fetches`: how many there may be in all.
void places_init(struct places *places, size_t fetches);

// A place for the topic with this normalised URL. False: there is none.
bool places_take(struct places *places, const char *topic, bool failed);
void places_leave(struct places *places, const char *topic);

// When to come again, who found none: in less than a second, or later the more
// there are, so that coming costs little whatever their number.
int64_t places_wait(struct places *places, int64_t now_ms, uint32_t chance);
