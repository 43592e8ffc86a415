// SPDX-License-Identifier: MIT
//
// audience -- all who ask the log the very same question.
//
// It knows how far its topics go: who comes with a place that is not before
// that has nothing to read, and is held without a look at the store. An update
// of one of its topics wakes those whose place is before it (M11), who are at
// one place then. One that nobody belongs to is kept for a while: those who
// were answered come back at once.
//
// Knows nothing of stores or connections. Pure but for memory.

#pragma once

#include "pull_query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audience;
struct audiences;
struct places;

// A list of members; empty if it points to itself.
struct ring {
    struct ring *next, *before;
};
void ring_init(struct ring *ring);
bool ring_empty(const struct ring *ring);

// One who asks, in his owner's memory.
struct member {
    struct ring ring; // first: of his audience, or of those that are read for
    struct audience *audience;
    uint64_t number;       // everything up to it was told
    struct places *places; // NULL: he stands at `number`
};

struct audience_topic {
    struct audience_topic *next, **link; // of the same bucket
    struct audience *audience;
    uint64_t id;          // 0: a prefix
    uint64_t told, found; // newest number by updates, and by reads
    const char *url;      // as it was spelt; of a prefix without its star
    const char *normal;
    uint32_t url_len, normal_len;
    enum store_reach reach;
};

struct audience {
    struct audience *next;          // of the same bucket
    struct audience *newer, *older; // of those that nobody belongs to
    struct audience **prefixed;     // where it is in the list of these
    struct audience *prefixed_next;
    uint64_t hash;
    size_t users;        // members, and readings for them
    size_t readings;     // of these
    struct ring members; // that are not read for
    int64_t looked;      // mono: when its topics were asked for last
    bool hashed;         // can be found
    bool known;          // `quiet` is
    uint64_t quiet;      // the newest event of its topics
    uint16_t tag;        // of its cursors
    // served.h: what the rules of that time deny; NULL: nothing.
    uint64_t judged;
    const struct audience_topic *denied;
    void *waiting; // the reader's: one that is not over, and can be joined
    // The question:
    enum pull_voice voice;
    enum store_content content;
    bool bodies, pauses, fail_on_gap;
    bool prefixes; // its topics are prefixes
    size_t limit, max_bytes;
    size_t size; // bytes of all this
    size_t count;
    struct audience_topic topics[];
};

// NULL: out of memory.
struct audiences *audiences_new(void);
void audiences_free(struct audiences *all); // when nobody belongs to any

// NULL: nobody has asked this lately.
struct audience *audience_find(struct audiences *all,
                               const struct pull_query *query);

// What the store says of each topic of a question; of prefixes nothing.
struct audience_found {
    uint64_t topic;
    enum store_reach reach;
};
// The audience of this question, as of now: the one that is there, or, if it
// speaks of other topics, a new one in its place. NULL: out of memory.
struct audience *audience_make(struct audiences *all,
                               const struct pull_query *query,
                               const struct audience_found found[],
                               int64_t now);

// One more, and one less, who needs it.
void audience_use(struct audiences *all, struct audience *audience);
void audience_leave(struct audiences *all, struct audience *audience);

void member_join(struct member *member);  // the ring of his audience
void member_leave(struct member *member); // whatever ring he is in
void member_move(struct member *member, struct ring *to);

// Whether there is nothing above this number, as far as is known.
bool audience_is_quiet(const struct audience *audience, uint64_t number);
// The same of one topic: its newest number.
uint64_t audience_newest(const struct audience *audience, size_t topic);

// A topic has this event, the newest. Calls `woken` for each of its audiences:
// `before` is how far that went until then.
void audiences_updated(struct audiences *all, uint64_t topic,
                       const char *normal, uint64_t number,
                       void (*woken)(void *context, struct audience *audience,
                                     uint64_t before),
                       void *context);

// A read that began when it was there already has found for this topic: from
// `place` on nothing beyond `number`, which may be `place`. Of prefixes of all
// of them, as topic 0. audience_learnt() follows.
void audience_learn(struct audience *audience, size_t topic, uint64_t place,
                    uint64_t number);
void audience_learnt(struct audience *audience);

// How many belong to audiences with this topic; of prefixes those that begin
// `normal`.
size_t audiences_of(const struct audiences *all, uint64_t topic,
                    const char *normal);

// Each topic or pattern (with its star) that somebody asks for, until `each`
// says no. Those of several audiences come several times.
void audiences_each(const struct audiences *all,
                    bool (*each)(void *context, struct bytes normal,
                                 size_t held),
                    void *context);

// The question, without places. False: out of memory, and there is nothing to
// clear.
bool audience_question(const struct audience *audience, struct pull_query *out);

struct audiences_numbers {
    size_t audiences, asleep; // all; those that nobody belongs to
};
void audiences_numbers(const struct audiences *all,
                       struct audiences_numbers *out);
