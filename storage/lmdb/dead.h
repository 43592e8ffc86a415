// SPDX-License-Identifier: MIT
//
// dead -- letters that were delivered too often: copies, which no retention
// takes away (M10). They have numbers of their own, in the order in which they
// came here.

#pragma once

#include "letterbox.h"

enum {
    DEAD_MAX = 1000,       // of one mailbox; beyond, the oldest go
    DEAD_BYTES = 64 << 20, // of their bodies
};

// Bury a letter. False: there is no room in the map for it now.
bool dead_put(struct letterbox *box, const struct store_event *event,
              uint64_t sid, uint32_t deliveries);

enum store_status dead_collect(struct letterbox *box, struct store_collect *op);
