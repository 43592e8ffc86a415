// SPDX-License-Identifier: MIT
//
// engine_leans -- the lean connections of a network thread.
//
// Opens them, keeps those that can be used again, closes those that nobody
// needs, and holds all of them to their deadlines.

#pragma once

#include "engine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lean;
struct network;
struct origin;
struct transfer;

enum {
    LEANS_BUFFER = 16 * 1024,
    LEANS_OPENED_MAX = 64, // in a turn: answers must not wait for them all
};

struct leans {
    struct lean *first;                // in use
    struct transfer *done, *done_last; // to be told, oldest first
    size_t spare_count;
    unsigned opened;  // in this turn
    int64_t check_ms; // no deadline is before it; 0: there are none
    char buffer[LEANS_BUFFER];
};

// It may go this way.
bool leans_suit(const struct origin *origin, const struct exchange *exchange);

// A new one, also for others than lean connections: idle ones make room. -1:
// there is none, `starved` says whether for want of descriptors.
int leans_socket(struct transfer *transfer, int family);

// False: out of memory. Everything else comes out of leans_reap().
bool leans_start(struct transfer *transfer);
void leans_stop(struct transfer *transfer);

// The transfer's end, and the connection's unless it can be kept.
void leans_finish(struct lean *lean, enum exchange_result result, bool keep);

// The connection broke before the peer said anything: a kept one that was
// closed just when it was wanted again is replaced by a new one.
void leans_lost(struct lean *lean, enum exchange_result result);

// The origin's addresses have changed: closes idle connections to others.
void leans_forget(struct origin *origin);

// Closes it; its transfer, if there is one, is not told.
void leans_drop(struct lean *lean);

// Ends what is over its time.
void leans_check(struct network *network);

// True: some transfer was told its result.
bool leans_reap(struct network *network);

// Closes what was idle for long. True: some are left.
bool leans_tidy(struct network *network, int64_t now_ms);
void leans_close(struct network *network);
