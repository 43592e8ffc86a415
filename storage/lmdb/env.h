// SPDX-License-Identifier: MIT
//
// env -- one LMDB environment and its tables.
//
// storage/README.md says what is in each table, byte by byte. The order of
// the enum is not part of the format; the names of the tables are.

#pragma once

#include "storage/store.h"

struct MDB_env;

enum table {
    TABLE_META,
    TABLE_TOPICS,           // topic -> names, links
    TABLE_TOPIC_STATE,      // topic -> what changes with each fetch
    TABLE_TOPIC_IDS,        // key of the topic -> topic
    TABLE_TOPIC_URLS,       // start of its URL, topic -> nothing
    TABLE_ALIASES,          // key of its self, topic -> nothing
    TABLE_SUBSCRIPTIONS,    // topic, subscription -> record
    TABLE_SUBSCRIPTION_IDS, // topic, key of the callback -> subscription
    TABLE_ORIGINS,          // origin, topic, subscription -> nothing
    TABLE_LEASES,           // kind (u8), end, topic, id -> nothing
    TABLE_REQUESTS,         // request -> record
    TABLE_DENIALS,          // denial -> record
    TABLE_UPDATES,          // topic, seq -> record
    TABLE_EVENTS,           // event -> topic, seq
    TABLE_BODIES,           // topic, seq, which (u8), chunk (u32) -> bytes
    TABLE_ENTRIES,          // topic, chunk (u32) -> packed entries
    TABLE_WALKS,            // topic -> record
    TABLE_LAGGING,          // topic, subscription -> record
    TABLE_DUE,              // kind (u8), time, topic, id -> nothing
    TABLE_WAITING,          // origin, topic, subscription -> nothing
    TABLE_LANES,            // origin -> record
    TABLE_TICKETS,          // request -> record
    TABLE_GRAVES,           // start of a removed topic's key -> record
    TABLE_MAILBOXES,        // mailbox -> definition
    TABLE_MAILBOX_STATE,    // mailbox -> what changes as it is read
    TABLE_MAILBOX_NAMES,    // owner, name -> mailbox
    TABLE_LISTENS,          // mailbox, sid -> what it listens to
    TABLE_LISTEN_STATE,     // mailbox, sid -> how far that is done with
    TABLE_LISTEN_TOPICS,    // mailbox, topic -> sid
    TABLE_LETTERS,          // mailbox, event -> record
    TABLE_DEAD,             // mailbox, number -> record
    TABLE_DEAD_BODIES,      // mailbox, number, piece (u32) -> bytes
    TABLE_TOKENS,           // token -> record
    TABLE_TOKEN_HASHES,     // hash -> token
    TABLE_TOKEN_NAMES,      // name -> token
    TABLE_RULES,            // kind (u8), start of the subject, hash -> record
    TABLE_COUNT
};

// In the place of a table that a file does not have: nothing is in it.
enum { ENV_NO_TABLE = 0 };

struct env {
    struct MDB_env *handle;
    unsigned tables[TABLE_COUNT];
    uint64_t epoch; // set by meta.h
    uint64_t kept;  // the file is on the disk up to here
};

// Open or make the environment in an existing directory, which must be locked
// against other processes. False: *problem says why, nothing is open.
bool env_open(struct env *env, const char *directory, uint64_t map_bytes,
              struct problem *problem);
// Only to read what is in one file, which nobody writes to meanwhile; nothing
// is made, not even a lock. It must be as long as it says (datafile.h).
bool env_open_file(struct env *env, const char *file, struct problem *problem);
// A new one in a file that nobody else sees: no commit is synced, and there is
// no lock. The map is smaller where there are not so many addresses.
bool env_make_file(struct env *env, const char *file, uint64_t map_bytes,
                   struct problem *problem);
const char *env_table_name(enum table table);
void env_close(struct env *env); // half-open or closed is fine

struct env_room {
    uint64_t map_bytes, used_bytes; // used without the free pages
    uint64_t free_bytes;            // the free pages
};
// Walks the list of free pages unless `roughly`: then they count as used.
bool env_room(struct env *env, bool roughly, struct env_room *out);

// What the disk has left for the file; 0 if nobody knows.
uint64_t env_disk_free(struct env *env);
// What the disk and the limit of the process let the file grow by; UINT64_MAX
// if nobody knows.
uint64_t env_growth(struct env *env);

// LMDB does not write pages that are free, and if the last ones are, the file
// is shorter than its header says and would be taken for one that was cut short
// (datafile.h). So it is made longer beforehand: after each commit, for the
// next one; and as long as it says at the end. A little of that is really there
// on the disk, for removals when somebody else has filled it.
void env_settle_size(struct env *env);
void env_trim_size(struct env *env);

// Whether LMDB has given up: a commit failed while its header was written, so
// nobody knows what the disk has. Nothing works until it is opened again.
bool env_panicked(struct env *env);

// Whether it is for want of space that a commit failed: LMDB answers EIO when
// a full disk, or the limit on the size of files, took only a part of a write.
bool env_disk_full(struct env *env);

// What a commit answered while the store was opened, in words.
const char *env_why(struct env *env, enum store_status status);

// A compacted copy of what is committed, into an open file.
bool env_copy(struct env *env, int file, struct problem *problem);

// What an LMDB or system error means to a caller of the store.
enum store_status env_status(int error);
