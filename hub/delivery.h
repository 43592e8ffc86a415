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
#include "signing.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct delivery_pool;
struct services;

struct delivery {
    struct exchange exchange;
    struct delivery_pool *pool; // where its memory goes; NULL: it is its own
    size_t room;                // of text
    struct content *content;    // held by the delivery
    uint64_t topic, subscription;
    uint64_t cursor;         // before this
    struct store_key origin; // of the callback
    bool late;        // the walk's: it has taken so long that it counts no more
    bool slow, probe; // lanes.h
    uint64_t token;   // of the claim; 0 in a walk
    int64_t lease_end; // unix ms: not sent after it (R60)
    uint32_t rev;
    uint32_t attempts, step; // before this
    int64_t first_failure;   // unix ms; 0: it has not failed
    enum store_method method;
    size_t secret_len;
    const char *secret;
    struct signing_want want; // while `signs`
    struct engine *engine;
    bool signs;        // not with the engine yet: it is being signed
    bool unwanted;     // was cancelled meanwhile
    char *signed_line; // of a large body; NULL: it is signed when it is sent
    char *link_line;   // his own; NULL: the content's
    void *owner;       // the walk; NULL: none any more
    uint64_t visit;    // its number there
    struct delivery *next; // retry's
    bool due;              // retry's: it was due by itself
    int64_t began;         // retry's: monotonic
    char text[];           // callback, secret
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
// The same for a first attempt, in memory of the pool's.
struct delivery *delivery_draw(struct delivery_pool *pool,
                               const struct store_subscriber *subscriber,
                               struct content *content, uint64_t cursor,
                               const struct config *config);
void delivery_free(struct delivery *delivery, struct contents *contents);

// Hand it to the engine, a large body after it has been signed.
void delivery_submit(const struct services *services,
                     struct delivery *delivery);
// As engine_cancel(). One that is being signed comes back as not tried.
void delivery_cancel(const struct services *services,
                     struct delivery *delivery);
