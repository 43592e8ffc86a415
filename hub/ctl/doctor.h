// SPDX-License-Identifier: MIT
//
// doctor -- what is wrong around a hub, or soon will be.
//
// Each check looks at one thing and tells what it found: fine, a warning (it
// works, but) or a problem (somebody is not served).

#pragma once

#include "ctl.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum doctor_state { DOCTOR_OK, DOCTOR_WARNING, DOCTOR_PROBLEM };

enum { DOCTOR_TEXT_MAX = 400 };

struct doctor {
    const struct ctl *ctl;
    const char *config;    // the daemon's file; NULL: not known
    const json_t *status;  // GET /admin/status
    const json_t *options; // the list of GET /admin/options; NULL: none
    json_t *told;          // so far
    bool problem;
};

void doctor_tell(struct doctor *doctor, const char *name,
                 enum doctor_state state, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// An option as the daemon has it, or the first of a list; "": not given.
const char *doctor_option(const struct doctor *doctor, const char *name);

// The daemon itself: its version, limits, files, clock, steps.
void doctor_process(struct doctor *doctor);

// What it keeps and what it owes: room, retention, servers that are broken.
void doctor_store(struct doctor *doctor);

// What others see of it: public-url, its certificate, the guard, listeners.
void doctor_reach(struct doctor *doctor);
