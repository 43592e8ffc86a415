// SPDX-License-Identifier: MIT
//
// reading -- one look at the log, for all of an audience who stand at one
// place.
//
// What is read is written once, in their voice, and given to all of them, so
// many at a time that others do not wait for it. If there is nothing, they
// rest.

#pragma once

#include "audience.h"
#include "cursor.h"
#include "puller.h"
#include "services.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reading;

// Where one stands whose place is more than a number.
struct place {
    enum store_since since;
    bool untold; // it is a number, which he has not been told
    uint64_t value;
};
struct places {
    struct place all;
    bool epoch_gap;     // his cursor was of another history (M17)
    bool scope_changed; // it was for other topics (M16)
    bool backwards;
    size_t count; // 0: all topics begin at `all`
    struct place topics[];
};

// What all readings share; pull's own. All zero but for services, pullers,
// audiences and key.
struct readings {
    struct services services;
    struct pullers *pullers;
    struct audiences *audiences;
    struct cursor_key *key;
    uint64_t head;                // newest event number that was seen
    size_t count;                 // of readings
    size_t under_way;             // with the store, or being told
    size_t bytes;                 // of documents that these may have brought
    struct reading *first, *last; // that wait for their turn
    struct reading *telling;      // what they brought is being handed out
};

// The puller's member in the memory of the log's source.
struct member *member_of(const struct puller *puller);
struct puller *puller_of(const struct member *member);

// Read for him, who is not in any reading; or let him rest, if nothing can be
// there. In this call, or soon.
void readings_take(struct readings *all, struct member *member);

// All of this audience who have not had `number`: they have had everything up
// to `before`.
void readings_wake(struct readings *all, struct audience *audience,
                   uint64_t before);

// Go on with what waits. True: there is more to do at once.
bool readings_step(struct readings *all);

// He ends with nothing new.
void readings_idle(struct readings *all, struct member *member);

// Where he stands, as text. False: he has no one place.
bool readings_place(struct readings *all, const struct member *member,
                    char cursor[CURSOR_TEXT]);

// NULL: out of memory. free() ends it.
struct places *places_new(size_t count);
