// SPDX-License-Identifier: MIT
//
// survey -- what the store says of how things stand.
//
// Its numbers, how long the first of each kind of what is due has been so, and
// the oldest update under delivery. All of it is asked for at once: one after
// the other the answers would wait for a commit each.

#pragma once

#include "storage/store.h"

#include <stddef.h>
#include <stdint.h>

// That are looked at for the oldest.
enum { SURVEY_QUEUES = 6, SURVEY_WALKS = 100 };

struct survey {
    // In.
    struct store *store;
    void (*done)(struct survey *survey); // in a later step
    void *context;
    // Out.
    enum store_status status; // of the numbers: without them there is nothing
    struct store_numbers numbers;
    int64_t overdue[SURVEY_QUEUES]; // ms
    int64_t oldest;                 // ms since the update that a walk delivers
    // Its own.
    size_t left; // questions under way
    struct store_stats stats;
    struct store_claim looks[SURVEY_QUEUES];
    struct store_walks walks;
    struct store_topics topics; // of the walks
    uint64_t ids[SURVEY_WALKS];
};

// What is in is filled in, all else zero.
void survey_begin(struct survey *survey);

// "deliver", "origin", "fetch", "verify", "renew", "deny".
const char *survey_queue(size_t queue);
