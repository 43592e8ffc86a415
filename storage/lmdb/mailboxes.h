// SPDX-License-Identifier: MIT
//
// mailboxes -- a mailbox with its keys: its name, and when it ends.

#pragma once

#include "mailbox_records.h"
#include "tables.h"

// False: there is none, or what is left of it only waits to be removed (then
// *out is filled in, and out->ending).
bool mailbox_load(struct txn *txn, struct arena *arena, uint64_t id,
                  struct mailbox *out);
// 0: there is none.
uint64_t mailbox_find(struct txn *txn, uint64_t owner, struct bytes name);
// How many this owner has, counted no further than `most`.
uint64_t mailboxes_of(struct txn *txn, uint64_t owner, uint64_t most);

// A new one: record, name, key in leases. Its id is given.
void mailbox_add(struct engine_context *context, struct mailbox *mailbox);
// After a change of its definition; of anything else.
void mailbox_save_definition(struct txn *txn, const struct mailbox *mailbox);
void mailbox_save(struct engine_context *context, struct mailbox *mailbox);
// Whoever uses it keeps it alive: lease and inactivity begin anew. Saving is
// the caller's.
void mailbox_renew(struct engine_context *context, struct mailbox *mailbox);
// More than half of both is left.
bool mailbox_is_fresh(const struct engine_context *context,
                      const struct mailbox *mailbox);

// Nobody finds it any more, and what it holds goes in pages. True: nothing is
// left of it. Else it is saved to be gone on with.
bool mailbox_end(struct engine_context *context, struct mailbox *mailbox);
