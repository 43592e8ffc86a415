// SPDX-License-Identifier: MIT
//
// engine_slow -- who takes so long that others get his places.
//
// All transfers stand in one line in the order of their start. After
// EXCHANGE_SLOW_MS the first ones leave it: they make no one wait at the TLS
// handshakes any more, and if they are deliveries, which may hang in any
// number, they give up all their places and are counted apart.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct network;
struct transfer;

struct slow_line {
    struct transfer *first, *last;
};

struct slows {
    struct slow_line young, slow; // in the order of their start
    unsigned count;               // of the slow ones
};

// It has got its places, or is about to leave those it has.
void slows_add(struct network *network, struct transfer *transfer);
void slows_remove(struct network *network, struct transfer *transfer);

// Moves on who is due. True: something did.
bool slows_check(struct network *network);

// When that is to be called next; INT64_MAX: not.
int64_t slows_due_ms(const struct network *network);
