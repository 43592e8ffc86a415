// SPDX-License-Identifier: MIT

#include "storage/store.h"

#include "datafile.h"
#include "directory.h"
#include "engine.h"
#include "requests.h"
#include "subscriptions.h"
#include "sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAP_MIN = 1 << 20, PAGE = 65536 };

static bool say(struct problem *problem, const char *text)
{
    snprintf(problem->text, sizeof problem->text, "the store: %s", text);
    return false;
}

static bool check_file(const char *directory, struct problem *problem)
{
    char *path = directory_file(directory, "data.mdb");
    if (!path)
        return say(problem, "no memory");
    bool good = datafile_check(path, problem);
    free(path);
    return good;
}

// What is in the directory, which is locked.
static bool open_files(struct store *store, struct problem *problem)
{
    struct meta meta;
    uint64_t map_bytes = store->options.map_bytes / PAGE * PAGE;
    bool copied = directory_is_copy(store->directory);
    if (!check_file(store->directory, problem)
        || !env_open(&store->env, store->directory, map_bytes, problem)
        || !meta_open(&store->env, copied, &meta, problem))
        return false;
    if (!directory_sync(store->directory)
        || (copied && !directory_forget_copy(store->directory)))
        return say(problem, strerror(errno));
    memcpy(store->secret_key, meta.secret_key, sizeof store->secret_key);
    store->counters = meta.counters;
    store->clock = meta.counters.clock;
    env_settle_size(&store->env);
    return true;
}

// Pieces of bodies whose publish never came.
static bool sweep(struct store *store, struct problem *problem)
{
    bool all = false;
    while (!all) {
        struct txn txn;
        struct engine_context context = {
            .txn = &txn,
            .claims = store->claims,
            .options = &store->options,
            .now = engine_now(store),
            .counters = store->counters,
        };
        txn_begin_write(&txn, &store->env);
        all = sweep_orphans(&context);
        arena_clear(&context.scratch);
        arena_clear(&context.results);
        enum store_status status = txn_commit(&txn);
        if (status != STORE_OK)
            return say(problem, env_why(&store->env, status));
    }
    return true;
}

// What waits is known by pair and host in memory, what is subscribed by origin.
static bool recall(struct store *store, struct problem *problem)
{
    struct txn txn = { 0 };
    txn_begin_read(&txn, &store->env);
    bool whole = requests_recall(&txn, store->pairs, store->crowds)
                 && (!store->origins || origins_recall(&txn, store->origins));
    enum store_status status = txn.status;
    txn_abort(&txn);
    return whole ? true : say(problem, store_status_name(status));
}

static bool start(struct store *store, struct problem *problem)
{
    uint64_t seed;
    if (RAND_bytes((unsigned char *)&seed, sizeof seed) != 1)
        return say(problem, "no randomness");
    store->claims = claims_new(seed);
    store->pairs = pairs_new();
    store->crowds = crowds_new(~seed);
    bool counted = store->options.subscriptions_per_origin != 0;
    store->origins = counted ? crowds_new(seed ^ 1) : NULL;
    if (!store->claims || !store->pairs || !store->crowds
        || (counted && !store->origins))
        return say(problem, "no memory");
    if (!sweep(store, problem) || !recall(store, problem))
        return false;
    int error = pthread_create(&store->writer, NULL, writer_main, store);
    store->writing = error == 0;
    return error == 0 ? true : say(problem, strerror(error));
}

static struct store *blank(const struct store_options *options,
                           const char *directory, struct problem *problem)
{
    struct store *store = calloc(1, sizeof *store);
    if (store)
        store->directory = strdup(directory);
    if (!store || !store->directory
        || pthread_mutex_init(&store->mutex, NULL) != 0) {
        say(problem, "no memory");
        if (store)
            free(store->directory);
        free(store);
        return NULL;
    }
    pthread_cond_init(&store->submitted, NULL);
    store->options = *options;
    store->options.url = NULL;
    store->lock_file = -1;
    return store;
}

struct store *store_open(const struct store_options *options,
                         struct problem *problem)
{
    const char *directory = directory_of(options->url);
    if (!directory) {
        say(problem, "its URL must be lmdb: and a directory");
        return NULL;
    }
    if (options->map_bytes < MAP_MIN) {
        say(problem, "the map must have 1 MiB or more");
        return NULL;
    }
    struct store *store = blank(options, directory, problem);
    if (!store)
        return NULL;
    store->lock_file = directory_lock(directory, problem);
    if (store->lock_file >= 0 && open_files(store, problem)
        && start(store, problem))
        return store;
    store_close(store);
    return NULL;
}

