// SPDX-License-Identifier: MIT

#include "env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
    READERS = 16,
    LOCK_SIZE = 4096, // more than these need
    FREE_TABLE = 0,   // LMDB's own list of free pages
    ROOM_FOR_A_COMMIT = 1 << 20,
    // So much longer than its header says, and half of that at least: more
    // than a commit adds.
    AHEAD = 32 << 20,
    // Of that on the disk.
    KEPT = 1 << 20,
};

static const char *const names[TABLE_COUNT] = {
    [TABLE_META] = "meta",
    [TABLE_TOPICS] = "topics",
    [TABLE_TOPIC_STATE] = "topic-state",
    [TABLE_TOPIC_IDS] = "topic-ids",
    [TABLE_TOPIC_URLS] = "topic-urls",
    [TABLE_ALIASES] = "aliases",
    [TABLE_SUBSCRIPTIONS] = "subscriptions",
    [TABLE_SUBSCRIPTION_IDS] = "subscription-ids",
    [TABLE_ORIGINS] = "origins",
    [TABLE_LEASES] = "leases",
    [TABLE_REQUESTS] = "requests",
    [TABLE_DENIALS] = "denials",
    [TABLE_UPDATES] = "updates",
    [TABLE_EVENTS] = "events",
    [TABLE_BODIES] = "bodies",
    [TABLE_ENTRIES] = "entries",
    [TABLE_WALKS] = "walks",
    [TABLE_LAGGING] = "lagging",
    [TABLE_DUE] = "due",
    [TABLE_WAITING] = "waiting",
    [TABLE_LANES] = "lanes",
    [TABLE_TICKETS] = "tickets",
    [TABLE_GRAVES] = "graves",
    [TABLE_MAILBOXES] = "mailboxes",
    [TABLE_MAILBOX_STATE] = "mailbox-state",
    [TABLE_MAILBOX_NAMES] = "mailbox-names",
    [TABLE_LISTENS] = "listens",
    [TABLE_LISTEN_STATE] = "listen-state",
    [TABLE_LISTEN_TOPICS] = "listen-topics",
    [TABLE_LETTERS] = "letters",
    [TABLE_DEAD] = "dead",
    [TABLE_DEAD_BODIES] = "dead-bodies",
    [TABLE_TOKENS] = "tokens",
    [TABLE_TOKEN_HASHES] = "token-hashes",
    [TABLE_TOKEN_NAMES] = "token-names",
    [TABLE_RULES] = "rules",
};

const char *env_table_name(enum table table)
{
    return names[table];
}

static bool fail(struct problem *problem, const char *what, int error)
{
    snprintf(problem->text, sizeof problem->text, "the store: %s: %s", what,
             mdb_strerror(error));
    return false;
}

static int open_tables(struct env *env)
{
    MDB_txn *txn;
    int error = mdb_txn_begin(env->handle, NULL, 0, &txn);
    if (error)
        return error;
    for (int i = 0; i < TABLE_COUNT && !error; i++)
        error = mdb_dbi_open(txn, names[i], MDB_CREATE, &env->tables[i]);
    if (!error)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return error;
}

static int configure(struct env *env, uint64_t map_bytes)
{
    int error = mdb_env_create(&env->handle);
    if (!error)
        error = mdb_env_set_mapsize(env->handle, (size_t)map_bytes);
    if (!error)
        error = mdb_env_set_maxdbs(env->handle, TABLE_COUNT);
    if (!error)
        error = mdb_env_set_maxreaders(env->handle, READERS);
    return error;
}

// LMDB maps this file and writes to it there, where a full disk is a SIGBUS. So
// it gets its room beforehand. What cannot be told is left to LMDB.
static int reserve_lock_file(const char *directory)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/lock.mdb", directory);
    int file = len < (int)sizeof path
                   ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)
                   : -1;
    if (file < 0)
        return 0;
    int error = posix_fallocate(file, 0, LOCK_SIZE);
    close(file);
    return error == ENOSPC || error == EDQUOT ? error : 0;
}

bool env_open(struct env *env, const char *directory, uint64_t map_bytes,
              struct problem *problem)
{
    *env = (struct env){ 0 };
    int error = configure(env, map_bytes);
    if (!error)
        error = reserve_lock_file(directory);
    if (!error)
        error = mdb_env_open(env->handle, directory, MDB_NOTLS | MDB_NORDAHEAD,
                             0600);
    // Slots of readers that died with an earlier process.
    int dead;
    if (!error)
        error = mdb_reader_check(env->handle, &dead);
    if (!error)
        error = open_tables(env);
    if (!error)
        return true;
    env_close(env);
    return fail(problem, "cannot open data.mdb", error);
}

void env_close(struct env *env)
{
    if (env->handle)
        mdb_env_close(env->handle);
    env->handle = NULL;
}

