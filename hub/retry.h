// SPDX-License-Identifier: MIT
//
// retry -- deliveries to those who lag behind.
//
// Claims lagging subscribers whose time has come, sends each what it is owed
// from its own cursor on, and records what came of it. It has slots of its
// own, so that no mountain of retries delays a fresh update.

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct contents;
struct exchange;
struct ledger;
struct retry;
struct services;

// NULL: out of memory.
struct retry *retry_new(const struct services *services,
                        struct contents *contents);
void retry_free(struct retry *retry); // when idle

// Where outcomes go. Once, before the first step.
void retry_use(struct retry *retry, struct ledger *ledger);

// Somebody may be due at `due`, unix ms; 0: now.
void retry_due(void *retry, int64_t due);

bool retry_step(void *retry, struct moment now);
int64_t retry_patience(void *retry, struct moment now);

// One of ours, back from the engine.
void retry_answered(struct retry *retry, struct exchange *exchange);

void retry_drain(struct retry *retry);
bool retry_idle(const struct retry *retry);
