// SPDX-License-Identifier: MIT
//
// guest -- one connection that front holds.
//
// It waits for the head of a request, is held while somebody works on that (or
// waits on its behalf), is sent the answer, and waits again. Its struct is
// small, because there may be a hundred thousand.
//
// Only for guests.h, who owns them all, and whose threads are meant here.

#pragma once

#include "answer.h"
#include "crowd.h"
#include "deadline.h"
#include "front.h"
#include "intake.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum guest_state {
    GUEST_READING, // waits for a request, or for the rest of one
    GUEST_PARKED,  // its request is with somebody
    GUEST_WRITING, // is being sent an answer
    GUEST_LEAVING, // was sent its last one: read over what it still says
};

struct guest {
    struct guests *all;
    struct guest *next, *before;
    struct deadline deadline;
    struct crowd_member *member; // NULL: not counted
    struct intake intake;
    struct answer *answer;
    size_t sent;
    int fd;
    uint8_t state; // enum guest_state
    bool turned;   // is being turned away
    bool served;   // has been answered before
    bool begun;    // the deadline of a head runs
    bool in_body;  // the deadline of a body runs
    bool left;     // its peer says no more, or is gone

    // Under the lock of guests, while it is parked:
    bool told, listed;                // as gone
    struct request *request;          // NULL: it was answered
    struct guest *link, *link_before; // answered, or listed as gone
};

struct guests {
    struct front_options options;
    struct intake_space space;
    struct deadlines deadlines;
    struct crowd *crowd;
    struct answer_shelf *shelf;
    struct guest *first;
    int epoll, wake_fd;
    unsigned count, turning, writing;
    atomic_bool draining;
    atomic_uint_fast64_t accepted, turned_away, handed, parked, open;

    // Recursive: a request may be answered from within `gone`.
    pthread_mutex_t lock;
    struct guest *answered, *answered_last;
    struct guest *gone;
};

// Watched from here on; the descriptor is taken over if this succeeds. NULL:
// out of memory or watches.
struct guest *guest_new(struct guests *all, int fd);
// Closes it. Not while it is parked.
void guest_end(struct guest *guest);

// Give it `ms` for what it does now. False: out of memory, end it.
bool guest_wait(struct guest *guest, int64_t now, unsigned ms);

// Something happened to it, or may have: go on as far as possible. It may have
// ended after this.
void guest_event(struct guest *guest, uint32_t events, int64_t now);

// The answer to its held request is there; NULL: it could not be made.
void guest_answer(struct guest *guest, struct answer *answer, int64_t now);

// Answer with one sentence and end the connection.
void guest_refuse(struct guest *guest, unsigned status, const char *sentence,
                  int64_t now);

// Under the lock: take it from the list of those that are gone, if it is
// there.
void guest_unlist(struct guest *guest);
