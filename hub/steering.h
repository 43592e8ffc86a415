// SPDX-License-Identifier: MIT
//
// steering -- what operators have decided before, taken up at the start.
//
// Rules, keys and quotas are in the store (storage/steering.h); what is in
// force is in rules.h, keyring.h and live.h. Before the first request is
// accepted all of it counts again.

#pragma once

#include <stdbool.h>

struct services;

enum { STEERING_PROBLEM = 512 };

// Blocks until the store has told all, so nothing else may be under way.
// False: `problem` is one sentence.
bool steering_recall(const struct services *services,
                     char problem[STEERING_PROBLEM]);
