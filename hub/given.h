// SPDX-License-Identifier: MIT
//
// given -- a document that its publisher sent with a ping (M19).
//
// Treated like a fetch that brought this document: read on a worker thread,
// compared with what is remembered, and published if there is something new
// in it. What HTTP alone says -- validators, links in the head -- stays as the
// last fetch left it. Whose document it may be is the caller's to know.

#pragma once

#include "storage/store.h"

#include <stdint.h>

struct observation;
struct observe;

enum given_result {
    GIVEN_TAKEN = 1, // and durable, if there was anything new in it
    GIVEN_UNKNOWN,   // nobody follows such a topic
    GIVEN_REFUSED,   // empty, or no feed where there has been one (M5)
    GIVEN_FULL,      // there is no room for it
    GIVEN_LATER,     // the store or memory failed; nothing was kept
};

// All zero, but for:
struct given {
    // In; borrowed until `done`.
    struct store_key key; // of the topic's normalised URL
    struct bytes document;
    const char *content_type; // NULL: as the topic's newest version has it
    void (*done)(struct given *given); // on the loop's thread, in a later step
    void *context;
    // Out.
    enum given_result result;
    uint64_t topic; // 0: unknown
    uint64_t seq;   // of the update; 0: it brought nothing new

    // Its own.
    struct observe *owner;
    struct observation *observation;
    struct store_topics topics;
    struct store_position position;
    struct store_events newest; // for its type
    int64_t began;              // unix ms
    unsigned tries;
    bool waits; // for another one of its topic
    struct given *next;
};

void observe_given(struct observe *observe, struct given *given);
