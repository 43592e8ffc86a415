// SPDX-License-Identifier: MIT
//
// engine -- what a struct store is made of.
//
// The owner's thread submits, reads and steps; one writer thread does all
// writing. `mutex` guards the two rows of operations and what is said to be
// guarded by it; the rest is either set once or belongs to one thread.

#pragma once

#include "claims.h"
#include "env.h"
#include "meta.h"
#include "ops.h"

#include <pthread.h>

// Operations in the order of their arrival.
struct row {
    struct store_op *first, *last;
};

void row_append(struct row *row, struct store_op *op);
struct store_op *row_take(struct row *row); // NULL: it is empty

struct store {
    struct store_options options;
    char *directory;
    int lock_file;
    struct env env;
    struct claims *claims;
    uint8_t secret_key[META_KEY_SIZE];

    pthread_mutex_t mutex;
    pthread_cond_t submitted;
    struct row queue;             // guarded: for the writer
    struct row finished;          // guarded: for store_step()
    bool stopping;                // guarded
    int64_t clock;                // guarded: the latest time told
    uint64_t commits, operations; // guarded

    size_t under_way; // the owner's: submitted and not done
    pthread_t writer;
    bool writing;                // the thread runs
    struct counters counters;    // the writer's, as committed
    struct arena writer_scratch; // the writer's
    struct pairs *pairs;         // the writer's
    struct crowds *crowds;       // the writer's
    struct crowds *origins;      // the writer's; NULL: not counted

    struct txn reader;           // the owner's
    struct arena reader_scratch; // the owner's
};

// Unix ms; never goes back.
int64_t engine_now(struct store *store);

// The operation itself, inside context->txn. STORE_INVALID: no such verb.
enum store_status engine_run(struct engine_context *context,
                             struct store_op *op);
bool engine_is_reader(enum store_verb verb);
// Tried in a reader before the writer gets it.
bool engine_reads_first(enum store_verb verb);

// engine_run() with everything around it but the transaction: clears what a
// former run left, stamps the operation, hands over its results. False: the
// transaction or the memory failed, so nothing of it may be committed.
bool engine_perform(struct engine_context *context, struct store_op *op);

// The writer's thread; `store` is a struct store.
void *writer_main(void *store);
