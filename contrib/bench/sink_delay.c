// SPDX-License-Identifier: MIT

#include "sink_delay.h"

enum { SECOND_NS = 1000000000 };

bool sink_delay_add(struct sink_delay *delay, struct sink_due due)
{
    if (delay->count == SINK_DELAY_MAX)
        return false;
    delay->ring[(delay->first + delay->count++) % SINK_DELAY_MAX] = due;
    return true;
}

bool sink_delay_take(struct sink_delay *delay, int64_t now_ns,
                     struct sink_due *out)
{
    if (delay->count == 0 || delay->ring[delay->first].at_ns > now_ns)
        return false;
    *out = delay->ring[delay->first];
    delay->first = (delay->first + 1) % SINK_DELAY_MAX;
    delay->count--;
    return true;
}

const struct timespec *sink_delay_wait(const struct sink_delay *delay,
                                       int64_t now_ns, struct timespec *wait)
{
    if (delay->count == 0)
        return NULL;
    int64_t left = delay->ring[delay->first].at_ns - now_ns;
    if (left < 0)
        left = 0;
    wait->tv_sec = left / SECOND_NS;
    wait->tv_nsec = left % SECOND_NS;
    return wait;
}
