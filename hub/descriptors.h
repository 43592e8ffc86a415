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

// Who wants how many.
struct descriptors_wish {
    uint64_t connections;     // of front, who holds what pulls
    bool asked;               // by the operator, not by a default
    uint64_t outgoing_least;  // for requests of ours to go well
    uint64_t outgoing_wanted; // for them to go best
};
struct descriptors_plan {
    uint64_t front, http, outgoing;
};

// What `limit` (0: unknown, so none) allows each, beside our own files. All
// connections from outside get half of it at least, and nearly all if so many
// were asked for: a request of ours that finds none is made again, but who is
// shut out stays out. http gets an eighth of front's, within bounds.
struct descriptors_plan descriptors_plan(uint64_t limit,
                                         const struct descriptors_wish *wish);
