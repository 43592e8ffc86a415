// SPDX-License-Identifier: MIT
//
// outbox -- parcels on their way to one reader.
//
// Two fit in without memory of their own. A reader who lets too much pile up
// beside the largest, which may be a page of a backlog, is too slow.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct parcel;

enum { OUTBOX_WAITING_MAX = 256 * 1024, OUTBOX_OWN = 2 };

// All zero: empty.
struct outbox {
    struct parcel **items; // NULL: they are in `own`
    struct parcel *own[OUTBOX_OWN];
    size_t bytes; // of all of them
    size_t large; // the largest since it was empty
    size_t sent;  // of the first
    uint32_t first, count, room;
};

// Takes a share of its own. False: too much waits there, or out of memory.
bool outbox_put(struct outbox *outbox, struct parcel *parcel);

// What is next to be sent, in at most `max` pieces; 0: nothing.
int outbox_rest(const struct outbox *outbox, struct iovec out[], int max);

// So many bytes went out: how many parcels are done with?
uint32_t outbox_sent(struct outbox *outbox, size_t len);

void outbox_clear(struct outbox *outbox);
