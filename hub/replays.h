// SPDX-License-Identifier: MIT
//
// replays -- signed documents that were taken already (M19).
//
// Who listens on the line must not say again what a publisher said before. It
// is good for five minutes before and after its time; until then it is
// remembered by what signs it. So many have a place, and what finds none is
// not taken: nothing is forgotten early, and replay_log.h keeps them beyond a
// restart.
//
// A signed ping without a document only needs to be timely: said again it
// costs a look at what may well have changed again, within the same second.
//
// Pure: time is a parameter.

#pragma once

#include "publisher_key.h"

#include <stdbool.h>
#include <stdint.h>

struct replays;

enum { REPLAYS_WINDOW_S = 300 };

enum replay {
    REPLAY_NEW,     // and remembered from now on
    REPLAY_SEEN,    // was remembered
    REPLAY_OUTSIDE, // too old, or from the future
    REPLAY_FULL,
};

// NULL: out of memory.
struct replays *replays_new(void);
void replays_free(struct replays *replays);

// Is it neither too old nor from the future?
bool replays_is_timely(int64_t signed_at_s, int64_t now_s);

enum replay replays_note(struct replays *replays,
                         const uint8_t mac[PUBLISHER_MAC], int64_t signed_at_s,
                         int64_t now_s);

// Remembered by an earlier process. What finds no place is forgotten.
void replays_recall(struct replays *replays, const uint8_t mac[PUBLISHER_MAC],
                    int64_t until_s, int64_t now_s);

// It was not taken after all, and may be sent again.
void replays_forget(struct replays *replays, const uint8_t mac[PUBLISHER_MAC]);