static void stop_writer(struct store *store)
{
    if (!store->writing)
        return;
    pthread_mutex_lock(&store->mutex);
    store->stopping = true;
    pthread_cond_signal(&store->submitted);
    pthread_mutex_unlock(&store->mutex);
    pthread_join(store->writer, NULL);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    stop_writer(store);
    struct store_op *op;
    while ((op = row_take(&store->finished)) != NULL)
        store_release(op);
    txn_abort(&store->reader);
    arena_clear(&store->reader_scratch);
    arena_clear(&store->writer_scratch);
    claims_free(store->claims);
    pairs_free(store->pairs);
    crowds_free(store->crowds);
    crowds_free(store->origins);
    if (store->writing && !env_panicked(&store->env))
        env_trim_size(&store->env);
    env_close(&store->env);
    if (store->lock_file >= 0)
        close(store->lock_file);
    pthread_cond_destroy(&store->submitted);
    pthread_mutex_destroy(&store->mutex);
    free(store->directory);
    free(store);
}

void store_limits(struct store *store, const struct store_limits *limits)
{
    struct store_options *options = &store->options;
    pthread_mutex_lock(&store->mutex);
    options->max_topics = limits->max_topics;
    options->max_subscriptions = limits->max_subscriptions;
    options->pending_per_host = limits->pending_per_host;
    options->subscriptions_per_origin = limits->subscriptions_per_origin;
    options->max_mailboxes = limits->max_mailboxes;
    pthread_mutex_unlock(&store->mutex);
}

static void finish(struct store *store, struct store_op *op)
{
    pthread_mutex_lock(&store->mutex);
    row_append(&store->finished, op);
    pthread_mutex_unlock(&store->mutex);
    if (store->options.wake)
        store->options.wake(store->options.context);
}

static void queue(struct store *store, struct store_op *op)
{
    pthread_mutex_lock(&store->mutex);
    row_append(&store->queue, op);
    pthread_cond_signal(&store->submitted);
    pthread_mutex_unlock(&store->mutex);
}

static struct engine_context reader_context(struct store *store)
{
    store->reader.env = &store->env;
    store->reader.status = STORE_OK;
    struct engine_context context = {
        .txn = &store->reader,
        .claims = store->claims,
        .options = &store->options,
        .now = engine_now(store),
        .scratch = store->reader_scratch,
    };
    pthread_mutex_lock(&store->mutex);
    context.commits = store->commits;
    context.operations = store->operations;
    pthread_mutex_unlock(&store->mutex);
    return context;
}

static void read_now(struct store *store, struct store_op *op)
{
    struct engine_context context = reader_context(store);
    // A claim begins its reader under the lock of the claims.
    if (op->verb != STORE_CLAIM && op->verb != STORE_CLAIM_LANE)
        txn_begin_read(&store->reader, &store->env);
    if (op->verb == STORE_EVENTS || op->verb == STORE_STATS)
        meta_load_counters(&store->reader, &context.counters);
    engine_perform(&context, op);
    txn_rest(&store->reader);
    store->reader_scratch = context.scratch;
    finish(store, op);
}

// Most reads of a pulled topic or of a mailbox renew an interest, and most of
// these write nothing: they need not wait for the writer. False: this one has
// to.
static bool glance(struct store *store, struct store_op *op)
{
    struct engine_context context = reader_context(store);
    txn_begin_read(&store->reader, &store->env);
    meta_load_counters(&store->reader, &context.counters);
    bool done = engine_perform(&context, op) && !context.deferred;
    txn_rest(&store->reader);
    store->reader_scratch = context.scratch;
    if (done)
        finish(store, op);
    else
        store_release(op);
    return done;
}

void store_submit(struct store *store, struct store_op *op)
{
    // Nothing of a former use is ours to free.
    op->results = NULL;
    store->under_way++;
    if (engine_is_reader(op->verb))
        read_now(store, op);
    else if (!engine_reads_first(op->verb) || !glance(store, op))
        queue(store, op);
}

size_t store_step(struct store *store, size_t max)
{
    for (size_t count = 0; count < max; count++) {
        pthread_mutex_lock(&store->mutex);
        struct store_op *op = row_take(&store->finished);
        pthread_mutex_unlock(&store->mutex);
        if (!op)
            return count;
        store->under_way--;
        op->done(op);
    }
    return max;
}

size_t store_under_way(const struct store *store)
{
    return store->under_way;
}

void store_release(struct store_op *op)
{
    arena_free(op->results);
    op->results = NULL;
}

int64_t store_clock(struct store *store)
{
    return engine_now(store);
}

uint64_t store_epoch(const struct store *store)
{
    return store->env.epoch;
}

void store_secret_key(const struct store *store, uint8_t out[32])
{
    memcpy(out, store->secret_key, sizeof store->secret_key);
}
