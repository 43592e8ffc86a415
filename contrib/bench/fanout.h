// SPDX-License-Identifier: MIT
//
// fanout -- one content distribution to all callbacks, by the hub or bare.

#pragma once

#include "callbacks.h"
#include "daemon.h"
#include "population.h"
#include "probe.h"
#include "procfs.h"
#include "published.h"
#include "sink.h"
#include "workdir.h"

#include <stdbool.h>
#include <stddef.h>

enum { MEASURED_CPU = 0, MEASURING_CPU = 1 };

struct fanout_options {
    long callbacks, origins, pairs, rounds, bytes, per_origin, probe_rate;
    long delay_ms;       // of each answer of a callback
    long hung, refusing; // of a hundred callbacks; besides the others
    long dead_origins;   // of each of the two; 0: one a callback
    bool feed, no_secrets, ready_signatures, unpinned, bare_only;
    bool tls;    // callbacks are https
    bool mixed;  // hung callbacks at the origins of healthy ones
    bool alive;  // those that would be dead live, at the same origins
    bool filled; // subscriptions come through fill.h, not HTTP
    bool cold;   // no distribution to warm up
    const char *program, *base;
    const char *extra; // one more option of the daemon; NULL: none
};

struct fanout {
    struct fanout_options options;
    struct callbacks callbacks;
    struct population population;
    struct published published;
    struct sink sink;
    struct daemon daemon;
    char topic[128];
    struct callbacks aside;        // of those who subscribe meanwhile
    uint64_t aside_number;         // the next of them
    char sample[SINK_MESSAGE_MAX]; // of the hub's last round
    size_t sample_len;
    double *latencies;
    struct authority *authority;      // with TLS
    char authority_home[WORKDIR_MAX]; // where its certificate is
    int dead;                         // a socket whose port nobody answers
};

struct fanout_round {
    double cpu_us;   // of each POST to a healthy callback
    double sink_us;  // the sink's
    double wall_ms;  // hub: from the 204 to the last POST's arrival
    double first_ms; // hub: to the first one's
    double p50_ms, p99_ms;
    double fetched_ms; // hub: from the answer to its fetch to the first POST
    double per_second;
    uint64_t again;       // POSTs beyond one a callback
    uint64_t connections; // hub: new ones
    struct procfs_memory peak;
};

// Sink, daemon, subscriptions, one distribution to warm up (bare_only: only
// the sink, and a POST of our own making for a sample). It is large: not on
// the stack.
bool fanout_open(struct fanout *fanout, const struct fanout_options *options,
                 const char **problem);
void fanout_close(struct fanout *fanout);

// False: not every callback was POSTed to, and *problem says more. Unless
// `latencies` is NULL, others subscribe to another topic until the last POST.
bool fanout_hub(struct fanout *fanout, struct probe_latencies *latencies,
                struct fanout_round *out, const char **problem);
bool fanout_bare(struct fanout *fanout, struct fanout_round *out,
                 const char **problem);

// What the publisher has from now on.
void fanout_next_version(struct fanout *fanout);

// Where websubd and the bare sender run, and where sink and driver do.
int fanout_measured_cpu(const struct fanout_options *options);
int fanout_measuring_cpu(const struct fanout_options *options);
