// SPDX-License-Identifier: MIT
//
// front -- the listeners, and the connections that are held for long.
//
// One thread with epoll accepts, admits (so many connections in all, so many
// for an address, so that held pulls never starve the rest), and waits for
// the head of the first request: whole within a deadline, looked at without
// taking it. What is on the paths of those who pull is parsed here, and may
// become a hold of some eighty bytes (hold.h); everything else is handed to
// http.h, socket and all. Held connections whose peer goes away are noticed at
// once.
//
// After an answer a connection that may be kept alive waits for its next
// request here, and is judged anew.

#pragma once

#include "answer.h"
#include "door.h"
#include "request.h"
#include "settling.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct front;
struct guests;
struct inherit;
struct sockaddr;

enum { FRONT_LISTENERS_MAX = 16, FRONT_ADMIN_LISTENERS_MAX = 8 };

struct front_limits {
    unsigned connections;      // all that front holds: waiting, parked, writing
    unsigned per_address;      // of these; IPv6 by /64
    unsigned parked;           // held pulls
    unsigned asking;           // of these, with somebody and not held yet;
                               // the rest waits its turn. 0: any number
    unsigned head_ms;          // for a whole head
    unsigned idle_ms;          // between requests of a kept-alive connection
    unsigned write_ms;         // without progress
    size_t head_max, body_max; // bytes
    struct answer_limits answers;
};

struct front_options {
    const char *const *listen; // "ADDR:PORT", "[ADDR]:PORT"; port 0: any
    size_t listen_count;
    const char *const *admin_listen; // the operators' door
    size_t admin_listen_count;
    // Instead of those of their kind. NULL: none.
    const struct inherit *inherited;
    const char *admin_socket; // path; NULL: none. Made 0600, old one removed
    struct front_limits limits;
    // All of these run on front's thread and must return at once.
    void (*arrived)(void *context, struct request *request); // a pull
    // Its peer is gone. It still waits for its request_reply(), which may be
    // on its way already: then `request` ends soon after this call, so do not
    // keep it, but ask front_next_gone() where replies are made.
    void (*gone)(void *context, struct request *request);
    // hold_next() has something again (hold.h). NULL: nobody holds.
    void (*wake)(void *context);
    // Not a pull: take the socket over.
    void (*handed)(void *context, int fd, const struct sockaddr *address,
                   enum door door);
    // May this address have any number of connections? Those of a trusted
    // proxy are many people's. NULL: none may.
    bool (*unlimited)(void *context, const struct sockaddr *address);
    // Look after what was handed over: called each limits.idle_ms / 2 since
    // then, until it says that there is nothing left. NULL: nobody does.
    bool (*look)(void *context);
    void *context;
};

// Listens when it returns; accepts nothing before front_start(). NULL:
// *problem is one sentence that names the address, borrowed until the next
// call.
struct front *front_open(const struct front_options *options,
                         const char **problem);
bool front_start(struct front *front);

// A held request whose peer is gone and that was not replied to, each one
// once; NULL: no more. For the thread that replies to held requests: unlike
// what `gone` was told, it cannot end behind that thread's back.
struct request *front_next_gone(struct front *front);

// Where listener `index` really listens ("127.0.0.1:39211"), borrowed; and the
// operators' ones. NULL: there is none.
const char *front_address(const struct front *front, size_t index);
const char *front_admin_address(const struct front *front, size_t index);

// From now on every answer is the last of its connection; all else goes on.
void front_soften(struct front *front);

// The same, and stop accepting: who has come is let in, and the listeners are
// closed; or, if they were inherited, who has come waits there for the next
// process. Idle connections end, what is held goes on. Done when it returns.
void front_drain(struct front *front);

// After draining: how is it with those who are neither held nor counted as
// asking_now?
enum settling front_settling(const struct front *front);

// After draining: nothing arrives any more, who asks is told that the hub
// stops. Done when it returns.
void front_end(struct front *front);

// For hold.h.
struct guests *front_guests(struct front *front);

struct front_numbers {
    uint64_t accepted, turned_away, handed, parked_now, open_now;
    uint64_t asking_now; // of those parked, the ones that are not held
};
void front_numbers(const struct front *front, struct front_numbers *out);

// Every request must have been answered before, every hold ended, and none may
// come after that: front_end(). NULL is fine.
void front_close(struct front *front);
