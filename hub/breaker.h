// SPDX-License-Identifier: MIT
//
// breaker -- whether an origin is worth calling.
//
// Closed: yes. It opens after several deliveries in a row, of at least two
// subscriptions, that showed no sign of life: then nothing is sent until the
// next probe is due, and one delivery then decides. A single subscription at
// its origin has its own backoff and needs no breaker.
//
// Pure: chance and time are parameters. All times in milliseconds; monotonic
// but for what is stored.

#pragma once

#include <stdbool.h>
#include <stdint.h>

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
    BREAKER_OPEN,     // nothing is sent before `next`
    BREAKER_HALF_OPEN // one probe is under way
};

// All zero: closed.
struct breaker {
    enum breaker_state state;
    uint32_t failures;   // in a row
    uint64_t first;      // subscription of the first of these
    bool several;        // they were of more than one
    uint32_t step;       // index of the next delay
    int64_t next;        // OPEN: when the next probe may go
};

struct breaker_pace {
    int64_t first, max; // delays between probes
};

// Whether one may be sent now. OPEN becomes HALF_OPEN with the first that may.
bool breaker_allows(struct breaker *breaker, int64_t now);

// Something came back. `asked`: the delay that Retry-After asks for, -1: none.
void breaker_learn(struct breaker *breaker, enum breaker_sign sign,
                   uint64_t subscription, int64_t asked,
                   const struct breaker_pace *pace, uint32_t chance,
                   int64_t now);
