// SPDX-License-Identifier: MIT
//
// reading_inside -- what the files of reading share. For no other file.

#pragma once

#include "batch.h"
#include "reading.h"

struct reading {
    struct readings *all;
    struct reading *next;
    struct audience *audience;
    struct ring members;
    // From where:
    uint64_t number;
    struct places *places; // its own copy; NULL: `number` it is
    size_t limit;          // events
    bool beyond;           // the cursor was beyond the head: told as an epoch
    // What was read:
    struct store_events events;
    size_t bytes;
    struct puller_text *text;
    struct batch batch;
    struct batch_event *told;
    struct batch_gap *gaps;
    struct batch_topic *topics;
    struct bytes *prefixes;
    struct store_position positions[]; // of each topic
};

// reading.c

// Whether there can be nothing for him. Whose place is `latest` gets one.
bool reading_has_nothing(const struct readings *all, struct member *member);
void reading_let_rest(struct readings *all, struct member *member);
struct place reading_place(const struct reading *reading, size_t topic);
struct places *places_copy(const struct places *places);
void reading_submit(struct reading *reading);
void reading_set_bytes(struct reading *reading, size_t bytes);
// What it brought is not needed any more, so another may be read.
void reading_over(struct reading *reading);
// Those in it are refused.
void reading_fail(struct reading *reading, unsigned status, const char *type,
                  const char *detail);
void reading_end(struct reading *reading); // nobody is in it
// Who may not have what was read is refused.
void reading_check_reach(struct reading *reading);
void reading_check_rules(struct reading *reading);

// reading_found.c

void reading_done(struct store_op *op);

// reading_tell.c

// Write it down, and hand it out.
void reading_answer(struct reading *reading);
bool readings_tell(struct readings *all); // true: there is more to tell
// He is in it, and stands behind it now.
void reading_carry(struct reading *reading, struct member *member,
                   uint64_t reached);

// reading_batch.c

// The batch of what was read. False: out of memory. Cleared in any case.
bool reading_batch(struct reading *reading);
void reading_wipe(struct reading *reading);

// Where they stand after it.
uint64_t reading_reached(const struct reading *reading);
// The same of one topic, of those who stand at different places.
uint64_t reading_reached_of(const struct reading *reading, size_t topic);
// From here on those are the places of the reading.
void reading_settle(struct reading *reading, bool told);
bool reading_lost(const struct reading *reading);

// The batch of one who is told nothing new. `topics` has room for all.
void reading_idle_batch(struct readings *all, const struct member *member,
                        struct batch_topic topics[], struct batch *out);
