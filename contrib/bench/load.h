// SPDX-License-Identifier: MIT
//
// load -- forms POSTed to 127.0.0.1 on so many kept-alive connections, each
// with one request under way, as fast as answers come.
//
// Runs on the caller's thread, with epoll. Every answer must have the status
// that is expected; what has another one is counted as bad.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAD_CONNECTIONS_MAX = 4096, LOAD_FORM_MAX = 1024 };

struct load_options {
    uint16_t port;
    unsigned connections;
    unsigned expected;   // status
    uint64_t first;      // number of the first request
    uint64_t requests;   // not more than so many
    int64_t duration_ms; // no new request after that
    // Writes the body of request `number`; its length, 0 on failure.
    size_t (*form)(const void *context, uint64_t number, char *out, size_t max);
    const void *context;
    bool latencies; // keep them
};

struct load_result {
    uint64_t good, bad;
    double seconds;     // from the first request to the last answer
    double *latency_us; // sorted, the caller frees it; NULL without
    size_t latency_count;
    unsigned bad_status; // of the first bad answer; 0: it was none
    char bad_text[160];  // its first line of text
};

// False: it could not start, or answers stayed away for 20 seconds. *out is
// filled all the same.
bool load_run(const struct load_options *options, struct load_result *out);
void load_clear(struct load_result *result);
