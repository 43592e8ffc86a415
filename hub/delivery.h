// SPDX-License-Identifier: MIT
//
// delivery -- one content on its way to one subscriber.
//
// What distribute.h (first attempts) and retry.h (later ones) have in common:
// the POST as WebSub 7 wants it, and what its answer means for the
// subscriber's cursor.

#pragma once

#include "content.h"
#include "fetcher/engine.h"
#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;

struct delivery {
    struct exchange exchange;
    struct content *content; // held by the delivery
    uint64_t topic, subscription;
    uint64_t cursor;   // before this
    bool slow;         // the retry's: it is one of those that hung before
    uint64_t token;    // of the claim; 0 in a walk
    int64_t lease_end; // unix ms: not sent after it (R60)
    uint32_t rev;
    uint32_t attempts, step; // before this
    enum store_method method;
    size_t secret_len;
    const char *secret;
    char previous_line[64]; // "Hub-Previous: <inc>.<m>"
    char *link_line;        // his own; NULL: the content's
    void *owner;            // the walk; NULL: none any more
    uint64_t visit;         // its number there
    struct delivery *next;  // retry's
    char text[];            // callback, secret
};

// What he is to be sent, as far as that is his own matter (M3). `cursor`: his
// own; it is his first delivery while that is his start.
enum content_wish delivery_wish(const struct store_subscriber *subscriber,
                                uint64_t cursor);

// Everything is copied but the content, whose hold it takes over. NULL: out
// of memory, and the hold stays with the caller.
struct delivery *delivery_new(const struct store_subscriber *subscriber,
                              struct content *content, uint64_t cursor,
                              enum exchange_class class,
                              const struct config *config);
void delivery_free(struct delivery *delivery, struct contents *contents);

struct metrics;
// Count and log what became of it.
void delivery_note(const struct delivery *delivery,
                   const struct store_outcome *outcome,
                   struct metrics *metrics);

// What the answer means. `now` is when it came.
struct store_outcome delivery_outcome(const struct delivery *delivery,
                                      const struct config *config,
                                      struct moment now);
