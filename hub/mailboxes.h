// SPDX-License-Identifier: MIT
//
// mailboxes -- the HTTP API of durable consumers: /mailboxes and all below it.
//
// They belong to the owner of the token that asks. What is another's and what
// is not there look the same (M20). Who wants a topic that his token does not
// cover is refused, and nothing has moved.

#pragma once

#include "loop.h"
#include "storage/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access;
struct cursor_key;
struct mailbox_read;
struct mailboxes;
struct pullers;
struct request;
struct services;

struct mailboxes_means {
    const struct services *services;
    struct access *access;
    struct pullers *pullers;
    struct cursor_key *key;
    // A topic has just begun to be followed.
    void (*followed)(void *context);
    void *context;
};

// NULL: out of memory.
struct mailboxes *mailboxes_new(const struct mailboxes_means *means);
void mailboxes_free(struct mailboxes *mailboxes); // when idle

// Those who read them.
struct mailbox_read *mailboxes_readers(struct mailboxes *mailboxes);

// Takes the request. A route's handler, of every method.
void mailboxes_handle(struct mailboxes *mailboxes, struct request *request,
                      struct moment now);

bool mailboxes_step(void *mailboxes, struct moment now);
int64_t mailboxes_patience(void *mailboxes, struct moment now);
void mailboxes_drain(struct mailboxes *mailboxes);
bool mailboxes_idle(const struct mailboxes *mailboxes);
