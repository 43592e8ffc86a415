// SPDX-License-Identifier: MIT
//
// pull -- GET and POST /events: the log for those whom nobody can call.
//
// A request is answered at once if there is something for it, or if it does
// not want to wait; else it is held, at no cost to the store, until one of its
// topics is updated, its time is up, or its peer goes away. It is registered
// before the store is read, so that nothing falls between (M11).

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pull;
struct request;
struct services;

// `followed` is called when a topic has just begun to be followed. NULL: out
// of memory.
struct pull *pull_new(const struct services *services,
                      void (*followed)(void *context), void *context);
void pull_free(struct pull *pull); // when idle

// Takes the request. A route's handler.
void pull_handle(void *pull, struct request *request, struct moment now);

// An update was appended to this topic.
void pull_updated(void *pull, uint64_t topic, uint64_t number);

// The peer of this request went away.
void pull_gone(struct pull *pull, const struct request *request);

bool pull_step(void *pull, struct moment now);
int64_t pull_patience(void *pull, struct moment now);

size_t pull_held(const struct pull *pull);

// Answer all that are held, and hold no more.
void pull_drain(struct pull *pull);
bool pull_idle(const struct pull *pull);
