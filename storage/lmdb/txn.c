// SPDX-License-Identifier: MIT

#include "txn.h"

#include <assert.h>
#include <lmdb.h>
#include <string.h>

bool txn_ok(const struct txn *txn)
{
    return txn->status == STORE_OK;
}

void txn_fail(struct txn *txn, enum store_status status)
{
    assert(status != STORE_OK);
    if (txn->status == STORE_OK)
        txn->status = status;
}

static bool check(struct txn *txn, int error)
{
    if (error)
        txn_fail(txn, env_status(error));
    return error == 0;
}

// As check(), but "not found" is an answer and no failure.
static bool found(struct txn *txn, int error)
{
    return error == MDB_NOTFOUND ? false : check(txn, error);
}

void txn_begin_write(struct txn *txn, struct env *env)
{
    *txn = (struct txn){ .env = env, .writes = true };
    check(txn, mdb_txn_begin(env->handle, NULL, 0, &txn->handle));
}

void txn_begin_read(struct txn *txn, struct env *env)
{
    txn->env = env;
    txn->status = STORE_OK;
    memset(txn->renewed, 0, sizeof txn->renewed);
    if (txn->handle)
        check(txn, mdb_txn_renew(txn->handle));
    else
        check(txn, mdb_txn_begin(env->handle, NULL, MDB_RDONLY, &txn->handle));
}

void txn_rest(struct txn *txn)
{
    assert(!txn->writes);
    if (txn->handle)
        mdb_txn_reset(txn->handle);
}

static void close_cursors(struct txn *txn)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        if (txn->cursors[i])
            mdb_cursor_close(txn->cursors[i]);
        txn->cursors[i] = NULL;
    }
}

enum store_status txn_commit(struct txn *txn)
{
    if (!txn_ok(txn) || !txn->handle) {
        txn_abort(txn);
        return txn->status;
    }
    close_cursors(txn);
    // LMDB frees the handle whether or not the commit works.
    MDB_txn *handle = txn->handle;
    txn->handle = NULL;
    check(txn, mdb_txn_commit(handle));
    return txn->status;
}

void txn_abort(struct txn *txn)
{
    close_cursors(txn);
    if (txn->handle)
        mdb_txn_abort(txn->handle);
    txn->handle = NULL;
}

static MDB_val value_of(struct bytes bytes)
{
    // LMDB's struct is used for both directions and so is not const.
    union {
        const void *in;
        void *out;
    } at = { .in = bytes.at };
    return (MDB_val){ bytes.len, at.out };
}

static MDB_val value_of_key(const struct key *key)
{
    return value_of((struct bytes){ (const char *)key->at, key->len });
}

static struct bytes bytes_of(MDB_val value)
{
    return (struct bytes){ value.mv_data, value.mv_size };
}

bool txn_get(struct txn *txn, enum table table, const struct key *key,
             struct bytes *value)
{
    if (!txn_ok(txn) || txn->env->tables[table] == ENV_NO_TABLE)
        return false;
    MDB_val at = value_of_key(key), got;
    if (!found(txn, mdb_get(txn->handle, txn->env->tables[table], &at, &got)))
        return false;
    *value = bytes_of(got);
    return true;
}

void txn_put(struct txn *txn, enum table table, const struct key *key,
             struct bytes value)
{
    if (!txn_ok(txn))
        return;
    assert(txn->writes);
    MDB_val at = value_of_key(key), put = value_of(value);
    check(txn, mdb_put(txn->handle, txn->env->tables[table], &at, &put, 0));
}

void txn_mark(struct txn *txn, enum table table, const struct key *key)
{
    txn_put(txn, table, key, (struct bytes){ "", 0 });
}

bool txn_remove(struct txn *txn, enum table table, const struct key *key)
{
    if (!txn_ok(txn))
        return false;
    assert(txn->writes);
    MDB_val at = value_of_key(key);
    return found(txn, mdb_del(txn->handle, txn->env->tables[table], &at, NULL));
}

static MDB_cursor *cursor_on(struct txn *txn, enum table table)
{
    if (!txn_ok(txn) || txn->env->tables[table] == ENV_NO_TABLE)
        return NULL;
    MDB_cursor **cursor = &txn->cursors[table];
    if (!*cursor) {
        unsigned handle = txn->env->tables[table];
        if (!check(txn, mdb_cursor_open(txn->handle, handle, cursor)))
            *cursor = NULL;
    } else if (!txn->writes && !txn->renewed[table]) {
        check(txn, mdb_cursor_renew(txn->handle, *cursor));
    }
    txn->renewed[table] = true;
    return txn_ok(txn) ? *cursor : NULL;
}

static bool move(struct txn *txn, enum table table, MDB_val at,
                 MDB_cursor_op how, struct bytes *key, struct bytes *value)
{
    MDB_cursor *cursor = cursor_on(txn, table);
    MDB_val got;
    if (!cursor || !found(txn, mdb_cursor_get(cursor, &at, &got, how)))
        return false;
    *key = bytes_of(at);
    *value = bytes_of(got);
    return true;
}

bool txn_seek(struct txn *txn, enum table table, const struct key *from,
              struct bytes *key, struct bytes *value)
{
    // LMDB refuses an empty key; it means the beginning of the table.
    MDB_cursor_op how = from->len > 0 ? MDB_SET_RANGE : MDB_FIRST;
    return move(txn, table, value_of_key(from), how, key, value);
}

bool txn_next(struct txn *txn, enum table table, struct bytes *key,
              struct bytes *value)
{
    return move(txn, table, (MDB_val){ 0 }, MDB_NEXT, key, value);
}

bool txn_prev(struct txn *txn, enum table table, const struct key *end,
              struct bytes *key, struct bytes *value)
{
    struct bytes at;
    bool beyond = txn_seek(txn, table, end, &at, value);
    if (!txn_ok(txn))
        return false;
    return move(txn, table, (MDB_val){ 0 }, beyond ? MDB_PREV : MDB_LAST, key,
                value);
}

uint64_t txn_count(struct txn *txn, enum table table)
{
    MDB_stat stat;
    if (!txn_ok(txn) || txn->env->tables[table] == ENV_NO_TABLE
        || !check(txn, mdb_stat(txn->handle, txn->env->tables[table], &stat)))
        return 0;
    return stat.ms_entries;
}

uint64_t txn_size(struct txn *txn, enum table table)
{
    MDB_stat stat;
    if (!txn_ok(txn) || txn->env->tables[table] == ENV_NO_TABLE
        || !check(txn, mdb_stat(txn->handle, txn->env->tables[table], &stat)))
        return 0;
    return stat.ms_psize
           * (stat.ms_branch_pages + stat.ms_leaf_pages
              + stat.ms_overflow_pages);
}
