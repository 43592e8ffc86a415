// SPDX-License-Identifier: MIT
//
// fake_hold -- hub/hold.h without connections.
//
// A held poll is answered as its request would be. What a stream is sent is
// kept as text; what becomes of a connection, the test says. A program that
// calls one of these functions is linked with this in the place of the real
// thing.

#pragma once

#include "hub/hold.h"

#include <stdbool.h>
#include <stddef.h>

struct fake_hold {
    struct request *request;
    void *owner;
    bool streams, ended;
    enum hold_kind kind;
    unsigned heartbeat_ms;
    unsigned tells;   // sent with `tell`, and not told of yet
    unsigned code;    // it was ended with
    char text[16384]; // all that it was sent, NUL-terminated
    size_t len;
};

// Nobody is held. There is one front in a program.
struct front *fake_hold_front(void);

size_t fake_hold_count(void); // held, or ended, since then
// How many calls have answered or sent.
size_t fake_hold_calls(void);

// The hold that this request has become; the test fails if it is none.
struct fake_hold *fake_hold_of(const struct request *request);

// hold_next() tells this of it; `text` is copied.
void fake_hold_tell(struct fake_hold *hold, enum hold_event_kind kind,
                    const char *text);

// All that were taken have ended.
bool fake_hold_clean(void);
