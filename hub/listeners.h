// SPDX-License-Identifier: MIT
//
// listeners -- all sockets that connections come in at.
//
// As the options say; but where some were inherited for a door, these and no
// others.

#pragma once

#include "front.h"
#include "listener.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    LISTENERS_MAX = FRONT_LISTENERS_MAX + FRONT_ADMIN_LISTENERS_MAX + 1,
};

// The public ones, the operators' ones, the admin socket.
struct listeners {
    struct listener items[LISTENERS_MAX];
    size_t count, public_count;
};

// False: `problem` is a sentence; those that are open are to be closed.
bool listeners_open(struct listeners *all, const struct front_options *options,
                    char problem[LISTENER_PROBLEM_MAX]);
