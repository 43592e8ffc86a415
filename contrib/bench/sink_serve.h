// SPDX-License-Identifier: MIT
//
// sink_serve -- what runs in the sink's process: one thread with epoll.
//
// Shared memory is all that connects it with the bench: counters that only it
// moves, and a document and a target that only the bench sets.

#pragma once

#include "sink.h"

#include <stdatomic.h>

struct sink_shared {
    size_t callbacks;
    _Atomic uint32_t round;
    _Atomic uint64_t target, posts, again, verified, accepted;
    _Atomic uint64_t fetched, unchanged;
    _Atomic int64_t first_ns, last_ns;
    _Atomic bool silent;
    char type[64];
    _Atomic size_t document_len;
    char document[SINK_DOCUMENT_MAX];
    _Atomic size_t sample_len;
    char sample[SINK_MESSAGE_MAX];
    uint32_t seen[]; // callback -> the round it was last POSTed to
};

struct sink_serve {
    struct sink_shared *shared;
    int listener, reached;
};

// Never returns but when it cannot go on; it is killed.
int sink_serve(void *serve);
