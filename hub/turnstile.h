// SPDX-License-Identifier: MIT
//
// turnstile -- how many connections of an address are let in, and how many
// bytes of answers may be on their way at a time.
//
// For connections that somebody else reads and writes: whoever keeps them open
// between two requests, or asks for much and takes little, shall not have
// everybody's share. From any thread.

#pragma once

#include "request.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct crowd;
struct crowd_member;
struct sockaddr;

struct turnstile {
    pthread_mutex_t lock; // of the crowd
    struct crowd *crowd;
    unsigned per_address; // 0: any number
    size_t weight_max;    // bytes; 0: any number
    atomic_size_t weight;
};

// False: out of memory; nothing is to be closed then.
bool turnstile_open(struct turnstile *turnstile, unsigned expected,
                    unsigned per_address, size_t weight_max);
void turnstile_close(struct turnstile *turnstile); // all have left

bool turnstile_has_room(struct turnstile *turnstile,
                        const struct sockaddr *address);

// Counted from now on, however many there are. NULL: not counted, which
// turnstile_leave() takes too.
struct crowd_member *turnstile_enter(struct turnstile *turnstile,
                                     const struct sockaddr *address);
void turnstile_leave(struct turnstile *turnstile, struct crowd_member *member);

// The reply itself, or another that says that too much is on its way. *weight
// is given back when it has been sent.
const struct reply *turnstile_weigh(struct turnstile *turnstile,
                                    const struct reply *reply, size_t *weight);
void turnstile_relieve(struct turnstile *turnstile, size_t weight);
