// SPDX-License-Identifier: MIT
//
// presence -- GET /presence: who is there.
//
// For holders of a token with STORE_RIGHT_PRESENCE: which mailboxes of his
// owner are being read, and how many are held for each topic that he may read.
// One JSON object; or, as the Accept field asks, server-sent events or lines
// that go on with each mailbox that comes or goes. Main thread.

#pragma once

#include "loop.h"

#include <stdbool.h>

struct access;
struct mailbox_read;
struct presence;
struct pull;
struct pullers;
struct request;
struct services;

struct presence_means {
    const struct services *services;
    struct access *access;
    struct pull *pull;
    struct pullers *pullers;
    struct mailbox_read *mailbox_read;
};

// NULL: out of memory. The means are copied.
struct presence *presence_new(const struct presence_means *means);
void presence_free(struct presence *presence); // when idle

// Takes the request. A route's handler.
void presence_handle(struct presence *presence, struct request *request,
                     struct moment now);

bool presence_idle(const struct presence *presence);
