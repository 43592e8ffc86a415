// SPDX-License-Identifier: MIT
//
// lanes_inside -- what lanes.c, lane_table.c, lane_rows.c and lane_turns.c
// share.

#pragma once

#include "flights.h"
#include "lanes.h"
#include "traffic.h"

enum {
    LANES_SLAB = 256, // that are made at a time
    LANE_FRESH_MAX = 4,
};

enum lane_list {
    LANE_PINNED, // in none: it must not be forgotten
    LANE_HEALTHY,
    LANE_BROKEN,
    LANE_LISTS
};

struct lane {
    struct store_key key;
    struct lane *chain; // of its bucket, or of those that are free
    enum lane_list list;
    struct lane *before, *after; // in its list, by when they were used last
    struct breaker breaker;
    struct traffic traffic;
    bool paused;
    bool waiting; // somebody is written down as waiting there, or was
    // Its row in the store:
    uint64_t token; // of the claim; 0: none
    bool changed;   // it is to be written down; it is among `changed` then
    bool writing;
    struct lane *next_changed;
    int64_t failing_since; // unix ms; 0: it is not failing
    int32_t last_status;
    char *name; // NULL: not known yet
    // Those who wait there are being sent to:
    bool turn; // it is among those that take turns
    bool claiming;
    bool served;      // until nobody waits there, or it cannot be
    uint32_t in_vain; // turns in which nobody could be taken
    int64_t put_off;  // until it is to be looked at again; 0: no need
    struct lane *next_turn;
    uint64_t after_topic, after_id; // who was taken last
    bool fair;                      // the last turn was the next topic's
    uint64_t fair_topic;            // which that was
    // Who have not failed yet, one of a topic: better probes, and next.
    struct {
        uint64_t topic, id;
        int64_t at; // monotonic: when it was said that he waits
    } fresh[LANE_FRESH_MAX];
    size_t fresh_count;
};

struct lanes {
    const struct config *config;
    struct metrics *metrics;
    uint64_t secret[2]; // of the hash
    struct lane **buckets;
    struct lane *free;
    struct lane *newest[LANE_LISTS], *oldest[LANE_LISTS];
    struct lane **slabs;
    size_t slab_count, count;
    struct lane *changed, **last_changed;
    struct lane *turn, **last_turn;
    void (*broken)(void *context, const struct store_key *origin);
    void *context;
    struct flights flights; // first attempts
    bool unknown;           // what the store has was not read yet
};

// NULL: there is none.
struct lane *lanes_find(const struct lanes *lanes, const struct store_key *key);

// The one there is, or a new one. NULL: there is no room for one more.
struct lane *lanes_get(struct lanes *lanes, const struct store_key *key);

// To be called when anything has changed that lanes_idle() looks at.
void lanes_used(struct lanes *lanes, struct lane *lane);

// How many more may be sent there now.
uint32_t lanes_room(const struct lanes *lanes, const struct lane *lane,
                    struct moment now);

// When it is to be looked at again, unix ms.
int64_t lanes_due(const struct lane *lane, struct moment now);

// If it is broken, it is to be probed now.
void lanes_hurry(struct lane *lane, struct moment now);

// One is sent there. True: it is a probe. And one of these was not, after all.
bool lanes_reserve(struct lanes *lanes, struct lane *lane, struct moment now);
void lanes_cancel(struct lanes *lanes, struct lane *lane, bool probe,
                  struct moment now);

// It is to be written down; the next such.
void lanes_change(struct lanes *lanes, struct lane *lane);
struct lane *lanes_changed(struct lanes *lanes);

// Those who wait there are to be sent to; whose turn it is, who leaves by it.
void lanes_line_up(struct lanes *lanes, struct lane *lane);
struct lane *lanes_turn(struct lanes *lanes);
