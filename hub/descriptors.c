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
    HTTP_MIN = 256,
    HTTP_MAX = 4096,
    HTTP_PART = 8,      // of front's
    OUTGOING_PART = 20, // of all, whatever was asked for
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

static uint64_t least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static uint64_t within(uint64_t value, uint64_t min, uint64_t max)
{
    return value < min ? least(min, max) : least(value, max);
}

struct descriptors_plan descriptors_plan(uint64_t limit,
                                         const struct descriptors_wish *wish)
{
    struct descriptors_plan plan = {
        .front = wish->connections,
        .http = within(wish->connections / HTTP_PART, HTTP_MIN, HTTP_MAX),
        .outgoing = wish->outgoing_wanted,
    };
    if (limit == 0)
        return plan;
    uint64_t room = room_in(limit);
    uint64_t reserved = wish->asked ? room / OUTGOING_PART : room / 2;
    uint64_t inside = room - least(wish->outgoing_least, reserved);
    if (plan.front + plan.http > inside) {
        uint64_t few = wish->asked ? HTTP_MIN : inside / (HTTP_PART + 1);
        uint64_t spare = inside > plan.front ? inside - plan.front : 0;
        plan.http = within(few > spare ? few : spare,
                           least(HTTP_MIN, inside / 2), plan.http);
        if (plan.http > inside / 2)
            plan.http = inside / 2;
        plan.front = least(plan.front, inside - plan.http);
    }
    plan.outgoing = least(wish->outgoing_wanted, room - plan.front - plan.http);
    return plan;
}
