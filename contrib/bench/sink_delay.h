// SPDX-License-Identifier: MIT
//
// sink_delay -- connections whose answer is due a little later.
//
// The delay is the same for all of them, so they are due in order.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { SINK_DELAY_MAX = 1 << 16 }; // a power of two

struct sink_due {
    int64_t at_ns;
    int fd;
    uint32_t serial; // of the connection that had this descriptor
};

struct sink_delay {
    struct sink_due ring[SINK_DELAY_MAX];
    size_t first, count;
};

// False: there is no room.
bool sink_delay_add(struct sink_delay *delay, struct sink_due due);

// False: nothing is due yet.
bool sink_delay_take(struct sink_delay *delay, int64_t now_ns,
                     struct sink_due *out);

// NULL: nothing waits. Else *wait is how long nothing is due.
const struct timespec *sink_delay_wait(const struct sink_delay *delay,
                                       int64_t now_ns, struct timespec *wait);
