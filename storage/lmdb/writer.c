// SPDX-License-Identifier: MIT
//
// The writer: whatever waits becomes one transaction, so that one sync serves
// all of it; what arrives during the sync is the next.

#include "engine.h"
#include "room.h"
#include "subscriptions.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BATCH_MAX = 1024,
    BATCH_BYTES = 8 << 20,
    // So many spoilers are sorted out before each operation goes alone.
    SPOILERS_MAX = 4,
    // With less than this above the reserve, free pages are counted exactly.
    ROOM_NEAR = 32 << 20,
};

struct batch {
    struct store_op *ops[BATCH_MAX];
    size_t count;
};

static size_t payload(const struct store_op *op)
{
    const void *whole = op;
    if (op->verb == STORE_PUT_CHUNK)
        return ((const struct store_put_chunk *)whole)->piece.len;
    if (op->verb != STORE_PUBLISH)
        return 0;
    const struct store_publish *publish = whole;
    return publish->whole.inlined.len + publish->delta.inlined.len
           + publish->entry_count * sizeof *publish->entries;
}

// Wait for work and take it. False: there is none and none will come.
static bool collect(struct store *store, struct batch *batch)
{
    size_t bytes = 0;
    batch->count = 0;
    pthread_mutex_lock(&store->mutex);
    while (!store->queue.first && !store->stopping)
        pthread_cond_wait(&store->submitted, &store->mutex);
    while (store->queue.first && batch->count < BATCH_MAX
           && bytes < BATCH_BYTES) {
        struct store_op *op = row_take(&store->queue);
        bytes += payload(op);
        batch->ops[batch->count++] = op;
    }
    pthread_mutex_unlock(&store->mutex);
    return batch->count > 0;
}

static int64_t room_left(struct store *store, int64_t *kept)
{
    struct env_room room;
    *kept = 0;
    if (!env_room(&store->env, true, &room))
        return 0;
    uint64_t whole = room_whole(&room, env_growth(&store->env));
    uint64_t reserve = room_reserve(whole);
    if (whole < room.used_bytes + reserve + ROOM_NEAR
        && !env_room(&store->env, false, &room))
        return 0;
    *kept = (int64_t)reserve;
    return (int64_t)whole - (int64_t)room.used_bytes - (int64_t)reserve;
}

static void fail_all(struct batch *batch, enum store_status status)
{
    for (size_t i = 0; i < batch->count; i++) {
        store_release(batch->ops[i]);
        batch->ops[i]->status = status;
    }
}

enum result {
    RESULT_DONE,    // every operation has its answer
    RESULT_SPOILED, // nothing has happened; *spoiler is to go alone
    RESULT_REFUSED, // nothing has happened; the commit failed
};

static int64_t monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

// The transaction has failed or was not needed.
static void forget(struct engine_context *context)
{
    txn_abort(context->txn);
    claims_abort(context->claims);
    pairs_abort(context->pairs);
    crowds_abort(context->crowds);
    crowds_abort(context->origins);
}

static enum result commit(struct store *store, struct engine_context *context,
                          struct batch *batch, uint64_t changes)
{
    if (changes == 0) {
        // A refused one may have cleared away what was past its time.
        txn_abort(context->txn);
        claims_commit(context->claims);
        pairs_abort(context->pairs);
        crowds_abort(context->crowds);
        crowds_abort(context->origins);
        return RESULT_DONE;
    }
    context->counters.clock = context->now;
    meta_save_counters(context->txn, &context->counters);
    bool sound = txn_ok(context->txn);
    int64_t began = monotonic_us();
    enum store_status status = txn_commit(context->txn);
    if (store->options.committed)
        store->options.committed(store->options.committed_context,
                                 monotonic_us() - began);
    if (status == STORE_OK) {
        store->counters = context->counters;
        claims_commit(context->claims);
        pairs_commit(context->pairs);
        crowds_commit(context->crowds);
        crowds_commit(context->origins);
        pthread_mutex_lock(&store->mutex);
        store->commits++;
        store->operations += changes;
        pthread_mutex_unlock(&store->mutex);
        env_settle_size(&store->env);
        return RESULT_DONE;
    }
    claims_abort(context->claims);
    pairs_abort(context->pairs);
    crowds_abort(context->crowds);
    crowds_abort(context->origins);
    // Until the header is written nothing has happened.
    bool unknown = sound && env_panicked(&store->env);
    if (!unknown && batch->count > 1)
        return RESULT_REFUSED;
    if (unknown)
        status = STORE_UNKNOWN;
    else if (status == STORE_AGAIN && env_disk_full(&store->env))
        status = STORE_FULL;
    fail_all(batch, status);
    return RESULT_DONE;
}

