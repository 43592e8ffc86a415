// SPDX-License-Identifier: MIT
//
// asking -- from a request that pulls the log to one who belongs to an
// audience.
//
// Who is it, may he read that, does the hub follow it, and where does he begin?
// For what an audience knows already the store is not asked.

#pragma once

#include "access.h"
#include "loop.h"
#include "reading.h"

#include <stdbool.h>
#include <stddef.h>

struct asking;
struct pull_problem;
struct pull_query;
struct request;

// What all of them share; pull's own.
struct askings {
    struct readings *readings;
    struct access *access;
    const struct puller_source *polls, *sockets; // all but sockets are polls
    void (*followed)(void *context);
    void *context;
    struct asking *first;     // under way
    struct pull_query *spare; // memory for the next one
};

// For a request, which is taken.
void asking_begin(struct askings *all, struct request *request,
                  struct moment now);

// For one who pulls already: see pull_ask_again().
void asking_again(struct askings *all, struct puller *puller,
                  struct pull_query *query,
                  void (*said)(struct puller *puller,
                               const struct pull_problem *problem));
// He is about to be read for: change him over, if that is due.
void asking_change(struct askings *all, struct member *member);
// He has left.
void asking_forget(struct askings *all, const struct puller *puller);
