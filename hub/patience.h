// SPDX-License-Identifier: MIT
//
// patience -- connections that wait, and an end to those that wait too long.
//
// For connections that somebody else reads from: this is only told when one
// begins to wait for its peer and when no more, and breaks off what has waited
// longest. Under a lock of its own; from any thread.

#pragma once

#include "settling.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// One connection's; all zero but for `fd` before it waits.
struct waiting {
    struct waiting *next, *before;
    int64_t since; // monotonic seconds
    int fd;
    bool listed;
    bool heard;        // a request of it has been with somebody
    bool dismissed;    // nothing of its peer is read any more
    atomic_bool begun; // its request has begun to arrive
};

// The one that has waited longest comes first.
struct patience {
    pthread_mutex_t lock;
    struct waiting *oldest, *youngest;
};

void patience_init(struct patience *patience);
void patience_clear(struct patience *patience); // nobody may be waiting

void patience_begin(struct patience *patience, struct waiting *waiting);
// Also of one that does not wait. Before its descriptor is closed.
void patience_end(struct patience *patience, struct waiting *waiting);

// Shut down, but do not close, what has waited for more than `seconds`. False:
// nothing else waits.
bool patience_enforce(struct patience *patience, int64_t seconds);
// The same of those that `is_one` says yes to.
void patience_enforce_of(struct patience *patience, int64_t seconds,
                         bool (*is_one)(void *context,
                                        const struct waiting *waiting),
                         void *context);

// Ends the reading from those that were heard and have said nothing since, so
// that whoever reads them ends them. Who was never heard has asked, mostly, and
// may have been read without having been understood yet.
enum settling patience_dismiss(struct patience *patience);
