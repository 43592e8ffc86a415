// SPDX-License-Identifier: MIT
//
// engine_dispatch -- what may start now, and what waits for what.

#pragma once

#include <stdbool.h>

struct address;
struct exchange;
struct gate;
struct network;
struct origin;

// Into its origin's queue, or back at once.
void dispatch_add(struct network *network, struct exchange *exchange);

// Starts what may start. True: something did, or ended.
bool dispatch_run(struct network *network);

// It did not start all that may, but enough for one turn.
bool dispatch_is_held_back(const struct network *network);

// Ends what waits and was cancelled.
void dispatch_sweep(struct network *network);

// The next address of the origin that may be called for this exchange, of
// those that were not tried yet. False: there is none.
bool dispatch_address(const struct network *network,
                      const struct origin *origin,
                      const struct exchange *exchange, struct address *out);

// One leaves: whoever stood there gets his turn.
void dispatch_leave_address(struct network *network, struct gate *gate,
                            bool slow);
// One that is there becomes slow.
void dispatch_slow_at_address(struct gate *gate);
void dispatch_leave_handshake(struct network *network);
