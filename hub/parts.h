// SPDX-License-Identifier: MIT
//
// parts -- the parts of the hub, and what they tell each other.
//
// Makes them all, connects them, adds them to the loop in the order of their
// turns, and gives each what comes back from the network.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct front;
struct inbox;
struct parts;
struct services;

struct parts_means {
    const struct services *services;
    struct inbox *inbox;
    struct front *front;
    uint64_t descriptors; // limit of this process
};

// NULL: out of memory. The services are borrowed until parts_free().
struct parts *parts_new(const struct parts_means *means);
void parts_free(struct parts *parts); // when idle

// Begin nothing more that goes out; rested once that has ended. Whoever asks
// is still served.
void parts_drain(struct parts *parts);
bool parts_rested(const struct parts *parts);

// Besides: send away who is held, within so many ms. Idle once nothing is left.
void parts_close(struct parts *parts, int64_t spread_ms);
bool parts_idle(const struct parts *parts);
