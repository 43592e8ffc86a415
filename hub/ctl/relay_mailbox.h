// SPDX-License-Identifier: MIT
//
// relay_mailbox -- the mailbox of a subscriber at the hub, as requests.

#pragma once

#include "hub/loop.h"
#include "relay_book.h"

#include <stdbool.h>
#include <stdint.h>

struct relay;
struct relay_answer;
struct relay_call;

// A name that nobody can guess. False: there is no randomness.
bool relay_mailbox_name(char out[RELAY_NAME_MAX]);

struct relay_box {
    const char *name;
    // To be put:
    const struct relay_terms *terms;
    int64_t lease_s; // below 1: the hub's usual
    int64_t since;   // unix ms where a new one begins; 0: now
    // To be read:
    const char *ack; // everything up to here is done with; "": nothing
    void (*done)(void *context, const struct relay_answer *answer);
    void *context;
};

// Each of them: NULL: not now. Everything is copied.

// Make it, or change it, for these terms.
struct relay_call *relay_mailbox_put(struct relay *relay,
                                     const struct relay_box *box);
// Acknowledge, and read what comes next.
struct relay_call *relay_mailbox_read(struct relay *relay,
                                      const struct relay_box *box);
// Acknowledge alone.
struct relay_call *relay_mailbox_ack(struct relay *relay,
                                     const struct relay_box *box);
// Keep it alive.
struct relay_call *relay_mailbox_touch(struct relay *relay,
                                       const struct relay_box *box);
struct relay_call *relay_mailbox_end(struct relay *relay,
                                     const struct relay_box *box);

// Is it that the hub does not serve a topic (any more)?
bool relay_mailbox_denied(const struct relay_answer *answer);

// The lease in the answer to a put, in seconds; `otherwise`: it says nothing.
int64_t relay_mailbox_lease(const struct relay_answer *answer,
                            int64_t otherwise);
