// SPDX-License-Identifier: MIT
//
// fanout -- one content distribution to all callbacks, by the hub or bare.

#pragma once

#include "callbacks.h"
#include "daemon.h"
#include "probe.h"
#include "procfs.h"
#include "published.h"
#include "sink.h"

#include <stdbool.h>
#include <stddef.h>

enum { MEASURED_CPU = 0, MEASURING_CPU = 1 };

struct fanout_options {
    long callbacks, origins, pairs, rounds, bytes, per_origin, probe_rate;
    bool feed, no_secrets, ready_signatures, unpinned, bare_only;
    const char *program, *base;
};

struct fanout {
    struct fanout_options options;
    struct callbacks callbacks;
    struct published published;
    struct sink sink;
    struct daemon daemon;
    char topic[128];
    struct callbacks aside;        // of those who subscribe meanwhile
    uint64_t aside_number;         // the next of them
    char sample[SINK_MESSAGE_MAX]; // of the hub's last round
    size_t sample_len;
};

struct fanout_round {
    double cpu_us;   // of each POST
    double wall_ms;  // hub: from the 204 to the last POST's arrival
    double first_ms; // hub: to the first one's
    double per_second;
    uint64_t again; // POSTs beyond one a callback
    struct procfs_memory peak;
};

// Sink, daemon, subscriptions, one distribution to warm up (bare_only: only
// the sink, and a POST of our own making for a sample).
bool fanout_open(struct fanout *fanout, const struct fanout_options *options,
                 const char **problem);
void fanout_close(struct fanout *fanout);

// False: not every callback was POSTed to, and *problem says more. Unless
// `latencies` is NULL, others subscribe to another topic until the last POST.
bool fanout_hub(struct fanout *fanout, struct probe_latencies *latencies,
                struct fanout_round *out, const char **problem);
bool fanout_bare(struct fanout *fanout, struct fanout_round *out,
                 const char **problem);
