// SPDX-License-Identifier: MIT
//
// accept -- subscription requests against a server that has just started.

#pragma once

#include "callbacks.h"
#include "sink.h"

#include <stdbool.h>
#include <stddef.h>

struct accept_options {
    long connections, duration_ms, warm_ms;
    bool pin; // server on CPU 0, load on CPU 1
    const char *program, *base;
};

struct accept_run {
    double per_second, cpu_us; // of 202s, and of the server for each
    double p50_ms, p99_ms;
    int64_t commits; // of the hub's store; 0 without one
};

// Each starts its server on an empty directory, ends it, and is done. False:
// *problem says why, or an answer was not a 202.
//
// The real hub. Its one verification slot is held by a callback that never
// answers, so that accepting is all that it does.
bool accept_hub(const struct accept_options *options,
                const struct callbacks *callbacks, struct accept_run *out,
                const char **problem);

// The same server answering 202 without storing.
bool accept_bare(const struct accept_options *options,
                 const struct callbacks *callbacks, struct accept_run *out,
                 const char **problem);
