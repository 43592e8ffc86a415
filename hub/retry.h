// SPDX-License-Identifier: MIT
//
// retry -- deliveries to those who lag behind.
//
// Claims lagging subscribers whose time has come, sends each what it is owed
// from its own cursor on, and records what came of it. Who would have to wait
// for his origin is written down as one who does, and taken from its lane
// later (lane_turns.h). It has slots of its own, so that no mountain of retries
// delays a fresh update, and who is slow keeps none.

#pragma once

#include "loop.h"

#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct contents;
struct exchange;
struct lanes;
struct ledger;
struct retry;
struct services;

// NULL: out of memory.
struct retry *retry_new(const struct services *services,
                        struct contents *contents, struct lanes *lanes);
void retry_free(struct retry *retry); // when idle

// Where outcomes go. Once, before the first step.
void retry_use(struct retry *retry, struct ledger *ledger);

// This subscription has ended: nothing more is sent to it. What has been
// sent already takes its course.
void retry_depart(struct retry *retry, uint64_t topic, uint64_t subscription);

// What was queued for this origin is taken back.
void retry_take_back(struct retry *retry, const struct store_key *origin);

// Somebody has become due, now or later: look.
void retry_poke(void *retry);

bool retry_step(void *retry, struct moment now);
int64_t retry_patience(void *retry, struct moment now);

// One of ours, back from the engine.
void retry_answered(struct retry *retry, struct exchange *exchange);

// An operator has stopped all deliveries, or lets them go on: nobody is claimed
// meanwhile, what is under way takes its course.
void retry_pause(struct retry *retry, bool paused);

void retry_drain(struct retry *retry);
bool retry_idle(const struct retry *retry);
