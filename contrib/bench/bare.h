// SPDX-License-Identifier: MIT
//
// bare -- the least program that sends the same POSTs: the physical limit.
//
// One process, one thread, epoll, connections that were opened before the
// clock starts. It sends the bytes that the sink has seen the hub send, with
// each callback's own path, Host and signature, and computes the signatures
// (or has them ready, if asked to). It keeps no books, has no timers, retries
// nothing, and fails when anything goes wrong. Through TLS the handshakes, too,
// are over before the clock starts.

#pragma once

#include "callbacks.h"

#include <stdbool.h>
#include <stddef.h>

struct bare_options {
    const struct callbacks *callbacks;
    const char *sample; // a whole POST
    size_t sample_len;
    unsigned per_origin; // connections
    unsigned in_flight;  // in all
    bool ready_signatures;
    int cpu;
};

struct bare_result {
    double cpu_us; // from the first byte sent to the last answer read
    double wall_ms;
    size_t posts; // answered 2xx
};

// Runs in a child process. False: not every POST was answered with a 2xx.
bool bare_run(const struct bare_options *options, struct bare_result *out);
