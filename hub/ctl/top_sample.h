// SPDX-License-Identifier: MIT
//
// top_sample -- what the hub did between two looks at it.

#pragma once

#include "ctl.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct top_rate {
    const char *name;      // "deliveries"
    const char *path;      // of its counter in GET /admin/status
    const char *in_flight; // and of what is under way; NULL: nothing is
    const char *queued;
};

// What is counted, in the order of the screen. Ends with a NULL name.
const struct top_rate *top_rates(void);

struct top_sample {
    int64_t at; // monotonic ms
    json_t *status, *origins, *pulls, *traces;
};

// What the process exits with; only of CTL_FINE there is something to clear.
int top_sample_take(const struct ctl *ctl, struct top_sample *out);
void top_sample_clear(struct top_sample *sample);

// So many a second between the two; 0 after a restart of the daemon.
double top_sample_rate(const struct top_sample *before,
                       const struct top_sample *now, const char *path);

// All of it, for --json; NULL: out of memory.
json_t *top_sample_json(const struct top_sample *before,
                        const struct top_sample *now);
