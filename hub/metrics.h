// SPDX-License-Identifier: MIT
//
// metrics -- what the hub has counted since it started.
//
// Counters only grow. They belong to the main thread; so do the spans, but for
// that of commits.

#pragma once

#include "histogram.h"

#include <stdint.h>

enum metric {
    METRIC_REQUESTS,         // of every kind, public and admin
    METRIC_REQUESTS_REFUSED, // answered 4xx
    METRIC_REQUESTS_LIMITED, // answered 429
    METRIC_REQUESTS_FAILED,  // answered 503: the store could not
    METRIC_SUBSCRIBES,       // accepted with a 202
    METRIC_UNSUBSCRIBES,
    METRIC_PINGS,        // topics named in accepted publishes
    METRIC_PINGS_KNOWN,  // of these: followed
    METRIC_PINGS_PREFIX, // pings for all topics that begin so
    METRIC_PINGS_GIVEN,  // pings with the document in them (M19)
    METRIC_PINGS_FORGED, // signed by nobody who may
    METRIC_PINGS_XMLRPC, // weblogUpdates.ping and extendedPing
    METRIC_PINGS_RSSCLOUD,
    METRIC_VERIFICATIONS, // attempts
    METRIC_VERIFIED,
    METRIC_VERIFY_FAILED, // for good
    METRIC_VERIFY_LATER,  // put off: no budget, not tried
    METRIC_DENIALS,       // said with hub.mode=denied
    METRIC_DISMISSED,     // ended by the hub: operator, policy, dead topic
    METRIC_FETCHES,
    METRIC_FETCHES_UNCHANGED, // 304, or nothing new in a 200
    METRIC_FETCHES_FAILED,
    METRIC_FETCHES_DELAYED, // put off to spare an origin
    METRIC_UPDATES,         // appended to a log
    METRIC_DELIVERIES,      // first attempts
    METRIC_RETRIES,
    METRIC_DELIVERED, // 2xx
    METRIC_DELIVERY_FAILED,
    METRIC_DELIVERY_LATE,    // written down as owed before they ended
    METRIC_DELIVERY_WAITED,  // put off: their origin is broken, paused or full
    METRIC_DELIVERY_WARNED,  // told that attempts run out
    METRIC_DELIVERY_STOPPED, // gave up until the next update
    METRIC_DELIVERY_RESENT,  // cursors that an operator set back
    METRIC_PROBES,           // of origins that were broken
    METRIC_BREAKER_OPENED,   // an origin was given up until a probe
    METRIC_BREAKER_CLOSED,   // it answers again
    METRIC_GONE,             // ended by a 410
    METRIC_EXPIRED,          // ended with their lease
    METRIC_PULLS,
    METRIC_PULLS_HELD, // had to wait for something new
    METRIC_EVENTS_PULLED,
    METRIC_PULLS_WOKEN,       // of those that waited: told something new
    METRIC_PULLS_IDLE,        // their time was over
    METRIC_PULLS_DRAINED,     // the hub stopped
    METRIC_PULLS_GONE,        // their peer went away
    METRIC_PULLS_SLOW,        // their peer took too little
    METRIC_PULLS_REVOKED,     // their token has ended
    METRIC_PULLS_DENIED,      // a rule denies what they ask for
    METRIC_PULLS_TURNED_AWAY, // held too many: 429, 503 or `overload`
    METRIC_PULLS_READ,        // reads of the log for who pulls
    METRIC_PULL_GAPS,         // told that something is lost
    METRIC_MAILBOXES_MADE,
    METRIC_MAILBOXES_ENDED,  // by their lease, for want of readers, removed
    METRIC_LETTERS_ACKED,    // one by one
    METRIC_LETTERS_RETURNED, // given back unread
    METRIC_CHECKPOINTS,
    METRIC_STORE_FULL, // operations refused for want of room
    METRIC_COUNT
};

// What takes time.
enum span {
    SPAN_DELIVERY,       // from a ping (or what else brought an update) to the
                         // 2xx of a first attempt
    SPAN_DELIVERY_AGAIN, // the same of a later attempt
    SPAN_FETCH,
    SPAN_COMMIT, // of the store; the store's own thread adds these
    SPAN_PULL,   // from when an update is stored until who waited is told
    SPAN_COUNT
};

struct metrics {
    uint64_t counts[METRIC_COUNT];
    struct histogram spans[SPAN_COUNT];
};

static inline void metric_add(struct metrics *metrics, enum metric metric,
                              uint64_t n)
{
    metrics->counts[metric] += n;
}

static inline void metric_took(struct metrics *metrics, enum span span,
                               int64_t ms, uint64_t n)
{
    histogram_add(&metrics->spans[span], ms * 1000, n);
}

// "deliveries.failed", ...: the name under which it is shown.
const char *metric_name(enum metric metric);

// What it counts, in a few words without a full stop.
const char *metric_meaning(enum metric metric);