static int free_pages(MDB_txn *txn, uint64_t *out)
{
    MDB_cursor *cursor;
    int error = mdb_cursor_open(txn, FREE_TABLE, &cursor);
    if (error)
        return error;
    MDB_val key, value;
    uint64_t pages = 0;
    while (!(error = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        // Each value is a count and so many page numbers.
        size_t count = 0;
        if (value.mv_size >= sizeof count)
            memcpy(&count, value.mv_data, sizeof count);
        pages += count;
    }
    mdb_cursor_close(cursor);
    *out = pages;
    return error == MDB_NOTFOUND ? 0 : error;
}

bool env_room(struct env *env, bool roughly, struct env_room *out)
{
    MDB_envinfo info;
    MDB_stat stat;
    if (mdb_env_info(env->handle, &info) || mdb_env_stat(env->handle, &stat))
        return false;
    uint64_t used = (uint64_t)info.me_last_pgno + 1;
    uint64_t unused = 0;
    if (!roughly) {
        MDB_txn *txn;
        if (mdb_txn_begin(env->handle, NULL, MDB_RDONLY, &txn))
            return false;
        int error = free_pages(txn, &unused);
        mdb_txn_abort(txn);
        if (error)
            return false;
        if (unused > used)
            unused = used;
    }
    *out = (struct env_room){
        .map_bytes = info.me_mapsize,
        .used_bytes = (used - unused) * stat.ms_psize,
        .free_bytes = unused * stat.ms_psize,
    };
    return true;
}

// The file, and how long it says it is. False: that cannot be told.
static bool measure(struct env *env, int *file, uint64_t *says, uint64_t *map)
{
    MDB_envinfo info;
    MDB_stat pages;
    if (!env->handle || mdb_env_info(env->handle, &info)
        || mdb_env_stat(env->handle, &pages)
        || mdb_env_get_fd(env->handle, file))
        return false;
    *says = (info.me_last_pgno + 1) * pages.ms_psize;
    *map = info.me_mapsize;
    return true;
}

// Of the file, at most: what lies beyond the map is of no use, and to go beyond
// the limit of the process is a signal.
static uint64_t size_max(uint64_t map)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY
        || limit.rlim_cur >= map)
        return map;
    return limit.rlim_cur;
}

// In the map, and in what may be written: else nobody could ever use it.
static void keep_some(struct env *env, int file, uint64_t says, uint64_t most)
{
    uint64_t end = says + KEPT < most ? says + KEPT : most;
    if (end <= says || env->kept >= end || env->kept >= says + KEPT / 2)
        return;
    if (fallocate(file, FALLOC_FL_KEEP_SIZE, (off_t)says, (off_t)(end - says))
        == 0)
        env->kept = end;
}

void env_settle_size(struct env *env)
{
    struct stat status;
    uint64_t says, map;
    int file;
    if (!measure(env, &file, &says, &map) || fstat(file, &status))
        return;
    uint64_t size = (uint64_t)status.st_size, most = size_max(map);
    uint64_t wanted = says + AHEAD < most ? says + AHEAD : most;
    keep_some(env, file, says, most);
    if (size >= wanted || size >= says + AHEAD / 2)
        return;
    // The next commit syncs the new length before it says more; only if this
    // one says more already must a power cut not take it away again. Should
    // either fail, the next commit tries again.
    if (wanted >= says && ftruncate(file, (off_t)wanted) == 0 && size < says)
        fdatasync(file);
}

void env_trim_size(struct env *env)
{
    struct stat status;
    uint64_t says, map;
    int file;
    if (measure(env, &file, &says, &map) && fstat(file, &status) == 0
        && (uint64_t)status.st_size > says && ftruncate(file, (off_t)says) == 0)
        fdatasync(file);
}

bool env_panicked(struct env *env)
{
    MDB_txn *txn;
    int error = mdb_txn_begin(env->handle, NULL, MDB_RDONLY, &txn);
    if (!error)
        mdb_txn_abort(txn);
    return error == MDB_PANIC;
}

uint64_t env_disk_free(struct env *env)
{
    struct statvfs disk;
    uint64_t says, map;
    int file;
    if (!measure(env, &file, &says, &map) || fstatvfs(file, &disk))
        return 0;
    return (uint64_t)disk.f_bavail * disk.f_frsize;
}

uint64_t env_growth(struct env *env)
{
    struct statvfs disk;
    struct rlimit limit;
    uint64_t says, map, growth = UINT64_MAX;
    int file;
    if (!measure(env, &file, &says, &map))
        return growth;
    // What has no size has no end either (memory, some networks).
    if (fstatvfs(file, &disk) == 0 && disk.f_blocks != 0)
        growth = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
        && (limit.rlim_cur <= says || limit.rlim_cur - says < growth))
        growth = limit.rlim_cur > says ? limit.rlim_cur - says : 0;
    return growth;
}

bool env_disk_full(struct env *env)
{
    struct statvfs disk;
    struct rlimit limit;
    uint64_t says, map;
    int file;
    if (!measure(env, &file, &says, &map) || fstatvfs(file, &disk)
        || getrlimit(RLIMIT_FSIZE, &limit))
        return false;
    uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
    bool limited = limit.rlim_cur != RLIM_INFINITY
                   && says + ROOM_FOR_A_COMMIT > limit.rlim_cur;
    return limited || room < ROOM_FOR_A_COMMIT;
}

const char *env_why(struct env *env, enum store_status status)
{
    bool refused = status == STORE_AGAIN || status == STORE_FULL;
    if (refused && env_disk_full(env))
        return "no room left on the disk";
    return status == STORE_FULL ? "full (map-size)" : store_status_name(status);
}

bool env_copy(struct env *env, int file, struct problem *problem)
{
    int error = mdb_env_copyfd2(env->handle, file, MDB_CP_COMPACT);
    return error ? fail(problem, "cannot copy", error) : true;
}

enum store_status env_status(int error)
{
    switch (error) {
    case 0:
        return STORE_OK;
    case MDB_NOTFOUND:
        return STORE_NOT_FOUND;
    case MDB_MAP_FULL:
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return STORE_FULL;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
        return STORE_CORRUPT;
    default:
        return STORE_AGAIN;
    }
}
