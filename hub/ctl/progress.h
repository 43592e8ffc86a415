// SPDX-License-Identifier: MIT
//
// progress -- how far long work is, for people who wait.
//
// A line on standard error that is written over, a few times a second, only if
// that is a terminal. Nothing with --json.

#pragma once

#include "ctl.h"

#include <stdbool.h>
#include <stdint.h>

struct progress {
    const char *what; // "copying"
    bool bytes;       // they are counted; else things
    int64_t total;    // 0: not known; may be set later
    bool shown;       // somebody looks
    int64_t began, drawn, done;
};

// `what` is borrowed.
void progress_begin(struct progress *progress, const struct ctl *ctl,
                    const char *what, bool bytes);

// So much is done in all.
void progress_step(struct progress *progress, int64_t done);

// Takes the line away.
void progress_end(struct progress *progress);
