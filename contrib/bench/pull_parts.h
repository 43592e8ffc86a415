// SPDX-License-Identifier: MIT
//
// pull_parts -- the parts of bench-pull. Each starts its own servers, prints a
// table and one line of key=value. False: *problem says why it did not work.

#pragma once

#include "holder.h"
#include "sink.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pull_bench {
    const char *program, *base, *more;
    const char *only;   // "poll", "sse", "socket"; NULL: all of them
    long clients, most; // usual, and as many as a process can have
    long pairs, bytes, wakes, seconds, addressed;
    bool nchan; // it is there, and wanted
    struct sink sink;
    unsigned marker;   // of the last document
    double *latencies; // room for `most`
};

enum { PULL_MARKER_MAX = 32 };

// A new marker; the bench's documents have no other use.
const char *pull_marker(struct pull_bench *bench, char out[PULL_MARKER_MAX]);

struct holder_options pull_holder(const struct pull_bench *bench,
                                  enum herd_kind what, size_t topics,
                                  size_t clients);

bool pull_wants(const struct pull_bench *bench, enum herd_kind what);
const char *pull_kind_name(enum herd_kind what);

struct pull_release {
    double p50_ms, p99_ms, last_ms; // from right before the publish
    double answered_ms;             // the publisher's answer; 0: there is none
    double cpu_us;                  // the server's, for each
};
// Something new for one topic; until `count` clients have it.
bool pull_release(struct pull_bench *bench, struct holder *holder,
                  struct herd *herd, size_t topic, size_t count,
                  const char *marker, struct pull_release *out,
                  const char **problem);
// All of them ask again, and are held.
bool pull_again(struct holder *holder, struct herd *herd, size_t count,
                const char **problem);

bool pull_memory(struct pull_bench *bench, const char **problem);
bool pull_releases(struct pull_bench *bench, const char **problem);
bool pull_wakes(struct pull_bench *bench, const char **problem);
bool pull_aside(struct pull_bench *bench, const char **problem);
bool pull_idle(struct pull_bench *bench, const char **problem);
bool pull_dead(struct pull_bench *bench, const char **problem);
