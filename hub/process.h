// SPDX-License-Identifier: MIT
//
// process -- what this process uses of its machine.

#pragma once

#include <stdint.h>

struct process_usage {
    uint64_t rss_anon, rss_file; // bytes; 0 where the system does not say
    double cpu_seconds;
};
void process_usage(struct process_usage *out);
