// SPDX-License-Identifier: MIT
//
// mailbox_expiry -- mailboxes whose lease is over, or that nobody reads, end.
//
// While the hub was away nobody could read: so at its start those that end for
// want of a reader have all of their time again.

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct mailbox_expiry;
struct services;

// `ended` is told of each, and why, in a sentence that lives for ever. NULL:
// out of memory.
struct mailbox_expiry *mailbox_expiry_new(const struct services *services,
                                          void (*ended)(void *context,
                                                        uint64_t mailbox,
                                                        const char *why),
                                          void *context);
void mailbox_expiry_free(struct mailbox_expiry *expiry); // when idle

// One may end then, unix ms.
void mailbox_expiry_due(struct mailbox_expiry *expiry, int64_t at);

void mailbox_expiry_step(struct mailbox_expiry *expiry, struct moment now);
int64_t mailbox_expiry_patience(const struct mailbox_expiry *expiry,
                                struct moment now);
void mailbox_expiry_drain(struct mailbox_expiry *expiry);
bool mailbox_expiry_idle(const struct mailbox_expiry *expiry);
