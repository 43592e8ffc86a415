// SPDX-License-Identifier: MIT
//
// dumping -- what the files of dump share: rows of one table after the other.

#pragma once

#include "storage/dump.h"

#include "arena.h"
#include "txn.h"

// A step finds the next record of its kind. False: there is none any more, or
// the transaction or the memory has failed.
typedef bool dump_step(struct dump *dump, struct dump_record *out);

struct dump {
    struct env env;
    struct txn txn;
    struct arena arena; // of the record that was handed out
    size_t step;
    bool begun[TABLE_COUNT];
    struct key from[TABLE_COUNT]; // where to begin
    uint64_t owner;               // the topic or mailbox that is read
    // The update, or dead letter, whose pieces are read.
    uint64_t seq, sizes[2];
    unsigned which;
    uint32_t piece;
    bool failed;   // a record is damaged
    int lock_file; // -1: none is held
};

// Begin a table with the rows of `owner`, or, with 0, with its first.
void dump_begin(struct dump *dump, enum table table, uint64_t owner);
// The next row. False: there is none.
bool dump_row(struct dump *dump, enum table table, struct bytes *key,
              struct bytes *record);
// The same, of the owner alone.
bool dump_own_row(struct dump *dump, enum table table, struct bytes *key,
                  struct bytes *record);
// Remembers that something is wrong. Returns false.
bool dump_damaged(struct dump *dump);

dump_step dump_topic, dump_entries, dump_update, dump_body, dump_walk,
    dump_subscription;
dump_step dump_mailbox, dump_listen, dump_letter, dump_dead, dump_dead_body;
