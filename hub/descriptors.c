// SPDX-License-Identifier: MIT

#include "descriptors.h"

#include <stddef.h>
#include <sys/resource.h>

enum {
    // Containers give hard limits of a billion; libraries that close "all"
    // descriptors would then loop over them.
    ENOUGH = 1 << 20,
    // Store, logs, event loops, resolvers' sockets, the admin socket.
    OUR_OWN = 128,
};

bool descriptors_raise(struct descriptors *out)
{
    *out = (struct descriptors){ 0 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    out->before = out->now = limit.rlim_cur;

    rlim_t goal = limit.rlim_max < ENOUGH ? limit.rlim_max : ENOUGH;
    if (limit.rlim_cur >= goal)
        return true;
    limit.rlim_cur = goal;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    out->now = goal;
    return true;
}

static uint64_t room_in(uint64_t limit)
{
    return limit > 2 * OUR_OWN ? limit - OUR_OWN : limit / 2;
}

uint64_t descriptors_connections(uint64_t limit, uint64_t outgoing,
                                 uint64_t wanted)
{
    if (limit == 0)
        return wanted; // nobody knows
    uint64_t room = room_in(limit);
    // A request that finds none is made again; who is shut out stays out.
    uint64_t left = outgoing < room / 2 ? room - outgoing : room / 2;
    return left < wanted ? left : wanted;
}

uint64_t descriptors_outgoing(uint64_t limit, uint64_t connections,
                              uint64_t wanted)
{
    if (limit == 0)
        return wanted;
    uint64_t room = room_in(limit);
    uint64_t left = room > connections ? room - connections : 0;
    return left < wanted ? left : wanted;
}
