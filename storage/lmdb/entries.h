// SPDX-License-Identifier: MIT
//
// entries -- what is remembered of a topic's document, packed (M14).

#pragma once

#include "ops.h"

// Replace all of it; only records that differ are written.
void entries_save(struct engine_context *context, uint64_t topic,
                  const struct store_entry *entries, size_t count);

// Forget up to `max` records. How many there were.
size_t entries_remove(struct txn *txn, uint64_t topic, size_t max);

// How many are in a record; 0: it is damaged. And they themselves.
size_t entries_in(struct bytes record);
void entries_unpack(struct bytes record, struct store_entry *out);
