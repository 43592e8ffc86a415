// SPDX-License-Identifier: MIT
//
// pull -- GET and POST /events: the log for those whom nobody can call.
//
// A request is answered at once if there is something for it, or if it does
// not want to wait; else it is held, at no cost to the store, until one of its
// topics is updated, its time is up, or its peer goes away. A stream goes on
// from there.

#pragma once

#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access;
struct cursor_key;
struct pull;
struct pull_problem;
struct pull_query;
struct puller;
struct pullers;
struct request;
struct services;

struct pull_means {
    const struct services *services;
    struct access *access;
    struct pullers *pullers;
    // A topic has just begun to be followed.
    void (*followed)(void *context);
    void *context;
    // A message came on a socket, borrowed; and what is left of that in its
    // slot, when it has ended. NULL: nobody listens.
    void (*message)(struct puller *puller, const char *text, size_t len);
    void (*socket_over)(void *slot);
};

// NULL: out of memory.
struct pull *pull_new(const struct pull_means *means);
void pull_free(struct pull *pull); // when idle

// Takes the request. A route's handler.
void pull_handle(void *pull, struct request *request, struct moment now);

// An update was appended to this topic; `normal` is its normalised URL.
void pull_updated(void *pull, uint64_t topic, uint64_t number,
                  const char *normal);

bool pull_step(void *pull, struct moment now);
int64_t pull_patience(void *pull, struct moment now);

size_t pull_held(const struct pull *pull); // mailboxes' readers, too

// How many ask for this topic now; `normal`: those of its patterns, too.
size_t pull_topic_held(const struct pull *pull, uint64_t topic,
                       const char *normal);
// Each topic that somebody is asking for, until `each` says no. One that
// several ask for in different ways comes several times.
void pull_each_topic(const struct pull *pull,
                     bool (*each)(void *context, struct bytes normal,
                                  size_t held),
                     void *context);

// For whoever reads and writes cursors of this store.
struct cursor_key *pull_cursor_key(const struct pull *pull);

// Nobody is read for; see pullers.h for those who are held.
bool pull_idle(const struct pull *pull);

// ------------------------------------------------------------------- sockets

// What this puller is asking, without places. NULL: out of memory. Ended by
// pull_query_clear() and free().
struct pull_query *pull_question(struct puller *puller);

// From now on he asks this, which is taken: topics that he has had go on where
// they are, the others begin where the question says. One at a time for a
// puller. `said` follows, in a later step or in this call, unless he leaves:
// NULL, or why nothing has changed.
void pull_ask_again(struct puller *puller, struct pull_query *query,
                    void (*said)(struct puller *puller,
                                 const struct pull_problem *problem));

// A place of the listener's own in each socket's puller, NULL at first.
void **pull_socket_slot(struct puller *puller);
