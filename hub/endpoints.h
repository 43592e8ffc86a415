// SPDX-License-Identifier: MIT
//
// endpoints -- what is answered under which path.
//
// The table of routes, and the step that takes requests from the inbox and
// gives each to its handler.

#pragma once

#include "loop.h"

#include <stdbool.h>

struct access;
struct admin;
struct endpoints;
struct front;
struct inbox;
struct inspect;
struct lookout;
struct mailboxes;
struct metrics;
struct one_event;
struct presence;
struct pull;
struct reception;
struct status;

struct endpoints_means {
    struct inbox *inbox;
    struct front *front;
    struct metrics *metrics;
    struct reception *reception;
    struct access *access;
    struct pull *pull;
    struct mailboxes *mailboxes;
    struct one_event *one_event;
    struct presence *presence;
    struct admin *admin;
    struct inspect *inspect;
    struct status *status;
    const struct lookout *lookout;
};

// NULL: out of memory. The means are copied.
struct endpoints *endpoints_new(const struct endpoints_means *means);
void endpoints_free(struct endpoints *endpoints);

bool endpoints_step(void *endpoints, struct moment now);

// From here on /readyz says no.
void endpoints_drain(struct endpoints *endpoints);
bool endpoints_idle(const struct endpoints *endpoints);
