// SPDX-License-Identifier: MIT
//
// relay_verify -- from a request to a subscription (WebSub 5.3).
//
// Who subscribes gets a mailbox first: how long its lease is, only the hub
// knows. Then his callback is asked, with a fresh challenge and that lease, and
// what it agrees to is written down. Who renews keeps his mailbox, and its
// place; a new secret counts from the moment it was verified.
// What the hub does not want is told to the callback (`denied`, WebSub 5.2).
// Mailboxes that nobody needs any more are ended.

#pragma once

#include "hub/loop.h"

#include <stdint.h>

struct relay;
struct relay_seat;
struct relay_terms;

void relay_verify_step(struct relay *relay, struct moment now);
int64_t relay_verify_patience(const struct relay *relay, struct moment now);

// Tell the callback that it has, or gets, no subscription.
void relay_verify_deny(struct relay *relay, const struct relay_terms *terms,
                       const char *reason);
