// SPDX-License-Identifier: MIT

#include "env.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <sys/stat.h>

enum { MAP_LEAST = 1 << 30 };

static bool fail(struct env *env, const char *file, int error,
                 struct problem *problem)
{
    env_close(env);
    snprintf(problem->text, sizeof problem->text, "%.160s: %s", file,
             mdb_strerror(error));
    return false;
}

static int look_at_tables(struct env *env)
{
    MDB_txn *txn;
    int error = mdb_txn_begin(env->handle, NULL, MDB_RDONLY, &txn);
    if (error)
        return error;
    for (enum table i = 0; i < TABLE_COUNT && !error; i++) {
        error = mdb_dbi_open(txn, env_table_name(i), 0, &env->tables[i]);
        if (error == MDB_NOTFOUND) {
            env->tables[i] = ENV_NO_TABLE;
            error = 0;
        }
    }
    // Only a commit keeps the handles, though nothing is written.
    if (!error)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return error;
}

bool env_open_file(struct env *env, const char *file, struct problem *problem)
{
    *env = (struct env){ 0 };
    struct stat status;
    int error = mdb_env_create(&env->handle);
    if (!error)
        error = mdb_env_set_maxdbs(env->handle, TABLE_COUNT);
    // Not what the file says, which may be more than can be had here.
    if (!error && stat(file, &status) == 0)
        error = mdb_env_set_mapsize(env->handle, (size_t)status.st_size);
    if (!error)
        error = mdb_env_open(env->handle, file,
                             MDB_RDONLY | MDB_NOLOCK | MDB_NOSUBDIR | MDB_NOTLS,
                             0600);
    if (!error)
        error = look_at_tables(env);
    if (!error)
        return true;
    return fail(env, file, error, problem);
}

static int make_tables(struct env *env)
{
    MDB_txn *txn;
    int error = mdb_txn_begin(env->handle, NULL, 0, &txn);
    if (error)
        return error;
    for (enum table i = 0; i < TABLE_COUNT && !error; i++)
        error =
            mdb_dbi_open(txn, env_table_name(i), MDB_CREATE, &env->tables[i]);
    if (!error)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return error;
}

static int make_file(struct env *env, const char *file, uint64_t map_bytes)
{
    *env = (struct env){ 0 };
    int error = mdb_env_create(&env->handle);
    if (!error)
        error = mdb_env_set_maxdbs(env->handle, TABLE_COUNT);
    if (!error)
        error = mdb_env_set_mapsize(env->handle, (size_t)map_bytes);
    if (!error)
        error = mdb_env_open(env->handle, file,
                             MDB_NOSYNC | MDB_NOLOCK | MDB_NOSUBDIR | MDB_NOTLS
                                 | MDB_NORDAHEAD,
                             0600);
    return error;
}

bool env_make_file(struct env *env, const char *file, uint64_t map_bytes,
                   struct problem *problem)
{
    int error;
    while ((error = make_file(env, file, map_bytes)) == ENOMEM
           && map_bytes / 2 >= MAP_LEAST) {
        env_close(env);
        map_bytes /= 2;
    }
    if (!error)
        error = make_tables(env);
    return !error || fail(env, file, error, problem);
}
