// SPDX-License-Identifier: MIT
//
// log -- all events of the store, by number, whatever their topics.

#pragma once

#include "tables.h"

struct log_row {
    uint64_t number, topic, seq;
};

// The first event above a number; the last below one. False: there is none.
bool log_after(struct txn *txn, uint64_t number, struct log_row *out);
bool log_before_number(struct txn *txn, uint64_t number, struct log_row *out);
// The one after the row that log_after() or log_next() has found last.
bool log_next(struct txn *txn, struct log_row *out);
// One event. False: it is not there (any more).
bool log_find(struct txn *txn, uint64_t number, struct log_row *out);

// Every event that was stored at or after a time (unix ms) is above this
// number; `head` is the newest one.
uint64_t log_before(struct txn *txn, uint64_t head, uint64_t time);
