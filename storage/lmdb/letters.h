// SPDX-License-Identifier: MIT
//
// letters -- events of a mailbox that somebody has, or that are done with
// before those in front of them (EXPLICIT).

#pragma once

#include "mailbox_records.h"
#include "tables.h"

// So many rows one mailbox may have; with more nobody gets anything new until
// the first of them are done with.
enum { LETTERS_MAX = 4096 };

struct letters {
    struct letter *items; // by number
    size_t count;
};

struct letter_numbers {
    uint64_t leased, done;
};

// False: a failure.
bool letters_load(struct txn *txn, struct arena *arena, uint64_t mailbox,
                  struct letters *out);
struct letter *letters_find(const struct letters *letters, uint64_t number);
void letters_count(struct engine_context *context, uint64_t mailbox,
                   struct letter_numbers *out);

bool letter_load(struct txn *txn, uint64_t mailbox, uint64_t number,
                 struct letter *out);
void letter_save(struct txn *txn, uint64_t mailbox,
                 const struct letter *letter);
void letter_remove(struct txn *txn, uint64_t mailbox, uint64_t number);
