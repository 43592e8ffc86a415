// SPDX-License-Identifier: MIT
//
// doorkeeper -- who may come in at http, and for how long he may be silent.
//
// Three doors: the public one has so many places in all and for an address;
// the operators' one a few places of its own, so that neither crowd can shut
// the other out; the admin socket, which only its owner opens, any number.
// When the operators' places, or an address's share of them, are taken, whoever
// has been silent there for a while goes for who comes.
//
// From any thread, but for what is said of a caller.

#pragma once

#include "door.h"
#include "patience.h"
#include "peer.h"
#include "turnstile.h"

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

// The share is more than the six connections of a browser and a few commands
// beside them; where all come by one proxy, that is not counted
// (trusted-proxy).
enum {
    DOORKEEPER_OPERATORS_MAX = 64,
    DOORKEEPER_OPERATORS_SHARE = 16, // of one address
    DOORKEEPER_WHO = 24,
};

// One connection.
struct caller {
    struct waiting waiting;     // unless its request is with somebody
    struct crowd_member *place; // NULL: not counted
    struct crowd_member *seat;  // the same at the operators' door
    enum door door;
    bool refused; // sent away as soon as he came in
    char peer[PEER_TEXT_MAX];
    char who[DOORKEEPER_WHO]; // at the admin socket: "uid 0"
};

struct doorkeeper {
    struct turnstile turnstile, seats; // seats are operators'
    struct patience people, operators;
    unsigned most;
    atomic_uint inside, operators_inside;
    atomic_uint coming; // admitted, and not entered yet
};

// `limits` are those of the public door. False: out of memory; nothing is to
// be closed then.
bool doorkeeper_open(struct doorkeeper *keeper,
                     const struct turnstile_limits *limits);
void doorkeeper_close(struct doorkeeper *keeper); // all have left

bool doorkeeper_admits(struct doorkeeper *keeper, enum door door,
                       const struct sockaddr *address);

// He was admitted, but did not come in after all.
void doorkeeper_lost(struct doorkeeper *keeper);

// What stands for an address on its way through libmicrohttpd, which knows of
// no doors: a public one is itself, others are Unix ones.
union doorkeeper_note {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    struct sockaddr_un local; // its path: the peer, or ""
};
socklen_t doorkeeper_write(enum door door, const struct sockaddr *address,
                           union doorkeeper_note *out);

// He is inside, and waits. NULL: out of memory, but he is counted. `note` is
// what was written, of both.
struct caller *doorkeeper_enter(struct doorkeeper *keeper, int fd,
                                const struct sockaddr *note);
void doorkeeper_leave(struct doorkeeper *keeper, struct caller *caller,
                      const struct sockaddr *note);

// His request is with somebody; he waits again.
void doorkeeper_hears(struct doorkeeper *keeper, struct caller *caller);
void doorkeeper_waits(struct doorkeeper *keeper, struct caller *caller);

// Send away who has waited for so long, and operators sooner. False: nobody
// waits.
bool doorkeeper_look(struct doorkeeper *keeper, int64_t seconds);

// The hub ends: who is silent goes.
enum settling doorkeeper_dismiss(struct doorkeeper *keeper);

// Connections, however they came.
size_t doorkeeper_count(const struct doorkeeper *keeper);

// Three quarters of all places are taken.
bool doorkeeper_crowded(const struct doorkeeper *keeper);
