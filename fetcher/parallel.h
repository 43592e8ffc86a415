// SPDX-License-Identifier: MIT
//
// parallel -- how many deliveries an origin gets at a time.
//
// Whoever answers as fast as he ever did gets more at a time, as long as there
// is more for him; whoever gets slower by what he gets, does not let us in or
// says that it is too much, gets less, down to one at a time. This is judged
// in rounds of as many answers as there may be at a time, of requests that
// were sent within the round: only they say what the number does. It doubles
// until it has been too much for once, and then grows by one a round.
//
// What is slow is measured by the origin's own best of the last minutes, with
// a grace, because the delay may be ours; and what is asked one at a time
// shows how fast it is just then. Between fast and slow nothing changes.
//
// Pure: no clock, no sockets. Times are any monotonic milliseconds.

#pragma once

#include <stdbool.h>
#include <stdint.h>

struct parallel_bounds {
    unsigned first, most;
};

struct parallel {
    unsigned limit;             // so many at a time, 1 at least
    unsigned count;             // answers of this round
    uint32_t best_ms[2];        // this while's and the last one's
    uint64_t sum_ms;            // of this round
    int64_t round_ms, while_ms; // when it began
    int64_t heard_ms;           // of it at all; 0: never
    bool wanted;                // more, in this round
    bool met;                   // what was too much
};

// One request.
struct parallel_request {
    int64_t sent_ms, now_ms;
    bool wanted; // there were others that waited for nothing but the number
};

void parallel_begin(struct parallel *parallel,
                    const struct parallel_bounds *bounds);

// It was answered, or is not yet answered but for so long that this counts.
void parallel_answered(struct parallel *parallel,
                       const struct parallel_bounds *bounds,
                       const struct parallel_request *request);

// No connection, no answer, or one that says "too much".
void parallel_failed(struct parallel *parallel,
                     const struct parallel_request *request);

// What was learned of origins that are not there just now: of so many, and
// not for longer than that. All zeros to begin with.
enum { PARALLEL_KNOWN_MAX = 1024, PARALLEL_KNOWN_MS = 300000 };

struct parallel_memory {
    struct {
        uint64_t key;
        struct parallel parallel;
    } known[PARALLEL_KNOWN_MAX];
};

void parallel_keep(struct parallel_memory *memory, uint64_t key,
                   const struct parallel *parallel);
// False: nothing is known, or for too long.
bool parallel_recall(const struct parallel_memory *memory, uint64_t key,
                     int64_t now_ms, struct parallel *out);
