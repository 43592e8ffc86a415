// SPDX-License-Identifier: MIT
//
// reload -- the configuration, read again while the hub runs.
//
// The same file and the same flags as at start. What is wrong with them is
// said and changes nothing; what can change does at once (live.h); what cannot
// is named, until a restart. Main thread.

#pragma once

#include "config.h"
#include "live.h"

#include <stdbool.h>
#include <stddef.h>

struct notify;
struct reload;

// The arguments are borrowed. NULL: out of memory.
struct reload *reload_new(struct live *live, struct notify *notify, int argc,
                          char *argv[]);
void reload_free(struct reload *reload);

struct reload_report {
    bool fine;
    char problem[LIVE_PROBLEM]; // if not
    size_t count;
    struct live_change changes[CONFIG_OPTIONS_MAX];
};

// `who` wants it, for the log.
void reload_run(struct reload *reload, const char *who,
                struct reload_report *out);
