// SPDX-License-Identifier: MIT
//
// courtesy -- how often an origin is polled.
//
// Nobody asks for polls but the hub itself, so it spares the origins: of each
// it polls sixty topics at once, if they happen to be due then, and from there
// on one a second; and none while it asks to be left alone (Retry-After), for
// an hour at most. Who has to wait is given a moment of his own, so that
// thousands of one origin come back one by one.
//
// The table has a fixed size: where an origin finds its places taken, the one
// that was polled least makes room.
//
// Pure: time is a parameter.

#pragma once

#include <stdint.h>

enum {
    COURTESY_AT_ONCE = 60,
    COURTESY_EVERY_MS = 1000,
    COURTESY_PAUSE_MAX_MS = 60 * 60 * 1000,
};

struct courtesy;

// NULL: out of memory.
struct courtesy *courtesy_new(void);
void courtesy_free(struct courtesy *courtesy);

// 0: the topic with this normalised URL may be polled now. Else come again in
// so many ms.
int64_t courtesy_wait(struct courtesy *courtesy, const char *topic,
                      int64_t now_ms);

// The topic's origin said to one of us that it wants to be left alone for so
// long.
void courtesy_pause(struct courtesy *courtesy, const char *topic,
                    int64_t pause_ms, int64_t now_ms);
