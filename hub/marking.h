// SPDX-License-Identifier: MIT
//
// marking -- topics of which somebody says that they have changed, marked for
// a fetch in one operation (M5).
//
// Some are named, others only by how they begin (M19). Who names more by a
// prefix than he may marks nothing at all. It always ends in the same
// operation of the store, whether there is something to mark or not: neither
// the answer nor the time that it takes tells a stranger who is followed.

#pragma once

#include "reach.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>

enum { MARKING_PREFIXES_MAX = 10 };

enum marking_end {
    MARKING_MARKED = 1,
    MARKING_TOO_MANY, // more than `most` begin with prefixes[beyond]
    MARKING_FAILED,   // see `status`
};

struct marking {
    // In; borrowed until `done`.
    struct store *store;
    const struct store_key *keys; // together with the prefixes never none
    size_t key_count;
    const struct bytes *prefixes; // normalised, never empty
    size_t prefix_count;
    size_t most;    // topics of one prefix, up to REACH_MOST
    bool otherwise; // the prefixes only if nobody follows any of the keys
    // Once it is durable, on any thread: not for what fails.
    void (*durable)(struct marking *marking);
    void (*done)(struct marking *marking);
    void *context;
    // Out.
    enum marking_end end;
    enum store_status status;
    size_t beyond;
    size_t named; // topics, those that were found by a prefix included
    size_t known; // of these: followed
    // Its own.
    struct store_key *all;
    struct store_topics look;
    struct reach reach;
    struct store_ping ping;
};

// False: out of memory; nothing will be called.
bool marking_begin(struct marking *marking);
