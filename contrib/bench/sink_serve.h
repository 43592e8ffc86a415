// SPDX-License-Identifier: MIT
//
// sink_serve -- what runs in the sink's process: one thread with epoll.
//
// Shared memory is all that connects it with the bench: counters that only it
// moves, and a document and a target that only the bench sets.

#pragma once

#include "sink.h"

#include <stdatomic.h>

struct ssl_ctx_st;

struct sink_shared {
    size_t callbacks;
    _Atomic uint64_t target, posts, again, hung, verified, accepted;
    _Atomic uint64_t asked, fetched, unchanged;
    _Atomic int64_t first_ns, last_ns, fetched_ns;
    _Atomic int64_t delay_ns;
    _Atomic bool silent;
    char type[64];
    _Atomic size_t document_len;
    char document[SINK_DOCUMENT_MAX];
    _Atomic size_t sample_len;
    char sample[SINK_MESSAGE_MAX];
    _Atomic int64_t at_ns[]; // callback -> its POST of this round; 0: none
};

struct sink_serve {
    struct sink_shared *shared;
    int listener, tls_listener, reached;
    struct authority *authority; // NULL: no TLS
};

// Never returns but when it cannot go on; it is killed.
int sink_serve(void *serve);
