// SPDX-License-Identifier: MIT
//
// listener -- a socket that connections come in at.
//
// Sockets it accepts inherit its options: no delay for small answers,
// keepalive, and a ceiling for how long what we sent may stay unacknowledged.

#pragma once

#include "door.h"

#include <stdbool.h>

enum { LISTENER_ADDRESS_MAX = 112, LISTENER_PROBLEM_MAX = 256 };

struct listener {
    int fd; // -1: closed
    enum door door;
    bool inherited; // who opened it goes on listening when we have closed it
    // Where it really listens, "127.0.0.1:39211"; or the admin socket's path.
    char address[LISTENER_ADDRESS_MAX];
};

// "ADDR:PORT" or "[ADDR]:PORT"; port 0: any. False: `problem` is a sentence.
bool listener_open(const char *address, struct listener *out,
                   char problem[LISTENER_PROBLEM_MAX]);

// A Unix socket that only its owner may use. One left behind by a process that
// is gone is replaced; one that is answered is not.
bool listener_open_admin(const char *path, struct listener *out,
                         char problem[LISTENER_PROBLEM_MAX]);

// A listening socket that somebody else has opened (inherit.h).
bool listener_adopt(int fd, enum door door, struct listener *out,
                    char problem[LISTENER_PROBLEM_MAX]);

// Removes an admin socket's file, too, if it is ours.
void listener_close(struct listener *listener);
