// SPDX-License-Identifier: MIT

#include "commit_watch.h"

#include "figures.h"
#include "workdir.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

enum { EVERY_NS = 20000, SLACK_NS = 1000 };

struct commit_watch {
    MDB_env *env;
    pthread_t thread;
    atomic_bool stop;
    atomic_size_t last;
    _Atomic int64_t first_ns; // 0: none since commit_watch_begin()
};

static size_t last_of(MDB_env *env)
{
    MDB_envinfo info;
    return mdb_env_info(env, &info) == 0 ? info.me_last_txnid : 0;
}

static void *keep_looking(void *context)
{
    struct commit_watch *watch = context;
    const struct timespec pause = { .tv_nsec = EVERY_NS };
    prctl(PR_SET_TIMERSLACK, SLACK_NS);
    while (!atomic_load(&watch->stop)) {
        size_t now = last_of(watch->env);
        if (now != atomic_exchange(&watch->last, now)) {
            int64_t none = 0;
            atomic_compare_exchange_strong(&watch->first_ns, &none,
                                           figures_ns());
        }
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static void discard(struct commit_watch *watch)
{
    if (watch->env != NULL)
        mdb_env_close(watch->env);
    free(watch);
}

struct commit_watch *commit_watch_open(const char *directory)
{
    char path[WORKDIR_MAX + 32];
    struct commit_watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        return NULL;
    snprintf(path, sizeof path, "%s/data", directory);
    if (mdb_env_create(&watch->env) == 0
        && mdb_env_open(watch->env, path, MDB_RDONLY, 0600) == 0) {
        atomic_store(&watch->last, last_of(watch->env));
        if (pthread_create(&watch->thread, NULL, keep_looking, watch) == 0)
            return watch;
    }
    discard(watch);
    return NULL;
}

void commit_watch_close(struct commit_watch *watch)
{
    if (watch == NULL)
        return;
    atomic_store(&watch->stop, true);
    pthread_join(watch->thread, NULL);
    discard(watch);
}

void commit_watch_begin(struct commit_watch *watch)
{
    if (watch != NULL)
        atomic_store(&watch->first_ns, 0);
}

int64_t commit_watch_first(struct commit_watch *watch)
{
    return watch != NULL ? atomic_load(&watch->first_ns) : 0;
}
