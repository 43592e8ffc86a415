// SPDX-License-Identifier: MIT
//
// traffic -- how many more deliveries an origin can take.
//
// From what is outstanding there and how quickly things come back: so many
// that the last of them would still be sent soon. Where nothing comes back any
// more it is none. Nothing is known of an origin that was never busy: it gets
// a first lot, and shows by it what it can do.
//
// Pure. All times in milliseconds, monotonic.

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    TRAFFIC_WAIT_MS = 700,  // the longest that the last one may have to wait
    TRAFFIC_STUCK_MS = 250, // nothing came back for so long
    TRAFFIC_STUCK = 8,      // while so many were outstanding
    TRAFFIC_FLOOR = 8,      // however slow it seems
};

// All zero: nothing is known.
struct traffic {
    uint32_t outstanding; // without the slow
    uint32_t slow;
    uint32_t rate;       // that come back in a second; 0: not known
    uint32_t back;       // came back in this measurement
    uint32_t least;      // outstanding in it
    uint32_t ramp;       // outstanding at most after a failure; 0: any number
    int64_t measured_at; // when this measurement began
    int64_t back_at;     // when the last came back, or the first began
};

// More that may begin now; `first`: at most so many while nothing is known.
uint32_t traffic_room(const struct traffic *traffic, uint32_t first,
                      int64_t now);

void traffic_began(struct traffic *traffic, int64_t now);

// One has taken so long that it is no part of this any more.
void traffic_slow(struct traffic *traffic);

// One is over, which was slow or not, and was tried or not.
void traffic_ended(struct traffic *traffic, bool slow, bool tried, int64_t now);

// It answered after a time when it did not: carefully from here on, one, two,
// four at a time.
void traffic_restart(struct traffic *traffic);
// One was answered.
void traffic_grow(struct traffic *traffic);
