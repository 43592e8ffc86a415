// SPDX-License-Identifier: MIT
//
// engine_slow -- who takes so long that others get his places.
//
// The transfers of a class stand in line in the order of their start. After
// EXCHANGE_SLOW_MS the first ones leave it: they make no one wait at the TLS
// handshakes any more, and if they are deliveries, which may hang in any
// number, they give up all their places and are counted apart. Where all places
// of first deliveries are taken and others wait for them, they do so as soon as
// they take many times as long as is usual.

#pragma once

#include "engine.h"

#include <stdbool.h>
#include <stdint.h>

struct network;
struct transfer;

struct slow_line {
    struct transfer *first, *last;
};

struct slows {
    // In the order of their start.
    struct slow_line young[EXCHANGE_CLASSES], slow;
    unsigned count; // of the slow ones
    uint32_t usual; // ms a delivery takes, times 16
};

// It has got its places, or is about to leave those it has.
void slows_add(struct network *network, struct transfer *transfer);
void slows_remove(struct network *network, struct transfer *transfer);

// A delivery has been answered.
void slows_learn(struct network *network, const struct transfer *transfer);

// Moves on who is due. True: something did.
bool slows_check(struct network *network);

// When that is to be called next; INT64_MAX: not.
int64_t slows_due_ms(const struct network *network);
