// SPDX-License-Identifier: MIT
//
// fetch_copy -- a consistent copy of the running daemon's store, into a file.

#pragma once

#include <stdint.h>

struct ctl;

// Written so that the daemon still gets at the disk. What the command ends
// with: CTL_FINE, or anything else has been said. *bytes: how long it is.
int fetch_copy(const struct ctl *ctl, int file, int64_t *bytes);
