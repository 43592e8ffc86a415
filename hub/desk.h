// SPDX-License-Identifier: MIT
//
// desk -- the mailboxes that are being read, or were lately, found by number,
// by name, and by what they listen to.
//
// A desk stays for a while after its last reader has left: who polls comes
// back, and presence does not flicker (R46). Pure but for memory.

#pragma once

#include "storage/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct desk;
struct desks;

struct desk_reader {
    struct desk_reader *next, **link;
};

// What a desk listens to.
struct desk_interest {
    struct desk_interest *next, **link; // of the same bucket, or of prefixes
    struct desk *desk;
    uint64_t topic; // 0: a prefix
    const char *prefix;
    size_t prefix_len;
};

struct desk {
    struct desk *id_next, **id_link, *name_next, **name_link;
    struct desk *all_next, **all_link;
    struct desks *desks;
    uint64_t id, owner;
    enum store_ack ack;
    int64_t lease, inactivity;                   // ms
    struct desk_reader *readers, **readers_last; // the oldest first
    size_t reader_count;
    struct desk_interest *interests;
    size_t interest_count;
    char *prefixes;       // their bytes
    uint64_t leased;      // as the store told last
    uint32_t rev;         // of what it listens to
    uint64_t token;       // whose scope covers all of that; 0: nobody's
    uint64_t judged;      // served.h: the rules that deny nothing of it
    bool ended;           // it is not found any more
    bool online;          // as was told last
    uint64_t head;        // everything up to this number has been looked at
    int64_t again_at;     // unix ms: something is to be read then
    int64_t touch_at;     // unix ms: to be kept alive
    int64_t left_touched; // unix ms: that was stored
    int64_t left_at;      // unix ms, of its last reader
    int64_t paused_until; // unix ms: its reader stays away until then
    int64_t since;        // unix ms: online, or not, from then on
    char name[];
};

// NULL: out of memory.
struct desks *desks_new(void);
void desks_free(struct desks *desks); // readers are gone

size_t desks_count(const struct desks *desks);
struct desk *desks_find(const struct desks *desks, uint64_t id);
struct desk *desks_find_name(const struct desks *desks, uint64_t owner,
                             const char *name);

// Make one that is not there yet. NULL: out of memory.
struct desk *desks_open(struct desks *desks,
                        const struct store_mailbox *mailbox);
// What the store says of it now. `listens` are looked at if `rev` is new;
// false: out of memory, it listens to what it did before.
bool desk_update(struct desk *desk, const struct store_mailbox *mailbox,
                 const struct store_listen *listens, size_t count);
// Nobody finds it any more; freed when its last reader has left.
void desk_end(struct desk *desk);
void desk_close(struct desk *desk); // without readers

void desk_add(struct desk *desk, struct desk_reader *reader);
void desk_remove(struct desk *desk, struct desk_reader *reader);

// Call `found` for each that listens to this topic, or to a prefix of its
// normalised URL, maybe more than once. It may not open or close any, nor
// change what they listen to.
void desks_of_topic(struct desks *desks, uint64_t topic, const char *normal,
                    void (*found)(void *context, struct desk *desk),
                    void *context);
// Call `each` for all; it may close the one that it is called with.
void desks_each(struct desks *desks,
                void (*each)(void *context, struct desk *desk), void *context);
