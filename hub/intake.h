// SPDX-License-Identifier: MIT
//
// intake -- a request as it comes in on a socket that front holds.
//
// The head is looked at without taking it until it is whole: one that is not
// for us stays in the socket for whoever takes it over. What follows a request
// is never read, so a client that sends ahead waits in the kernel's buffers.

#pragma once

#include "request.h"

#include <stdbool.h>
#include <stddef.h>

struct intake_body;

// One connection's. All zero before each request.
struct intake {
    struct request *request;  // once its head was taken; yours when whole
    struct intake_body *body; // while its body comes in
};

// What all share: one thread reads at a time.
struct intake_space {
    char *scratch; // of head_max bytes
    size_t head_max, body_max;
    bool full; // nothing that is held may come in at the moment
};

enum intake_state {
    INTAKE_NONE,    // not a byte has come
    INTAKE_MORE,    // that was all that has come
    INTAKE_GONE,    // the peer closed, or the connection broke
    INTAKE_REFUSED, // answer with `status` and `sentence`, and close
    INTAKE_FOREIGN, // it is not one that is held; nothing was taken
    INTAKE_FULL,    // it is one; nothing was taken, so come again
    INTAKE_WHOLE,   // `request` is whole
};

struct intake_news {
    unsigned status;
    const char *sentence; // borrowed for ever
    bool more;            // WHOLE: there may be something behind it
};

// Reads until there is nothing more, so that edge-triggered events do.
// `owner` becomes the request's (held.h).
enum intake_state intake_read(struct intake *intake, int fd,
                              const struct intake_space *space, void *owner,
                              struct intake_news *news);

// Ends a request that is not whole, too.
void intake_clear(struct intake *intake);
