// SPDX-License-Identifier: MIT
//
// pass -- going through the subscribers of one topic, and ending them.
//
// Page by page: the next is asked for when all removals of the last one have
// come back. dismissal.h says whose turn it is, and why.

#pragma once

#include "callback_host.h"
#include "dismissal.h"
#include "loop.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PASS_PAGE = 64 };

struct pass;

struct removal {
    struct store_remove remove;
    struct pass *pass;
    char host[CALLBACK_HOST_MAX];
};

struct pass {
    const struct services *services;
    const struct dismissal_listener *listener;
    bool active;
    uint64_t topic;
    enum store_denial_reason reason;
    struct dismissal_order *order; // NULL: nobody waits for it
    uint64_t after;                // ids up to this have been gone through
    bool end;                      // there is no page after this one
    enum store_status trouble;     // of this page; OK: none
    uint64_t removed;              // on this page
    int64_t pause_until;           // monotonic: after trouble
    bool asking;
    struct store_page_subscribers page;
    struct removal removals[PASS_PAGE];
    size_t removing;
};

// Begin; for nobody, unless the field says otherwise. All of the topic; by
// STORE_DENIAL_POLICY those whom the rules deny, as they are when it gets to
// them.
void pass_begin(struct pass *pass, uint64_t topic,
                enum store_denial_reason reason);

// Ask for the next page, if nothing is under way.
void pass_step(struct pass *pass, struct moment now);
bool pass_busy(const struct pass *pass); // something is

// Whoever waits is told so. Not while it is busy.
void pass_end(struct pass *pass, enum store_status status);

// One subscription has ended, on a pass or by itself.
void pass_note(const struct pass *pass, const struct store_remove *remove,
               const char *host);
