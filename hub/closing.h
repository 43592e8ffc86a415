// SPDX-License-Identifier: MIT
//
// closing -- how the hub ends without a request that is lost.
//
// First it finishes: nothing is begun any more that goes out, what is under
// way has its time, and everybody is still let in and served; but each answer
// is the last of its connection, so that who talks often comes by a new one
// while there is somebody to take it. Then it closes: nobody is let in any
// more (with inherited listeners they wait for the next process), who is held
// is told to come again, idle connections end, what is being asked is still
// answered. All of it within the patience of `drain`.
//
// Main thread.

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stdint.h>

struct front;
struct http;
struct notify;
struct parts;
struct services;

struct closing {
    const struct services *services;
    struct front *front;
    struct http *http;
    struct parts *parts;
    struct notify *notify;
    // The rest is its own.
    enum { CLOSING_NOT, CLOSING_FINISHING, CLOSING_DOORS } phase;
    int64_t since; // this phase, monotonic
    int64_t heard; // until then somebody had said what was not read
    int64_t end;   // of all patience
    bool clean;    // everything has ended
};

void closing_begin(struct closing *closing, struct moment now);

// A source (loop.h); stops the loop at the end.
bool closing_step(void *closing, struct moment now);
int64_t closing_patience(void *closing, struct moment now);
