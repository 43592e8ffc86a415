// SPDX-License-Identifier: MIT
//
// donation -- a publisher sends the document itself with his ping (M19).
//
// Who he is has been checked. The document goes the way of a fetched one
// (given.h); the answer comes when it is durable. A topic that nobody follows
// takes nothing, and its publisher hears the same 204: he sends whether
// somebody listens or not (R72).

#pragma once

#include "loop.h"

#include <stddef.h>

struct given;
struct intent;
struct replay_log;
struct replays;
struct request;
struct services;

// Documents are large, and reading them takes memory of its own.
enum { DONATIONS_MAX = 4 };

struct donations {
    const struct services *services;
    struct replays *replays; // what is not taken may be sent again
    struct replay_log *log;  // what is taken is written there first
    void (*give)(void *context, struct given *given);
    void *context;
    size_t under_way;
};

// Takes the request and the contents of the intent.
void donation_accept(struct donations *donations, struct request *request,
                     struct intent *intent, struct moment now);
