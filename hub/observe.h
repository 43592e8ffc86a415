// SPDX-License-Identifier: MIT
//
// observe -- fetching topics, and noticing what is new in them.
//
// Claims topics that are due (pinged, never fetched, failed before, or polled),
// fetches them, has a worker thread compare the document with what was
// remembered, and settles it all in one operation of the store (M5): outcome,
// validators, entries, update and walk. At most one fetch of a topic is under
// way; a ping that comes meanwhile causes another (R76).

#pragma once

#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct observe;
struct services;

struct observe_listener {
    // An update was appended. `normal` is the topic's normalised URL.
    void (*updated)(void *context, uint64_t topic, uint64_t number,
                    const char *normal);
    // And with it a walk began.
    void (*walk)(void *context, const struct store_walk *walk);
    // NULL, or: its origin says that it is gone for good (410).
    void (*gone)(void *context, uint64_t topic);
    void *context;
};

// NULL: out of memory.
struct observe *observe_new(const struct services *services,
                            const struct observe_listener *listener);
void observe_free(struct observe *observe); // when idle

void observe_retune(struct observe *observe); // the options have changed

// Some topic may be due now.
void observe_poke(struct observe *observe);

bool observe_step(void *observe, struct moment now);
int64_t observe_patience(void *observe, struct moment now);

// One of ours, back from the engine.
void observe_answered(struct observe *observe, struct exchange *exchange);

void observe_drain(struct observe *observe);
bool observe_idle(const struct observe *observe);