// The ceilings may change at any time, but not within a transaction.
static struct store_options options_now(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    struct store_options options = store->options;
    pthread_mutex_unlock(&store->mutex);
    return options;
}

// They are counted from the first ceiling on; without memory for that there is
// none yet.
static void count_origins(struct store *store)
{
    struct txn txn = { 0 };
    uint64_t seed = 0;
    if (RAND_bytes((unsigned char *)&seed, sizeof seed) == 1)
        store->origins = crowds_new(seed);
    if (!store->origins)
        return;
    txn_begin_read(&txn, &store->env);
    if (!origins_recall(&txn, store->origins)) {
        crowds_free(store->origins);
        store->origins = NULL;
    }
    txn_abort(&txn);
}

static enum result attempt(struct store *store, struct batch *batch,
                           size_t *spoiler)
{
    struct store_options options = options_now(store);
    if (options.subscriptions_per_origin != 0 && !store->origins)
        count_origins(store);
    struct txn txn;
    struct engine_context context = {
        .txn = &txn,
        .claims = store->claims,
        .pairs = store->pairs,
        .crowds = store->crowds,
        .origins = store->origins,
        .options = &options,
        .now = engine_now(store),
        .scratch = store->writer_scratch,
        .counters = store->counters,
    };
    context.room = room_left(store, &context.reserve);
    enum result result = RESULT_DONE;
    uint64_t changes = 0;
    txn_begin_write(&txn, &store->env);
    for (size_t i = 0; i < batch->count && result == RESULT_DONE; i++) {
        struct store_op *op = batch->ops[i];
        if (!engine_perform(&context, op)) {
            *spoiler = i;
            result = RESULT_SPOILED;
        }
        changes += (op->status == STORE_OK && !context.idle) || context.wrote;
    }
    if (result == RESULT_DONE)
        result = commit(store, &context, batch, changes);
    else
        forget(&context);
    store->writer_scratch = context.scratch;
    return result;
}

// One that spoils even a transaction of its own keeps the status that
// engine_perform() gave it.
static void alone(struct store *store, struct store_op *op)
{
    struct batch single = { .ops = { op }, .count = 1 };
    size_t spoiler;
    (void)attempt(store, &single, &spoiler);
}

static void each_alone(struct store *store, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        alone(store, batch->ops[i]);
}

static void perform(struct store *store, struct batch *batch)
{
    struct store_op *spoilers[SPOILERS_MAX];
    struct batch rest = *batch;
    size_t count = 0, spoiler = 0;
    enum result result;
    while ((result = attempt(store, &rest, &spoiler)) == RESULT_SPOILED
           && count < SPOILERS_MAX) {
        spoilers[count++] = rest.ops[spoiler];
        rest.count--;
        memmove(&rest.ops[spoiler], &rest.ops[spoiler + 1],
                (rest.count - spoiler) * sizeof *rest.ops);
    }
    if (result != RESULT_DONE)
        each_alone(store, &rest);
    for (size_t i = 0; i < count; i++)
        alone(store, spoilers[i]);
}

static void finish(struct store *store, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct store_op *op = batch->ops[i];
        if (op->status == STORE_OK && op->durable)
            op->durable(op);
    }
    pthread_mutex_lock(&store->mutex);
    for (size_t i = 0; i < batch->count; i++)
        row_append(&store->finished, batch->ops[i]);
    pthread_mutex_unlock(&store->mutex);
    if (store->options.wake)
        store->options.wake(store->options.context);
}

void *writer_main(void *whole)
{
    pthread_setname_np(pthread_self(), "store");
    struct store *store = whole;
    struct batch batch;
    while (collect(store, &batch)) {
        perform(store, &batch);
        finish(store, &batch);
    }
    return NULL;
}
