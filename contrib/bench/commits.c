// SPDX-License-Identifier: MIT

#include "commits.h"

#include "figures.h"
#include "workdir.h"

#include <fcntl.h>
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096, BLOCKS = 1024, RECORD = 200, KEPT_MAX = 1000000 };
static const size_t map_bytes = (size_t)1 << 30;

// One after the other, for so long.
static void repeat(bool (*commit)(void *context, uint64_t number),
                   void *context, long duration_ms, struct commits *out)
{
    double *took_ms = malloc(KEPT_MAX * sizeof *took_ms);
    size_t count = 0;
    int64_t began = figures_ns(), now = began;
    int64_t until = began + duration_ms * 1000000;
    while (took_ms != NULL && now < until && count < KEPT_MAX
           && commit(context, count)) {
        int64_t before = now;
        now = figures_ns();
        took_ms[count++] = (double)(now - before) / 1e6;
    }
    if (count > 0) {
        figures_sort(took_ms, count);
        out->per_second = (double)count / ((double)(now - began) / 1e9);
        out->p50_ms = figures_at(took_ms, count, 0.5);
        out->p99_ms = figures_at(took_ms, count, 0.99);
        out->max_ms = figures_at(took_ms, count, 1);
    }
    free(took_ms);
}

static bool commit_lmdb(void *env, uint64_t number)
{
    unsigned char key_bytes[8], record[RECORD];
    MDB_val key = { sizeof key_bytes, key_bytes };
    MDB_val value = { sizeof record, record };
    MDB_txn *txn;
    MDB_dbi table;
    for (size_t i = 0; i < sizeof key_bytes; i++)
        key_bytes[i] = (unsigned char)(number >> (56 - 8 * i));
    memset(record, (int)(number & 255), sizeof record);
    if (mdb_txn_begin(env, NULL, 0, &txn) != 0)
        return false;
    if (mdb_dbi_open(txn, NULL, 0, &table) != 0
        || mdb_put(txn, table, &key, &value, 0) != 0) {
        mdb_txn_abort(txn);
        return false;
    }
    return mdb_txn_commit(txn) == 0;
}

void commits_lmdb(const char *directory, long duration_ms, struct commits *out)
{
    char path[WORKDIR_MAX + 16];
    MDB_env *env;
    *out = (struct commits){ 0 };
    snprintf(path, sizeof path, "%s/bare.mdb", directory);
    if (mdb_env_create(&env) != 0)
        return;
    if (mdb_env_set_mapsize(env, map_bytes) == 0
        && mdb_env_open(env, path, MDB_NOSUBDIR, 0600) == 0)
        repeat(commit_lmdb, env, duration_ms, out);
    mdb_env_close(env);
}

static bool fill(int fd, const char *block)
{
    for (int i = 0; i < BLOCKS; i++)
        if (write(fd, block, BLOCK) != BLOCK)
            return false;
    return fsync(fd) == 0;
}

static bool commit_raw(void *file, uint64_t number)
{
    static const char block[BLOCK];
    int fd = *(int *)file;
    off_t at = (off_t)(number % BLOCKS) * BLOCK;
    return pwrite(fd, block, BLOCK, at) == BLOCK && fdatasync(fd) == 0;
}

void commits_raw(const char *directory, long duration_ms, struct commits *out)
{
    char path[WORKDIR_MAX + 16], block[BLOCK] = { 0 };
    *out = (struct commits){ 0 };
    snprintf(path, sizeof path, "%s/bare.raw", directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    if (fill(fd, block))
        repeat(commit_raw, &fd, duration_ms, out);
    close(fd);
}
