// SPDX-License-Identifier: MIT
//
// inherit -- listening sockets that whoever started us has opened
// (sd_listen_fds(3)).
//
// They stay open while we are restarted, so nobody who connects in between is
// refused: he waits in the kernel's queue. A Unix socket is the admin socket;
// another one the operators' listener if it is named "admin-tcp", else a
// public one ("public", or whatever its unit is called). What is no listening
// stream socket, or has a name that belongs to another kind, is an error: the
// hub would stand at the wrong door.

#pragma once

#include "door.h"

#include <stdbool.h>
#include <stddef.h>

enum { INHERIT_MAX = 25, INHERIT_PROBLEM_MAX = 256 };

struct inherited {
    int fd;
    enum door door;
};

struct inherit {
    size_t count;
    struct inherited items[INHERIT_MAX];
};

// Once, before other files are opened; the environment is cleared of it. None
// if it is meant for another process. False: `problem` is one sentence, and
// the sockets are left alone.
bool inherit_take(struct inherit *out, char problem[INHERIT_PROBLEM_MAX]);

// Is there one for this door?
bool inherit_has(const struct inherit *inherit, enum door door);
