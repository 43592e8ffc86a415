// SPDX-License-Identifier: MIT
//
// batch -- what is told at one time to those who pull, before it is text.
//
// Made by whoever has read the log or a mailbox; written by pull_write.h in
// any voice. Everything is borrowed, for the time of the call.

#pragma once

#include "cursor.h"
#include "storage/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seal;

struct batch_event {
    const struct store_event *event;
    const char *url;     // of its topic, as the puller spelt it
    const char *label;   // of a mailbox's subscription; NULL: none
    uint64_t sid;        // the same; 0: it is not from a mailbox
    uint32_t deliveries; // EXPLICIT; 0: otherwise
    uint64_t claim;
};

enum batch_loss {
    BATCH_EXPIRED = 1, // retention has taken it (M9)
    BATCH_EPOCH,       // the cursor was of another history (M17)
    BATCH_OVERFLOW,    // a mailbox's own ceiling
    BATCH_UNFOLLOWED,  // nobody followed the topic for a while (M7)
    BATCH_RECREATED,   // the topic is a new one of that name (M7)
};

struct batch_gap {
    const char *url;
    uint64_t from, to, count; // seqs
    bool inexact;
    enum batch_loss loss; // 0: as the batch's
};

// Where one topic stands after this (view=by_topic, scope changed).
struct batch_topic {
    const char *url;
    uint64_t topic;
    uint64_t reached; // number
};

// How a stream begins.
struct batch_opening {
    bool has_place; // else it is before the first event, or at the cursor
    uint64_t place; // number: where its reader stands before all of this
    unsigned heartbeat_s;
    int64_t life_s;
    size_t topics;
};

struct batch {
    const struct batch_opening *opening; // streams: told first; NULL: not now
    const struct batch_event *events;
    size_t count;
    enum batch_loss loss; // with gaps, or EPOCH without any
    const struct batch_gap *gaps;
    size_t gap_count;
    const struct batch_topic *topics; // where they are told
    size_t topic_count;
    bool has_cursor;      // false: the positions given differed (M16)
    struct cursor cursor; // after all of this; its epoch is always set
    bool has_start; // `start` is known: the number its readers stood at before
    uint64_t start;
    bool backwards; // the cursor is a `before` token
    bool more;      // there was no room for all
    bool pauses; // streams: they say so and stop, as their reader's limit asks
    bool scope_changed; // the cursor given was for other topics (M16)
    bool bodies;
    const struct store_profile *profile; // signs each; NULL: not signed

    // Of one that nothing new is told:
    bool idle;
    bool superseded; // a newer poll of the same mailbox has come
    int64_t waited_ms;
    uint32_t after_ms; // come again no sooner

    struct cursor_key *key;
    struct seal *acks;   // EXPLICIT: see ack_id.h
    const char *hub_url; // for updates that name no hub
};

// Whether there is anything in it that its reader does not know.
bool batch_has_news(const struct batch *batch);
