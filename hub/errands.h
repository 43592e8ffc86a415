// SPDX-License-Identifier: MIT
//
// errands -- what front's thread and the others want of each other.
//
// In the one direction what is to be done for guests, in the other what
// happened to them: two lists under the lock of guests, in which each guest
// stands once with all there is. None of it needs memory.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guest;
struct guest_list;
struct guests;

enum errand {
    ERRAND_ANSWER = 1, // its answer is there
    ERRAND_STREAM = 2, // it becomes a stream
    ERRAND_WRITE = 4,  // something is in its outbox
    ERRAND_READ = 8,   // it may be read on
    ERRAND_CUT = 16,   // it is too slow
    ERRAND_END = 32,   // the hold is over
};

// What has happened to a hold, in the order in which it is told.
enum news_kind {
    NEWS_MESSAGE = 1,
    NEWS_DRAINED = 2,
    NEWS_SLOW = 4,
    NEWS_GONE = 8,
};

// From any thread. The list of errands may have been empty: wakes front.
void errands_give(struct guest *guest, unsigned errands);
// The same for many under one lock, without waking: true if that is needed.
bool errands_put(struct guests *all, struct guest *guest, unsigned errands);
void errands_wake(struct guests *all);

// On front's thread: the first `max` at most.
struct errand_of {
    struct guest *guest;
    unsigned errands;
};
size_t errands_take(struct guests *all, struct errand_of out[], size_t max);

// This has happened to it: tells its owner, if it is a hold and has one.
void errands_tell(struct guest *guest, unsigned news);

// Under the lock: it has an owner, or none, or is no hold any more. True: its
// news are to be looked at.
bool errands_list(struct guest *guest);
void errands_unlist(struct guest *guest);

void guest_list_add(struct guest_list *list, struct guest *guest);
void guest_list_remove(struct guest_list *list, struct guest *guest);
