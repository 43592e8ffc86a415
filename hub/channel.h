// SPDX-License-Identifier: MIT
//
// channel -- subscribing through WebSub without a callback: hub.channel.type,
// with the names that FHIRcast gave them.
//
// The holder of a token gets a mailbox of his own, with a name that cannot be
// guessed, and an endpoint of the kind he asked for. Whoever shows no token is
// told where below /events the topic can be pulled, if he may pull it. Asking
// is agreeing here: there is nobody to verify.

#pragma once

#include "loop.h"

#include <stdbool.h>
#include <stddef.h>

struct access;
struct channels;
struct cursor_key;
struct intent;
struct mailboxes;
struct request;
struct services;

struct channels_means {
    const struct services *services;
    struct access *access;
    struct mailboxes *mailboxes;
    struct cursor_key *key;
    // A topic has just begun to be followed.
    void (*followed)(void *context);
    void *context;
};

// NULL: out of memory.
struct channels *channels_new(const struct channels_means *means);
void channels_free(struct channels *channels); // when idle
bool channels_idle(const struct channels *channels);

// Takes the request, and the contents of the intent, which has a channel.
void channels_accept(struct channels *channels, struct request *request,
                     struct intent *intent, struct moment now);
