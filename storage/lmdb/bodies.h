// SPDX-License-Identifier: MIT
//
// bodies -- the documents of updates, in pieces of at most STORE_CHUNK bytes.

#pragma once

#include "ops.h"

void body_put(struct txn *txn, uint64_t topic, uint64_t seq,
              enum store_body which, uint32_t index, struct bytes piece);

// Whether the pieces of a body of `size` bytes are all there.
bool body_whole(struct txn *txn, uint64_t topic, uint64_t seq,
                enum store_body which, uint64_t size);

// All of it, copied into the arena. False: a piece is missing, which fails
// the transaction with STORE_CORRUPT, or memory ran out.
bool body_read(struct txn *txn, struct arena *arena, uint64_t topic,
               uint64_t seq, enum store_body which, uint64_t size,
               struct bytes *out);

// Both bodies of one update, in up to `max` pieces. How many were removed; 0:
// there are none left.
size_t body_remove(struct txn *txn, uint64_t topic, uint64_t seq, size_t max);

// Those of every update of the topic from `seq` on, as body_remove().
size_t body_remove_from(struct txn *txn, uint64_t topic, uint64_t seq,
                        size_t max);
