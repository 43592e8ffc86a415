// SPDX-License-Identifier: MIT
//
// doubts -- what some topics said that may be old, to be asked again (M6).
//
// A cache that was not purged yet gives what was there before. So an answer
// that the topic has given before is believed when it comes a second time, a
// minute and a half later at the earliest. Kept in memory only, and only so
// many: what is forgotten is doubted anew, and what was replaced a quarter of
// an hour ago is not doubted at all.
//
// Pure: time is a parameter.

#pragma once

#include <stdint.h>

enum { DOUBTS_SETS = 128, DOUBTS_WAYS = 4, DOUBTS_MS = 90 * 1000 };

struct doubt {
    uint64_t topic; // 0: a free place
    int64_t since;
    uint8_t digest[16];
};

// All zero at first.
struct doubts {
    struct doubt at[DOUBTS_SETS][DOUBTS_WAYS];
};

// The topic says this again. In how many ms to ask once more; 0: it is so, and
// was forgotten.
int64_t doubts_ask(struct doubts *doubts, uint64_t topic,
                   const uint8_t digest[16], int64_t now_ms);

// It says something else.
void doubts_drop(struct doubts *doubts, uint64_t topic);
