// SPDX-License-Identifier: MIT
//
// lanes -- whether one more delivery may be sent to an origin now.
//
// An origin is scheme, host and port of callbacks. A lane is what the hub
// knows of one: deliveries that are outstanding, how quickly they come back,
// whether it shows any sign of life (breaker.h), whether an operator has
// paused it. First attempts and retries ask here before they are handed to
// the engine; who is told to wait is written down as waiting for the origin
// (store_outcome.waits), and costs nothing until the lane lets him go:
// retry.h takes him from there. So an origin that is dead, slow or huge fills
// neither the window of a walk nor the slots of retries.
//
// Lanes are in memory; what has to survive (who waits, when to look again) is
// in the store. Origins that are healthy and idle have none. Their number has
// a ceiling: beyond it those are forgotten that are healthy and were used
// longest ago. The main thread's.

#pragma once

#include "breaker.h"
#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lanes;
struct services;

enum lanes_answer {
    LANES_SEND,
    LANES_WAIT, // write him down as one who waits
};

// NULL: out of memory.
struct lanes *lanes_new(const struct services *services);
void lanes_free(struct lanes *lanes);

// For a first attempt (a walk), or a retry that came due by itself. With SEND
// the caller says lanes_began() as soon as it is submitted.
enum lanes_answer lanes_ask(struct lanes *lanes, const struct store_key *origin,
                            struct moment now);
void lanes_began(struct lanes *lanes, const struct store_key *origin,
                 struct moment now);

// One that began has ended. `subscription` is whose it was; retry_after as
// backoff_retry_after() reads it (-1: none). Not tried (cancelled, no slot):
// BREAKER_NOTHING. `url` is the callback's, from which the lane takes the
// origin's name if it has to be written down.
struct lanes_end {
    enum breaker_sign sign;
    uint64_t subscription;
    int64_t retry_after;
    int32_t status; // as in store_outcome
    const char *url;
};
void lanes_ended(struct lanes *lanes, const struct store_key *origin,
                 const struct lanes_end *end, struct moment now);

// Somebody is being written down as waiting there.
void lanes_waits(struct lanes *lanes, const struct store_key *origin,
                 struct moment now);

// An operator has paused or resumed an origin, in the store already.
void lanes_paused(struct lanes *lanes, const struct store_key *origin,
                  bool paused, struct moment now);
