// SPDX-License-Identifier: MIT
//
// inspect -- what publishers and subscribers may learn of their own.
//
// GET /topic?hub.topic=URL tells publishers what the hub has fetched. POST
// /subscription with hub.topic, hub.callback and hub.secret tells a subscriber
// about his own subscription. Each client may ask five times a minute, and
// nothing can be listed: who asks must know what he asks for (M18, M20). A
// topic that the hub alone could fetch is told of to holders of a token for it,
// or with pull-open; to others it is unknown.

#pragma once

#include "loop.h"

#include <stdbool.h>

struct access;
struct inspect;
struct request;
struct services;

// NULL: out of memory.
struct inspect *inspect_new(const struct services *services,
                            struct access *access);
void inspect_free(struct inspect *inspect); // when idle

// Take the request. Routes' handlers.
void inspect_topic(void *inspect, struct request *request, struct moment now);
void inspect_subscription(void *inspect, struct request *request,
                          struct moment now);
void inspect_subscription_page(void *inspect, struct request *request,
                               struct moment now);

bool inspect_idle(const struct inspect *inspect);
