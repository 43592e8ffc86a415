// SPDX-License-Identifier: MIT
//
// claims -- who works on what is due, in memory.
//
// The lock on the directory makes this process the only claimer, so claims
// need not survive it: what was claimed by a process that died is simply
// unclaimed. A claim names work by (kind, topic, id) as the table `due` does,
// and ends with a settlement that has been committed, with a release, or at
// its time.
//
// Two threads: the owner makes claims while it scans `due`, the writer tests
// and settles them. A settlement is only marked at first, for the transaction
// around it may yet fail; claims_commit() or claims_abort() follows. The scan
// must hold the lock from before it begins its reader until it has made its
// claims, or it would hand out from an old snapshot what was settled since.

#pragma once

#include "storage/store.h"

struct claims;

// The name of a piece of work. All but subscriptions have topic = 0; lanes
// are named by the first two eighths of their origin's hash.
struct work {
    enum store_due_kind kind;
    uint64_t topic, id;
};

// A place in the order of one kind of `due`.
struct due_place {
    int64_t due;
    uint64_t topic, id;
};

// `seed` starts the row of tokens and should be random.
struct claims *claims_new(uint64_t seed); // NULL: no memory
void claims_free(struct claims *claims);

// For the scan. Between them only claims_...() with "locked" in their
// comment may be called.
void claims_lock(struct claims *claims);
void claims_unlock(struct claims *claims);

// Locked: let go of the claims of this kind that have run out.
void claims_expire(struct claims *claims, enum store_due_kind kind,
                   int64_t now);
// Locked: everything due before this place is claimed.
struct due_place claims_hint(const struct claims *claims,
                             enum store_due_kind kind);
void claims_set_hint(struct claims *claims, enum store_due_kind kind,
                     struct due_place place);
// Locked: whether it is claimed. *settling: its settlement is under way, so
// its place in `due` may be about to change.
bool claims_held(const struct claims *claims, struct work work, bool *settling);
// Locked: claim it until `until`; it is in `due` at `due` (INT64_MAX: it is
// not there). 0: no memory.
uint64_t claims_make(struct claims *claims, struct work work, int64_t due,
                     int64_t until);
// Locked: when the first claim of this kind runs out; INT64_MAX: none.
int64_t claims_next_end(const struct claims *claims, enum store_due_kind kind);

// Whether `token` is the claim on it, and not already being settled.
bool claims_current(struct claims *claims, struct work work, uint64_t token);
// The same, and if so the claim ends with the commit of this transaction.
bool claims_settle(struct claims *claims, struct work work, uint64_t token);
// Who has it, if anybody, began before what is written now, and what comes of
// that says nothing of it. Also if the transaction fails.
void claims_overtake(struct claims *claims, struct work work);
bool claims_overtaken(struct claims *claims, struct work work);
// What was claimed is gone for good, whoever has it: as claims_settle().
void claims_drop(struct claims *claims, struct work work);
// Give one back at once. False: the token is not current.
bool claims_release(struct claims *claims, struct work work, uint64_t token);
// Its key in `due` was moved; 0 stands for no key. With the commit no scan
// begins behind the new one.
void claims_moved(struct claims *claims, struct work work, int64_t from,
                  int64_t to);

void claims_commit(struct claims *claims);
void claims_abort(struct claims *claims);
