// SPDX-License-Identifier: MIT
//
// txn -- a transaction that carries its own error.
//
// After the first failure every later call on it does nothing and answers
// "no", so a caller writes the whole story straight down; whoever began the
// transaction asks once at its end.
//
// Keys and values that are read are borrowed: they point into the map and are
// good until the transaction ends or next writes, to whatever table.

#pragma once

#include "env.h"
#include "key.h"

struct MDB_txn;
struct MDB_cursor;

struct txn {
    struct env *env;
    struct MDB_txn *handle; // NULL: over
    enum store_status status;
    bool writes;
    // One for each table, opened when first needed.
    struct MDB_cursor *cursors[TABLE_COUNT];
    bool renewed[TABLE_COUNT];
};

void txn_begin_write(struct txn *txn, struct env *env);
// A reader keeps its place between txn_rest() and the next txn_begin_read(),
// which must be given the same, initially zeroed, struct.
void txn_begin_read(struct txn *txn, struct env *env);
void txn_rest(struct txn *txn);

// Make it durable. It is over whatever the answer is.
enum store_status txn_commit(struct txn *txn)
    __attribute__((warn_unused_result));
// Forget it; ends a resting reader too. Harmless if it is over.
void txn_abort(struct txn *txn);

bool txn_ok(const struct txn *txn);
void txn_fail(struct txn *txn, enum store_status status);

bool txn_get(struct txn *txn, enum table table, const struct key *key,
             struct bytes *value);
void txn_put(struct txn *txn, enum table table, const struct key *key,
             struct bytes value);
// For tables whose keys say everything.
void txn_mark(struct txn *txn, enum table table, const struct key *key);
// Whether there was one.
bool txn_remove(struct txn *txn, enum table table, const struct key *key);

// The first entry at or after `from`. False: there is none.
bool txn_seek(struct txn *txn, enum table table, const struct key *from,
              struct bytes *key, struct bytes *value);
// The entry after the one that the last txn_seek() or txn_next() on this
// table found. The table must not have been written since.
bool txn_next(struct txn *txn, enum table table, struct bytes *key,
              struct bytes *value);
// The last entry before `end`.
bool txn_prev(struct txn *txn, enum table table, const struct key *end,
              struct bytes *key, struct bytes *value);

// What the table takes in the file, in bytes.
uint64_t txn_size(struct txn *txn, enum table table);
// Entries of the table.
uint64_t txn_count(struct txn *txn, enum table table);
