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
//
// So many walks go on at a time. While others wait for a place, those that
// have had theirs for long step aside by turns: a small topic is served within
// a second or so, whatever the large ones do.

#pragma once

#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct contents;
struct distribute;
struct exchange;
struct lanes;
struct ledger;
struct services;

// `lagging` is called when somebody was written down as due, now or later.
// Without lanes (NULL) nobody is told to wait. NULL: out of memory.
struct distribute *distribute_new(const struct services *services,
                                  struct contents *contents,
                                  struct ledger *ledger, struct lanes *lanes,
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

// What was queued for this origin is taken back.
void distribute_take_back(struct distribute *distribute,
                          const struct store_key *origin);

// An operator has paused this subscription, or set its cursor back; 0: those of
// many of the topic. What was read of it is read again, what is queued for the
// one is taken back.
void distribute_recall(struct distribute *distribute, uint64_t topic,
                       uint64_t subscription);

bool distribute_step(void *distribute, struct moment now);
int64_t distribute_patience(void *distribute, struct moment now);

// One of ours, back from the engine.
void distribute_answered(struct distribute *distribute,
                         struct exchange *exchange);

// All deliveries are paused by an operator: visit nobody until it is over.
// What has been sent already takes its course.
void distribute_pause(struct distribute *distribute, bool paused);

// Visit nobody more; idle when what is under way has ended and the
// checkpoints are written.
void distribute_drain(struct distribute *distribute);
bool distribute_idle(const struct distribute *distribute);
