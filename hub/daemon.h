// SPDX-License-Identifier: MIT
//
// daemon -- all parts of the hub, made, connected, run and ended.

#pragma once

#include <stdbool.h>

struct config;
struct daemon;

struct inherit;
struct notify;

struct daemon_means {
    struct config *config;
    // From which it was read, and is read again.
    int argc;
    char **argv;
    const struct inherit *inherited;
    struct notify *notify;
};

// Opens the store and the listeners; nothing is accepted yet. NULL: `problem`
// is one sentence. All of the means are borrowed, and must outlive it.
struct daemon *daemon_new(const struct daemon_means *means, char problem[512]);

// Until SIGTERM or SIGINT, and what was under way has ended.
void daemon_run(struct daemon *daemon);

// False: something was still under way when patience ended, so that memory is
// left to the system; what was promised is in the store all the same.
bool daemon_free(struct daemon *daemon);
