// SPDX-License-Identifier: MIT
//
// turnstile -- how many connections of an address are let in, and how many
// bytes of answers may be on their way at a time.
//
// For connections that somebody else reads and writes: whoever keeps them open
// between two requests, or asks for much and takes little, shall not have
// everybody's share. From any thread.

#pragma once

#include "answer.h"
#include "request.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct crowd;
struct crowd_member;
struct sockaddr;

struct turnstile_limits {
    unsigned expected;            // connections
    unsigned per_address;         // of them; 0: any number
    struct answer_limits answers; // on their way
    // See front.h; such an address is not counted at all.
    bool (*unlimited)(void *context, const struct sockaddr *address);
    void *context;
};

struct turnstile {
    pthread_mutex_t lock; // of the crowd
    struct crowd *crowd;
    struct turnstile_limits limits;
    atomic_size_t weight;
};

// False: out of memory; nothing is to be closed then.
bool turnstile_open(struct turnstile *turnstile,
                    const struct turnstile_limits *limits);
void turnstile_close(struct turnstile *turnstile); // all have left

bool turnstile_has_room(struct turnstile *turnstile,
                        const struct sockaddr *address);

// Counted from now on, however many there are. NULL: not counted, which
// turnstile_leave() takes too.
struct crowd_member *turnstile_enter(struct turnstile *turnstile,
                                     const struct sockaddr *address);
void turnstile_leave(struct turnstile *turnstile, struct crowd_member *member);

// For request->sated.
const atomic_bool *turnstile_sated(const struct crowd_member *member);

// Of an answer, as long as it is on its way; it stays where it is.
struct weight {
    size_t bytes; // 0: it does not count
    struct crowd_member *member;
};

// The reply itself, or another that says that too much is on its way. *weight
// is given back when it has been sent, before the member leaves.
const struct reply *turnstile_weigh(struct turnstile *turnstile,
                                    struct crowd_member *member,
                                    const struct reply *reply,
                                    struct weight *weight);
void turnstile_relieve(struct turnstile *turnstile,
                       const struct weight *weight);
