// SPDX-License-Identifier: MIT
//
// puller_inside -- what puller.c, puller_tell.c and pullers.c share. For no
// other file.

#pragma once

#include "batch.h"
#include "deadline.h"
#include "puller.h"
#include "pullers.h"
#include "services.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crowd;
struct crowd_member;
struct hold;
struct hold_event;
struct pull_problem;

enum puller_state {
    PULLER_QUEUED,  // will be read for
    PULLER_READING, // his source has him
    PULLER_RESTING, // until woken, or over
    PULLER_FLOWING, // a stream: until what it was told is with the kernel
    PULLER_OVER,    // in the queue still, where he is freed
};

// About a hundred bytes: there may be a hundred thousand.
struct puller {
    struct pullers *all;
    const struct puller_source *source;
    const struct visitor *visitor;
    struct crowd_member *member; // NULL: he is not counted
    struct puller *next;         // of those to be read for
    union {
        struct request *request; // until he is held
        struct hold *hold;
    };
    union {
        struct puller_wish *wish; // until he is held
        struct deadline deadline;
    };
    uint32_t since;       // mono ms since the first of all
    uint16_t preferred_s; // 0: no wait was preferred
    uint8_t state;        // enum puller_state
    uint8_t voice;        // enum pull_voice
    uint16_t told;        // events, since his limit began
    uint8_t origin;       // in pullers' origins; 0: none
    bool held;
    bool again;       // woken while he could not be read for
    bool flows;       // there is more for him
    bool late;        // his time is over: he ends as soon as he can
    bool conditional; // nothing new is a 304
    bool rested;      // he had all there was: what he is told next is new
    void *from[];     // the source's, or its room
};

enum { PULLERS_ORIGINS = 255, PULLERS_REVOKED = 64, PULLER_FRESH = 4 };

struct pullers {
    struct services services;
    struct front *front;
    struct crowd *addresses, *tokens;
    struct deadlines deadlines; // of all who are held
    struct puller *first, **last;
    size_t count; // that are not over
    uint64_t held, of_voice[PULLERS_VOICES];
    int64_t began;     // mono
    struct moment now; // of the step, or of who came last
    uint64_t dice;     // never 0
    bool draining;
    int64_t drain_end, drain_last; // mono
    uint64_t revoked[PULLERS_REVOKED];
    size_t revoked_next;
    bool revoking;                      // somebody may hold by one of these
    char *origins[PULLERS_ORIGINS + 1]; // the first is NULL
};

struct puller_text {
    enum pull_voice voice;
    struct parcel *parcel;
    size_t events;
    bool news, gap, more, pauses;
    struct {
        uint64_t topic, seq;
        int64_t time;      // unix ms: when it was stored
    } fresh[PULLER_FRESH]; // the newest of the events, for the first time told
    size_t fresh_count;
    char tag[40];        // a whole ETag line; "": none
    struct batch opener; // what a stream's beginning is made of
};

// pullers.c

// Any number below `sides`: to be told apart in time, not to be secret.
uint32_t pullers_throw(struct pullers *all, uint32_t sides);

// He waits from now on, or streams: takes the request. False: he was refused,
// and is over.
bool pullers_hold(struct puller *puller, struct moment now);
// Count him, if there is room. False: *problem says why not.
bool pullers_count(struct puller *puller, struct pull_problem *problem);
void pullers_queue(struct puller *puller);
// Nobody knows him any more.
void pullers_forget(struct puller *puller);

// puller.c

void puller_read_next(struct puller *puller); // he is out of the queue
void puller_event(struct puller *puller, const struct hold_event *event);
// His time is over, or that of all.
void puller_expire(struct puller *puller, struct moment now);

// puller_tell.c

// Head and `open` of a stream. False: he was refused, and is over.
bool puller_begin(struct puller *puller, const struct batch *opener);
void puller_end_stream(struct puller *puller, struct parcel *last,
                       unsigned code, const char *reason);
