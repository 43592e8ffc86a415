// SPDX-License-Identifier: MIT
//
// relay_deliver_inside -- what the files of relay_deliver share: beginning one
// thing for a seat, whose turn it is.

#pragma once

#include "hub/log.h"

struct relay;
struct relay_seat;

// Read what comes next, and post it; what was taken before is acknowledged.
void relay_deliver_look(struct relay *relay, struct relay_seat *seat);
// Acknowledge at once; mostly by reading on.
void relay_deliver_acknowledge(struct relay *relay, struct relay_seat *seat);
// Keep his mailbox alive.
void relay_deliver_touch(struct relay *relay, struct relay_seat *seat);
// Make his mailbox what it should be.
void relay_deliver_put_again(struct relay *relay, struct relay_seat *seat);

void relay_deliver_log(const struct relay_seat *seat, enum log_level level,
                       const char *event, const char *why, unsigned status);
