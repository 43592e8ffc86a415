// SPDX-License-Identifier: MIT
//
// breaker -- whether an origin is worth calling.
//
// Closed: yes. It opens after several deliveries in a row, of at least two
// subscriptions, that showed no sign of life: then nothing is sent until the
// next probe is due, and one delivery then decides. A single subscription at
// its origin has its own backoff and needs no breaker.
//
// Who failed while the origin was seen alive fails by himself, and says
// nothing about it: one broken tenant among many opens no breaker.
//
// Pure: chance and time are parameters. All times in milliseconds, monotonic.

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    BREAKER_FAILURES = 5, // in a row until it opens
    // Between probes where somebody is there, and answers: it may be that only
    // some of those who share the origin are broken, or pretend to be.
    BREAKER_PRESENT_MAX_MS = 60 * 1000,
    BREAKER_UNTRIED_MS = 1000, // until a probe that could not be sent is due
};

enum breaker_sign {
    BREAKER_NOTHING, // it was not tried
    BREAKER_ALIVE,   // any answer but those below
    BREAKER_DEAD,    // no connection, no name, TLS, timeout, not HTTP, 429,
                     // 502, 503, 504
};

// What an outcome of a delivery says of its origin: an HTTP status (0: none
// came) and whether it was tried at all.
enum breaker_sign breaker_sign(unsigned status, bool tried);

enum breaker_state {
    BREAKER_CLOSED,
    BREAKER_OPEN,      // nothing is sent before `next`
    BREAKER_HALF_OPEN, // one probe is under way
};

// All zero: closed. Seen alive at INT64_MIN: never.
struct breaker {
    enum breaker_state state;
    bool several;      // the failures were of more than one subscription
    uint32_t failures; // in a row
    uint32_t step;     // index of the next delay between probes
    uint64_t first;    // subscription of the first of these
    int64_t next;      // OPEN: when the next probe may go
    int64_t probed_at; // when it opened, or the last probe ended
    int64_t alive_at;  // its last sign of life
};

struct breaker_pace {
    int64_t first, max; // delays between probes
};

struct breaker_event {
    enum breaker_sign sign;
    bool probe;            // breaker_began() said so of this one
    uint64_t subscription; // any number that tells them apart
    int64_t since;         // when it began, or, of one that lags, first failed
    int64_t asked;         // delay that Retry-After asks for; -1: none
    bool present;          // DEAD: somebody took the connection
};

// Whether one may be sent now. The other is for one who has not failed yet:
// he is the better probe, at most one in each `first` of the pace.
bool breaker_allows(const struct breaker *breaker, int64_t now);
bool breaker_allows_fresh(const struct breaker *breaker,
                          const struct breaker_pace *pace, int64_t now);

// One who has not failed yet waits: the next probe is no later than his would
// have been.
void breaker_hurry_fresh(struct breaker *breaker,
                         const struct breaker_pace *pace);

// One that is allowed is sent. True: it is the probe.
bool breaker_began(struct breaker *breaker);

// It came back.
void breaker_learn(struct breaker *breaker, const struct breaker_event *event,
                   const struct breaker_pace *pace, uint32_t chance,
                   int64_t now);

// As it was written down: broken, with a probe due at `next`.
void breaker_restore(struct breaker *breaker, uint32_t failures, uint32_t step,
                     int64_t next, int64_t now);
