// SPDX-License-Identifier: MIT
//
// relay -- what the parts of the relay share.
//
// A relay is a hub to the subscribers beside it, and a puller to the real one
// (M21). One thread does all but reading what subscribers send:
//
//   relay_door    takes their requests, and says 202 once they are on disk
//   relay_verify  gets each a mailbox, asks the callback, seats the subscriber
//   relay_watch   learns of which topics there is news
//   relay_deliver reads a mailbox, posts to the callback, acknowledges
//   relay_feed    hands out feeds that name the relay as their hub
//
// Each has a step that starts what is due and never waits, and says when it is
// needed next. A mailbox for each subscription, since it has a secret and a
// place of its own, so that one who is down holds up nobody; but no poll for
// each: relay_watch asks for a hundred topics at a time.

#pragma once

#include "fetcher/guard.h"
#include "hub/loop.h"
#include "relay_book.h"
#include "relay_file.h"
#include "relay_hub.h"
#include "relay_net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RELAY_PREFIXES_MAX = 64 };

struct relay_options {
    const char *hub, *token_file, *listen, *state;
    const char *feeds[RELAY_PREFIXES_MAX]; // prefixes of what may be fetched
    size_t feed_count;
    struct guard callbacks;         // where they may be
    int64_t retry_first, retry_max; // ms
    int64_t timeout;                // ms, of a callback
    bool verbose;
};

struct relay {
    struct relay_options options;
    struct relay_book book;
    struct relay_file *file;
    struct relay_net *net;
    struct relay_hub *hub;
    struct relay_watch *watch;
    struct relay_door *door;
    size_t under_way;            // seats that are read or delivered to
    size_t letter_bytes;         // of letters that are held
    size_t leaving;              // mailboxes that are being ended
    size_t next_seat;            // where the next step begins
    struct relay_fetch *fetches; // relay_feed's
    struct guard_own own;
    bool draining;
};

// Run until SIGTERM. What the process exits with.
int relay_run(const struct relay_options *options);

// How long from `now` until `at`, if that is sooner than `patience`.
int64_t relay_sooner(int64_t patience, int64_t at, struct moment now);

// When to try again after so many failures in a row, monotonic ms.
// `asked`: by Retry-After, or -1.
int64_t relay_retry_at(const struct relay *relay, uint32_t failures,
                       int64_t asked, struct moment now);

// The host of a callback, for the log.
const char *relay_host(const struct relay_terms *terms, char out[256]);
