// SPDX-License-Identifier: MIT
//
// distribute -- content distribution to everyone who is up to date (WebSub 7).
//
// Each topic has at most one walk: over its subscribers in the order of their
// ids, from the last checkpoint on. Who lags is passed (retry.h serves him);
// everybody else is sent what the walk carries. A delivery that fails, or has
// not ended after a second, becomes a lagging record in the next checkpoint,
// and the walk goes on: nobody waits for anybody. An update during a walk
// raises the head, and another walk follows.

#pragma once

#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct contents;
struct distribute;
struct exchange;
struct ledger;
struct services;

// `lagging` is called when somebody was written down as due, now or later.
// NULL: out of memory.
struct distribute *distribute_new(const struct services *services,
                                  struct contents *contents,
                                  struct ledger *ledger,
                                  void (*lagging)(void *context),
                                  void *context);
void distribute_free(struct distribute *distribute); // when idle

// A walk has begun.
void distribute_begin(struct distribute *distribute,
                      const struct store_walk *walk);

// This subscription has ended: nothing more is sent to it. What has been
// sent already takes its course.
void distribute_depart(struct distribute *distribute, uint64_t topic,
                       uint64_t subscription);

bool distribute_step(void *distribute, struct moment now);
int64_t distribute_patience(void *distribute, struct moment now);

// One of ours, back from the engine.
void distribute_answered(struct distribute *distribute,
                         struct exchange *exchange);

// Visit nobody more; idle when what is under way has ended and the
// checkpoints are written.
void distribute_drain(struct distribute *distribute);
bool distribute_idle(const struct distribute *distribute);
