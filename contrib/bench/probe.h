// SPDX-License-Identifier: MIT
//
// probe -- subscription requests at an even, modest pace, from a thread of
// its own: how long does a 202 take while the hub is busy?
//
// A request's time runs from when it was due, so that one slow answer is not
// made good by the requests that were not sent meanwhile.

#pragma once

#include "callbacks.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct probe;

enum { PROBE_KEPT_MAX = 100000 };

struct probe_latencies {
    double us[PROBE_KEPT_MAX];
    size_t count, bad; // bad: not a 202
};

// Numbers of the callbacks go on from *number. NULL: it did not start.
struct probe *probe_start(uint16_t port, unsigned per_second,
                          const struct callbacks *callbacks, uint64_t *number,
                          struct probe_latencies *into);
void probe_stop(struct probe *probe);
