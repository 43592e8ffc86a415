// SPDX-License-Identifier: MIT
//
// timeline -- when what happened to the newest updates.
//
// For traces (`websubctl trace`) and for what the way from a ping to a delivery
// took. Bounded: 8,192 updates, the oldest gives its place to the newest; and
// forgotten at a restart, when the store knows what it always does. Of the main
// thread. All times are unix milliseconds, 0: it has not been. Without a
// timeline (NULL: out of memory, or tests) nothing is noted or known.

#pragma once

#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIMELINE_ROWS = 8192 };

struct timeline;

struct timeline_row {
    uint64_t topic, seq, number;
    int64_t pinged;      // first ping that this update answers
    int64_t fetch_began; // of the fetch that brought it; 0: it was given
    int64_t fetched;     // that fetch had ended, or it was given
    int64_t stored;
    int64_t first_delivered, last_delivered;
    int64_t released; // pulls, for the last time
    uint64_t bytes;   // of the document
    uint64_t owed;    // subscriptions when it was stored; of a baseline 0
    uint64_t delivered, failed; // deliveries: 2xx; attempts that were not
    uint64_t pulls;             // held ones that were told of it
    enum store_update_kind kind;
    bool baseline;
};

struct timeline *timeline_new(void);
void timeline_free(struct timeline *timeline); // NULL is fine

// A topic that is about to be fetched was pinged. Until it has been settled
// the first of its pings is kept (some thousand topics at a time).
void timeline_pinged(struct timeline *timeline, uint64_t topic, int64_t at);
// It has been settled: when that ping was; 0: there was none.
int64_t timeline_settled(struct timeline *timeline, uint64_t topic);

// A new update, the times up to `stored` filled in.
void timeline_stored(struct timeline *timeline, const struct timeline_row *row);

// A subscriber whose cursor was `from` has got all up to `upto`, which counts
// for each update between. Returns when that update was published: the ping,
// else the fetch, else it was stored; 0: not known here.
int64_t timeline_delivered(struct timeline *timeline, uint64_t topic,
                           uint64_t from, uint64_t upto, int64_t now);
// An attempt to deliver this one has failed.
void timeline_failed(struct timeline *timeline, uint64_t topic, uint64_t seq);
// So many who had waited were told of it.
void timeline_pulled(struct timeline *timeline, uint64_t topic, uint64_t seq,
                     uint64_t readers, int64_t now);

// NULL: not known (any more). Borrowed until the next update.
const struct timeline_row *timeline_find(const struct timeline *timeline,
                                         uint64_t topic, uint64_t seq);
// The n-th newest, 0 the newest. NULL: there are not so many.
const struct timeline_row *timeline_newest(const struct timeline *timeline,
                                           size_t n);

// Ping, else fetch, else stored.
int64_t timeline_published(const struct timeline_row *row);
