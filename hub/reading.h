// SPDX-License-Identifier: MIT
//
// reading -- one reading of the log for one request that pulls.
//
// From its query to its topics, then the log; then it is answered, or left
// held as a waiter. pull.h begins readings; each ends by itself.

#pragma once

#include "pull_answer.h"
#include "pull_query.h"
#include "services.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>

struct cursor_key;
struct request;
struct waiter;
struct waiters;

// What all readings share; pull's own.
struct reading_means {
    struct services services;
    struct waiters *waiters;
    struct cursor_key *key;
    size_t under_way;
    bool draining; // hold nobody any more
    size_t reads;  // that the store is asked for, each of megabytes
    size_t bytes;  // of documents that these may bring, or have brought
    struct reading *later, **later_last; // wait for one of these to end
    void (*followed)(void *context);
    void *context;
};

struct reading {
    struct reading_means *means;
    struct reading *next; // pull's, or later: of those that wait
    struct request *request;
    struct waiter *waiter;    // what the query left; listed once it may be held
    struct pull_query *query; // NULL: the waiter has been held before
    size_t asked;             // topics already looked up
    bool epoch_gap, scope_changed;
    bool positioned; // the waiter's number says from where
    union {
        struct store_follow follow;
        struct store_events events;
    };
    struct pull_answer answer; // once there is one
    size_t told;               // events in it
    size_t bytes;              // its part of all readings'
    const char *urls[PULL_TOPICS_MAX];
    struct store_position positions[PULL_TOPICS_MAX];
};

// For a request and its query, both of which it takes. NULL: out of memory,
// and nothing was taken.
struct reading *reading_new(struct reading_means *means,
                            struct request *request, struct pull_query *query);
// Look its topics up, then read.
void reading_begin(struct reading *reading);

// For a waiter that has been held. NULL: out of memory.
struct reading *reading_again(struct reading_means *means,
                              struct waiter *waiter);
// As soon as not too many others are being read.
void reading_read(struct reading *reading);
// Begin what waited for that; once a step.
void reading_go_on(struct reading_means *means);
