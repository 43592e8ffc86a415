// SPDX-License-Identifier: MIT
//
// mailbox_inside -- what the files of mailbox_read.h share. For no other file.

#pragma once

#include "desk.h"
#include "mailbox_read.h"
#include "services.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;

// One read for one reader.
struct taking {
    struct store_collect collect; // first: an operation is found by it
    struct mailbox_read *all;
    struct reader *reader; // NULL: he has left
    struct taking *next;   // of those that wait for their turn
};

struct mailbox_ear {
    struct puller *puller; // NULL: he has left
    size_t uses;
};

struct reader {
    struct desk_reader place; // first: a desk's list is of these
    struct mailbox_read *all;
    struct desk *desk; // NULL: of dead letters, which nobody waits for
    struct puller *puller;
    struct taking *taking;   // NULL: none is under way
    struct mailbox_ear *ear; // NULL: he has said nothing yet
    const char *ended;       // why the mailbox is not there any more
    uint64_t mailbox;        // its number
    uint32_t rev;            // of what it listens to, that his token covers
    uint64_t ack;            // to be said with the next read; 0: nothing
    uint64_t told;           // everything up to this number
    uint32_t limit, max_bytes;
    bool bodies, limited, resting, superseded;
    bool epoch; // what he acknowledged is of another history
};

struct mailbox_read {
    struct mailbox_read_means means;
    struct services services;
    struct desks *desks;
    struct taking *waiting, **waiting_last;
    size_t reads;    // under way
    size_t others;   // other operations under way
    uint64_t newest; // number of the newest update that was told
    int64_t next_at; // unix ms: a desk has something to do
    void (*changed)(void *context, const struct mailbox_seen *seen);
    void *context;
    bool draining;
};

// mailbox_letters.c, mailbox_read.c

struct puller_source;
// NULL: out of memory.
struct mailbox_ear *mailbox_ear_new(struct puller *puller);
const struct puller_source *mailbox_letters_source(void);
// Reads as many as may be read at one time.
void mailbox_letters_go_on(struct mailbox_read *all);
// He is told, now or when he can be, that a newer one has come, or that there
// is no such mailbox any more.
void mailbox_letters_release(struct reader *reader);

// Takes letters out for him.
void mailbox_letters_collect(struct taking *taking);

// mailbox_judge.c

// Do the rules, as they are now, have to be looked at before anything is taken
// out for him? Then do, and go on with the taking where they deny nothing.
bool mailbox_judge_needed(const struct reader *reader);
void mailbox_judge(struct taking *taking);
// After it has been taken out: what it listens to was changed meanwhile. True:
// he is refused.
bool mailbox_judge_refuses(struct reader *reader,
                           const struct store_listen *listens, size_t count);

// mailbox_desk.c

// Whoever has to, reads again.
void mailbox_desk_wake(struct desk *desk);
// There is more than one worker took.
void mailbox_desk_wake_next(struct desk *desk);
// The last one may have left.
void mailbox_desk_left(struct mailbox_read *all, struct desk *desk);
// One has come, or comes again.
void mailbox_desk_come(struct mailbox_read *all, struct desk *desk);
// Its time may have become shorter while somebody reads.
void mailbox_desk_hasten(struct mailbox_read *all, struct desk *desk);
void mailbox_desk_again(struct mailbox_read *all, struct desk *desk,
                        int64_t at);
void mailbox_desk_hurry(struct mailbox_read *all, int64_t at);
