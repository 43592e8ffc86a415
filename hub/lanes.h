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
// in the store. Their number has a ceiling: beyond it those are forgotten that
// have nothing under way and were used longest ago, healthy ones first. The
// main thread's.

#pragma once

#include "breaker.h"
#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct delivery;
struct lanes;
struct services;

enum lanes_answer {
    LANES_SEND,
    LANES_WAIT, // write him down as one who waits
};

// NULL: out of memory.
struct lanes *lanes_new(const struct services *services);
void lanes_free(struct lanes *lanes);

// `broken` is called when an origin shows no sign of life any more, or was
// paused: what is queued for it is better taken back. NULL: nobody is told.
void lanes_tell(struct lanes *lanes,
                void (*broken)(void *context, const struct store_key *origin),
                void *context);

// False at start, until it is known which lanes are paused or broken: nobody
// is to be sent anything before.
bool lanes_known(const struct lanes *lanes);

// For a first attempt (a walk). Whoever is told to send says lanes_began() as
// soon as he has submitted it, and asks for nobody else in between.
enum lanes_answer lanes_ask(struct lanes *lanes, const struct store_key *origin,
                            struct moment now);
void lanes_began(struct lanes *lanes, struct delivery *delivery,
                 struct moment now);

// Somebody is being written down as waiting there: the `due` of his outcome,
// unix ms.
int64_t lanes_waits(struct lanes *lanes, const struct store_key *origin,
                    struct moment now);
// The same of one who has not failed yet: he is the next to be tried.
int64_t lanes_waits_fresh(struct lanes *lanes,
                          const struct store_subscriber *subscriber,
                          struct moment now);

// Whether a first attempt is under way to him: then he is not to be sent
// anything else.
bool lanes_serves(const struct lanes *lanes, uint64_t topic,
                  uint64_t subscription);

// One that began has taken so long that it counts no more: not in what is
// outstanding. Once for a delivery, if it has been started.
void lanes_slow(struct lanes *lanes, struct delivery *delivery);

// One that began has ended, with this outcome: if it failed because its origin
// is dead, the outcome is changed into one that waits.
void lanes_ended(struct lanes *lanes, const struct delivery *delivery,
                 struct store_outcome *outcome, struct moment now);

// An operator has paused or resumed an origin, in the store already.
void lanes_paused(struct lanes *lanes, const struct store_key *origin,
                  bool paused, struct moment now);

struct lanes_numbers {
    uint64_t lanes;   // in memory
    uint64_t open;    // broken: nothing is sent, or one probe
    uint64_t probing; // of these: a probe is under way
    uint64_t paused;
    uint64_t outstanding; // deliveries
};
void lanes_numbers(const struct lanes *lanes, struct lanes_numbers *out);
