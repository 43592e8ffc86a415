// SPDX-License-Identifier: MIT
//
// subscribe -- hub.mode=subscribe and unsubscribe (WebSub 5.1, 5.1.2).
//
// A request is stored beside everything it would change, and answered 202 as
// soon as it is durable, straight from the store's thread. What becomes of it
// is verify.h's matter and never shows in the answer (R33).

#pragma once

#include "storage/store.h"

struct config;
struct intent;
struct request;
struct services;
struct status_link;

// After this long an unverified request is forgotten (semantics, B).
enum { SUBSCRIBE_DEADLINE_MS = 10 * 60 * 1000 };

struct subscribe_means {
    const struct services *services;
    const struct status_link *link; // each 202 has one (M18)
    // Called on the main thread when there is something new to verify.
    void (*accepted)(void *context);
    void *context;
};

// What the operator does not want. NULL: nothing is against it; else why it is
// refused, in a sentence, with the status and the code (refusal.h).
const char *subscribe_refusal(const struct services *services,
                              const struct intent *intent, unsigned *status,
                              const char **code);

// The request as it is stored; it borrows from the intent. Nobody in
// particular asks.
struct store_request subscribe_record(const struct intent *intent,
                                      const struct config *config);

// Takes the request and the contents of the intent; the means are borrowed
// until it is answered and done with.
void subscribe_accept(const struct subscribe_means *means,
                      struct request *request, struct intent *intent);
