// SPDX-License-Identifier: MIT
//
// one_event -- one update again, by its id.
//
// GET /events/ID is the object that pullers were told; GET /events/ID/content
// its body as a webhook would get it, with its own Content-Type, Link and
// Hub-Sequence. Whoever may not read the topic, or asks for what is not there
// (any more), gets the same 404 (M20).

#pragma once

#include "loop.h"

#include <stdbool.h>

struct access;
struct one_event;
struct request;
struct services;

// NULL: out of memory.
struct one_event *one_event_new(const struct services *services,
                                struct access *access);
void one_event_free(struct one_event *one); // when idle

// Takes the request. A route's handler.
void one_event_handle(struct one_event *one, struct request *request,
                      struct moment now);

bool one_event_idle(const struct one_event *one);
