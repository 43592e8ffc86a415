// SPDX-License-Identifier: MIT
//
// guest -- one connection that front holds.
//
// It waits for the head of a request, is held while somebody works on that (or
// waits on its behalf), is sent the answer, and waits again; or it becomes a
// stream (stream.h). Its struct is small, because there may be a hundred
// thousand. A `struct hold` is one of these, seen from the main thread.
//
// Only for guests.h, who owns them all, and whose threads are meant here.

#pragma once

#include "answer.h"
#include "crowd.h"
#include "deadline.h"
#include "front.h"
#include "intake.h"
#include "settling.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct parcel;
struct slab;
struct stream;

enum guest_state {
    GUEST_READING,   // waits for a request, or for the rest of one
    GUEST_PARKED,    // its request is with somebody, or it is a hold
    GUEST_WRITING,   // is being sent an answer
    GUEST_STREAMING, // is being sent this and that
    GUEST_LEAVING,   // was sent its last one: read over what it still says
};

enum guest_phase {
    GUEST_OURS,  // nobody but front knows of it
    GUEST_ASKED, // its request is with somebody
    GUEST_HELD,  // it is a hold
};

struct guest {
    struct deadline deadline;
    struct crowd_member *member; // NULL: not counted
    union {
        struct intake intake; // while it is READING
        // PARKED, under the lock: NULL once it was answered, or is a hold.
        struct request *request;
        struct { // WRITING; `answer` is there before, with its errand
            struct answer *answer;
            size_t sent;
        };
        struct stream *stream; // STREAMING, or with its errand
    };
    void *owner;                 // of a hold
    struct guest *link;          // in the list of errands
    struct guest *next, *before; // in a list of those with news, or in the
                                 // one of those who may not come in yet
    int fd;
    uint8_t state;     // enum guest_state
    bool turned : 1;   // is being turned away
    bool served : 1;   // has been answered before
    bool begun : 1;    // the deadline of a head runs
    bool in_body : 1;  // the deadline of a body runs
    bool left : 1;     // its peer says no more, or is gone
    bool unread : 1;   // there may be something to read
    bool queueing : 1; // it may not come in yet

    // Of the request that is with somebody, who may look.
    uint8_t keep_alive, head_only;

    // Under the lock of guests:
    uint8_t phase;   // enum guest_phase
    uint8_t errands; // enum errand; 0: it is in no list
    uint8_t news;    // enum news_kind, not told yet
    bool listed : 1; // with those who have news
    bool told : 1;   // as gone
};

struct guest_list {
    struct guest *first, *last;
};

struct guests {
    struct front_options options;
    struct intake_space space;
    struct deadlines deadlines;
    struct crowd *crowd;
    struct answer_shelf *shelf;
    struct slab *slab;       // all guests
    struct guest_list queue; // of those who may not come in yet
    struct parcel *beats[4]; // heartbeats of each kind of stream
    size_t weight;           // of messages that are not whole
    int epoll, wake_fd;
    unsigned count, turning, writing;
    uint32_t chance;
    bool refusing; // nothing is passed on any more
    atomic_bool draining;
    int64_t settling_at; // while guests_settle() looks at them
    enum settling settling;
    atomic_uint_fast64_t accepted, turned_away, handed, parked, open;
    atomic_uint asking; // requests with somebody
    atomic_uint queued; // in `queue`
    atomic_bool busy;   // there are errands

    // Recursive: a request may be answered from within `gone`.
    pthread_mutex_t lock;
    struct guest_list errands; // by `link`
    struct guest_list gone;    // of requests, by `next`
    struct guest_list news;    // of holds
    size_t messages;           // bytes of those that nobody took yet
};

enum guest_step { STEP_WAIT, STEP_ON, STEP_END };

struct guests *guest_all(const struct guest *guest);

// Watched from here on; the descriptor is taken over if this succeeds. NULL:
// out of memory or watches.
struct guest *guest_new(struct guests *all, int fd);
// Closes it. Not while somebody else knows of it.
void guest_end(struct guest *guest);

// Give it `ms` for what it does now. False: out of memory, end it.
bool guest_wait(struct guest *guest, int64_t now, unsigned ms);

// What it does next has no deadline.
void guest_become(struct guest *guest, enum guest_state state);

// Nothing will be sent any more: read over what it still says.
enum guest_step guest_take_leave(struct guest *guest, int64_t now);

// Something happened to it, or may have: go on as far as possible. It may have
// ended after this, as after all that follow.
void guest_event(struct guest *guest, uint32_t events, int64_t now);

// Carry out what others want of it (errands.h).
void guest_obey(struct guest *guest, unsigned errands, int64_t now);

// Its deadline is over.
void guest_due(struct guest *guest, int64_t now);

// The hub ends: it goes if it is idle.
enum settling guest_settle(struct guest *guest, int64_t now);

// Answer with one sentence and end the connection.
void guest_refuse(struct guest *guest, unsigned status, const char *sentence,
                  int64_t now);

// It was in the queue, and may try again.
void guest_retry(struct guest *guest, int64_t now);
