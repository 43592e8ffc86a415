// SPDX-License-Identifier: MIT
//
// meta -- what the store knows of itself: format, epoch, key, counters.

#pragma once

#include "records.h"
#include "txn.h"

enum { META_KEY_SIZE = 32 };

struct meta {
    uint8_t secret_key[META_KEY_SIZE];
    struct counters counters;
};

// Read it, or write it if the store is new; sets env->epoch. `copied`: the
// files are a backup that is opened for the first time, so the epoch changes.
// False: *problem says why.
bool meta_open(struct env *env, bool copied, struct meta *out,
               struct problem *problem);

// Whether an operator has stopped all deliveries.
bool meta_paused(struct txn *txn);
void meta_pause(struct txn *txn, bool paused);

bool meta_load_counters(struct txn *txn, struct counters *out);
void meta_save_counters(struct txn *txn, const struct counters *counters);
