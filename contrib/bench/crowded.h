// SPDX-License-Identifier: MIT
//
// crowded -- a hub with very many topics, from its start until it has nothing
// to do.

#pragma once

#include "procfs.h"

#include <stdbool.h>

struct crowded_options {
    long topics, each, origins;
    const char *program, *base;
};

struct crowded {
    double filled_s;
    double first_ready_ms; // from the start, when every topic is due
    double ready_ms;       // and from another one, when none is
    struct procfs_memory peak, calm;
};

bool crowded_run(const struct crowded_options *options, struct crowded *out,
                 const char **problem);
