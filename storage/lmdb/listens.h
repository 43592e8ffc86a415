// SPDX-License-Identifier: MIT
//
// listens -- what a mailbox listens to, and how far it is done with that.
//
// A topic knows how many listen to it, and is followed for as long (M7); a
// prefix makes nothing followed.

#pragma once

#include "mailbox_records.h"
#include "tables.h"

struct listens {
    struct listen *items; // by sid
    size_t count;
};

// All of one mailbox. False: a failure.
bool listens_load(struct txn *txn, struct arena *arena, uint64_t mailbox,
                  struct listens *out);
// As the contract shows them, in the same arena; NULL: no memory.
struct store_listen *listens_show(struct arena *arena,
                                  const struct listens *listens);
// One of them by its topic; 0: none.
uint64_t listen_of_topic(struct txn *txn, uint64_t mailbox, uint64_t topic);

// Where one begins that is to be added: sets from, seq, placed and vague.
void listen_begin(struct engine_context *context, const struct topic *topic,
                  enum store_since since, uint64_t value,
                  struct listen *listen);
void listen_begin_prefix(struct engine_context *context, enum store_since since,
                         uint64_t value, struct listen *listen);

// Add one, with its sid; `topic` is saved by the caller, or NULL. Mailboxes
// are the caller's to save, always.
void listen_add(struct engine_context *context, struct mailbox *mailbox,
                struct topic *topic, struct listen *listen);
void listen_remove(struct engine_context *context, struct mailbox *mailbox,
                   const struct listen *listen);
void listen_save(struct txn *txn, uint64_t mailbox,
                 const struct listen *listen);
