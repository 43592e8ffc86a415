// SPDX-License-Identifier: MIT
//
// status -- what has become of an accepted request, behind its link (M18).
//
// GET /status/TOKEN says `pending`, `verified` or `failed`. A verified one
// shows the subscription as its subscriber may see it, until a later request
// for the same pair is verified. That one has failed is told when no request
// of its age can be pending any more: neither when nor why it failed shows,
// nor whether there was anything to ask.

#pragma once

#include "loop.h"

#include <stdbool.h>

struct request;
struct services;
struct status;

// NULL: out of memory.
struct status *status_new(const struct services *services);
void status_free(struct status *status); // when idle

// Takes the request. A route's handler.
void status_show(void *status, struct request *request, struct moment now);

bool status_idle(const struct status *status);
