// SPDX-License-Identifier: MIT
//
// parts_inside -- what the files of parts share: all parts, and what they tell
// each other.
//
// The functions are the listeners of those who call them; `context` is the
// parts.

#pragma once

#include "parts.h"
#include "services.h"
#include "storage/store.h"

#include <stdbool.h>
#include <stdint.h>

struct exchange;
struct given;

struct parts {
    struct services services;
    struct reception *reception;
    struct allowance *allowance;
    struct verify *verify;
    struct farewell *farewell;
    struct dismissal *dismissal;
    struct observe *observe;
    struct contents *contents;
    struct lanes *lanes;
    struct halt *halt;
    struct ledger *ledger;
    struct retry *retry;
    struct distribute *distribute;
    struct access *access;
    struct pullers *pullers;
    struct mailboxes *mailboxes;
    struct presence *presence;
    struct channels *channels;
    struct pull *pull;
    struct one_event *one_event;
    struct janitor *janitor;
    struct lookout *lookout;
    struct admin *admin;
    struct inspect *inspect;
    struct status *status;
    struct endpoints *endpoints;
    struct exchange *answered; // taken from the engine, not looked at yet
};

void parts_on_accepted(void *context);
void parts_on_fetch_due(void *context);
void parts_on_given(void *context, struct given *given);
void parts_on_granted(void *context, int64_t end);
void parts_on_updated(void *context, uint64_t topic, uint64_t number,
                      const char *normal);
void parts_on_walk(void *context, const struct store_walk *walk);
void parts_on_recalled(void *context, uint64_t topic, uint64_t subscription);
void parts_on_lagging(void *context);
void parts_on_halted(void *context, bool halted);
void parts_on_broken(void *context, const struct store_key *origin);
void parts_on_ended(void *context, uint64_t topic, uint64_t subscription);
void parts_on_denied(void *context);
void parts_on_mailbox_ended(void *context, uint64_t mailbox);
void parts_on_revoked(void *context, uint64_t token);
void parts_on_rules(void *context);
void parts_on_options(void *context);
void parts_on_topic_gone(void *context, uint64_t topic);

// The rates of the options, as they are now.
void parts_set_allowance(struct parts *parts);
