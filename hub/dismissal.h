// SPDX-License-Identifier: MIT
//
// dismissal -- the hub ends subscriptions, one or many.
//
// Because an operator says so, because the rules deny a topic or a callback
// that they once allowed, or because a topic is dead. Always in pages, and
// never for longer than a step: other work goes on. The subscriber is told
// (farewell.h), and what was queued for him is taken back.

#pragma once

#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct dismissal;
struct services;

struct dismissal_listener {
    // This one has ended: nothing is sent to it any more.
    void (*ended)(void *context, uint64_t topic, uint64_t subscription);
    // Denials have become due.
    void (*owed)(void *context);
    void *context;
};

// NULL: out of memory.
struct dismissal *dismissal_new(const struct services *services,
                                const struct dismissal_listener *listener);
void dismissal_free(struct dismissal *dismissal); // when idle

// What somebody wants ended, and waits for. The caller's, borrowed until
// `done`, which is called in a later step. One subscription at once; all of a
// topic when it is its turn.
struct dismissal_order {
    uint64_t topic, subscription; // subscription 0: all of the topic
    enum store_denial_reason reason;
    void (*done)(struct dismissal_order *order);
    void *context;
    // Answers: OK; NOT_FOUND (a topic without subscribers is OK and 0); else
    // why the store could not, after `removed` of them.
    enum store_status status;
    uint64_t removed;
    // Dismissal's:
    struct dismissal *dismissal;
    struct dismissal_order *next;
    struct store_remove remove;
};
void dismissal_order(struct dismissal *dismissal,
                     struct dismissal_order *order);

// The rules about domains are others than before: whatever they deny now ends.
void dismissal_sweep(struct dismissal *dismissal);

// A fetch of this topic was answered with 410, and that has been stored. If
// it is dead by now, its subscriptions end.
void dismissal_gone(struct dismissal *dismissal, uint64_t topic);

// Pure: 410 on at least three fetches in a row, over at least `after` ms.
bool dismissal_is_dead(const struct store_topic *topic, int64_t now_unix,
                       int64_t after);

bool dismissal_step(void *dismissal, struct moment now);
int64_t dismissal_patience(void *dismissal, struct moment now);

// Begin no more. What is left of a sweep is done after the next start.
void dismissal_drain(struct dismissal *dismissal);
bool dismissal_idle(const struct dismissal *dismissal);
