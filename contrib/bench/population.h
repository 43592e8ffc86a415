// SPDX-License-Identifier: MIT
//
// population -- subscribers of one topic, some of which are dead.
//
// The healthy ones are those of callbacks.h. Among them, evenly, are some that
// hang (their origin accepts, reads, and never answers) and some that refuse
// (nobody listens there). Dead ones have origins of their own, in 127.2.0.0/16
// and 127.3.0.0/16, or stand at those of the healthy ones, too.

#pragma once

#include "callbacks.h"
#include "fill.h"

#include <stdbool.h>
#include <stdint.h>

struct population {
    const struct callbacks *callbacks; // the healthy ones
    unsigned hung, refusing;           // of a hundred of all
    size_t dead_origins;               // of each kind; 0: one a callback
    bool mixed;                        // the hung at origins of healthy ones
    bool alive;                        // the dead live after all, uncounted
    uint16_t dead_port;                // where nobody listens
    // How many were given out.
    uint64_t all, healthy_count, hung_count, refusing_count;
};

// As in fill.h; the context is a struct population.
bool population_next(void *population, struct fill_subscriber *out);
