// SPDX-License-Identifier: MIT
//
// janitor -- what has to end, ends: leases and retention.
//
// Subscriptions whose lease is over are ended in pages, and what could not be
// verified before its deadline is dropped; the bodies of old
// updates and topics that nobody follows any more are removed in pages.

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct janitor;
struct services;

// `said_goodbye` is called when denials have become due (goodbye-on-expiry).
// NULL: out of memory.
struct janitor *janitor_new(const struct services *services,
                            void (*said_goodbye)(void *context), void *context);
void janitor_free(struct janitor *janitor); // when idle

// A lease was granted that ends then, unix ms.
void janitor_lease(struct janitor *janitor, int64_t end);

// An update was appended: the log may have grown beyond its retention.
void janitor_grown(struct janitor *janitor);

bool janitor_step(void *janitor, struct moment now);
int64_t janitor_patience(void *janitor, struct moment now);

void janitor_drain(struct janitor *janitor);
bool janitor_idle(const struct janitor *janitor);
