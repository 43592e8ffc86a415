// SPDX-License-Identifier: MIT
//
// tracks -- the log of a topic as one reader goes along it, and what is told
// of an event.

#pragma once

#include "tables.h"

struct track {
    uint64_t topic;
    uint64_t incarnation;
    enum store_content content;
    uint64_t removed, head, resumed;
    uint64_t earlier; // see struct topic
    uint64_t seq;     // next one; above head: done
    uint64_t number;  // of that
    uint64_t first;   // seq that its reader would have had first
    uint64_t start;   // seq of the first that is there for him
};

// What a reader asks for.
struct wish {
    enum store_content content;
    bool deltas, bodies;
    bool urls; // tell the topic's, too
};

// The topic's part of a track.
void track_of_topic(const struct topic *topic, struct track *out);
// Set track->number.
void track_peek(struct txn *txn, struct track *track);
// The one whose next event comes first; NULL: all are done.
struct track *track_next(struct track *tracks, size_t count);

// Bytes of the body that would be told.
uint64_t track_size(struct txn *txn, const struct wish *wish,
                    const struct track *track);
// The event that comes next. False: a failure.
bool track_tell(struct engine_context *context, const struct wish *wish,
                const struct track *track, struct store_event *out);
