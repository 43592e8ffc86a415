// SPDX-License-Identifier: MIT
//
// relay_deliver -- from a mailbox to a callback, one after the other.
//
// What is read is posted, and acknowledged with the next reading: killed in
// between, the same comes again. Where it fails nothing is kept; later it is
// read again, so that a thousand who are down cost no memory. The order within
// a subscription is the mailbox's.

#pragma once

#include "hub/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct relay;
struct relay_seat;

void relay_deliver_step(struct relay *relay, struct moment now);
int64_t relay_deliver_patience(const struct relay *relay, struct moment now);

// He was subscribed, or renewed it: what he is owed is due now (table B).
void relay_deliver_seated(struct relay *relay, struct relay_seat *seat,
                          struct moment now);
// A renewal was not verified, and his mailbox may have its lease.
void relay_deliver_bent(struct relay_seat *seat);
// There may be something in his mailbox.
void relay_deliver_ring(struct relay_seat *seat);
// End his subscription and his mailbox.
void relay_deliver_remove(struct relay *relay, struct relay_seat *seat);
// While draining: everything that was taken is acknowledged.
bool relay_deliver_idle(const struct relay *relay);
