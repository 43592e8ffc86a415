// SPDX-License-Identifier: MIT
//
// descriptors -- how many sockets this process may have open.
//
// Every held pull and every delivery in flight is a descriptor, and the usual
// soft limit of 1024 exists for programs that use select(2). We use none, so
// the soft limit is raised to the hard one at start, and what that allows is
// said in the log.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct descriptors {
    uint64_t before; // soft limit as we found it
    uint64_t now;    // soft limit as it is
};

// False: the limits cannot be read or raised, and errno says why. Then `now`
// equals `before`, which is 0 if not even that is known.
bool descriptors_raise(struct descriptors *out);

// What `limit` allows beside `outgoing` requests and our own files: how many
// connections from outside can be held at a time, at most `wanted`. They get
// half of it at least.
uint64_t descriptors_connections(uint64_t limit, uint64_t outgoing,
                                 uint64_t wanted);

// And what it then leaves of `wanted` descriptors to requests of ours.
uint64_t descriptors_outgoing(uint64_t limit, uint64_t connections,
                              uint64_t wanted);
