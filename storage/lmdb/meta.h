// SPDX-License-Identifier: MIT
//
// meta -- what the store knows of itself: format, epoch, key, counters.

#pragma once

#include "records.h"
#include "txn.h"

enum {
    META_KEY_SIZE = 32,
    META_FORMAT = 7, // reads 1 to 6 too
};

struct meta {
    uint8_t secret_key[META_KEY_SIZE];
    struct counters counters;
};

// Read it, or write it if the store is new; sets env->epoch. A store of an
// older format becomes one of the newest (migration.h). `copied`: the
// files are a backup that is opened for the first time, so the epoch changes.
// False: *problem says why.
bool meta_open(struct env *env, bool copied, struct meta *out,
               struct problem *problem);

// What is there, as it is; sets env->epoch. False: it is damaged.
bool meta_read(struct txn *txn, struct meta *out);
// Whether it is a store of a format that is known. False: *problem says why.
bool meta_known(struct txn *txn, struct problem *problem);

bool meta_format(struct txn *txn, uint64_t *out); // false: it is damaged
void meta_set_format(struct txn *txn, uint64_t format);

// Whether an operator has stopped all deliveries.
bool meta_paused(struct txn *txn);
void meta_pause(struct txn *txn, bool paused);

// In the place of the one that was made with the store.
void meta_set_key(struct txn *txn, const uint8_t secret_key[META_KEY_SIZE]);

bool meta_load_counters(struct txn *txn, struct counters *out);
void meta_save_counters(struct txn *txn, const struct counters *counters);
