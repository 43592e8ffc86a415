// SPDX-License-Identifier: MIT
//
// publish -- a publisher says that topics have changed.
//
// For each topic that is followed the ping is made durable before it is
// answered (M5); a topic that nobody follows costs no more than the look-up
// (R75). The fetch that follows is observe.h's matter.
//
// Topics are named, or they all begin so (M19): up to 10 of a prefix for
// anybody, up to 100 for who signs. More are refused and nothing is marked.
// But to a stranger that is only said of a prefix that ends where a name in a
// URL does: who could ask for any prefix would learn the addresses of others'
// feeds letter by letter. Of any other one he is told that it was taken, and
// nothing of it is marked.

#pragma once

#include "metrics.h"

#include <stdbool.h>
#include <stddef.h>

struct intent;
struct request;
struct services;

enum { PUBLISH_MOST = 10, PUBLISH_MOST_SIGNED = 100 };

// How a way to ping answers. Failures of the hub's own are answered by
// refusal.h.
struct publish_face {
    enum metric metric; // METRIC_COUNT: none of its own
    // On any thread.
    void (*accept)(struct request *request);
    void (*refuse)(struct request *request, unsigned status, const char *code,
                   const char *reason);
};

struct publish_order {
    const struct publish_face *face; // NULL: hub.mode=publish
    bool is_signed;                  // by somebody who may
    // The prefixes only if nobody follows any of the other topics.
    bool otherwise;
    void (*pinged)(void *context); // main thread: a followed one was among them
    void *context;
};

// Takes the request and the contents of the intent.
void publish_accept(const struct services *services, struct request *request,
                    struct intent *intent, const struct publish_order *order);
