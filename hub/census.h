// SPDX-License-Identifier: MIT
//
// census -- how the subscribers of a topic, or at an origin, fare.
//
// Counted one by one, by whoever reads them. Pure.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_subscriber;

enum { CENSUS_REASONS_MAX = 8 };

// Why some of them lag, most frequent first.
struct census_reason {
    int32_t status; // as in wording_status()
    uint64_t count;
};

// All zero at first.
struct census {
    uint64_t counted, lagging, stopped, suspended;
    uint64_t waiting; // of those that lag: for their origin
    uint64_t paused;  // by an operator, whether they lag or not
    bool complete;    // all subscribers were counted
    struct census_reason reasons[CENSUS_REASONS_MAX];
    size_t reason_count;
};

void census_count(struct census *census,
                  const struct store_subscriber *subscriber);
